"""What is traded."""

import csv
from bisect import bisect_right
from dataclasses import dataclass
from datetime import tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from kis_mcp.catalog.data import resources_folder
from kis_mcp.clock import KST, NEW_YORK

Country = Literal["KR", "US"]

_SHARE_BOUNDS, _SHARE_TICKS = (2_000, 5_000, 20_000, 50_000, 200_000, 500_000), (1, 5, 10, 50, 100, 500, 1_000)
_FUND_BOUNDS, _FUND_TICKS = (2_000,), (1, 5)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One listed instrument.

    The market model counts prices in units, the currency's smallest step: 1 won or 1 cent.

    Attributes:
        exchange: krx, nasdaq, nyse or amex.
        base_units: The price around which the model moves.
        daily_volume: Shares on a usual day.
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

    @property
    def currency(self) -> str:
        return "KRW" if self.country == "KR" else "USD"

    @property
    def timezone(self) -> tzinfo:
        return KST if self.country == "KR" else NEW_YORK

    def price(self, units: int) -> Decimal:
        """Units as money: whole won, or dollars with two decimals."""
        return Decimal(units) if self.country == "KR" else Decimal(units).scaleb(-2)

    def units(self, price: Decimal) -> int | None:
        """Money as units; None where the price is finer than the currency's smallest step."""
        units = price if self.country == "KR" else price.scaleb(2)
        return int(units) if units == units.to_integral_value() else None

    def tick(self, units: int) -> int:
        """The price step at a price, in units."""
        if self.country == "US":
            return 1
        if self.kind == "stock":
            return _SHARE_TICKS[bisect_right(_SHARE_BOUNDS, units)]
        return _FUND_TICKS[bisect_right(_FUND_BOUNDS, units)]

    def on_tick(self, price: Decimal) -> bool:
        units = self.units(price)
        return units is not None and units > 0 and units % self.tick(units) == 0

    def limits(self, previous_close: int) -> tuple[int, int]:
        """The day's lowest and highest price in units: KRX' 30 %; none in the US."""
        if self.country == "US":
            return 1, previous_close * 100
        reach = previous_close * 3 // 10
        low, high = previous_close - reach, previous_close + reach
        return -(-low // self.tick(low)) * self.tick(low), high // self.tick(high) * self.tick(high)


@cache
def instruments(path: Path | None = None) -> dict[str, Instrument]:
    """The simulated instruments by symbol, in the order of their file."""
    path = path or resources_folder() / "simulator" / "instruments.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["symbol"]: _instrument(row) for row in csv.DictReader(file)}


def _instrument(row: dict[str, str]) -> Instrument:
    country: Country = "KR" if row["market"] == "KR" else "US"
    scale = 1 if country == "KR" else 100
    return Instrument(
        symbol=row["symbol"],
        country=country,
        exchange=row["exchange"],
        name_ko=row["name_ko"],
        name_en=row["name_en"],
        kind=row["kind"],
        base_units=int(Decimal(row["base_price"]) * scale),
        daily_volume=int(row["daily_volume"]),
        listed_shares=int(row["listed_shares"]),
        sector=row["sector"],
    )
