"""What is no stock of Korea or the US → the tool that reads it, so that an error about it leads there."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from kis_mcp.catalog import SHARES_ABROAD, Use, read_suffixed

KRX_FUTURE = r"(?:[1-4][0-9A-Z]{2}[A-Z]|[A-D][0-9A-Z]{3})(?:0[1-9]|1[0-2])"
_KRX_OPTION = rf"{KRX_FUTURE}[0-9A-Z]{{3}}"
KRX_CONTRACT = f"{KRX_FUTURE}|{_KRX_OPTION}"
OVERSEAS_FUTURE = r"[0-9A-Z]{1,6}[FGHJKMNQUVXZ][0-9]{2}"
OVERSEAS_OPTION = rf"{OVERSEAS_FUTURE} [CP][0-9.]{{1,10}}"
BOND = r"KR[1236][0-9A-Z]{9}"

_INDEX = "domestic_stock_inquire_index_price"
_WORLD = "overseas_stock_inquire_time_indexchartprice"
_KRX = "domestic_fo_inquire_price"
_OVERSEAS_STOCK = SHARES_ABROAD["price"]
_FUTURE, _OPTION, _BOND_PRICE = "overseas_fo_inquire_price", "overseas_fo_opt_price", "domestic_bond_inquire_price"

_DATES, _CME = " with start_date and end_date", " with its exchange, where that is not cme"
_TOOLS: Mapping[Use, Mapping[str, tuple[str, str]]] = {
    "price": {},
    "candles": {
        _INDEX: ("domestic_stock_inquire_index_daily_price", ""),
        _WORLD: ("overseas_stock_inquire_daily_chartprice", _DATES),
        _KRX: ("domestic_fo_inquire_daily_fuopchartprice", _DATES),
        _OVERSEAS_STOCK: (SHARES_ABROAD["candles"], ""),
        _FUTURE: ("overseas_fo_daily_ccnl", _CME),
        _OPTION: ("overseas_fo_opt_daily_ccnl", _CME),
        _BOND_PRICE: ("domestic_bond_inquire_daily_itemchartprice", ""),
    },
    "book": {
        _KRX: ("domestic_fo_inquire_asking_price", ""),
        _OVERSEAS_STOCK: (SHARES_ABROAD["book"], ""),
        _FUTURE: ("overseas_fo_inquire_asking_price", ""),
        _OPTION: ("overseas_fo_opt_asking_price", ""),
        _BOND_PRICE: ("domestic_bond_inquire_asking_price", ""),
    },
}
"""Use → the tool that reads a price → the one for that use with the same arguments, and what it wants beside them."""


def tool_of_book(tool: str) -> str | None:
    """The tool that reads the order book of what a tool reads the price of, with the same arguments."""
    return _TOOLS["book"].get(tool, (None,))[0]


@dataclass(frozen=True, slots=True)
class Lead:
    """A tool that reads something, and the arguments for it; ``symbol`` is added where ``with_symbol``.

    ``others`` are words for ``market`` that may be right instead.
    """

    what: str
    tool: str
    arguments: Mapping[str, str]
    with_symbol: bool = True
    others: str = ""

    def sentence(self, symbol: str, use: Use = "price") -> str:
        """The next call; for the price where KIS has no such tool."""
        tool, more = _TOOLS[use].get(self.tool, (self.tool, ""))
        arguments = {**self.arguments, **({"symbol": symbol} if self.with_symbol else {})}
        called = json.dumps(arguments, ensure_ascii=False) + more
        others = f" (or market {self.others})" if self.others else ""
        return f"{self.what}: call call_read_tool with name={tool}, arguments={called}{others}."


def _index(name: str, code: str) -> Lead:
    return Lead(f"For the index {name}", _INDEX, {"index": code}, with_symbol=False)


def _world(name: str, symbol: str, asset: str = "index") -> Lead:
    return Lead(f"For {name}", _WORLD, {"asset": asset, "symbol": symbol}, with_symbol=False)


INDEX_NAMES: Mapping[str, str] = {"0001": "KOSPI", "1001": "KOSDAQ", "2001": "KOSPI 200", "3003": "KOSDAQ 150"}
"""Code of a Korean index → its name, which KIS' price of it does not tell."""

_KOREAN_INDICES = tuple(_index(name, code) for code, name in INDEX_NAMES.items())
_KOSPI, _KOSDAQ, _KOSPI_200, _KOSDAQ_150 = _KOREAN_INDICES
_SP_500, _NASDAQ, _DOW = _world("the S&P 500", "SPX"), _world("the Nasdaq Composite", "COMP"), _world("the Dow", ".DJI")
_DOLLAR = _world("the dollar in won", "FX@KRW", "exchange_rate")

_BONDS = Lead(
    "For the government bonds of the exchange, with their codes",
    "domestic_stock_comp_interest",
    {"kind": "exchange"},
    with_symbol=False,
)

_NAMES: Mapping[str, Lead] = {
    "kospi": _KOSPI,
    "코스피": _KOSPI,
    "코스피지수": _KOSPI,
    "kosdaq": _KOSDAQ,
    "코스닥": _KOSDAQ,
    "코스닥지수": _KOSDAQ,
    "kospi200": _KOSPI_200,
    "코스피200": _KOSPI_200,
    "kosdaq150": _KOSDAQ_150,
    "코스닥150": _KOSDAQ_150,
    "spx": _SP_500,
    "s&p500": _SP_500,
    "nasdaq": _NASDAQ,
    "나스닥": _NASDAQ,
    "dow": _DOW,
    "dowjones": _DOW,
    "다우": _DOW,
    "다우존스": _DOW,
    "usdkrw": _DOLLAR,
    "usd/krw": _DOLLAR,
    "환율": _DOLLAR,
    "원달러환율": _DOLLAR,
    **dict.fromkeys(
        ("국고채", "국채", "채권", "bond", "bonds", "governmentbond", "governmentbonds", "treasury"), _BONDS
    ),
}
_SHAPES: tuple[tuple[str, Lead], ...] = (
    (
        KRX_FUTURE,
        Lead("For a KRX future", _KRX, {"market": "index_futures"}, others="stock_futures or commodity_futures"),
    ),
    (_KRX_OPTION, Lead("For a KRX option", _KRX, {"market": "index_options"}, others="stock_options")),
    (OVERSEAS_OPTION, Lead("For an overseas option", _OPTION, {})),
    (OVERSEAS_FUTURE, Lead("For an overseas future", _FUTURE, {})),
    (BOND, Lead("For a Korean bond", _BOND_PRICE, {})),
    (r"5[0-9][0-9A-Z]{4}", Lead("For an ELW", "domestic_stock_inquire_elw_price", {})),
    (r"[0-9]{5}", Lead("For a Hong Kong stock", _OVERSEAS_STOCK, {"exchange": "hong_kong"})),
    (r"[0-9][0-9A-Z]{3}", Lead("For a Tokyo stock", _OVERSEAS_STOCK, {"exchange": "tokyo"})),
    (r"6[0-9]{5}", Lead("For a Shanghai stock", _OVERSEAS_STOCK, {"exchange": "shanghai"})),
    (r"[03][0-9]{5}", Lead("For a Shenzhen stock", _OVERSEAS_STOCK, {"exchange": "shenzhen"})),
)
"""What symbols look like; more than one may fit."""


def find_leads(text: str) -> list[Lead]:
    """How what a caller names may be read; empty where its name and shape tell nothing, several where they fit more."""
    symbol = text.strip().upper()
    if named := _NAMES.get("".join(text.casefold().split())):
        return [named]
    if written := read_suffixed(symbol):
        return [
            Lead("For this stock", _OVERSEAS_STOCK, {"exchange": written.exchanges[0], "symbol": written.symbol}, False)
        ]
    if index := next((lead for lead in _KOREAN_INDICES if symbol == lead.arguments["index"]), None):
        return [index]
    return [lead for shape, lead in _SHAPES if re.fullmatch(shape, symbol)]


def lead_elsewhere(text: str, use: Use = "price") -> str:
    """Where what a caller names may be read for a use, as sentences; empty where its name and shape tell nothing."""
    return " ".join(lead.sentence(text.strip().upper(), use) for lead in find_leads(text))
