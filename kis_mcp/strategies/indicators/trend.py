"""Trends: whether there is one, which way it points, and where it would end."""

from collections.abc import Callable
from math import log, log10
from typing import Final

from kis_mcp.strategies.indicators.blocks import (
    Chain,
    Delay,
    Mean,
    PercentChange,
    Smooth,
    Weighted,
    exponential,
    pushed,
    ratio,
    wilder,
)
from kis_mcp.strategies.indicators.kind import BarValues, Values
from kis_mcp.strategies.indicators.oscillators import Distance
from kis_mcp.strategies.indicators.row import EXPONENTIAL, WILDER, Push, bars, number, of_close, row
from kis_mcp.strategies.indicators.volatility import true_range
from kis_mcp.strategies.indicators.windows import WindowMaximum, WindowMinimum, WindowSum


class _WilderSum:
    """Wilder's sum: begins with the sum of ``period - 1`` values; from then on it gives up 1 / period of itself and
    takes the next value."""

    def __init__(self, period: int) -> None:
        self._period = period
        self._seen = 0
        self._sum = 0.0

    def push(self, value: float) -> float | None:
        if self._seen < self._period - 1:
            self._seen += 1
            self._sum += value
            return None
        self._sum += value - self._sum / self._period
        return self._sum


def _adx_of(period: int) -> Push:
    """Wilder's directional movement: the index, and the indicators of up and of down that it is made of."""
    ups, downs, ranges, average = _WilderSum(period), _WilderSum(period), _WilderSum(period), wilder(period)
    last: BarValues | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        before, last = last, bar
        if before is None:
            return None, None, None
        rise, fall = bar.high - before.high, before.low - bar.low
        up = ups.push(rise if rise > fall and rise > 0 else 0.0)
        down = downs.push(fall if fall > rise and fall > 0 else 0.0)
        reach = ranges.push(true_range(bar, before.close))
        if up is None or down is None or not reach:
            return None, None, None
        both = up + down
        # Where it moved neither up nor down, there is no direction to speak of.
        return average.push(100 * abs(up - down) / both if both else 0.0), 100 * up / reach, 100 * down / reach

    return push


def _adxr(period: int) -> Push:
    adx, delay = _adx_of(period), Delay(period - 1)

    def push(bar: BarValues) -> Values:
        value = adx(bar)[0]
        before = pushed(delay, value)
        return (None if value is None or before is None else (value + before) / 2,)

    return push


def _middle(period: int) -> Callable[[BarValues], float | None]:
    """The middle of the highest high and the lowest low."""
    highs, lows = WindowMaximum(period), WindowMinimum(period)

    def push(bar: BarValues) -> float | None:
        high, low = highs.push(bar.high), lows.push(bar.low)
        return None if high is None or low is None else (high + low) / 2

    return push


def _ichimoku(tenkan: int, kijun: int, senkou_b: int) -> Push:
    """Hosoda's lines. A chart draws the two of the cloud ``kijun`` bars ahead, and the close as many bars back: here
    each has the value that stands beside the bar just ended, the chikou the close of ``kijun`` bars ago, beside which
    a chart draws this one."""
    tenkan_of, kijun_of, senkou_b_of = _middle(tenkan), _middle(kijun), _middle(senkou_b)
    ahead_a, ahead_b, back = Delay(kijun), Delay(kijun), Delay(kijun)

    def push(bar: BarValues) -> Values:
        near, far, wide = tenkan_of(bar), kijun_of(bar), senkou_b_of(bar)
        cloud = None if near is None or far is None else (near + far) / 2
        return near, far, pushed(ahead_a, cloud), pushed(ahead_b, wide), back.push(bar.close)

    return push


class _Sar:
    """Wilder's parabolic stop and reverse. It begins down where the second bar's low fell further than its high rose,
    else up, with the first bar's extreme as the stop."""

    def __init__(self, af_start: float, af_step: float, af_max: float) -> None:
        self._first, self._step, self._most = min(af_start, af_max), af_step, af_max
        self._last: BarValues | None = None
        self._is_up: bool | None = None
        self._stop = self._extreme = self._factor = 0.0

    def push(self, bar: BarValues) -> Values:
        before, self._last = self._last, bar
        if before is None:
            return (None,)
        if self._is_up is None:
            fall, rise = before.low - bar.low, bar.high - before.high
            self._is_up = not (fall > 0 and fall > rise)
            self._stop = before.low if self._is_up else before.high
            self._begin(bar)
            before = bar
        if bar.low <= self._stop if self._is_up else bar.high >= self._stop:
            self._is_up = not self._is_up
            self._stop = self._behind(self._extreme, before, bar)
            value = self._stop
            self._begin(bar)
        else:
            value = self._stop
            reach = bar.high if self._is_up else bar.low
            if reach > self._extreme if self._is_up else reach < self._extreme:
                self._extreme = reach
                self._factor = min(self._factor + self._step, self._most)
        self._stop = self._behind(self._stop + self._factor * (self._extreme - self._stop), before, bar)
        return (value,)

    def _begin(self, bar: BarValues) -> None:
        self._extreme = bar.high if self._is_up else bar.low
        self._factor = self._first

    def _behind(self, stop: float, before: BarValues, bar: BarValues) -> float:
        """The stop, but not inside the range of the last two bars."""
        if self._is_up:
            return min(stop, before.low, bar.low)
        return max(stop, before.high, bar.high)


def _sar(af_start: float, af_step: float, af_max: float) -> Push:
    return _Sar(af_start, af_step, af_max).push


def _vortex(period: int) -> Push:
    """Botes' and Siepman's."""
    ups, downs, ranges = WindowSum(period), WindowSum(period), WindowSum(period)
    last: BarValues | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        before, last = last, bar
        if before is None:
            return None, None
        up, down = ups.push(abs(bar.high - before.low)), downs.push(abs(bar.low - before.high))
        reach = ranges.push(true_range(bar, before.close))
        if up is None or down is None or not reach:
            return None, None
        return up / reach, down / reach

    return push


def _chop(period: int) -> Push:
    """Dreiss' choppiness: the way that the price went, against how far it came; 100 is all chop."""
    ranges, highs, lows = WindowSum(period), WindowMaximum(period), WindowMinimum(period)
    last: float | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        before, last = last, bar.close
        high, low = highs.push(bar.high), lows.push(bar.low)
        reach = None if before is None else ranges.push(true_range(bar, before))
        if not reach or high is None or low is None or high == low:
            return (None,)
        return (100 * log10(reach / (high - low)) / log10(period),)

    return push


_KST_MEANS: Final = (10, 10, 10, 15)
_KST_SIGNAL: Final = 9


def _kst(*rocs: int) -> Push:
    """Pring's sum of four smoothed rates of change, which weigh 1 to 4; its signal is their mean of 9 bars."""
    parts = [Chain(PercentChange(roc), Mean(mean)) for roc, mean in zip(rocs, _KST_MEANS, strict=True)]
    average = Mean(_KST_SIGNAL)

    def push(bar: BarValues) -> Values:
        total: float | None = 0.0
        for weight, part in enumerate(parts, 1):
            value = part.push(bar.close)
            total = None if value is None or total is None else total + weight * value
        return total, pushed(average, total)

    return push


class _Coppock:
    def __init__(self, short_roc: int, long_roc: int, wma: int) -> None:
        self._short, self._long, self._average = PercentChange(short_roc), PercentChange(long_roc), Weighted(wma)

    def push(self, value: float) -> float | None:
        near, far = self._short.push(value), self._long.push(value)
        return None if near is None or far is None else self._average.push(near + far)


class _Supertrend:
    """The stop of a trend: below the price while it goes up, above it while it goes down. It begins up."""

    def __init__(self, period: int, multiplier: float) -> None:
        self._ranges, self._multiplier = wilder(period), multiplier
        self._last: float | None = None
        self._lines: tuple[float, float] | None = None
        self._is_up = True

    def push(self, bar: BarValues) -> Values:
        last, self._last = self._last, bar.close
        reach = None if last is None else self._ranges.push(true_range(bar, last))
        if last is None or reach is None:
            return (None,)
        middle = (bar.high + bar.low) / 2
        upper, lower = middle + self._multiplier * reach, middle - self._multiplier * reach
        if self._lines is not None:
            # A line only ever comes nearer, until the close before broke it.
            upper_before, lower_before = self._lines
            upper = min(upper, upper_before) if last <= upper_before else upper
            lower = max(lower, lower_before) if last >= lower_before else lower
            self._is_up = bar.close >= lower if self._is_up else bar.close > upper
        self._lines = upper, lower
        return (lower if self._is_up else upper,)


def _supertrend(period: int, multiplier: float) -> Push:
    return _Supertrend(period, multiplier).push


def _mass_index(ema_period: int, sum_period: int) -> Push:
    """Dorsey's: how much the range of bars widens."""
    single, double, total = exponential(ema_period), exponential(ema_period), WindowSum(sum_period)

    def push(bar: BarValues) -> Values:
        once = single.push(bar.high - bar.low)
        twice = pushed(double, once)
        return (None if once is None or twice is None else pushed(total, ratio(once, twice)),)

    return push


class _Cycle:
    """The place of a value in its range of late, smoothed by half; where there is no range, the place before."""

    def __init__(self, period: int) -> None:
        self._largest, self._smallest = WindowMaximum(period), WindowMinimum(period)
        self._smooth = Smooth(1, 0.5)
        self._place: float | None = None

    def push(self, value: float) -> float | None:
        high, low = self._largest.push(value), self._smallest.push(value)
        if high is None or low is None:
            return None
        if high > low:
            self._place = 100 * (value - low) / (high - low)
        return pushed(self._smooth, self._place)


def _schaff(cycle: int, fast: int, slow: int) -> Chain:
    return Chain(Distance(fast, slow), _Cycle(cycle), _Cycle(cycle))


def _fisher(period: int) -> Push:
    """Ehlers' (Technical Analysis of Stocks & Commodities, November 2002), of the middle of high and low."""
    highs, lows = WindowMaximum(period), WindowMinimum(period)
    place = value = 0.0

    def push(bar: BarValues) -> Values:
        nonlocal place, value
        price = (bar.high + bar.low) / 2
        high, low = highs.push(price), lows.push(price)
        if high is None or low is None:
            return (None,)
        if high > low:
            place = 0.66 * ((price - low) / (high - low) - 0.5) + 0.67 * place
            place = min(0.999, max(-0.999, place))
        value = 0.5 * log((1 + place) / (1 - place)) + 0.5 * value
        return (value,)

    return push


TREND: Final = (
    row(
        "adx",
        "Average directional index",
        _adx_of,
        lambda p: 2 * p["period"],
        bars("period", 14),
        outputs=("value", "plus_di", "minus_di"),
        memory=EXPONENTIAL,
    ),
    row(
        "adxr",
        "Average directional index rating",
        _adxr,
        lambda p: 3 * p["period"] - 1,
        bars("period", 14),
        memory=EXPONENTIAL,
    ),
    row(
        "ichimoku",
        "Ichimoku cloud",
        _ichimoku,
        lambda p: max(p["tenkan"], p["kijun"], p["senkou_b"]) + p["kijun"],
        bars("tenkan", 9),
        bars("kijun", 26),
        bars("senkou_b", 52),
        outputs=("tenkan", "kijun", "senkou_a", "senkou_b", "chikou"),
    ),
    row(
        "sar",
        "Parabolic stop and reverse",
        _sar,
        lambda _: 2,
        number("af_start", 0.02, 0, 1),
        number("af_step", 0.02, 0, 1),
        number("af_max", 0.2, 0, 1),
        memory=100,  # it forgets where it turns, which may take so long
    ),
    row(
        "vortex",
        "Vortex",
        _vortex,
        lambda p: p["period"] + 1,
        bars("period", 14),
        outputs=("plus_vi", "minus_vi"),
    ),
    row("chop", "Choppiness index", _chop, lambda p: p["period"] + 1, bars("period", 14, 2)),
    row(
        "kst",
        "Know Sure Thing",
        _kst,
        lambda p: max(roc + mean for roc, mean in zip(p.values(), _KST_MEANS, strict=True)) + _KST_SIGNAL - 1,
        bars("roc1", 10),
        bars("roc2", 15),
        bars("roc3", 20),
        bars("roc4", 30),
        outputs=("value", "signal"),
    ),
    row(
        "coppock",
        "Coppock curve",
        of_close(_Coppock),
        lambda p: max(p["short_roc"], p["long_roc"]) + p["wma"],
        bars("short_roc", 11),
        bars("long_roc", 14),
        bars("wma", 10),
    ),
    row(
        "supertrend",
        "SuperTrend line",
        _supertrend,
        lambda p: p["period"] + 1,
        bars("period", 10),
        number("multiplier", 3, 0.1, 100),
        memory=WILDER,
    ),
    row(
        "mass_index",
        "Mass index",
        _mass_index,
        lambda p: 2 * p["ema_period"] + p["sum_period"] - 2,
        bars("ema_period", 9),
        bars("sum_period", 25),
        memory=EXPONENTIAL,
    ),
    row(
        "schaff",
        "Schaff trend cycle",
        of_close(_schaff),
        lambda p: max(p["fast"], p["slow"]) + 2 * p["cycle"] - 2,
        bars("cycle", 10, 2),
        bars("fast", 23),
        bars("slow", 50),
        memory=EXPONENTIAL,
    ),
    row("fisher", "Fisher transform", _fisher, lambda p: p["period"], bars("period", 10), memory=EXPONENTIAL),
)
