"""Sums and extremes over the latest values, in constant time and without drift.

A window of n values is the end of the last whole block of n and the beginning of the block after it. The end's sum
comes from sums worked out backwards when the block became whole; the beginning's is carried along. Nothing is ever
subtracted, so that a sum is as exact after a million values as after n, and exactly 0 when all values are.
"""

from collections import deque


class WindowSum:
    """The sum of the latest ``period`` values."""

    __slots__ = ("_begin", "_block", "_count", "_ends", "_period")

    def __init__(self, period: int) -> None:
        self._period = period
        self._block: list[float] = []
        self._ends: list[float] = []
        self._begin = 0.0
        self._count = 0

    def push(self, value: float) -> float | None:
        self._begin = begin = self._begin + value
        self._block.append(value)
        self._count = count = self._count + 1
        if count == self._period:
            self._turn()
            return begin
        return self._ends[count] + begin if self._ends else None

    def _turn(self) -> None:
        """Make the block that became whole the last one."""
        total, ends = 0.0, self._block
        for at in range(self._period - 1, -1, -1):
            ends[at] = total = total + ends[at]
        self._ends, self._block = ends, []
        self._begin, self._count = 0.0, 0


class WindowMaximum:
    """The largest of the latest ``period`` values."""

    __slots__ = ("_begin", "_block", "_count", "_ends", "_period")

    def __init__(self, period: int) -> None:
        self._period = period
        self._block: list[float] = []
        self._ends: list[float] = []
        self._begin = 0.0
        self._count = 0

    def push(self, value: float) -> float | None:
        begin = self._begin
        if not self._count or value > begin:
            self._begin = begin = value
        self._block.append(value)
        self._count = count = self._count + 1
        if count == self._period:
            self._turn()
            return begin
        if not self._ends:
            return None
        end = self._ends[count]
        return begin if begin > end else end

    def _turn(self) -> None:
        """Make the block that became whole the last one."""
        ends = self._block
        largest = ends[-1]
        for at in range(self._period - 1, -1, -1):
            if ends[at] > largest:
                largest = ends[at]
            ends[at] = largest
        self._ends, self._block = ends, []
        self._count = 0


class WindowMinimum:
    """The smallest of the latest ``period`` values."""

    __slots__ = ("_negative",)

    def __init__(self, period: int) -> None:
        self._negative = WindowMaximum(period)

    def push(self, value: float) -> float | None:
        largest = self._negative.push(-value)
        return None if largest is None else -largest


class WindowMoments:
    """Mean and population variance of the latest ``period`` values; both are of numbers near the last value of the
    block, so that a large mean does not swallow a small variance."""

    __slots__ = ("_anchor", "_begin", "_begin_squares", "_block", "_count", "_end_squares", "_ends", "_period")

    def __init__(self, period: int) -> None:
        self._period = period
        self._block: list[float] = []
        self._ends: list[float] = []
        self._end_squares: list[float] = []
        self._anchor: float | None = None
        self._begin = self._begin_squares = 0.0
        self._count = 0

    def push(self, value: float) -> tuple[float, float] | None:
        if self._anchor is None:
            self._anchor = value
        anchor = self._anchor
        distance = value - anchor
        total = self._begin = self._begin + distance
        squares = self._begin_squares = self._begin_squares + distance * distance
        self._block.append(value)
        count = self._count = self._count + 1
        period = self._period
        if count == period:
            self._turn(value)
        elif self._ends:
            total += self._ends[count]
            squares += self._end_squares[count]
        else:
            return None
        mean = total / period
        variance = squares / period - mean * mean
        # Less than rounding can leave of equal values is nothing.
        return anchor + mean, variance if variance > squares * 1e-14 else 0.0

    def _turn(self, anchor: float) -> None:
        """Make the block that became whole the last one, measured from its last value."""
        total = squares = 0.0
        ends, end_squares = self._block, [0.0] * self._period
        for at in range(self._period - 1, -1, -1):
            distance = ends[at] - anchor
            ends[at] = total = total + distance
            end_squares[at] = squares = squares + distance * distance
        self._ends, self._end_squares, self._block = ends, end_squares, []
        self._anchor, self._begin, self._begin_squares, self._count = anchor, 0.0, 0.0, 0


class WindowLine:
    """Sum and weighted sum of the latest ``period`` values; the oldest weighs 1, the newest ``period``."""

    __slots__ = ("_begin", "_begin_weighted", "_block", "_count", "_end_weighted", "_ends", "_period")

    def __init__(self, period: int) -> None:
        self._period = period
        self._block: list[float] = []
        self._ends: list[float] = []
        self._end_weighted: list[float] = []
        self._begin = self._begin_weighted = 0.0
        self._count = 0

    def push(self, value: float) -> tuple[float, float] | None:
        count = self._count = self._count + 1
        total = self._begin = self._begin + value
        weighted = self._begin_weighted = self._begin_weighted + count * value
        self._block.append(value)
        if count == self._period:
            self._turn()
            return total, weighted
        if not self._ends:
            return None
        # Each value of the beginning stands as many places further from the oldest as the end has values.
        return (
            total + self._ends[count],
            weighted + (self._period - count) * total + self._end_weighted[count],
        )

    def _turn(self) -> None:
        """Make the block that became whole the last one."""
        total = weighted = 0.0
        ends, end_weighted = self._block, [0.0] * self._period
        for at in range(self._period - 1, -1, -1):
            # With one more value in front, each of the rest stands one place further from the oldest.
            total += ends[at]
            weighted += total
            ends[at], end_weighted[at] = total, weighted
        self._ends, self._end_weighted, self._block = ends, end_weighted, []
        self._begin, self._begin_weighted, self._count = 0.0, 0.0, 0


class SinceExtreme:
    """How many values ago the largest of the latest ``period`` stood; of equal ones the latest."""

    __slots__ = ("_candidates", "_number", "_period")

    def __init__(self, period: int) -> None:
        self._period = period
        self._number = 0
        self._candidates: deque[tuple[int, float]] = deque()

    def push(self, value: float) -> int | None:
        candidates = self._candidates
        while candidates and candidates[-1][1] <= value:
            candidates.pop()
        number = self._number = self._number + 1
        candidates.append((number, value))
        if candidates[0][0] <= number - self._period:
            candidates.popleft()
        return number - candidates[0][0] if number >= self._period else None
