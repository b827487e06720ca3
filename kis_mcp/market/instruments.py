"""The built-in list of instruments: finding one by name, and knowing a US ticker's exchange."""

import re
from collections.abc import Iterable
from dataclasses import replace
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import cast
from unicodedata import normalize

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.errors import BadArgument
from kis_mcp.market.elsewhere import KRX_FUTURE, Use, lead_elsewhere
from kis_mcp.market.exchanges import words_of
from kis_mcp.market.instrument import Instrument, Market, parse_symbol

_HANGUL = re.compile("[가-힣]{2,}")
_INSIDE, _ABBREVIATED = 3, 4
_FEWEST_LETTERS = 3
"""Of a name that is meant instead of a symbol: shorter texts are tickers."""
_CANDIDATES = 3
_MISSPELLED = 0.75
"""The likeness of a misspelled name to its right one: Aple and Apple 0.89, Tesla and Nestle 0.73."""


class Instruments:
    """A list that answers from memory. What it lacks can still be traded: it is a convenience, not a gate."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_symbol = {instrument.symbol: instrument for instrument in instruments}

    def search(self, query: str, market: Market | None = None) -> list[Instrument]:
        """The instruments that ``query`` names, best match first: symbol, then name, its start, its inside, and what
        it abbreviates (삼전); misspelled names where nothing else fits.

        Case and spaces do not matter, in Korean or English.
        """
        wanted = _folded(query)
        searched = [each for each in self._by_symbol.values() if market in (None, each.market)]
        return [found for _, found in self._ranked(wanted, searched)] or _misspelled(wanted, searched)

    def _ranked(self, wanted: str, searched: Iterable[Instrument]) -> list[tuple[int, Instrument]]:
        ranks = ((_rank(wanted, instrument), instrument) for instrument in searched)
        return sorted(((rank, each) for rank, each in ranks if rank is not None), key=lambda match: match[0])

    def lead(self, text: str, use: Use = "price") -> str:
        """What a caller may have meant by a text that is no symbol of the list, as sentences; empty if nothing shows.

        A name leads to its symbols, an index, a contract or an Asian share to the tool that reads it.
        """
        return lead_elsewhere(text, use) or self.candidates(text)

    def candidates(self, text: str) -> str:
        """The symbols that a caller may have meant by a name, as a question; empty if there are none."""
        wanted = _folded(text)
        if len(wanted) < _FEWEST_LETTERS and not _HANGUL.fullmatch(wanted):
            return ""
        ranked = self._ranked(wanted, self._by_symbol.values())
        found = [each for rank, each in ranked if rank != _INSIDE] or _misspelled(wanted, self._by_symbol.values())
        names = [f"{each.symbol} ({each.name_ko or each.name_en})" for each in found[:_CANDIDATES]]
        return f"Did you mean the symbol {' or '.join(names)}?" if names else ""

    def all(self) -> list[Instrument]:
        return list(self._by_symbol.values())

    def __len__(self) -> int:
        return len(self._by_symbol)

    def find(self, symbol: str) -> Instrument | None:
        """The instrument with this symbol, as KIS writes it, if the list has it."""
        return self._by_symbol.get(symbol)

    def named(self, text: str) -> list[Instrument]:
        """The instruments with exactly this symbol or name; case and spaces do not matter."""
        wanted = _folded(text)
        return [each for each in self._by_symbol.values() if wanted in _names(each)]

    def nearest(self, text: str) -> Instrument | None:
        """The instrument whose name is written most like this, or whose code lacks its zeros here, for a hint."""
        from difflib import get_close_matches

        wanted = _folded(text)
        if wanted.isdigit():
            return self.find(wanted.zfill(6))
        owners = {name: each for each in self._by_symbol.values() for name in _names(each)}
        found = get_close_matches(wanted, list(owners), n=1, cutoff=0.5)
        return owners[found[0]] if found else None

    def resolve(self, symbol: str, exchange: str | None = None, use: Use = "price") -> Instrument:
        """The instrument that a caller means, on the exchange or venue that the caller names.

        Args:
            use: What the caller wants of it, for the next call of an error.

        Raises:
            BadArgument: The symbol is malformed, the exchange is not one of its market, or it is a US ticker that the
                list does not know, or a code that looks like a future's, and no exchange is named.
        """
        written = symbol
        try:
            symbol, market = parse_symbol(written)
        except BadArgument as error:
            raise _lead_on(error, self.lead(written, use)) from None
        exchanges = words_of(market)
        if exchange is not None and exchange not in exchanges:
            raise BadArgument(
                f"{symbol} is a {'KRX code' if market == 'KR' else 'US ticker'}; {exchange} does not trade it.",
                remedy=f"Leave exchange out, or use {', '.join(sorted(exchanges))}.",
                field="exchange",
            )
        known = self.find(symbol)
        if known is not None:
            return replace(known, exchange=exchange) if exchange else known
        if market == "US" and exchange is None:
            error = BadArgument(
                f"The exchange of {symbol} is not known.",
                remedy=f"If {symbol} is the ticker, pass exchange as nasdaq, nyse or amex.",
                field="exchange",
            )
            raise _lead_on(error, f"{lead} {error.remedy}" if (lead := self.lead(written, use)) else "")
        if exchange is None and re.fullmatch(KRX_FUTURE, symbol):
            raise BadArgument(
                f"{symbol} looks like a future.",
                remedy=f"{lead_elsewhere(symbol, use)} If it is a stock's code, pass exchange as krx.",
                field="symbol",
            )
        return Instrument(symbol, market, exchange or "krx")


@cache
def builtin_instruments() -> Instruments:
    """The list that comes with the package."""
    return read_instruments(resources_folder() / "instruments.csv")


def read_instruments(path: Path) -> Instruments:
    """A list from CSV with the columns symbol, market, exchange, name_ko, name_en and kind."""
    return Instruments(
        Instrument(
            symbol=row["symbol"],
            market=cast(Market, row["market"]),
            exchange=row["exchange"],
            name_ko=row["name_ko"],
            name_en=row["name_en"],
            kind=row["kind"],
        )
        for row in csv_rows(path)
    )


def _rank(wanted: str, instrument: Instrument) -> int | None:
    """How well a folded query fits; lower is better, None is not at all."""
    if wanted == _folded(instrument.symbol):
        return 0
    names = [_folded(name) for name in (instrument.name_ko, instrument.name_en, instrument.symbol)]
    for rank, fits in enumerate((str.__eq__, str.startswith, str.__contains__), start=1):
        if any(fits(name, wanted) for name in names):
            return rank
    if _HANGUL.fullmatch(wanted) and _abbreviates(wanted, names[0]):
        return _ABBREVIATED
    return None


def _names(instrument: Instrument) -> list[str]:
    """Its symbol and names, folded."""
    return [_folded(name) for name in (instrument.symbol, instrument.name_ko, instrument.name_en) if name]


def _lead_on(error: BadArgument, lead: str) -> BadArgument:
    """The error with a better remedy, if there is one."""
    return BadArgument(error.what, remedy=lead, field="symbol") if lead else error


def _abbreviates(short: str, name: str) -> bool:
    """Whether a name holds these syllables in this order, as 삼성전자 holds 삼전 and SK하이닉스 하닉."""
    syllables = iter(name)
    return all(syllable in syllables for syllable in short)


def _misspelled(wanted: str, searched: Iterable[Instrument]) -> list[Instrument]:
    """The instruments whose name is most like a text, best first."""
    if len(wanted) < _FEWEST_LETTERS:
        return []
    likeness = [
        (max(SequenceMatcher(None, wanted, _folded(name)).ratio() for name in (each.name_ko, each.name_en)), each)
        for each in searched
    ]
    near = sorted((match for match in likeness if match[0] >= _MISSPELLED), key=lambda match: -match[0])
    return [each for _, each in near]


def _folded(text: str) -> str:
    return "".join(normalize("NFC", text).casefold().split())
