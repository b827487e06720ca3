"""Finding a future, an option or an ELW by words: what it is on, its month, its strike, its right."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from unicodedata import normalize

from kis_mcp.catalog import resources_folder
from kis_mcp.market.grams import folded
from kis_mcp.market.listing import Kind, Listing

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MINI = "미니"
_CODES = "FGHJKMNQUVXZ"
"""The exchanges' letters of the months, in contracts abroad."""

_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("call", "calls", "콜", "콜옵션", "c"), "call"),
    **dict.fromkeys(("put", "puts", "풋", "풋옵션", "p"), "put"),
    **dict.fromkeys(("future", "futures", "선물", "주식선물", "f"), "future"),
    **dict.fromkeys(("option", "options", "옵션", "주식옵션"), "option"),
    **dict.fromkeys(("elw", "워런트"), "elw"),
    **dict.fromkeys(("mini", "미니"), "mini"),
    **dict.fromkeys(("weekly", "위클리"), "weekly"),
    **dict.fromkeys(("spread", "스프레드", "sp"), "spread"),
}
_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "call": ("call", "elw"),
    "put": ("put", "elw"),
    "option": ("call", "put"),
    "future": ("future",),
    "spread": ("spread",),
    "elw": ("elw",),
}
"""Words that make a query one for contracts → the kinds that it may mean; the first that is there counts."""

_NOISE = frozenset(
    [
        *("주식", "개별주식", "지수", "야간", "최근월물", "근월물"),
        *("stock", "single", "index", "night", "front", "nearest", "month"),
    ]
)
"""What is said beside that which a contract is on, and tells no other: it has one symbol by day and at night."""

_BONDS, _LIVES = "국채", frozenset({"10년", "20년", "30년", "50년"})
"""What says how long bonds last, and of other contracts their year."""

_EMINI = "emini"
"""Of the contracts of Chicago that are called so; nobody adds that they are futures."""

_WITH_STRIKE = {"call", "put", "option", "elw"}
_JOINED = re.compile(r"(?<=[가-힣0-9])(콜옵션|풋옵션|선물옵션|주식선물|주식옵션|선물|옵션|콜|풋)$")
"""Words that Koreans write together with what stands before."""

_DATE = re.compile(r"(?:(?P<year>20\d\d)[년.\-/]?|(?P<short>\d\d)[년\-/])(?P<month>0[1-9]|1[0-2]|[1-9](?=월))월?")
"""A month with its year. Four figures by themselves are a strike: 2510."""

_NAMED_MONTH = re.compile(r"(?:(20\d\d)|(?<!\d)(\d\d))(0[1-9]|1[0-2])(?!\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractWords:
    """What a query says of a contract.

    Attributes:
        kinds: The kinds that are meant.
        right: ``call`` or ``put``; empty where neither is said.
        words: ``mini``, ``weekly``, ``elw``, as far as they are said.
        month, year: Of its expiry; None where they are not said.
        underlying: The folded rest.
    """

    kinds: Sequence[Kind]
    right: str
    words: frozenset[str]
    month: int | None
    year: int | None
    strike: Decimal | None
    underlying: str


def read_contract_words(query: str) -> ContractWords | None:
    """A query taken apart; None where no word of it says that a contract is meant."""
    said, rest = set[str](), list[str]()
    month = year = strike = None
    is_of_bonds = _BONDS in query
    for token in _tokens(query):
        if word := _WORDS.get(token):
            said.add(word)
        elif named := _month(token):
            month = named
        elif match := re.fullmatch(_DATE, token):
            month = int(match["month"])
            year = int(match["year"] or f"20{match['short']}")
        elif not (is_of_bonds and token in _LIVES) and (match := re.fullmatch(r"(20\d\d)년?|(\d\d)년", token)):
            year = int(match[1] or f"20{match[2]}")
        else:
            rest.append(token)
    if rest and said & _WITH_STRIKE and (number := _number(rest[-1])) is not None:
        strike = number
        rest.pop()
    underlying = folded("".join(token for token in rest if token not in _NOISE))
    kind = next((word for word in ("elw", "call", "put", "option", "spread", "future") if word in said), None)
    if kind is None and (underlying.startswith(_EMINI) or ("mini" in said and underlying in underlying_codes())):
        kind = "future"
    if kind is None:
        return None
    right = next((word for word in ("call", "put") if word in said), "")
    return ContractWords(
        kinds=_KINDS[kind],
        right=right,
        words=frozenset(said),
        month=month,
        year=year,
        strike=strike,
        underlying=underlying,
    )


@cache
def underlying_codes() -> Mapping[str, tuple[str, ...]]:
    """What people call that which contracts are on → KIS' codes of it."""
    lines = (resources_folder() / "contract_words.tsv").read_text("utf-8").splitlines()
    codes: dict[str, tuple[str, ...]] = {}
    for line in lines:
        if line and not line.startswith("#"):
            code, *names = line.split("\t")
            for name in (code, *names):
                codes[folded(name)] = (*codes.get(folded(name), ()), code)
    return codes


def choose_contracts(wanted: ContractWords, contracts: Sequence[Listing]) -> list[Listing]:
    """Those of an underlying's contracts that the words fit, the nearest month first; an ELW after what is traded as a
    contract."""
    fitting = [(month_of(each), each) for each in contracts if _fits(wanted, each)]
    fitting = [match for match in fitting if _is_of_month(wanted, match[0])]
    far = (9999, 0)
    fitting.sort(key=lambda match: (match[1].kind == "elw", match[0] or far, match[1].strike or 0, match[1].symbol))
    return [each for _, each in fitting]


def month_of(contract: Listing) -> tuple[int, int] | None:
    """Year and month in which it ends, by its last day, its name, or its code abroad."""
    if contract.expires_on is not None:
        return contract.expires_on.year, contract.expires_on.month
    if match := _NAMED_MONTH.search(contract.name_ko):
        return int(match[1] or f"20{match[2]}"), int(match[3])
    if match := re.search(rf"([{_CODES}])(\d\d)(?: |$)", contract.symbol):
        return 2000 + int(match[2]), _CODES.index(match[1]) + 1
    return None


def _fits(wanted: ContractWords, contract: Listing) -> bool:
    if contract.kind not in wanted.kinds:
        return False
    if contract.kind == "elw" and wanted.right and contract.right != wanted.right:
        return False
    if wanted.strike is not None and contract.strike != wanted.strike:
        return False
    is_mini, is_weekly = contract.name_ko.startswith(_MINI), "위클리" in contract.name_ko
    return is_mini == ("mini" in wanted.words) and is_weekly == ("weekly" in wanted.words)


def _is_of_month(wanted: ContractWords, month: tuple[int, int] | None) -> bool:
    if wanted.month is None and wanted.year is None:
        return True
    if month is None:
        return False
    return wanted.month in (None, month[1]) and wanted.year in (None, month[0])


def _tokens(query: str) -> list[str]:
    """The words of a query, in small letters; what Koreans write together is parted."""
    text = normalize("NFKC", query).casefold()
    tokens: list[str] = []
    for written in text.split():
        stem, behind = written, list[str]()
        while (match := _JOINED.search(stem)) and match.start() > 0:
            behind.insert(0, match[1])
            stem = stem[: match.start()]
        mini, is_mini, rest = stem.partition(_MINI)
        tokens += [_MINI, rest] if is_mini and not mini else [stem]
        tokens += behind
    return [token for token in tokens if token]


def _month(token: str) -> int | None:
    """The number of a month that is written by its name."""
    if match := re.fullmatch(r"(0?[1-9]|1[0-2])월물?", token):
        return int(match[1])
    word = token.rstrip(".")
    named = [number for number, name in enumerate(_MONTHS, start=1) if word in (name, name[:3], name[:4])]
    return named[0] if named else None


def _number(token: str) -> Decimal | None:
    match = re.fullmatch(r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)원?", token)
    return Decimal(match[1].replace(",", "")) if match else None
