"""Moving averages. All but frama are of the close."""

from math import exp, isqrt, log
from operator import mul
from typing import Final

from kis_mcp.strategies.indicators.blocks import Chain, Delay, Mean, Weighted, exponential, pushed, wilder
from kis_mcp.strategies.indicators.kind import BarValues, Values
from kis_mcp.strategies.indicators.row import ADAPTIVE, EXPONENTIAL, WILDER, Push, bars, number, of_close, row
from kis_mcp.strategies.indicators.windows import WindowMaximum, WindowMinimum, WindowSum


class _Dema:
    def __init__(self, period: int) -> None:
        self._first, self._second = exponential(period), exponential(period)

    def push(self, value: float) -> float | None:
        first = self._first.push(value)
        second = pushed(self._second, first)
        return None if first is None or second is None else 2 * first - second


class _Tema:
    def __init__(self, period: int) -> None:
        self._first, self._second, self._third = (exponential(period) for _ in range(3))

    def push(self, value: float) -> float | None:
        first = self._first.push(value)
        second = pushed(self._second, first)
        third = pushed(self._third, second)
        return None if first is None or second is None or third is None else 3 * first - 3 * second + third


class _T3:
    """Tillson's: six exponential averages in a row, of which the last four are weighed."""

    def __init__(self, period: int, volume_factor: float) -> None:
        self._averages = [exponential(period) for _ in range(6)]
        v = volume_factor
        self._weights = ((1 + v) ** 3, -3 * v * (1 + v) ** 2, 3 * v * v * (1 + v), -(v**3))

    def push(self, value: float) -> float | None:
        results: list[float | None] = [value]
        for average in self._averages:
            results.append(pushed(average, results[-1]))
        latest = [each for each in results[3:] if each is not None]
        if len(latest) < len(self._weights):
            return None
        return sum(weight * each for weight, each in zip(self._weights, latest, strict=True))


class _Hull:
    def __init__(self, period: int) -> None:
        self._half, self._whole = Weighted(max(1, period // 2)), Weighted(period)
        self._smooth = Weighted(isqrt(period))

    def push(self, value: float) -> float | None:
        half, whole = self._half.push(value), self._whole.push(value)
        return None if half is None or whole is None else self._smooth.push(2 * half - whole)


class _ZeroLag:
    def __init__(self, period: int) -> None:
        self._delay, self._average = Delay((period - 1) // 2), exponential(period)

    def push(self, value: float) -> float | None:
        before = self._delay.push(value)
        return None if before is None else self._average.push(2 * value - before)


class _Kaufman:
    """Kaufman's: between an exponential average of 2 bars, where the price goes straight, and one of 30."""

    def __init__(self, period: int) -> None:
        self._last: float | None = None
        self._delay, self._path = Delay(period), WindowSum(period)
        self._average: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        before = self._delay.push(value)
        if last is None:
            return None
        path = self._path.push(abs(value - last))
        if before is None or path is None:
            return None
        straightness = abs(value - before) / path if path else 1.0
        weight = (straightness * (2 / 3 - 2 / 31) + 2 / 31) ** 2
        average = last if self._average is None else self._average
        self._average = average + weight * (value - average)
        return self._average


class _ArnaudLegoux:
    """A bell curve as weights, whose top stands at ``offset`` of the way from the oldest to the newest."""

    def __init__(self, period: int, sigma: float, offset: float) -> None:
        top, width = offset * (period - 1), period / sigma
        curve = [exp(-((at - top) ** 2) / (2 * width * width)) for at in range(period)]
        total = sum(curve)
        # A curve so narrow that no place is under it weighs the place nearest its top.
        nearest = [1.0 if at == round(top) else 0.0 for at in range(period)]
        self._weights = [each / total for each in curve] if total else nearest
        self._values: list[float] = []

    def push(self, value: float) -> float | None:
        values = self._values
        values.append(value)
        if len(values) < len(self._weights):
            return None
        result = sum(map(mul, self._weights, values))
        del values[0]
        return result


def _triangular(period: int) -> Chain:
    return Chain(Mean((period + 1) // 2), Mean(period // 2 + 1))


class _Vidya:
    """Chande's: an exponential average whose weight is scaled by the strength of the momentum."""

    def __init__(self, period: int) -> None:
        self._last: float | None = None
        self._ways, self._path = WindowSum(period), WindowSum(period)
        self._weight = 2 / (period + 1)
        self._average: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        if last is None:
            return None
        way, path = self._ways.push(value - last), self._path.push(abs(value - last))
        if way is None or path is None:
            return None
        average = last if self._average is None else self._average
        strength = abs(way) / path if path else 0.0
        self._average = average + self._weight * strength * (value - average)
        return self._average


def _frama(period: int) -> Push:
    """Ehlers' (Technical Analysis of Stocks & Commodities, October 2005), of the middle of high and low. Its window has
    two halves of the same length: of an odd period one bar is left out."""
    half = period // 2
    whole_high, whole_low = WindowMaximum(2 * half), WindowMinimum(2 * half)
    half_high, half_low, earlier_high, earlier_low = WindowMaximum(half), WindowMinimum(half), Delay(half), Delay(half)
    last = average = None

    def push(bar: BarValues) -> Values:
        nonlocal last, average
        price = (bar.high + bar.low) / 2
        before, last = last, price
        high, low = whole_high.push(bar.high), whole_low.push(bar.low)
        new_high, new_low = half_high.push(bar.high), half_low.push(bar.low)
        old_high, old_low = pushed(earlier_high, new_high), pushed(earlier_low, new_low)
        if high is None or low is None or old_high is None or old_low is None or new_high is None or new_low is None:
            return (None,)
        halves, whole = (new_high - new_low + old_high - old_low) / half, (high - low) / (2 * half)
        dimension = log(halves / whole) / log(2) if halves > 0 and whole > 0 else 1.0
        weight = min(1.0, max(0.01, exp(-4.6 * (dimension - 1))))
        start = before if average is None else average
        average = price if start is None else start + weight * (price - start)
        return (average,)

    return push


_PERIOD: Final = bars("period", 20)

AVERAGES: Final = (
    row("sma", "Simple moving average", of_close(Mean), lambda p: p["period"], _PERIOD),
    row("ema", "Exponential moving average", of_close(exponential), lambda p: p["period"], _PERIOD, memory=EXPONENTIAL),
    row(
        "dema",
        "Double exponential moving average",
        of_close(_Dema),
        lambda p: 2 * p["period"] - 1,
        _PERIOD,
        memory=EXPONENTIAL,
    ),
    row(
        "tema",
        "Triple exponential moving average",
        of_close(_Tema),
        lambda p: 3 * p["period"] - 2,
        _PERIOD,
        memory=EXPONENTIAL,
    ),
    row("hma", "Hull moving average", of_close(_Hull), lambda p: p["period"] + isqrt(p["period"]) - 1, _PERIOD),
    row(
        "kama",
        "Kaufman's adaptive moving average",
        of_close(_Kaufman),
        lambda p: p["period"] + 1,
        bars("period", 10),
        memory=ADAPTIVE,
    ),
    row(
        "alma",
        "Arnaud Legoux moving average",
        of_close(_ArnaudLegoux),
        lambda p: p["period"],
        bars("period", 9),
        number("sigma", 6, 0.1, 100),
        number("offset", 0.85, 0, 1),
    ),
    row("lwma", "Linearly weighted moving average", of_close(Weighted), lambda p: p["period"], _PERIOD),
    row("trima", "Triangular moving average", of_close(_triangular), lambda p: p["period"], _PERIOD),
    row(
        "t3",
        "Tillson's T3 moving average",
        of_close(_T3),
        lambda p: 6 * p["period"] - 5,
        bars("period", 10),
        number("volume_factor", 0.7, 0, 1),
        memory=EXPONENTIAL,
    ),
    row(
        "zlema",
        "Zero-lag exponential moving average",
        of_close(_ZeroLag),
        lambda p: p["period"] + (p["period"] - 1) // 2,
        _PERIOD,
        memory=EXPONENTIAL,
    ),
    # KIS calls Wilder's average wma; the linearly weighted one, which others call so, is its lwma.
    row("wma", "Wilder's moving average", of_close(wilder), lambda p: p["period"], bars("period", 14), memory=WILDER),
    row(
        "frama",
        "Fractal adaptive moving average",
        _frama,
        lambda p: p["period"] // 2 * 2,
        bars("period", 16, 2),
        memory=ADAPTIVE,
    ),
    row(
        "vidya",
        "Variable index dynamic average",
        of_close(_Vidya),
        lambda p: p["period"] + 1,
        bars("period", 14),
        memory=ADAPTIVE,
    ),
)
