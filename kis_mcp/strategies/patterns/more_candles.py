"""Patterns of four and five candles."""

from typing import Final

from kis_mcp.strategies.patterns.candle import Candle, gaps, pattern

_HOLD: Final = 0.5
"""So little of the first body may a mat hold give up."""


def _opens_in_or_near(candle: Candle, before: Candle) -> bool:
    return before.bottom - before.near <= candle.open <= before.top + before.near


def _three_line_strike(first: Candle, second: Candle, third: Candle, last: Candle) -> int:
    way = third.color
    return way * (
        first.color == way
        and second.color == way
        and last.color == -way
        and _opens_in_or_near(second, first)
        and _opens_in_or_near(third, second)
        and way * first.close < way * second.close < way * third.close
        and way * last.open > way * third.close
        and way * last.close < way * first.open
    )


def _concealing_baby_swallow(first: Candle, second: Candle, third: Candle, last: Candle) -> int:
    return int(
        all(candle.color < 0 for candle in (first, second, third, last))
        and first.is_marubozu
        and second.is_marubozu
        and gaps(third, second, -1)
        and third.upper > third.very_short
        and third.high > second.close
        and last.high > third.high
        and last.low < third.low
    )


def _goes_on(candle: Candle, before: Candle, way: int) -> bool:
    """Whether both its high and its low lie further on the way."""
    return way * candle.high > way * before.high and way * candle.low > way * before.low


def _breakaway(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> int:
    way = -first.color
    return way * (
        first.is_long
        and second.color == fourth.color == -way
        and last.color == way
        and gaps(second, first, -way)
        and _goes_on(third, second, -way)
        and _goes_on(fourth, third, -way)
        and way * second.open < way * last.close < way * first.close
    )


def _mat_hold(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> int:
    least = first.close - first.body * _HOLD
    return int(
        first.is_long
        and second.is_small
        and third.is_small
        and fourth.is_small
        and (first.color, second.color, last.color) == (1, -1, 1)
        and gaps(second, first, 1)
        and least < third.bottom < first.close
        and least < fourth.bottom < first.close
        and third.top < second.open
        and fourth.top < third.top
        and last.open > fourth.close
        and last.close > max(second.high, third.high, fourth.high)
    )


def _three_methods(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> int:
    way = first.color
    pause = (second, third, fourth)
    return way * (
        first.is_long
        and last.is_long
        and last.color == way
        and all(candle.is_small and candle.color == -way for candle in pause)
        and all(candle.bottom < first.high and candle.top > first.low for candle in pause)
        and way * second.close > way * third.close > way * fourth.close
        and way * last.open > way * fourth.close
        and way * last.close > way * first.close
    )


def _rising_three_methods(*candles: Candle) -> int:
    return max(0, _three_methods(*candles))


def _falling_three_methods(*candles: Candle) -> int:
    return min(0, _three_methods(*candles))


def _ladder_bottom(first: Candle, second: Candle, third: Candle, fourth: Candle, last: Candle) -> int:
    return int(
        all(candle.color < 0 for candle in (first, second, third, fourth))
        and first.open > second.open > third.open
        and first.close > second.close > third.close
        and fourth.upper > fourth.very_short
        and last.color > 0
        and last.open > fourth.open
        and last.close > fourth.high
    )


MORE_CANDLES: Final = (
    pattern("three_line_strike", "Three-line strike", _three_line_strike, 4, before=5),
    pattern("concealing_baby_swallow", "Concealing baby swallow", _concealing_baby_swallow, 4),
    pattern("breakaway", "Breakaway", _breakaway, 5),
    pattern("mat_hold", "Mat hold", _mat_hold, 5),
    pattern("rising_three_methods", "Rising three methods", _rising_three_methods, 5),
    pattern("falling_three_methods", "Falling three methods", _falling_three_methods, 5),
    pattern("ladder_bottom", "Ladder bottom", _ladder_bottom, 5),
)
