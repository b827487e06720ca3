"""Oscillators: how fast prices move, or where they stand in a range."""

from typing import Final

from kis_mcp.strategies.indicators.blocks import (
    Chain,
    Delay,
    Mean,
    PercentChange,
    exponential,
    pushed,
    ratio,
    wilder,
)
from kis_mcp.strategies.indicators.kind import BarValues, Values
from kis_mcp.strategies.indicators.row import EXPONENTIAL, WILDER, Push, bars, of_close, row
from kis_mcp.strategies.indicators.windows import SinceExtreme, WindowMaximum, WindowMinimum, WindowSum


class Rsi:
    """Wilder's relative strength index; None while the price has not moved."""

    __slots__ = ("_gains", "_last", "_losses")

    def __init__(self, period: int) -> None:
        self._gains, self._losses = wilder(period), wilder(period)
        self._last: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        if last is None:
            return None
        change = value - last
        gain, loss = self._gains.push(change if change > 0 else 0.0), self._losses.push(-change if change < 0 else 0.0)
        if gain is None or loss is None:
            return None
        both = gain + loss
        return 100 * gain / both if both else None


class InRange:
    """Where a value stands between the smallest (0) and the largest (100) of the latest ``period``."""

    def __init__(self, period: int) -> None:
        self._largest, self._smallest = WindowMaximum(period), WindowMinimum(period)

    def push(self, value: float) -> float | None:
        return _in_range(value, self._smallest.push(value), self._largest.push(value))


def _in_range(value: float, low: float | None, high: float | None) -> float | None:
    if low is None or high is None or high == low:
        return None
    return 100 * (value - low) / (high - low)


def _stochastic(k_period: int, d_period: int) -> Push:
    highs, lows, mean = WindowMaximum(k_period), WindowMinimum(k_period), Mean(d_period)

    def push(bar: BarValues) -> Values:
        k = _in_range(bar.close, lows.push(bar.low), highs.push(bar.high))
        return k, pushed(mean, k)

    return push


def _stochrsi(rsi_period: int, stoch_period: int, k_period: int, d_period: int) -> Push:
    k_of, d_of = Chain(Rsi(rsi_period), InRange(stoch_period), Mean(k_period)), Mean(d_period)

    def push(bar: BarValues) -> Values:
        k = k_of.push(bar.close)
        return k, pushed(d_of, k)

    return push


def _williams_r(period: int) -> Push:
    highs, lows = WindowMaximum(period), WindowMinimum(period)

    def push(bar: BarValues) -> Values:
        place = _in_range(bar.close, lows.push(bar.low), highs.push(bar.high))
        return (None if place is None else place - 100,)

    return push


class Distance:
    """The fast exponential average less the slow one.

    Args:
        in_percent: Of the slow one.
    """

    def __init__(self, fast: int, slow: int, in_percent: bool = False) -> None:
        self._fast, self._slow = exponential(fast), exponential(slow)
        self._in_percent = in_percent

    def push(self, value: float) -> float | None:
        fast, slow = self._fast.push(value), self._slow.push(value)
        if fast is None or slow is None:
            return None
        if self._in_percent:
            return (fast / slow - 1) * 100 if slow else None
        return fast - slow


_PPO_SIGNAL: Final = 9


def _with_signal(fast: int, slow: int, signal: int, in_percent: bool = False) -> Push:
    distance, average = Distance(fast, slow, in_percent), exponential(signal)

    def push(bar: BarValues) -> Values:
        value = distance.push(bar.close)
        line = pushed(average, value)
        return value, line, None if value is None or line is None else value - line

    return push


def _ppo(fast: int, slow: int) -> Push:
    return _with_signal(fast, slow, _PPO_SIGNAL, in_percent=True)


def _cci(period: int) -> Push:
    """Lambert's commodity channel index of the typical price."""
    values: list[float] = []

    def push(bar: BarValues) -> Values:
        price = (bar.high + bar.low + bar.close) / 3
        values.append(price)
        if len(values) < period:
            return (None,)
        mean = sum(values) / period
        deviation = sum([abs(value - mean) for value in values]) / period
        del values[0]
        # Less than rounding can leave of equal prices is nothing.
        return ((price - mean) / (0.015 * deviation) if deviation > abs(mean) * 1e-13 else None,)

    return push


def _aroon(up_period: int, down_period: int) -> Push:
    since_high, since_low = SinceExtreme(up_period + 1), SinceExtreme(down_period + 1)

    def push(bar: BarValues) -> Values:
        high, low = since_high.push(bar.high), since_low.push(-bar.low)
        up = None if high is None else 100 * (up_period - high) / up_period
        down = None if low is None else 100 * (down_period - low) / down_period
        return None if up is None or down is None else up - down, up, down

    return push


class _Cmo:
    """Chande's momentum oscillator: sums of gains and losses, not smoothed."""

    def __init__(self, period: int) -> None:
        self._ways, self._path = WindowSum(period), WindowSum(period)
        self._last: float | None = None

    def push(self, value: float) -> float | None:
        last, self._last = self._last, value
        if last is None:
            return None
        way, path = self._ways.push(value - last), self._path.push(abs(value - last))
        return None if way is None or path is None or not path else 100 * way / path


def _ao(fast: int, slow: int) -> Push:
    """Williams' awesome oscillator, of the middle of high and low."""
    fast_mean, slow_mean = Mean(fast), Mean(slow)

    def push(bar: BarValues) -> Values:
        price = (bar.high + bar.low) / 2
        near, far = fast_mean.push(price), slow_mean.push(price)
        return (None if near is None or far is None else near - far,)

    return push


def _ultosc(period1: int, period2: int, period3: int) -> Push:
    """Williams' ultimate oscillator: buying pressure over three periods, which weigh 4, 2 and 1."""
    sums = [
        (weight, WindowSum(period), WindowSum(period))
        for weight, period in zip((4, 2, 1), (period1, period2, period3), strict=True)
    ]
    last: float | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        before, last = last, bar.close
        if before is None:
            return (None,)
        low, high = min(bar.low, before), max(bar.high, before)
        total: float | None = 0.0
        for weight, pressures, ranges in sums:
            pressure, reach = pressures.push(bar.close - low), ranges.push(high - low)
            part = None if pressure is None or reach is None else ratio(pressure, reach)
            total = None if part is None or total is None else total + weight * part
        return (None if total is None else 100 * total / 7,)

    return push


def _trix(period: int) -> Chain:
    return Chain(exponential(period), exponential(period), exponential(period), PercentChange(1))


def _tsi(long_period: int, short_period: int, signal_period: int) -> Push:
    """Blau's true strength index."""
    ways = Chain(exponential(long_period), exponential(short_period))
    paths = Chain(exponential(long_period), exponential(short_period))
    average = exponential(signal_period)
    last: float | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        before, last = last, bar.close
        if before is None:
            return None, None
        way, path = ways.push(bar.close - before), paths.push(abs(bar.close - before))
        value = None if way is None or path is None or not path else 100 * way / path
        return value, pushed(average, value)

    return push


class _Symmetric:
    """Ehlers' filter of four values: 1, 2, 2, 1 sixths."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def push(self, value: float) -> float | None:
        values = self._values
        values.append(value)
        if len(values) < 4:
            return None
        oldest, older, old, new = values
        del values[0]
        return (oldest + 2 * older + 2 * old + new) / 6


def _rvi(period: int) -> Push:
    """Ehlers' relative vigor index."""
    moves, ranges = Chain(_Symmetric(), WindowSum(period)), Chain(_Symmetric(), WindowSum(period))

    def push(bar: BarValues) -> Values:
        move, reach = moves.push(bar.close - bar.open), ranges.push(bar.high - bar.low)
        return (None if move is None or reach is None else ratio(move, reach),)

    return push


class _Dpo:
    """The detrended price: that of half a period and one bar ago, less the average."""

    def __init__(self, period: int) -> None:
        self._delay, self._mean = Delay(period // 2 + 1), Mean(period)

    def push(self, value: float) -> float | None:
        before, mean = self._delay.push(value), self._mean.push(value)
        return None if before is None or mean is None else before - mean


_FAST_SLOW: Final = bars("fast", 12), bars("slow", 26)
_THREE_LINES: Final = ("value", "signal", "histogram")

OSCILLATORS: Final = (
    row("rsi", "Relative strength index", of_close(Rsi), lambda p: p["period"] + 1, bars("period", 14), memory=WILDER),
    row(
        "stochastic",
        "Stochastic oscillator, fast",
        _stochastic,
        lambda p: p["k_period"] + p["d_period"] - 1,
        bars("k_period", 14),
        bars("d_period", 3),
        outputs=("k", "d"),
    ),
    row(
        "stochrsi",
        "Stochastic of the relative strength index",
        _stochrsi,
        lambda p: p["rsi_period"] + p["stoch_period"] + p["k_period"] + p["d_period"] - 2,
        bars("rsi_period", 14),
        bars("stoch_period", 14, 2),
        bars("k_period", 3),
        bars("d_period", 3),
        outputs=("k", "d"),
        memory=EXPONENTIAL,
    ),
    row(
        "macd",
        "Moving average convergence divergence",
        _with_signal,
        lambda p: max(p["fast"], p["slow"]) + p["signal"] - 1,
        *_FAST_SLOW,
        bars("signal", 9),
        outputs=_THREE_LINES,
        memory=EXPONENTIAL,
    ),
    row("cci", "Commodity channel index", _cci, lambda p: p["period"], bars("period", 20, 2)),
    row("williams_r", "Williams %R", _williams_r, lambda p: p["period"], bars("period", 14)),
    # KIS' momentum is in percent, as its roc is.
    row("momentum", "Momentum, in percent", of_close(PercentChange), lambda p: p["period"] + 1, bars("period", 10)),
    row("roc", "Rate of change, in percent", of_close(PercentChange), lambda p: p["period"] + 1, bars("period", 10)),
    row(
        "apo",
        "Absolute price oscillator",
        of_close(Distance),
        lambda p: max(p.values()),
        *_FAST_SLOW,
        memory=EXPONENTIAL,
    ),
    row(
        "ppo",
        "Percentage price oscillator, with a signal of 9 bars",
        _ppo,
        lambda p: max(p["fast"], p["slow"]) + _PPO_SIGNAL - 1,
        *_FAST_SLOW,
        outputs=_THREE_LINES,
        memory=EXPONENTIAL,
    ),
    row(
        "aroon",
        "Aroon oscillator",
        _aroon,
        lambda p: max(p["up_period"], p["down_period"]) + 1,
        bars("up_period", 25),
        bars("down_period", 25),
        outputs=("value", "aroon_up", "aroon_down"),
    ),
    row("cmo", "Chande momentum oscillator", of_close(_Cmo), lambda p: p["period"] + 1, bars("period", 14)),
    row("ao", "Awesome oscillator", _ao, lambda p: max(p.values()), bars("fast", 5), bars("slow", 34)),
    row(
        "ultosc",
        "Ultimate oscillator",
        _ultosc,
        lambda p: max(p.values()) + 1,
        bars("period1", 7),
        bars("period2", 14),
        bars("period3", 28),
    ),
    row(
        "trix",
        "Triple exponential average's rate of change",
        of_close(_trix),
        lambda p: 3 * p["period"] - 1,
        bars("period", 15),
        memory=EXPONENTIAL,
    ),
    row(
        "tsi",
        "True strength index",
        _tsi,
        lambda p: p["long_period"] + p["short_period"] + p["signal_period"] - 1,
        bars("long_period", 25),
        bars("short_period", 13),
        bars("signal_period", 7),
        outputs=("value", "signal"),
        memory=EXPONENTIAL,
    ),
    row("rvi", "Relative vigor index", _rvi, lambda p: p["period"] + 3, bars("period", 10)),
    row(
        "dpo",
        "Detrended price oscillator",
        of_close(_Dpo),
        lambda p: max(p["period"], p["period"] // 2 + 2),
        bars("period", 20),
    ),
)
