"""Price history of one instrument in columns: what a backtest runs over."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import repeat
from typing import Final, Self

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.indicators import BarValues

MOST_DECIMALS: Final = 8
"""A price adjusted for splits over decades is a float of 17 digits, of which so many decimals say anything."""

MOST_WHOLE_DIGITS: Final = 18
"""Of a price in units, or of a volume: what 64 bits hold."""

_BEYOND: Final = 10**MOST_WHOLE_DIGITS


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a history, exactly.

    Attributes:
        ends_at: When it ended, aware, in the exchange's zone.
        open, high, low, close: In the instrument's currency.
        volume: Shares or contracts.
    """

    ends_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


class Bars:
    """Bars of one instrument, oldest first, only of times in which it was traded.

    Prices are kept as whole numbers of the smallest decimal that occurs: exact, and a tenth of what Decimals take. They
    are rounded to `MOST_DECIMALS`, or to fewer where the highest has so many digits that more do not fit.

    Attributes:
        ends_at: As `Bar.ends_at`.
        unit: What prices are counted in, such as 1 for won and 0.01 for dollars.
        divisor: So many units are one won or dollar.
        open, high, low, close: In units.
        volume: Shares or contracts.
    """

    __slots__ = ("close", "divisor", "ends_at", "high", "low", "open", "unit", "volume")

    def __init__(
        self, ends_at: Sequence[datetime], prices: Sequence["array[int]"], volume: "array[int]", unit: Decimal
    ) -> None:
        self.ends_at = ends_at
        self.open, self.high, self.low, self.close = prices
        self.volume = volume
        self.unit = unit
        self.divisor = int(1 / unit)

    @classmethod
    def of(cls, rows: Iterable[Bar]) -> Self:
        """The columns of rows.

        Raises:
            BadArgument: There are none, they are not in order of time, or one's prices contradict each other, are of
                more than `MOST_WHOLE_DIGITS`, or are nothing once they are rounded; the field is its number from 0.
        """
        bars = list(rows)
        if not bars:
            raise BadArgument("There are no bars.", remedy="Choose days in which it was traded.", field="bars")
        decimals = max(0, *(-_exponent(price) for bar in bars for price in (bar.open, bar.high, bar.low, bar.close)))
        whole_digits = max(bar.high.adjusted() for bar in bars) + 1
        decimals = max(0, min(decimals, MOST_DECIMALS, MOST_WHOLE_DIGITS - whole_digits))
        least = Decimal(1).scaleb(-decimals) / 2
        unit = Decimal(1).scaleb(-decimals)
        ends_at = list[datetime]()
        prices = [array("q") for _ in range(4)]
        volume = array("q")
        for number, bar in enumerate(bars):
            _check(bar, number, ends_at[-1] if ends_at else None, least)
            ends_at.append(bar.ends_at)
            for column, price in zip(prices, (bar.open, bar.high, bar.low, bar.close), strict=True):
                column.append(round(price.scaleb(decimals)))
            volume.append(bar.volume)
        return cls(ends_at, prices, volume, unit)

    def __len__(self) -> int:
        return len(self.ends_at)

    def until(self, count: int) -> "Bars":
        """The first so many."""
        columns = [column[:count] for column in (self.open, self.high, self.low, self.close)]
        return Bars(self.ends_at[:count], columns, self.volume[:count], self.unit)

    def since(self, start: int) -> "Bars":
        """Those from a number on."""
        columns = [column[start:] for column in (self.open, self.high, self.low, self.close)]
        return Bars(self.ends_at[start:], columns, self.volume[start:], self.unit)

    def picked(self, numbers: Sequence[int]) -> "Bars":
        """Those of these numbers, in their order."""
        columns = (self.open, self.high, self.low, self.close, self.volume)
        *prices, volume = (array("q", map(column.__getitem__, numbers)) for column in columns)
        return Bars([self.ends_at[number] for number in numbers], prices, volume, self.unit)

    def span(self, start: datetime, end: datetime | None) -> tuple[int, int]:
        """The numbers from which and before which bars end from one moment on and before another."""
        return bisect_left(self.ends_at, start), len(self) if end is None else bisect_left(self.ends_at, end)

    def rows(self) -> Iterator[Bar]:
        """Each bar, exactly."""
        columns = ([price * self.unit for price in column] for column in (self.open, self.high, self.low, self.close))
        return map(Bar, self.ends_at, *columns, self.volume)

    def closes(self) -> Iterator[float]:
        """Of each bar."""
        return (price / self.divisor for price in self.close)

    def values(self) -> Iterator[BarValues]:
        """As an evaluator takes them, one after the other."""
        # Dividing whole numbers gives the float that is nearest to the price, as reading its digits would.
        divisor = self.divisor
        columns = ([price / divisor for price in column] for column in (self.open, self.high, self.low, self.close))
        rows = zip(self.ends_at, *columns, map(float, self.volume), repeat(None), strict=False)
        return map(_TO_VALUES, rows)

    def value(self, at: int) -> BarValues:
        """One of `values`."""
        opening, high, low, close = (
            column[at] / self.divisor for column in (self.open, self.high, self.low, self.close)
        )
        return BarValues(self.ends_at[at], opening, high, low, close, float(self.volume[at]))


_TO_VALUES: Callable[[Iterable[object]], BarValues] = partial(tuple.__new__, BarValues)  # pyright: ignore[reportUnknownMemberType]
"""As `BarValues._make`, in half the time."""


def _exponent(price: Decimal) -> int:
    exponent = price.as_tuple().exponent
    assert isinstance(exponent, int), "a price is a number"
    return exponent


def _check(bar: Bar, number: int, earlier: datetime | None, least: Decimal) -> None:
    if earlier is not None and bar.ends_at <= earlier:
        problem = f"ends at {bar.ends_at:%Y-%m-%d %H:%M}, not after the one before it"
    elif not (
        least < bar.low <= min(bar.open, bar.close)
        and max(bar.open, bar.close) <= bar.high < _BEYOND
        and 0 <= bar.volume < _BEYOND
    ):
        problem = f"has open {bar.open}, high {bar.high}, low {bar.low}, close {bar.close}, volume {bar.volume}"
    else:
        return
    raise BadArgument(f"Bar {number} {problem}.", remedy="Mend the history.", field=f"bars[{number}]")
