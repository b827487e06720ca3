"""How far prices move, and bands that are as wide."""

from typing import Final

from kis_mcp.strategies.indicators.blocks import Deviation, Mean, exponential, wilder
from kis_mcp.strategies.indicators.kind import BarValues, Values
from kis_mcp.strategies.indicators.row import WILDER, Push, bars, number, of_close, row
from kis_mcp.strategies.indicators.windows import WindowMaximum, WindowMinimum, WindowMoments


def true_range(bar: BarValues, last_close: float) -> float:
    """How far the price moved in a bar, with the gap before it."""
    high = bar.high if bar.high > last_close else last_close
    low = bar.low if bar.low < last_close else last_close
    return high - low


class _AverageTrueRange:
    """Wilder's average of true ranges; the first bar has none, for want of a close before it."""

    __slots__ = ("_average", "_last")

    def __init__(self, period: int) -> None:
        self._average = wilder(period)
        self._last: float | None = None

    def push(self, bar: BarValues) -> float | None:
        last, self._last = self._last, bar.close
        return None if last is None else self._average.push(true_range(bar, last))


def _atr(period: int) -> Push:
    average = _AverageTrueRange(period).push
    return lambda bar: (average(bar),)


def _natr(period: int) -> Push:
    average = _AverageTrueRange(period).push

    def push(bar: BarValues) -> Values:
        value = average(bar)
        return (None if value is None or not bar.close else 100 * value / bar.close,)

    return push


def _bollinger(period: int, std: float) -> Push:
    moments = WindowMoments(period)

    def push(bar: BarValues) -> Values:
        found = moments.push(bar.close)
        if found is None:
            return None, None, None
        mean, variance = found
        width = std * variance**0.5
        return mean + width, mean, mean - width

    return push


def _keltner(period: int, multiplier: float) -> Push:
    """The exponential average of the typical price, and around it the average true range of as many bars."""
    average, ranges = exponential(period), _AverageTrueRange(period)

    def push(bar: BarValues) -> Values:
        mean, reach = average.push((bar.high + bar.low + bar.close) / 3), ranges.push(bar)
        if mean is None or reach is None:
            return None, mean, None
        return mean + multiplier * reach, mean, mean - multiplier * reach

    return push


def _donchian(period: int) -> Push:
    highs, lows = WindowMaximum(period), WindowMinimum(period)
    return lambda bar: (highs.push(bar.high), lows.push(bar.low))


class _Variance:
    def __init__(self, period: int) -> None:
        self._moments = WindowMoments(period)

    def push(self, value: float) -> float | None:
        moments = self._moments.push(value)
        return None if moments is None else moments[1]


def _accbands(period: int, width: float) -> Push:
    """Headley's."""
    uppers, middles, lowers = Mean(period), Mean(period), Mean(period)

    def push(bar: BarValues) -> Values:
        both = bar.high + bar.low
        share = width * (bar.high - bar.low) / both if both else 0.0
        return uppers.push(bar.high * (1 + share)), middles.push(bar.close), lowers.push(bar.low * (1 - share))

    return push


class _Volatility:
    """The sample standard deviation of changes from bar to bar, as a fraction: 0.02 is 2 percent."""

    def __init__(self, period: int) -> None:
        self._deviation = Deviation(period, is_sample=True)
        self._last: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        return self._deviation.push(value / last - 1) if last else None


_PERIOD: Final = bars("period", 20)
_BANDS: Final = ("upper", "middle", "lower")

VOLATILITY: Final = (
    row("atr", "Average true range", _atr, lambda p: p["period"] + 1, bars("period", 14), memory=WILDER),
    row(
        "natr",
        "Average true range, in percent of the close",
        _natr,
        lambda p: p["period"] + 1,
        bars("period", 14),
        memory=WILDER,
    ),
    row(
        "bollinger",
        "Bollinger bands",
        _bollinger,
        lambda p: p["period"],
        _PERIOD,
        number("std", 2, 0.1, 100),
        outputs=_BANDS,
    ),
    row(
        "keltner",
        "Keltner channel",
        _keltner,
        lambda p: p["period"] + 1,
        _PERIOD,
        number("multiplier", 2, 0.1, 100),
        outputs=_BANDS,
        memory=WILDER,
    ),
    row("donchian", "Donchian channel", _donchian, lambda p: p["period"], _PERIOD, outputs=("upper", "lower")),
    row("std", "Standard deviation of a population", of_close(Deviation), lambda p: p["period"], _PERIOD),
    row("variance", "Variance of a population", of_close(_Variance), lambda p: p["period"], _PERIOD),
    row(
        "accbands",
        "Acceleration bands",
        _accbands,
        lambda p: p["period"],
        _PERIOD,
        number("width", 4, 0.1, 100),
        outputs=_BANDS,
    ),
    row(
        "volatility_ind",
        "Standard deviation of changes, as a fraction",
        of_close(_Volatility),
        lambda p: p["period"] + 1,
        bars("period", 10, 2),
    ),
)
