"""Statistics of prices, and where a price stands among those before it."""

from collections import deque
from math import log
from typing import Final

from kis_mcp.strategies.indicators.blocks import Delay, Deviation, Mean, PercentChange, ratio
from kis_mcp.strategies.indicators.kind import BarValues, IndicatorParam, Values
from kis_mcp.strategies.indicators.row import Push, bars, of_close, row
from kis_mcp.strategies.indicators.windows import WindowLine, WindowMaximum, WindowMinimum, WindowMoments


class _Together:
    """Means, variances and covariance of an instrument's and the market's returns, over the latest ``period``.

    A bar without the market's value is left out: the next return goes from the bar before it.
    """

    def __init__(self, period: int) -> None:
        # Covariance from the variances of the sum and of the parts: 2 cov(a, b) = var(a + b) - var(a) - var(b).
        self._own, self._market, self._both = WindowMoments(period), WindowMoments(period), WindowMoments(period)
        self._last: tuple[float, float] | None = None

    def push(self, bar: BarValues) -> tuple[float, float] | None:
        """Beta and alpha, the latter per bar and as a fraction."""
        market = bar.benchmark
        if market is None or not market or not bar.close:
            return None
        last, self._last = self._last, (bar.close, market)
        if last is None:
            return None
        own_return, market_return = bar.close / last[0] - 1, market / last[1] - 1
        own, reference = self._own.push(own_return), self._market.push(market_return)
        both = self._both.push(own_return + market_return)
        if own is None or reference is None or both is None or not reference[1]:
            return None
        beta = (both[1] - own[1] - reference[1]) / 2 / reference[1]
        return beta, own[0] - beta * reference[0]


def _beta(period: int) -> Push:
    together = _Together(period)

    def push(bar: BarValues) -> Values:
        found = together.push(bar)
        return (None if found is None else found[0],)

    return push


def _alpha(period: int) -> Push:
    together = _Together(period)

    def push(bar: BarValues) -> Values:
        found = together.push(bar)
        return (None if found is None else found[1],)

    return push


class _Midpoint:
    def __init__(self, period: int) -> None:
        self._largest, self._smallest = WindowMaximum(period), WindowMinimum(period)

    def push(self, value: float) -> float | None:
        largest, smallest = self._largest.push(value), self._smallest.push(value)
        return None if largest is None or smallest is None else (largest + smallest) / 2


def _midprice(period: int) -> Push:
    highs, lows = WindowMaximum(period), WindowMinimum(period)

    def push(bar: BarValues) -> Values:
        high, low = highs.push(bar.high), lows.push(bar.low)
        return (None if high is None or low is None else (high + low) / 2,)

    return push


class _LogReturn:
    def __init__(self, period: int) -> None:
        self._delay = Delay(period)

    def push(self, value: float) -> float | None:
        before = self._delay.push(value)
        return log(value / before) if before and value / before > 0 else None


def _ibs() -> Push:
    """Where the bar closed between its low (0) and its high (1)."""
    return lambda bar: (ratio(bar.close - bar.low, bar.high - bar.low),)


def _bop() -> Push:
    return lambda bar: (ratio(bar.close - bar.open, bar.high - bar.low),)


def _regression(period: int) -> Push:
    """Least squares of the closes: the line's end at the last bar, its slope a bar, and its height at the first bar."""
    line = WindowLine(period)
    middle, spread = (period + 1) / 2, period * (period * period - 1) / 12

    def push(bar: BarValues) -> Values:
        sums = line.push(bar.close)
        if sums is None:
            return None, None, None
        total, weighted = sums
        slope = (weighted - middle * total) / spread
        mean = total / period
        half = slope * (period - 1) / 2
        return mean + half, slope, mean - half

    return push


class _Turn:
    """The latest turning point: a value larger than the ``left`` values before it and the ``right`` after it.

    It is one only once ``right`` more values have come; it stands until the next.
    """

    def __init__(self, left: int, right: int) -> None:
        self._values: deque[float] = deque(maxlen=left + right + 1)
        self._left, self._right = left, right
        self._before, self._after = WindowMaximum(left), WindowMaximum(right)
        self._largest_before: deque[float | None] = deque(maxlen=right + 2)
        self._point: float | None = None

    def push(self, value: float) -> float | None:
        self._values.append(value)
        self._largest_before.append(self._before.push(value))
        after = self._after.push(value)
        before = self._largest_before[0]
        if len(self._values) == self._left + self._right + 1 and before is not None and after is not None:
            middle = self._values[self._left]
            if before < middle > after:
                self._point = middle
        return self._point


def _pivot(left_bars: int, right_bars: int) -> Push:
    """The latest turning points. Each is given from the bar that confirms it: ``right_bars`` after its own."""
    highs, lows = _Turn(left_bars, right_bars), _Turn(left_bars, right_bars)

    def push(bar: BarValues) -> Values:
        high, low = highs.push(bar.high), lows.push(-bar.low)
        return high, None if low is None else -low

    return push


class _Augen:
    """Augen's price spike: the price's change, in standard deviations of the ``period`` changes before it."""

    def __init__(self, period: int) -> None:
        self._changes = Deviation(period, is_sample=True)
        self._last: float | None = None
        self._deviation: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        if not last or value / last <= 0:
            return None
        deviation, self._deviation = self._deviation, self._changes.push(log(value / last))
        return (value - last) / (deviation * last) if deviation else None


class _Consecutive:
    """How many closes in a row went one way.

    Args:
        direction: 1 counts rises, -1 falls, 0 closes that are the same.
    """

    def __init__(self, direction: int) -> None:
        self._direction = direction
        self._count = 0
        self._last: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        if last is None:
            return None
        went = (value > last) - (value < last)
        self._count = self._count + 1 if went == self._direction else 0
        return float(self._count)


class _Disparity:
    def __init__(self, period: int) -> None:
        self._mean = Mean(period)

    def push(self, value: float) -> float | None:
        mean = self._mean.push(value)
        return 100 * value / mean if mean else None


_PERIOD: Final = bars("period", 20)
_MIDDLE_PERIOD: Final = bars("period", 14)

STATISTICS: Final = (
    row(
        "beta",
        "Beta against the market's index",
        _beta,
        lambda p: p["period"] + 1,
        bars("period", 252, 2),
        needs_benchmark=True,
    ),
    row(
        "alpha",
        "Alpha against the market's index, a bar and as a fraction",
        _alpha,
        lambda p: p["period"] + 1,
        bars("period", 252, 2),
        needs_benchmark=True,
    ),
    row("maximum", "Highest close", of_close(WindowMaximum), lambda p: p["period"], _PERIOD),
    row("minimum", "Lowest close", of_close(WindowMinimum), lambda p: p["period"], _PERIOD),
    row("midpoint", "Middle of highest and lowest close", of_close(_Midpoint), lambda p: p["period"], _MIDDLE_PERIOD),
    row("midprice", "Middle of highest high and lowest low", _midprice, lambda p: p["period"], _MIDDLE_PERIOD),
    row("logr", "Logarithmic return", of_close(_LogReturn), lambda p: p["period"] + 1, bars("period", 1)),
    row("ibs", "Internal bar strength", _ibs, lambda _: 1),
    row("bop", "Balance of power", _bop, lambda _: 1),
    row(
        "regression",
        "Linear regression",
        _regression,
        lambda p: p["period"],
        bars("period", 14, 2),
        outputs=("value", "slope", "intercept"),
    ),
    row(
        "pivot",
        "Latest confirmed turning points",
        _pivot,
        lambda p: p["left_bars"] + p["right_bars"] + 1,
        bars("left_bars", 5),
        bars("right_bars", 5),
        outputs=("high", "low"),
        memory=20,  # the last turning points may be so old
    ),
    row("augen", "Augen's price spike", of_close(_Augen), lambda p: p["period"] + 2, bars("period", 3, 2)),
    row(
        "consecutive",
        "Closes in a row that rose (direction 1) or fell (-1)",
        of_close(_Consecutive),
        lambda _: 2,
        IndicatorParam("direction", 1, -1, 1),
        memory=20,  # longer rows are rare
    ),
    row("disparity", "Close in percent of its average", of_close(_Disparity), lambda p: p["period"], _PERIOD),
    row("change", "Change from the bar before, in percent", of_close(lambda: PercentChange(1)), lambda _: 2),
    row("returns", "Return, in percent", of_close(PercentChange), lambda p: p["period"] + 1, bars("period", 60)),
)
