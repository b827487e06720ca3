"""From values to the heights at which they are drawn."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.charts.numbers import round_numbers, round_powers

_AROUND = Decimal("0.06")
_AROUND_ONE = Decimal("0.01")
_FEWEST_POWERS = 4
_PIXELS_A_TICK = 30


@dataclass(frozen=True, slots=True)
class Scale:
    """Values between ``low`` and ``high`` stand between ``bottom`` and ``top``, in pixels downwards.

    Attributes:
        is_log: Whether equal ratios, not equal differences, are equally far apart.
    """

    low: Decimal
    high: Decimal
    top: float
    bottom: float
    is_log: bool = False

    def at(self, value: Decimal | int) -> float:
        """The height of a value."""
        value = Decimal(value)
        if self.is_log:
            part = (value / self.low).ln() / (self.high / self.low).ln()
        else:
            part = (value - self.low) / (self.high - self.low)
        return self.bottom - float(part) * (self.bottom - self.top)

    def ticks(self, least_step: Decimal) -> list[Decimal]:
        """Round values for the axis, so many that their labels do not touch."""
        most = max(int((self.bottom - self.top) / _PIXELS_A_TICK), 2)
        if self.is_log:
            powers = round_powers(self.low, self.high)
            if len(powers) >= _FEWEST_POWERS:
                of_ten = [power for power in powers if power.as_tuple().digits[0] == 1]
                return powers if len(powers) <= most * 2 else of_ten
        return round_numbers(self.low, self.high, most, least_step)


def scale_around(
    values: Iterable[Decimal], top: float, bottom: float, *, least_step: Decimal, is_log: bool = False
) -> Scale:
    """A scale that holds all values with some room; a logarithmic one only where all are above zero.

    Args:
        least_step: The smallest difference that values can have: what has no range of its own gets one.
    """
    found = list(values) or [Decimal(0)]
    low, high = min(found), max(found)
    if is_log and low > 0:
        ratio = max(high / low, 1 + _AROUND_ONE) ** _AROUND
        return Scale(low / ratio, high * ratio, top, bottom, is_log=True)
    room = (high - low) * _AROUND or max(abs(high) * _AROUND_ONE, least_step * 2)
    lowest = low - room
    return Scale(max(lowest, Decimal(0)) if low >= 0 else lowest, high + room, top, bottom)


def scale_from_zero(values: Iterable[int], top: float, bottom: float) -> Scale:
    """A scale of amounts, none below zero."""
    return Scale(Decimal(0), Decimal(max(values, default=0) or 1), top, bottom)
