"""Volume, and what it says of prices. A bar without a range puts no weight on either side."""

from collections.abc import Callable
from typing import Final

from kis_mcp.strategies.indicators.blocks import Mean, exponential, pushed, ratio
from kis_mcp.strategies.indicators.kind import BarValues, Values
from kis_mcp.strategies.indicators.row import EXPONENTIAL, Push, bars, number, row
from kis_mcp.strategies.indicators.windows import WindowSum


def _money_flow(bar: BarValues) -> float:
    """The bar's volume, by where it closed between its low (all of it sold) and its high (all of it bought)."""
    reach = bar.high - bar.low
    return (2 * bar.close - bar.high - bar.low) / reach * bar.volume if reach else 0.0


def _obv() -> Push:
    """Granville's; it begins with the first bar's volume."""
    total, last = 0.0, None

    def push(bar: BarValues) -> Values:
        nonlocal total, last
        if last is None or bar.close > last:
            total += bar.volume
        elif bar.close < last:
            total -= bar.volume
        last = bar.close
        return (total,)

    return push


def _adl() -> Push:
    total = 0.0

    def push(bar: BarValues) -> Values:
        nonlocal total
        total += _money_flow(bar)
        return (total,)

    return push


def _cho(fast: int, slow: int) -> Push:
    line, fast_average, slow_average = _adl(), exponential(fast), exponential(slow)

    def push(bar: BarValues) -> Values:
        value = line(bar)[0]
        near, far = pushed(fast_average, value), pushed(slow_average, value)
        return (None if near is None or far is None else near - far,)

    return push


def _kvo(fast: int, slow: int, signal: int) -> Push:
    """Klinger's: volume by how far the bar's range is from the way of the trend so far, fast less slow."""
    fast_average, slow_average, average = exponential(fast), exponential(slow), exponential(signal)
    last: BarValues | None = None
    last_trend, way = 0, 0.0

    def push(bar: BarValues) -> Values:
        nonlocal last, last_trend, way
        before, last = last, bar
        if before is None:
            return None, None
        trend_before, last_trend = last_trend, 1 if _three_prices(bar) > _three_prices(before) else -1
        if not trend_before:
            return None, None
        reach = bar.high - bar.low
        way = reach + (way if way and last_trend == trend_before else before.high - before.low)
        force = 100 * bar.volume * abs(2 * (reach / way - 1)) * last_trend if way else 0.0
        near, far = fast_average.push(force), slow_average.push(force)
        value = None if near is None or far is None else near - far
        return value, pushed(average, value)

    return push


def _three_prices(bar: BarValues) -> float:
    return bar.high + bar.low + bar.close


def _cmf(period: int) -> Push:
    flows, volumes = WindowSum(period), WindowSum(period)

    def push(bar: BarValues) -> Values:
        flow, volume = flows.push(_money_flow(bar)), volumes.push(bar.volume)
        return (None if flow is None or volume is None else ratio(flow, volume),)

    return push


def _mfi(period: int) -> Push:
    """Quong's and Soudack's."""
    gains, losses = WindowSum(period), WindowSum(period)
    last: float | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        price = (bar.high + bar.low + bar.close) / 3
        before, last = last, price
        if before is None:
            return (None,)
        flow = price * bar.volume
        gain, loss = gains.push(flow if price > before else 0.0), losses.push(flow if price < before else 0.0)
        if gain is None or loss is None or not gain + loss:
            return (None,)
        return (100 * gain / (gain + loss),)

    return push


def _force(period: int) -> Push:
    """Elder's."""
    average = exponential(period)
    last: float | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        before, last = last, bar.close
        return (None if before is None else average.push((bar.close - before) * bar.volume),)

    return push


def _weighted_price(period: int, price_of: Callable[[BarValues], float]) -> Push:
    """The average price of a share traded."""
    turnovers, volumes = WindowSum(period), WindowSum(period)

    def push(bar: BarValues) -> Values:
        turnover, volume = turnovers.push(price_of(bar) * bar.volume), volumes.push(bar.volume)
        return (None if turnover is None or volume is None else ratio(turnover, volume),)

    return push


def _vwap(period: int) -> Push:
    return _weighted_price(period, lambda bar: (bar.high + bar.low + bar.close) / 3)


def _vwma(period: int) -> Push:
    return _weighted_price(period, lambda bar: bar.close)


def _eom(period: int, scale: float) -> Push:
    """Arms' ease of movement, of volume in units of ``scale``. A bar that moved without volume is left out."""
    mean = Mean(period)
    last: float | None = None

    def push(bar: BarValues) -> Values:
        nonlocal last
        price = (bar.high + bar.low) / 2
        before, last = last, price
        if before is None:
            return (None,)
        moved = (price - before) * (bar.high - bar.low) * scale
        return (pushed(mean, ratio(moved, bar.volume) if moved else 0.0),)

    return push


VOLUME: Final = (
    row(
        "cho",
        "Chaikin oscillator",
        _cho,
        lambda p: max(p.values()),
        bars("fast", 3),
        bars("slow", 10),
        memory=EXPONENTIAL,
    ),
    row(
        "kvo",
        "Klinger volume oscillator",
        _kvo,
        lambda p: max(p["fast"], p["slow"]) + p["signal"] + 1,
        bars("fast", 34),
        bars("slow", 55),
        bars("signal", 13),
        outputs=("value", "signal"),
        memory=EXPONENTIAL,
    ),
    row("obv", "On-balance volume", _obv, lambda _: 1, memory=None),
    # KIS' backtester has both names for the one line.
    row("ad", "Accumulation/distribution line", _adl, lambda _: 1, memory=None),
    row("adl", "Accumulation/distribution line", _adl, lambda _: 1, memory=None),
    row("cmf", "Chaikin money flow", _cmf, lambda p: p["period"], bars("period", 20)),
    row("mfi", "Money flow index", _mfi, lambda p: p["period"] + 1, bars("period", 14)),
    row("force", "Force index", _force, lambda p: p["period"] + 1, bars("period", 13), memory=EXPONENTIAL),
    row("vwap", "Volume-weighted average of typical prices", _vwap, lambda p: p["period"], bars("period", 14)),
    row("vwma", "Volume-weighted moving average of closes", _vwma, lambda p: p["period"], bars("period", 20)),
    row(
        "eom",
        "Ease of movement",
        _eom,
        lambda p: p["period"] + 1,
        bars("period", 14),
        number("scale", 10_000, 1, 1_000_000_000),
    ),
)
