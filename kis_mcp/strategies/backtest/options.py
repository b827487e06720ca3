"""How a backtest fills orders and what it charges."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, Literal, TypeAlias

Side: TypeAlias = Literal["buy", "sell"]
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Rates:
    """What a fill costs beside its price, from a day on.

    Attributes:
        since: The first day.
        buy_percent, sell_percent: Commission and taxes, of the amount.
        per_unit: And so much for each share or contract.
    """

    since: date = date.min
    buy_percent: Decimal = Decimal(0)
    sell_percent: Decimal = Decimal(0)
    per_unit: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Costs:
    """Commission and taxes over time.

    Attributes:
        rates: The earliest first; before its day the first one is taken.
    """

    rates: tuple[Rates, ...] = (Rates(),)

    def cost(self, side: Side, amount: Decimal, quantity: int, on: date) -> Decimal:
        """Of a fill of so much money and so many units, on a day: in the instrument's currency."""
        rates = self.rates[0]
        for each in self.rates[1:]:
            if each.since <= on:
                rates = each
        percent = rates.buy_percent if side == "buy" else rates.sell_percent
        return amount * percent / _HUNDRED + quantity * rates.per_unit


@dataclass(frozen=True, slots=True)
class InstrumentTerms:
    """How one instrument is traded.

    Attributes:
        costs: Its commission and taxes.
        tick: The price step at a price; None where prices need no step.
        lot: The smallest quantity.
        daily_limit_percent: How far a price may be from the day before's close; None where there is no such limit.
        closes: When the regular session of a day closes: what may not stay overnight is sold `LEAD` before it. Without,
            it is sold at the close of the day's last bar.
    """

    costs: Costs = Costs()
    tick: Callable[[Decimal], Decimal] | None = None
    lot: int = 1
    daily_limit_percent: Decimal | None = None
    closes: Callable[[date], datetime | None] | None = None


@dataclass(frozen=True, slots=True)
class BacktestOptions:
    """The assumptions of a backtest.

    Attributes:
        cash: At the start, in the currency of the instruments.
        slippage_ticks: A market order or stop is filled so many price steps worse.
        slippage_percent: And this much of the price worse.
        most_volume_percent: One fill takes at most this share of its bar's volume.
        start: Bars that end before it are there to warm up on: nothing is decided but at the end of the last of them.
            None where all are tested.
    """

    cash: Decimal
    slippage_ticks: int = 1
    slippage_percent: Decimal = Decimal(0)
    most_volume_percent: Decimal = Decimal(10)
    start: datetime | None = None


def lead_in(ends_at: Sequence[datetime], start: datetime | None) -> int:
    """How many bars end before the start."""
    return 0 if start is None else bisect_left(ends_at, start)
