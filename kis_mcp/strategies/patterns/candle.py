"""A candle, and what counts as long, short, near and equal beside the candles before it.

The settings are TA-Lib's: a body is long when it is longer than the average body of the ten candles before it; doji
when it is at most a tenth of their average range; a shadow is very short when it is shorter than that tenth; distances
are measured in the average range of the five candles before.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from kis_mcp.strategies.indicators import BarValues
from kis_mcp.strategies.patterns.kind import PatternKind

_TEN: Final = 10
_FIVE: Final = 5
_UNKNOWN: Final = float("nan")
"""A measure of candles before that are not there: nothing is longer, shorter or equal."""


class Candle:
    """A bar, measured.

    Attributes:
        top, bottom: The body's ends.
        color: 1 for white (up, or no body), -1 for black.
        upper, lower: The shadows' lengths.
        is_long: Of the body; a body that is not is short.
        is_small: Of the body: truly shorter than the average.
        very_short: What a shadow is very short below.
        short_shadow: What a shadow is short below.
        near, far, equal: Distances.
    """

    __slots__ = (
        "body", "bottom", "close", "color", "equal", "far", "high", "is_doji", "is_long", "is_small", "low", "lower",
        "near", "open", "range", "short_shadow", "top", "upper", "very_short",
    )  # fmt: skip

    def __init__(self, bar: BarValues, body: float, shadows: float, ten_ranges: float, five_ranges: float) -> None:
        """Args: body, shadows, ten_ranges, five_ranges: averages of the candles before."""
        _, self.open, self.high, self.low, self.close, *_ = bar
        is_white = self.close >= self.open
        self.color = 1 if is_white else -1
        self.top, self.bottom = (self.close, self.open) if is_white else (self.open, self.close)
        self.body = self.top - self.bottom
        self.upper, self.lower = self.high - self.top, self.bottom - self.low
        self.range = self.high - self.low
        self.is_long, self.is_small = self.body > body, self.body < body
        self.very_short = 0.1 * ten_ranges
        self.is_doji = self.body <= self.very_short
        self.short_shadow = shadows / 2
        self.near, self.far, self.equal = 0.2 * five_ranges, 0.6 * five_ranges, 0.05 * five_ranges

    @property
    def has_no_upper(self) -> bool:
        return self.upper < self.very_short

    @property
    def has_no_lower(self) -> bool:
        return self.lower < self.very_short

    @property
    def is_marubozu(self) -> bool:
        """Hardly any shadow."""
        return self.upper < self.very_short and self.lower < self.very_short


def gaps(candle: Candle, before: Candle, way: int) -> bool:
    """Whether a body lies beyond the body before it: above it (way 1) or below it (-1)."""
    return candle.bottom > before.top if way > 0 else candle.top < before.bottom


def leaps(candle: Candle, before: Candle, way: int) -> bool:
    """Whether a whole candle, with its shadows, lies beyond the one before it."""
    return candle.low > before.high if way > 0 else candle.high < before.low


def is_at(value: float, place: float, distance: float) -> bool:
    """Whether a value is within a distance of a place."""
    return place - distance <= value <= place + distance


def is_inside(candle: Candle, around: Candle) -> bool:
    """Whether a body lies within another, touching neither end."""
    return candle.top < around.top and candle.bottom > around.bottom


class CandlePattern:
    """A pattern in the middle of its bars.

    Args:
        find: The candles, oldest first → 1, -1 or 0, as `Pattern.push`.
        candles: How many it takes.
        before: Of how many candles before them it takes the average.
    """

    def __init__(self, find: Callable[..., int], candles: int, before: int) -> None:
        self._find = find
        self._candles: list[Candle] = []
        self._wanted = candles
        self._until_seen = candles + before
        self._bodies, self._shadows = deque[float](maxlen=_TEN), deque[float](maxlen=_TEN)
        self._ten_ranges, self._five_ranges = deque[float](maxlen=_TEN), deque[float](maxlen=_FIVE)

    def push(self, bar: BarValues) -> int | None:
        before = self._bodies, self._shadows, self._ten_ranges, self._five_ranges
        candle = Candle(bar, *map(_average, before))
        for lengths, length in zip(
            before, (candle.body, candle.upper + candle.lower, candle.range, candle.range), strict=True
        ):
            lengths.append(length)
        candles = self._candles
        candles.append(candle)
        if len(candles) > self._wanted:
            del candles[0]
        if self._until_seen > 1:
            self._until_seen -= 1
            return None
        return self._find(*candles)


def _average(lengths: deque[float]) -> float:
    return sum(lengths) / len(lengths) if len(lengths) == lengths.maxlen else _UNKNOWN


def pattern(id: str, title: str, find: Callable[..., int], candles: int, before: int = _TEN) -> PatternKind:
    """A row of the table; the arguments as `CandlePattern` takes them."""
    return PatternKind(id, title, lambda: CandlePattern(find, candles, before), candles + before)
