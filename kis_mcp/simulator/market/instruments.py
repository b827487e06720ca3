"""What is traded."""

from dataclasses import dataclass
from datetime import date, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast

from kis_mcp.catalog import csv_rows, resources_folder
from kis_mcp.simulator.market.listings import fund_terms
from kis_mcp.simulator.market.places import Country, Exchange, Home, Ladder, exchanges, homes

Category = Literal[
    "domestic_stock", "overseas_stock", "domestic_futureoption", "overseas_futureoption", "domestic_bond"
]
"""KIS' product categories, as the spec table names them."""

_SHARES = frozenset({"domestic_stock", "overseas_stock"})
_DERIVATIVES = frozenset({"future", "call", "put"})
_REACH = {"future": 20, "call": None, "put": None}
"""How far a contract's price may go in a day, in percent of the previous close; an option's goes with its future's."""
_BOND_REACH = 30


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listed instrument: a share, a fund, a future, an option or a bond.

    The market model counts prices in units, the last decimal of the instrument's price: 1 won, 1 cent, 0.01 points.

    Attributes:
        exchange: A word of exchanges.csv.
        kind: stock, etf, etn, warrant, future, call, put, bond.
        base_units: The price around which the model moves.
        daily_volume: Shares, contracts or bonds on a usual day.
        sector: A company's industry; a contract's product.
        decimals: How many its prices have.
        ticks: The price step by price.
        lot: The trading unit.
        board: kospi or kosdaq; empty abroad and for contracts.
        multiplier: Money for one contract and one point. A bond's price is for ten of its units.
        margin_rate: What part of its value a contract binds; 0 where everything is paid and nothing sold short.
        volatility: Of a day; negative for what falls when the others of its word rise, as puts do.
        moves_with: Instruments of the same word rise and fall together; "" moves alone.
        same_as: The newer code of a contract that is named by its older one; "" of all others.
    """

    symbol: str
    country: Country
    exchange: str
    name_ko: str
    name_en: str
    kind: str
    base_units: int
    daily_volume: int
    listed_shares: int
    sector: str
    decimals: int
    ticks: Ladder
    volatility: float
    lot: int = 1
    multiplier: Decimal = Decimal(1)
    margin_rate: Decimal = Decimal(0)
    strike: Decimal = Decimal(0)
    expiry: date | None = None
    moves_with: str = ""
    board: str = ""
    same_as: str = ""

    @property
    def category(self) -> Category:
        if self.kind == "bond":
            return "domestic_bond"
        if self.kind in _DERIVATIVES:
            return "domestic_futureoption" if self.country == "KR" else "overseas_futureoption"
        return "domestic_stock" if self.country == "KR" else "overseas_stock"

    @property
    def walk(self) -> str:
        """What its random walk is drawn from."""
        return self.moves_with or self.symbol

    @property
    def identity(self) -> str:
        """What its numbers are drawn from: the same for both codes of one contract."""
        return self.same_as or self.symbol

    @property
    def home(self) -> Home:
        return homes()[self.country]

    @property
    def listed_on(self) -> Exchange:
        return exchanges()[self.exchange]

    @property
    def currency(self) -> str:
        return self.home.currency

    @property
    def timezone(self) -> tzinfo:
        return self.home.timezone

    def whole(self, quantity: int, of: int) -> int:
        """What of a quantity an order for ``of`` trades at once: whole trading units, if it consists of such."""
        return quantity if of % self.lot else quantity - quantity % self.lot

    def price(self, units: int) -> Decimal:
        """Units as a price."""
        return Decimal(units).scaleb(-self.decimals)

    def amount(self, units: int) -> Decimal:
        """Price × quantity, in units, as money."""
        return self.price(units) * self.multiplier

    def units(self, price: Decimal) -> int | None:
        """A price as units; None where it is finer."""
        units = price.scaleb(self.decimals)
        return int(units) if units == units.to_integral_value() else None

    def tick(self, units: int) -> int:
        """The price step at a price, in units."""
        return self.ticks.at(units)

    def on_tick(self, price: Decimal) -> bool:
        units = self.units(price)
        return units is not None and units > 0 and units % self.tick(units) == 0

    def limits(self, previous_close: int) -> tuple[int, int]:
        """The day's lowest and highest price in units: the exchange's, or a contract's; far apart where it has none."""
        reach = self._reach(previous_close)
        if reach is None:
            return 1, previous_close * 100
        return self.steps_within(previous_close - reach, previous_close + reach)

    def steps_within(self, low: int, high: int) -> tuple[int, int]:
        """The lowest and the highest price on the steps between two, in units."""
        return -(-low // self.tick(low)) * self.tick(low), high // self.tick(high) * self.tick(high)

    @property
    def has_limits(self) -> bool:
        return self.kind in ("call", "put") or self._reach(self.base_units) is not None

    def _reach(self, previous_close: int) -> int | None:
        exchange = self.listed_on
        if exchange.widths is not None and self.category in _SHARES:
            return exchange.widths.at(previous_close)
        percent = exchange.limit_percent if self.category in _SHARES else _REACH.get(self.kind, _BOND_REACH)
        if self.kind == "warrant":
            return None
        if percent and self.kind in ("etf", "etn") and (terms := fund_terms().get(self.symbol)):
            percent *= abs(terms.multiple)
        return None if percent is None else previous_close * percent // 100


@cache
def instruments(path: Path | None = None) -> dict[str, Instrument]:
    """The simulated shares and funds by symbol, in the order of their file."""
    path = path or resources_folder() / "simulator" / "instruments.csv"
    return {row["symbol"]: _instrument(row) for row in csv_rows(path)}


@cache
def contracts() -> dict[str, Instrument]:
    """The simulated futures, options and bonds by symbol, in the order of their file."""
    return {row["symbol"]: _contract(row) for row in csv_rows(resources_folder() / "simulator" / "contracts.csv")}


def _instrument(row: dict[str, str]) -> Instrument:
    country, exchange = cast("Country", row["market"]), exchanges()[row["exchange"]]
    return Instrument(
        symbol=row["symbol"],
        country=country,
        exchange=row["exchange"],
        name_ko=row["name_ko"],
        name_en=row["name_en"],
        kind=row["kind"],
        base_units=int(Decimal(row["base_price"]).scaleb(exchange.decimals)),
        daily_volume=int(row["daily_volume"]),
        listed_shares=int(row["listed_shares"]),
        sector=row["sector"],
        decimals=exchange.decimals,
        ticks=exchange.ticks if row["kind"] == "stock" else exchange.fund_ticks,
        volatility=homes()[country].volatility,
        lot=int(row["lot"]),
        board=row["board"],
    )


def _contract(row: dict[str, str]) -> Instrument:
    decimals = int(row["decimals"])
    return Instrument(
        symbol=row["symbol"],
        country=cast("Country", row["market"]),
        exchange=row["exchange"],
        name_ko=row["name_ko"],
        name_en=row["name_en"],
        kind=row["kind"],
        base_units=int(Decimal(row["base_price"]).scaleb(decimals)),
        daily_volume=int(row["daily_volume"]),
        listed_shares=0,
        sector=row["product"],
        decimals=decimals,
        ticks=Ladder((int(Decimal(row["tick"]).scaleb(decimals)),)),
        multiplier=Decimal(row["multiplier"]),
        margin_rate=Decimal(row["margin_rate"] or 0),
        strike=Decimal(row["strike"] or 0),
        expiry=date.fromisoformat(row["expiry"]),
        moves_with=row["moves_with"],
        volatility=float(row["volatility"]),
    )
