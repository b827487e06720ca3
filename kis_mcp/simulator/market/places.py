"""Where instruments are traded: countries with their currencies, and exchanges with their rules."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, tzinfo
from decimal import Decimal
from functools import cache
from typing import Literal, cast
from zoneinfo import ZoneInfo

from kis_mcp.catalog import csv_rows, resources_folder

Country = Literal["KR", "US", "HK", "CN", "JP", "VN", "DE", "SG"]


@dataclass(frozen=True, slots=True)
class Ladder:
    """Values by price, in units: the first below the first bound, the second from there on, and so forth."""

    values: tuple[int, ...]
    bounds: tuple[int, ...] = ()

    def at(self, units: int) -> int:
        return self.values[bisect_right(self.bounds, units)]


@dataclass(frozen=True, slots=True)
class Home:
    """A country, as far as trading goes.

    Attributes:
        code: KIS' number of it (NATN_CD).
        currency_decimals: Of the amounts that change hands.
        opens, closes: Of the exchanges' regular session; their lunch breaks are not kept.
        reservations: When KIS takes reservations, local time; empty where that is more than hours.
        settlement_days: Trading days until a stock's money changes hands.
        krw_rate: Won for one unit of the currency, around which its exchange rate moves.
        quoted_for: For how many units KIS quotes the exchange rate.
        starting_cash: In an account at its first use, where the simulator's options do not say.
        volatility: Of a day.
    """

    country: Country
    name_ko: str
    code: str
    currency: str
    currency_ko: str
    currency_decimals: int
    timezone: tzinfo
    opens: time
    closes: time
    reservations: tuple[tuple[time, time], ...]
    settlement_days: int
    krw_rate: Decimal
    quoted_for: int
    starting_cash: Decimal
    volatility: float


@dataclass(frozen=True, slots=True)
class Exchange:
    """An exchange.

    Attributes:
        quote_code, trading_code, product_code, day_code: KIS' names of it: in quotations, in orders, of its products,
            and of its daytime market.
        market_code: What tells it from its country's others (TR_MKET_CD).
        decimals: Of its prices.
        ticks, fund_ticks: Price steps of stocks and of funds.
        limit_percent, widths: How far a price may go in a day, in percent of the previous close or by it; both None
            where there is no limit.
        lots: Which orders are in whole trading units: all, buys, or none ("").
    """

    exchange: str
    home: Home
    name_ko: str
    quote_code: str
    trading_code: str
    product_code: str
    market_code: str
    day_code: str
    decimals: int
    ticks: Ladder
    fund_ticks: Ladder
    limit_percent: int | None
    widths: Ladder | None
    lots: str


def homes() -> Mapping[Country, Home]:
    """The countries, in the order of their file."""
    return _HOMES


def home_of(currency: str) -> Home:
    """The country of a currency, the first of those that share it."""
    return _BY_CURRENCY[currency]


@cache
def exchanges() -> Mapping[str, Exchange]:
    """The exchanges by their words."""
    return {row["exchange"]: _exchange(row) for row in _rows("exchanges.csv")}


@cache
def stock_exchanges() -> Mapping[str, Exchange]:
    """The exchanges of stocks abroad by every code that KIS has for them."""
    found: dict[str, Exchange] = {}
    for exchange in exchanges().values():
        if exchange.product_code:
            codes = (exchange.quote_code, exchange.trading_code, exchange.product_code, exchange.day_code)
            found |= {code: exchange for code in codes if code}
    return found


def _home(row: dict[str, str]) -> Home:
    windows = (window.split("-") for window in row["reservations"].split())
    return Home(
        country=cast("Country", row["country"]),
        name_ko=row["name_ko"],
        code=row["code"],
        currency=row["currency"],
        currency_ko=row["currency_ko"],
        currency_decimals=int(row["currency_decimals"]),
        timezone=ZoneInfo(row["timezone"]),
        opens=time.fromisoformat(row["opens"]),
        closes=time.fromisoformat(row["closes"]),
        reservations=tuple((time.fromisoformat(start), time.fromisoformat(end)) for start, end in windows),
        settlement_days=int(row["settlement_days"]),
        krw_rate=Decimal(row["krw_rate"]) / int(row["quoted_for"]),
        quoted_for=int(row["quoted_for"]),
        starting_cash=Decimal(row["starting_cash"]),
        volatility=float(row["volatility"]),
    )


def _exchange(row: dict[str, str]) -> Exchange:
    decimals = int(row["decimals"])
    return Exchange(
        exchange=row["exchange"],
        home=_HOMES[cast("Country", row["country"])],
        name_ko=row["name_ko"],
        quote_code=row["quote_code"],
        trading_code=row["trading_code"],
        product_code=row["product_code"],
        market_code=row["market_code"],
        day_code=row["day_code"],
        decimals=decimals,
        ticks=ladder(row["ticks"], decimals),
        fund_ticks=ladder(row["fund_ticks"] or row["ticks"], decimals),
        limit_percent=int(row["limit_percent"]) if row["limit_percent"] else None,
        widths=ladder(row["limit_widths"], decimals) if row["limit_widths"] else None,
        lots=row["lots"],
    )


def ladder(steps: str, decimals: int) -> Ladder:
    """A ladder such as ``0.01 3:0.02``: a hundredth, from 3 on two."""
    first, *others = steps.split()
    bounds, values = zip(*(step.split(":") for step in others), strict=True) if others else ((), ())
    return Ladder(
        tuple(_units(value, decimals) for value in (first, *values)), tuple(_units(b, decimals) for b in bounds)
    )


def _units(price: str, decimals: int) -> int:
    return int(Decimal(price).scaleb(decimals))


def _rows(name: str) -> list[dict[str, str]]:
    return csv_rows(resources_folder() / "simulator" / name)


_HOMES: Mapping[Country, Home] = {home.country: home for home in map(_home, _rows("countries.csv"))}
_BY_CURRENCY: Mapping[str, Home] = {home.currency: home for home in reversed(_HOMES.values())}
