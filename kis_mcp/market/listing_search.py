"""Finding what is listed by whatever people call it."""

import re
from collections.abc import Collection, Mapping
from difflib import SequenceMatcher
from functools import cache, partial
from itertools import islice
from typing import Protocol
from unicodedata import normalize

from kis_mcp.catalog import resources_folder
from kis_mcp.market.contract_search import choose_contracts, read_contract_words, underlying_codes
from kis_mcp.market.grams import folded, initials, is_syllable
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.market.listing import Kind, Listing

_MOST_ALIKE = 100
"""Compared letter by letter where nothing has the query in its name."""

_LIKENESS = 0.7
"""Of a misspelled name to its right one; below it is another name."""

_MOST_SYLLABLES = 4
"""Of an abbreviation such as 삼전 or 카뱅."""

_FEWEST_INITIALS = 3
"""Of a nickname: fewer stand for too many."""

_MARKETS = ("KR", "US")
"""Of instruments of one kind, the likelier meant first."""

_LETTERS = re.compile(r"(?<![a-z])[a-z]{1,4}(?![a-z])")
_READ_OUT = (
    "a에이 b비 c씨 d디 e이 f에프 g지 h에이치 i아이 j제이 k케이 l엘 m엠"
    " n엔 o오 p피 q큐 r알 s에스 t티 u유 v브이 w더블유 x엑스 y와이 z제트"
)
_READINGS = {read[0]: read[1:] for read in _READ_OUT.split()}
"""Letters as Koreans read them out: SK is 에스케이."""

_USUAL_UNDERLYING = "2001"
"""KOSPI 200: what a contract is on that is named by its month and strike alone."""

_MOST_UNDERLYINGS = 5

_PREFERRED = "우선주"
"""Preferred shares, which are listed as 우: 삼성전자우."""

_KINDS: tuple[Kind, ...] = ("stock", "etf", "index", "etn", "bond", "fund", "warrant", "subscription_right", "elw")
"""Of those that fit equally well, the likelier meant first."""


class ListingStore(Protocol):
    """What is listed, kept somewhere in the order of `likelihood`; every list is in that order.

    ``markets`` and ``kinds`` leave out all others, where there is any.
    """

    def spelled(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        """Those of which a spelling is the text."""
        ...

    def beginning(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        """Those of which a spelling begins with the text."""
        ...

    def containing(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        """Those of which a spelling has the text in it."""
        ...

    def abbreviated(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        """Those whose Korean name begins with the first syllable of the text and has all others."""
        ...

    def alike(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        """Those that have one of its rarer pairs of letters."""
        ...

    def of_underlying(self, symbols: Collection[str]) -> list[Listing]:
        """Every contract on one of these."""
        ...


def search_listings(
    store: ListingStore,
    query: str,
    most: int,
    *,
    markets: Collection[str] = (),
    kinds: Collection[Kind] = (),
) -> list[Listing]:
    """What a query names, the best match first: symbol, name, nickname, initial consonants, a part, an abbreviation,
    and only where there is none of these a misspelling.

    Args:
        store: Where it is looked up.
        query: As people write it, in Korean or English; case, spaces and punctuation do not matter.
        most: How many are returned.
        markets, kinds: Only of these; of all where none is given.
    """
    wanted = folded(query)
    if wanted.endswith(_PREFERRED) and wanted != _PREFERRED:
        wanted = wanted.removesuffix(_PREFERRED[1:])
    if not wanted:
        return []
    if contracts := _find_contracts(store, query, wanted, markets, kinds):
        return contracts[:most]
    place, meant = nicknames().get(wanted, ("", ""))
    meant_in = [market for market in ([place] if place else markets) if not markets or market in markets]
    initialled = _nicknames_by_initials().get(wanted, "")
    found: dict[tuple[str, str, str], Listing] = {}
    for look_up, text, within in (
        (store.spelled, meant if meant_in or not place else "", meant_in),
        (store.spelled, wanted, markets),
        (partial(_nearest_futures, store), wanted, markets),
        (store.beginning, wanted, markets),
        (store.containing, wanted, markets),
        (store.spelled, initialled, markets),
    ):
        if text and len(found) < most:
            for each in look_up(text, most, markets=within, kinds=kinds):
                found.setdefault((each.market, each.exchange, each.symbol), each)
    if found:
        return list(islice(found.values(), most))
    if len(wanted) <= _MOST_SYLLABLES and all(map(is_syllable, wanted)):
        shortened = store.abbreviated(wanted, _MOST_ALIKE, markets=markets, kinds=kinds)
        if fit := [each for each in shortened if _abbreviates(wanted, folded(each.name_ko))]:
            return fit[:most]
    if wanted.isascii() and not wanted.isalpha():
        return []  # A code, which is another's with one letter changed.
    alike = store.alike(wanted, _MOST_ALIKE, markets=markets, kinds=kinds)
    likeness = [(max(_likeness(wanted, text) for text in spellings(each)), each) for each in alike]
    near = sorted((match for match in likeness if match[0] >= _LIKENESS), key=lambda match: -match[0])
    return [each for _, each in near[:most]]


def _find_contracts(
    store: ListingStore, query: str, wanted: str, markets: Collection[str], kinds: Collection[Kind]
) -> list[Listing]:
    """What a query names by the words for contracts: none where it is the name of something itself that is traded. An
    index that is called so comes after them."""
    words = read_contract_words(query)
    named = store.spelled(wanted, _MOST_UNDERLYINGS)
    if words is None or any(each.kind != "index" for each in named):
        return []
    codes = list(underlying_codes().get(words.underlying, () if words.underlying else (_USUAL_UNDERLYING,)))
    _, symbol = nicknames().get(words.underlying, ("", words.underlying))
    if symbol:
        codes += [each.symbol for each in store.spelled(symbol, _MOST_UNDERLYINGS)]
    chosen = choose_contracts(words, store.of_underlying(codes)) if codes else []
    found = [*chosen, *named] if chosen else []
    return [each for each in found if (not markets or each.market in markets) and (not kinds or each.kind in kinds)]


def _nearest_futures(
    store: ListingStore, underlying: str, most: int, *, markets: Collection[str], kinds: Collection[Kind]
) -> list[Listing]:
    """The nearest future on what is called so: of gold, people say no more than that."""
    words = read_contract_words(f"{underlying} future")
    assert words is not None
    codes = underlying_codes().get(underlying, ())
    nearest = [each for code in codes for each in choose_contracts(words, store.of_underlying([code]))[:1]]
    chosen = [each for each in nearest if (not markets or each.market in markets) and (not kinds or each.kind in kinds)]
    return chosen[:most]


def spellings(listing: Listing) -> tuple[str, ...]:
    """The folded texts by which a listing is found: symbol, names, initial consonants."""
    english = listing.name_en or _english_names().get((listing.market, listing.symbol), "")
    name = folded(listing.name_ko)
    read = _LETTERS.sub(lambda letters: "".join(_READINGS[each] for each in letters[0]), name)
    texts = (folded(listing.symbol), name, folded(english), initials(listing.name_ko), read)
    return tuple(dict.fromkeys(filter(None, texts)))


def likelihood(listing: Listing) -> tuple[object, ...]:
    """Sorts those that fit a query equally well: the likelier kind, Korea and then the US, the larger company, the
    shorter name."""
    kind = _KINDS.index(listing.kind) if listing.kind in _KINDS else len(_KINDS)
    market = _MARKETS.index(listing.market) if listing.market in _MARKETS else len(_MARKETS)
    return kind, market, -(listing.market_cap or 0), len(listing.name_ko), listing.symbol


@cache
def nicknames() -> Mapping[str, tuple[str, str]]:
    """What people call an instrument → its market, where others have its symbol too, and its folded symbol: nicknames,
    former and short names."""
    lines = (resources_folder() / "nicknames.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {folded(name): _parted(symbol) for symbol, *names in rows for name in names}


@cache
def _nicknames_by_initials() -> Mapping[str, str]:
    """Initial consonants of a Korean nickname → the folded symbol, where no other market has it: ㄴㅇㅂ is NAVER."""
    named = ((name, code) for name, (place, code) in nicknames().items() if not place and all(map(is_syllable, name)))
    return {initials(name): code for name, code in reversed([*named]) if len(name) >= _FEWEST_INITIALS}


def _parted(symbol: str) -> tuple[str, str]:
    market, _, code = symbol.rpartition(":")
    return market, folded(code)


@cache
def _english_names() -> Mapping[tuple[str, str], str]:
    """Market and symbol → the English name that KIS' files of Korean stocks lack."""
    return {(each.market, each.symbol): each.name_en for each in builtin_instruments().all()}


def _likeness(wanted: str, text: str) -> float:
    """Of a query to the beginning or the end of a name, by the letters that its syllables are made of: the rest of a
    long name is often left out."""
    letters, length = normalize("NFD", wanted), len(wanted)
    ends = {text[: length + 2], text[:length], text[-length:]}
    return max(SequenceMatcher(None, letters, normalize("NFD", end)).ratio() for end in ends)


def _abbreviates(short: str, name: str) -> bool:
    """Whether a name holds these letters in their order, as 카카오뱅크 holds 카뱅."""
    letters = iter(name)
    return all(letter in letters for letter in short)
