"""Patterns of one candle; some look at the one before it."""

from typing import Final

from kis_mcp.strategies.patterns.candle import Candle, gaps, pattern


def _doji(last: Candle) -> int:
    return int(last.is_doji)


def _dragonfly_doji(last: Candle) -> int:
    return int(last.is_doji and last.has_no_upper and last.lower > last.very_short)


def _gravestone_doji(last: Candle) -> int:
    return int(last.is_doji and last.has_no_lower and last.upper > last.very_short)


def _long_legged_doji(last: Candle) -> int:
    return int(last.is_doji and (last.lower > last.body or last.upper > last.body))


def _rickshaw_man(last: Candle) -> int:
    middle = last.low + last.range / 2
    return int(
        last.is_doji
        and last.lower > last.body
        and last.upper > last.body
        and last.bottom <= middle + last.near
        and last.top >= middle - last.near
    )


def _has_hammer_shape(last: Candle) -> bool:
    return last.is_small and last.lower > last.body and last.has_no_upper


def _hammer(before: Candle, last: Candle) -> int:
    return int(_has_hammer_shape(last) and last.bottom <= before.low + before.near)


def _hanging_man(before: Candle, last: Candle) -> int:
    return -int(_has_hammer_shape(last) and last.bottom >= before.high - before.near)


def _has_star_shape(last: Candle) -> bool:
    return last.is_small and last.upper > last.body and last.has_no_lower


def _inverted_hammer(before: Candle, last: Candle) -> int:
    return int(_has_star_shape(last) and gaps(last, before, -1))


def _shooting_star(before: Candle, last: Candle) -> int:
    return -int(_has_star_shape(last) and gaps(last, before, 1))


def _marubozu(last: Candle) -> int:
    return last.color * (last.is_long and last.is_marubozu)


def _closing_marubozu(last: Candle) -> int:
    return last.color * (last.is_long and (last.has_no_upper if last.color > 0 else last.has_no_lower))


def belt_hold(last: Candle) -> int:
    """A long body without a shadow at its open."""
    return last.color * (last.is_long and (last.has_no_lower if last.color > 0 else last.has_no_upper))


def _spinning_top(last: Candle) -> int:
    return last.color * (last.is_small and last.upper > last.body and last.lower > last.body)


def _high_wave(last: Candle) -> int:
    return last.color * (last.is_small and last.upper > 2 * last.body and last.lower > 2 * last.body)


ONE_CANDLE: Final = (
    pattern("doji", "Doji", _doji, 1),
    pattern("dragonfly_doji", "Dragonfly doji", _dragonfly_doji, 1),
    pattern("gravestone_doji", "Gravestone doji", _gravestone_doji, 1),
    pattern("long_legged_doji", "Long-legged doji", _long_legged_doji, 1),
    pattern("hammer", "Hammer", _hammer, 2),
    pattern("hanging_man", "Hanging man", _hanging_man, 2),
    pattern("inverted_hammer", "Inverted hammer", _inverted_hammer, 2),
    pattern("shooting_star", "Shooting star", _shooting_star, 2),
    pattern("marubozu", "Marubozu", _marubozu, 1),
    pattern("closing_marubozu", "Closing marubozu", _closing_marubozu, 1),
    # The shape of a belt hold is that of a marubozu at its open.
    pattern("opening_marubozu", "Opening marubozu", belt_hold, 1),
    pattern("spinning_top", "Spinning top", _spinning_top, 1),
    pattern("belt_hold", "Belt hold", belt_hold, 1),
    pattern("high_wave", "High wave", _high_wave, 1),
    pattern("rickshaw_man", "Rickshaw man", _rickshaw_man, 1),
)
