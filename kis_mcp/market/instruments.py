"""The built-in list of instruments: finding one by name, and knowing a US ticker's exchange."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import cast
from unicodedata import normalize

from kis_mcp.catalog.data import csv_rows, resources_folder
from kis_mcp.errors import BadArgument
from kis_mcp.market.exchanges import words_of
from kis_mcp.market.instrument import Instrument, Market, parse_symbol


class Instruments:
    """A list that answers from memory. What it lacks can still be traded: it is a convenience, not a gate."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_symbol = {instrument.symbol: instrument for instrument in instruments}

    def search(self, query: str, market: Market | None = None) -> list[Instrument]:
        """The instruments that ``query`` names, best match first: symbol, then name, its start, its inside.

        Case and spaces do not matter, in Korean or English.
        """
        wanted = _folded(query)
        ranked = (
            (_rank(wanted, instrument), instrument)
            for instrument in self._by_symbol.values()
            if market in (None, instrument.market)
        )
        matches = [(rank, instrument) for rank, instrument in ranked if rank is not None]
        return [instrument for _, instrument in sorted(matches, key=lambda match: match[0])]

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

    def resolve(self, symbol: str, exchange: str | None = None) -> Instrument:
        """The instrument that a caller means, on the exchange or venue that the caller names.

        Raises:
            BadArgument: The symbol is malformed, the exchange is not one of its market, or it is a US ticker that the
                list does not know and no exchange is named.
        """
        symbol, market = parse_symbol(symbol)
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
            raise BadArgument(
                f"The exchange of {symbol} is not known.",
                remedy="Pass exchange as nasdaq, nyse or amex.",
                field="exchange",
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
    return None


def _names(instrument: Instrument) -> list[str]:
    """Its symbol and names, folded."""
    return [_folded(name) for name in (instrument.symbol, instrument.name_ko, instrument.name_en) if name]


def _folded(text: str) -> str:
    return "".join(normalize("NFC", text).casefold().split())
