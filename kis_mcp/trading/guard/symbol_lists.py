"""The operator's lists of instruments: entries as people write them → the instruments that they mean.

An entry is a symbol (``005930``, ``A005930``, ``AAPL``), a name of the built-in list (``삼성전자``, ``Apple``), a
contract or bond of unmistakable shape, or any of these with its market or exchange: ``NASDAQ:PYPL``, ``HK:700``,
``005930.KS``. A list that denies holds for all that an entry may mean; one that allows, only for what is certain.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kis_mcp.catalog import MARKED_CODE
from kis_mcp.market import CURRENCIES, EXCHANGES, KOREA, US_TICKER, Instruments
from kis_mcp.trading.order import Order, is_same_symbol
from kis_mcp.trading.venues import MARKETS, STOCK_MARKETS, as_kis_writes

_PLACES: Mapping[str, str] = {
    **{exchange.word: exchange.country for exchange in EXCHANGES},
    **{country.lower(): country for country in CURRENCIES},
    **{market.lower(): market for market in MARKETS},
    **dict.fromkeys(("kospi", "kosdaq", "ks", "kq"), KOREA),
    **dict.fromkeys(("nas", "nasd", "nys", "ams"), "US"),
    **dict.fromkeys(("hks", "sehk", "hkex"), "HK"),
    **dict.fromkeys(("shs", "shaa", "sse", "ss", "szs", "szaa", "szse", "sz"), "CN"),
    **dict.fromkeys(("tse", "tkse", "t"), "JP"),
    **dict.fromkeys(("hnx", "hase", "hsx", "vnse", "hose"), "VN"),
}
"""What people, KIS and others put before or after a symbol → the market."""

_OVERSEAS = "overseas"
"""The market of an order abroad whose country is not known."""

_PLACED = ((r"([^:]+):([^:]+)", 2, 1), (r"([^:]+):([^:]+)", 1, 2), (r"(.+)\.([A-Za-z]+)", 1, 2))
"""How symbol and place are written together, and which group is which."""

_ISIN_OF_A_COMMON_SHARE = re.compile(r"KR7([0-9]{5}0)[0-9]{3}")


@dataclass(frozen=True, slots=True, order=True)
class ListedSymbol:
    """An instrument of a list.

    Attributes:
        market: As in `kis_mcp.trading.order.Order`.
        symbol: As KIS writes it.
    """

    market: str
    symbol: str

    def __str__(self) -> str:
        return f"{self.market}:{self.symbol}"

    def allows(self, order: Order) -> bool:
        """Whether the order certainly is for this instrument."""
        return self._has_market_of(order) and _canonical(order.symbol or "", self.market) == self.symbol

    def denies(self, order: Order) -> bool:
        """Whether the order may be for this instrument, in whatever form its symbol is written."""
        symbol = _canonical(order.symbol or "", self.market)
        return bool(symbol) and self._has_market_of(order) and is_same_symbol(_bare(self.symbol), _bare(symbol))

    def _has_market_of(self, order: Order) -> bool:
        is_abroad = self.market in STOCK_MARKETS and self.market != KOREA
        return order.market == self.market or (order.market == _OVERSEAS and is_abroad)


def denied_symbols(entries: Iterable[str], instruments: Instruments) -> frozenset[ListedSymbol]:
    """Everything that the entries may mean.

    Raises:
        ValueError: An entry means no instrument; naming it and the nearest.
    """
    return frozenset(
        listed
        for entry in _single(entries, instruments)
        for listed in (*_readings(entry, instruments), *_guesses(entry))
    )


def allowed_symbols(entries: Iterable[str], instruments: Instruments) -> frozenset[ListedSymbol]:
    """What the entries mean, each one instrument.

    Raises:
        ValueError: An entry means no instrument, or may mean several; naming it and the nearest, or what it may mean.
    """
    return frozenset(_only(entry, instruments) for entry in _single(entries, instruments))


def _single(entries: Iterable[str], instruments: Instruments) -> Iterable[str]:
    """The entries; one that means nothing as a whole (names hold blanks) by its words."""
    for entry in entries:
        words = [entry] if _readings(entry, instruments) else entry.split()
        for word in words:
            if not _readings(word, instruments):
                raise ValueError(_no_instrument(word, entry, instruments))
            yield word


def _only(entry: str, instruments: Instruments) -> ListedSymbol:
    readings = _readings(entry, instruments)
    if len(readings) > 1:
        raise ValueError(f"{entry!r} may mean {' or '.join(map(str, sorted(readings)))}; write the one that is meant")
    return readings[0]


def _readings(entry: str, instruments: Instruments) -> list[ListedSymbol]:
    """What an entry means; several where it may mean either."""
    text, markets = _place(entry)
    named = [ListedSymbol(each.market, each.symbol) for each in instruments.named(text) if each.market in markets]
    if named and len(markets) == 1:
        return named
    symbols = {name: _canonical(text, name) for name in markets}
    shaped = [ListedSymbol(name, each) for name, each in symbols.items() if re.fullmatch(_shape(name, markets), each)]
    return list(dict.fromkeys(named + shaped))


def _guesses(entry: str) -> list[ListedSymbol]:
    """What an entry may mean beside: KT is a Korean name and a US ticker, 600519 would be a Chinese code as well."""
    symbol = _canonical(entry, "US")
    shapes = (("US", US_TICKER), ("CN", MARKETS["CN"].symbols))
    return [ListedSymbol(market, symbol) for market, shape in shapes if re.fullmatch(shape, symbol)]


def _place(entry: str) -> tuple[str, Collection[str]]:
    """The symbol of an entry, and the markets that its prefix or suffix names; all, where it has none."""
    for pattern, symbol, place in _PLACED:
        found = re.fullmatch(pattern, entry)
        word = found[place].strip().lower() if found else ""
        if found and word in _PLACES:
            others = [name for name, market in MARKETS.items() if word in market.exchanges and name != _PLACES[word]]
            return found[symbol].strip(), (_PLACES[word], *others)
    return entry, tuple(MARKETS)


def _shape(name: str, markets: Collection[str]) -> str:
    """What symbols of a market look like: any of its own where it is the one named, else only what no other has.

    Any letters look like a US ticker, so one without its exchange has to be in the list of instruments.
    """
    if len(markets) == 1:
        return MARKETS[name].symbols
    return r"(?!)" if name == "US" else MARKETS[name].unmistakable


def _canonical(symbol: str, market: str) -> str:
    """A symbol of a market in the one form that lists and orders are compared in."""
    symbol = as_kis_writes(symbol, market)
    if market == KOREA:
        found = re.fullmatch(MARKED_CODE, symbol) or _ISIN_OF_A_COMMON_SHARE.fullmatch(symbol)
        return found[1] if found else symbol
    return symbol


def _bare(symbol: str) -> str:
    """A symbol without what people write it with or without: BRK/B as BRK.B, Hong Kong's 700 as 00700."""
    return re.sub("[./-]", "", symbol).zfill(5)


def _no_instrument(word: str, entry: str, instruments: Instruments) -> str:
    nearest = instruments.nearest(entry) or instruments.nearest(word)
    hint = f"the nearest is {nearest.symbol} ({nearest.name}); " if nearest else ""
    return (
        f"{word!r} is no instrument that is known; {hint}"
        "write a KRX code such as 005930, or a symbol with its exchange such as NASDAQ:PYPL or HK:00700"
    )
