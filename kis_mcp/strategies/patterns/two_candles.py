"""Patterns of two candles."""

from typing import Final

from kis_mcp.strategies.patterns.candle import Candle, gaps, is_at, is_inside, leaps, pattern


def engulfing(first: Candle, last: Candle) -> int:
    """A body around one of the other color; one of its ends may be the same."""
    is_around = last.top >= first.top and last.bottom <= first.bottom
    is_larger = last.top > first.top or last.bottom < first.bottom
    return last.color * (last.color == -first.color and is_around and is_larger)


def is_harami(first: Candle, last: Candle) -> bool:
    """A short body within a long one; ends may be the same."""
    return first.is_long and not last.is_long and last.top <= first.top and last.bottom >= first.bottom


def _harami(first: Candle, last: Candle) -> int:
    return -first.color * is_harami(first, last)


def _harami_cross(first: Candle, last: Candle) -> int:
    is_within = last.top <= first.top and last.bottom >= first.bottom
    return -first.color * (first.is_long and last.is_doji and is_within)


def _piercing(first: Candle, last: Candle) -> int:
    return int(
        _opens_below_black(first, last)
        and last.is_long
        and last.close < first.open
        and last.close > first.close + first.body * 0.5
    )


def _opens_below_black(first: Candle, last: Candle) -> bool:
    """A white candle that opens below the low of a long black one."""
    return first.color < 0 and first.is_long and last.color > 0 and last.open < first.low


def _dark_cloud_cover(first: Candle, last: Candle) -> int:
    return -int(
        first.color > 0
        and first.is_long
        and last.open > first.high
        and last.close > first.open
        and last.close < first.close - first.body * 0.5
    )


def _counterattack(first: Candle, last: Candle) -> int:
    is_met = is_at(last.close, first.close, first.equal)
    return last.color * (last.color == -first.color and first.is_long and last.is_long and is_met)


def _tweezer(first: Candle, last: Candle, way: int) -> bool:
    """A long candle against the way, and one of the other color that turned at the same price (Nison, Japanese
    Candlestick Charting Techniques)."""
    is_turn = first.is_long and first.color == -way and last.color == way
    return is_turn and (
        is_at(last.low, first.low, first.equal) if way > 0 else is_at(last.high, first.high, first.equal)
    )


def _tweezer_top(first: Candle, last: Candle) -> int:
    return -int(_tweezer(first, last, -1))


def _tweezer_bottom(first: Candle, last: Candle) -> int:
    return int(_tweezer(first, last, 1))


def _on_neck(first: Candle, last: Candle) -> int:
    return -int(_opens_below_black(first, last) and is_at(last.close, first.low, first.equal))


def _in_neck(first: Candle, last: Candle) -> int:
    return -int(_opens_below_black(first, last) and first.close <= last.close <= first.close + first.equal)


def _thrusting(first: Candle, last: Candle) -> int:
    return -int(
        _opens_below_black(first, last) and first.close + first.equal < last.close <= first.close + first.body * 0.5
    )


def _separating_lines(first: Candle, last: Candle) -> int:
    opens_bare = last.has_no_lower if last.color > 0 else last.has_no_upper
    is_same_open = is_at(last.open, first.open, first.equal)
    return last.color * (last.color == -first.color and is_same_open and last.is_long and opens_bare)


def _is_kick(first: Candle, last: Candle) -> bool:
    return (
        last.color == -first.color
        and first.is_long
        and first.is_marubozu
        and last.is_long
        and last.is_marubozu
        and leaps(last, first, last.color)
    )


def _kicking(first: Candle, last: Candle) -> int:
    return last.color * _is_kick(first, last)


def _kicking_by_length(first: Candle, last: Candle) -> int:
    return (last if last.body > first.body else first).color * _is_kick(first, last)


def _matching_low(first: Candle, last: Candle) -> int:
    return int(first.color < 0 and last.color < 0 and is_at(last.close, first.close, first.equal))


def _matching_high(first: Candle, last: Candle) -> int:
    return -int(first.color > 0 and last.color > 0 and is_at(last.close, first.close, first.equal))


def _homing_pigeon(first: Candle, last: Candle) -> int:
    is_black = first.color < 0 and last.color < 0
    return int(is_black and first.is_long and not last.is_long and is_inside(last, first))


def _doji_star(first: Candle, last: Candle) -> int:
    return -first.color * (first.is_long and last.is_doji and gaps(last, first, first.color))


TWO_CANDLES: Final = (
    pattern("engulfing", "Engulfing", engulfing, 2, before=0),
    pattern("harami", "Harami", _harami, 2),
    pattern("harami_cross", "Harami cross", _harami_cross, 2),
    pattern("piercing", "Piercing line", _piercing, 2),
    pattern("dark_cloud_cover", "Dark cloud cover", _dark_cloud_cover, 2),
    pattern("counterattack", "Counterattack", _counterattack, 2),
    # Another name of the counterattack.
    pattern("meeting_lines", "Meeting lines", _counterattack, 2),
    pattern("tweezer_top", "Tweezer top", _tweezer_top, 2),
    pattern("tweezer_bottom", "Tweezer bottom", _tweezer_bottom, 2),
    pattern("on_neck", "On-neck line", _on_neck, 2),
    pattern("in_neck", "In-neck line", _in_neck, 2),
    pattern("thrusting", "Thrusting line", _thrusting, 2),
    pattern("separating_lines", "Separating lines", _separating_lines, 2),
    pattern("kicking", "Kicking", _kicking, 2),
    pattern("kicking_by_length", "Kicking, by the longer marubozu", _kicking_by_length, 2),
    pattern("matching_low", "Matching low", _matching_low, 2, before=5),
    pattern("matching_high", "Matching high", _matching_high, 2, before=5),
    pattern("homing_pigeon", "Homing pigeon", _homing_pigeon, 2),
    pattern("dojistar", "Doji star", _doji_star, 2),
)
