"""What indicators are made of: each takes a value at a time, and gives None until it has taken enough of them.

The talipp library has most of these indicators; but it takes 4 to 60
microseconds a bar, ten times as long, and gives its last value again where there is none.
"""

from collections import deque
from math import sqrt
from typing import Protocol

from kis_mcp.strategies.indicators.windows import WindowLine, WindowMoments, WindowSum


class Block(Protocol):
    """Takes values, gives values."""

    def push(self, value: float) -> float | None: ...


class Mean:
    """The simple moving average."""

    __slots__ = ("_period", "_sum")

    def __init__(self, period: int) -> None:
        self._period = period
        self._sum = WindowSum(period)

    def push(self, value: float) -> float | None:
        total = self._sum.push(value)
        return None if total is None else total / self._period


class Smooth:
    """An exponential average that begins with the simple average of the first ``period`` values.

    Args:
        period: So many values it begins with.
        weight: What the newest value counts.
    """

    __slots__ = ("_begin", "_period", "_seen", "_value", "_weight")

    def __init__(self, period: int, weight: float) -> None:
        self._period = period
        self._weight = weight
        self._seen = 0
        self._begin = 0.0
        self._value: float | None = None

    def push(self, value: float) -> float | None:
        last = self._value
        if last is not None:
            self._value = last = last + self._weight * (value - last)
            return last
        self._seen += 1
        self._begin += value
        if self._seen == self._period:
            self._value = self._begin / self._period
        return self._value


def exponential(period: int) -> Smooth:
    """The exponential moving average."""
    return Smooth(period, 2 / (period + 1))


def wilder(period: int) -> Smooth:
    """Wilder's average: exponential, with a weight of 1 / period."""
    return Smooth(period, 1 / period)


class Weighted:
    """The linearly weighted moving average: the newest value counts ``period`` times, the oldest once."""

    __slots__ = ("_line", "_weights")

    def __init__(self, period: int) -> None:
        self._line = WindowLine(period)
        self._weights = period * (period + 1) / 2

    def push(self, value: float) -> float | None:
        sums = self._line.push(value)
        return None if sums is None else sums[1] / self._weights


class Deviation:
    """The standard deviation.

    Args:
        period: Of so many values.
        is_sample: Whether it divides by one value less.
    """

    __slots__ = ("_factor", "_moments")

    def __init__(self, period: int, is_sample: bool = False) -> None:
        self._moments = WindowMoments(period)
        self._factor = period / (period - 1) if is_sample else 1.0

    def push(self, value: float) -> float | None:
        moments = self._moments.push(value)
        return None if moments is None else sqrt(moments[1] * self._factor)


class Delay:
    """The value of ``period`` values ago."""

    __slots__ = ("_values",)

    def __init__(self, period: int) -> None:
        self._values: deque[float] = deque(maxlen=period + 1)

    def push(self, value: float) -> float | None:
        values = self._values
        values.append(value)
        return values[0] if len(values) == values.maxlen else None


class PercentChange:
    """The change from ``period`` values ago, in percent; None where that value was 0."""

    __slots__ = ("_delay",)

    def __init__(self, period: int) -> None:
        self._delay = Delay(period)

    def push(self, value: float) -> float | None:
        before = self._delay.push(value)
        return (value / before - 1) * 100 if before else None


class Chain:
    """Blocks, each of which takes what the one before it gives."""

    __slots__ = ("_blocks",)

    def __init__(self, *blocks: Block) -> None:
        self._blocks = blocks

    def push(self, value: float) -> float | None:
        result: float | None = value
        for block in self._blocks:
            if result is None:
                return None
            result = block.push(result)
        return result


def pushed(block: Block, value: float | None) -> float | None:
    """What a block gives for a value that may not be known: such a one it does not see."""
    return None if value is None else block.push(value)


def ratio(part: float, whole: float) -> float | None:
    """``part / whole``; None where there is none."""
    return part / whole if whole else None
