"""Patterns of three candles; three black crows look at the one before them."""

from typing import Final

from kis_mcp.strategies.patterns.candle import Candle, gaps, is_at, is_inside, leaps, pattern
from kis_mcp.strategies.patterns.two_candles import engulfing

_DEPTH: Final = 0.3
"""So much of the first body must be won back."""


def _wins_back(first: Candle, last: Candle, way: int) -> bool:
    return way * last.close > way * first.close + first.body * _DEPTH


def _star(first: Candle, star: Candle, last: Candle, way: int) -> int:
    """The way in which a star between two bodies turns the price; 0 for none."""
    is_turn = first.is_long and first.color == -way and last.is_long and last.color == way
    return way * (is_turn and gaps(star, first, -way) and _wins_back(first, last, way))


def _morning_star(first: Candle, star: Candle, last: Candle) -> int:
    return 0 if star.is_long else _star(first, star, last, 1)


def _morning_doji_star(first: Candle, star: Candle, last: Candle) -> int:
    return _star(first, star, last, 1) if star.is_doji else 0


def _evening_star(first: Candle, star: Candle, last: Candle) -> int:
    return 0 if star.is_long else _star(first, star, last, -1)


def _evening_doji_star(first: Candle, star: Candle, last: Candle) -> int:
    return _star(first, star, last, -1) if star.is_doji else 0


def _abandoned_baby(first: Candle, baby: Candle, last: Candle) -> int:
    way = last.color
    is_turn = first.is_long and first.color == -way and last.is_long and baby.is_doji
    is_alone = leaps(baby, first, -way) and leaps(last, baby, way)
    return way * (is_turn and is_alone and _wins_back(first, last, way))


def _are_white(*candles: Candle) -> bool:
    return all(candle.color > 0 for candle in candles)


def _are_black(*candles: Candle) -> bool:
    return all(candle.color < 0 for candle in candles)


def _opens_in_or_near(candle: Candle, before: Candle) -> bool:
    """Whether it opens above a white candle's open, and not far above its close."""
    return before.open < candle.open <= before.close + before.near


def _three_white_soldiers(first: Candle, second: Candle, last: Candle) -> int:
    return int(
        _are_white(first, second, last)
        and first.has_no_upper
        and second.has_no_upper
        and last.has_no_upper
        and first.close < second.close < last.close
        and _opens_in_or_near(second, first)
        and _opens_in_or_near(last, second)
        and second.body > first.body - first.far
        and last.body > second.body - second.far
        and last.is_long
    )


def _three_black_crows(before: Candle, first: Candle, second: Candle, last: Candle) -> int:
    """Each crow is black, since it closes below where one opens within it."""
    return -int(
        before.color > 0
        and first.has_no_lower
        and second.has_no_lower
        and last.has_no_lower
        and first.close < second.open < first.open
        and second.close < last.open < second.open
        and before.high > first.close > second.close > last.close
    )


def _identical_three_crows(first: Candle, second: Candle, last: Candle) -> int:
    return -int(
        _are_black(first, second, last)
        and first.has_no_lower
        and second.has_no_lower
        and last.has_no_lower
        and first.close > second.close > last.close
        and is_at(second.open, first.close, first.equal)
        and is_at(last.open, second.close, second.equal)
    )


def _three_inside(first: Candle, second: Candle, last: Candle) -> int:
    way = last.color
    is_harami = first.is_long and not second.is_long and is_inside(second, first)
    return way * (is_harami and first.color == -way and way * last.close > way * first.open)


def _three_outside(first: Candle, second: Candle, last: Candle) -> int:
    way = second.color
    is_around = second.top > first.top and second.bottom < first.bottom
    return engulfing(first, second) * (is_around and way * last.close > way * second.close)


def _three_stars_in_south(first: Candle, second: Candle, last: Candle) -> int:
    return int(
        _are_black(first, second, last)
        and first.is_long
        and first.lower > first.body
        and second.body < first.body
        and first.close < second.open <= first.high
        and first.low <= second.low < first.close
        and second.lower > second.very_short
        and last.is_small
        and last.is_marubozu
        and last.low > second.low
        and last.high < second.high
    )


def _advance_block(first: Candle, second: Candle, last: Candle) -> int:
    is_advance = (
        _are_white(first, second, last)
        and first.close < second.close < last.close
        and _opens_in_or_near(second, first)
        and _opens_in_or_near(last, second)
        and first.is_long
        and first.upper < first.short_shadow
    )
    is_blocked = (
        (second.body < first.body - first.far and last.body < second.body + second.near)
        or last.body < second.body - second.far
        or (
            last.body < second.body < first.body
            and (last.upper > last.short_shadow or second.upper > second.short_shadow)
        )
        or (last.body < second.body and last.upper > last.body)
    )
    return -int(is_advance and is_blocked)


def _stalled(first: Candle, second: Candle, last: Candle) -> int:
    return -int(
        _are_white(first, second, last)
        and first.close < second.close < last.close
        and first.is_long
        and second.is_long
        and second.has_no_upper
        and _opens_in_or_near(second, first)
        and last.is_small
        and last.open >= second.close - last.body - second.near
    )


def _tasuki_gap(first: Candle, second: Candle, last: Candle) -> int:
    way = second.color
    if not gaps(second, first, way) or last.color != -way or not second.bottom < last.open < second.top:
        return 0
    closes_in_gap = first.top < last.close < second.open if way > 0 else second.open < last.close < first.bottom
    return way * (closes_in_gap and abs(second.body - last.body) < second.near)


def _upside_tasuki_gap(first: Candle, second: Candle, last: Candle) -> int:
    return max(0, _tasuki_gap(first, second, last))


def _downside_tasuki_gap(first: Candle, second: Candle, last: Candle) -> int:
    return min(0, _tasuki_gap(first, second, last))


def _upside_gap_two_crows(first: Candle, second: Candle, last: Candle) -> int:
    return -int(
        first.color > 0
        and first.is_long
        and _are_black(second, last)
        and not second.is_long
        and gaps(second, first, 1)
        and is_inside(second, last)
        and last.close > first.close
    )


def _two_crows(first: Candle, second: Candle, last: Candle) -> int:
    return -int(
        first.color > 0
        and first.is_long
        and _are_black(second, last)
        and gaps(second, first, 1)
        and second.close < last.open < second.open
        and first.open < last.close < first.close
    )


def _gap_side_by_side_white(first: Candle, second: Candle, last: Candle) -> int:
    way = 1 if gaps(second, first, 1) else -1
    return way * (
        _are_white(second, last)
        and gaps(second, first, way)
        and gaps(last, first, way)
        and is_at(last.body, second.body, second.near)
        and is_at(last.open, second.open, second.equal)
    )


def _stick_sandwich(first: Candle, second: Candle, last: Candle) -> int:
    is_sandwich = _are_black(first, last) and second.color > 0 and second.low > first.close
    return int(is_sandwich and is_at(last.close, first.close, first.equal))


def _unique_three_river(first: Candle, second: Candle, last: Candle) -> int:
    return int(
        _are_black(first, second)
        and first.is_long
        and second.close > first.close
        and second.open <= first.open
        and second.low < first.low
        and last.is_small
        and last.color > 0
        and last.open > second.low
    )


def _tristar(first: Candle, second: Candle, last: Candle) -> int:
    """Three doji, all measured by what is before the first."""
    if max(first.body, second.body, last.body) > first.very_short:
        return 0
    if gaps(second, first, -1) and last.bottom > second.bottom:
        return 1
    return -int(gaps(second, first, 1) and last.top < second.top)


def _up_down_gap_three_methods(first: Candle, second: Candle, last: Candle) -> int:
    way = first.color
    return way * (
        second.color == way
        and last.color == -way
        and gaps(second, first, way)
        and second.bottom < last.open < second.top
        and first.bottom < last.close < first.top
    )


THREE_CANDLES: Final = (
    pattern("morning_star", "Morning star", _morning_star, 3),
    pattern("morning_doji_star", "Morning doji star", _morning_doji_star, 3),
    pattern("evening_star", "Evening star", _evening_star, 3),
    pattern("evening_doji_star", "Evening doji star", _evening_doji_star, 3),
    pattern("three_white_soldiers", "Three white soldiers", _three_white_soldiers, 3),
    pattern("three_black_crows", "Three black crows", _three_black_crows, 4),
    pattern("three_inside", "Three inside up or down", _three_inside, 3),
    pattern("three_outside", "Three outside up or down", _three_outside, 3, before=0),
    pattern("abandoned_baby", "Abandoned baby", _abandoned_baby, 3),
    pattern("three_stars_in_south", "Three stars in the south", _three_stars_in_south, 3),
    pattern("advance_block", "Advance block", _advance_block, 3),
    pattern("stalled_pattern", "Stalled pattern", _stalled, 3),
    # Another name of the stalled pattern.
    pattern("deliberation", "Deliberation", _stalled, 3),
    pattern("tasuki_gap", "Tasuki gap", _tasuki_gap, 3, before=5),
    pattern("upside_tasuki_gap", "Upside Tasuki gap", _upside_tasuki_gap, 3, before=5),
    pattern("downside_tasuki_gap", "Downside Tasuki gap", _downside_tasuki_gap, 3, before=5),
    pattern("upside_gap_two_crows", "Upside gap two crows", _upside_gap_two_crows, 3),
    pattern("two_crows", "Two crows", _two_crows, 3),
    pattern("gap_side_by_side_white", "Gapping side-by-side white lines", _gap_side_by_side_white, 3, before=5),
    pattern("side_by_side_white_lines", "Side-by-side white lines", _gap_side_by_side_white, 3, before=5),
    pattern("stick_sandwich", "Stick sandwich", _stick_sandwich, 3, before=5),
    pattern("unique_three_river", "Unique three-river bottom", _unique_three_river, 3),
    pattern("tristar", "Tri-star", _tristar, 3),
    pattern("identical_three_crows", "Identical three crows", _identical_three_crows, 3),
    pattern("up_down_gap_three_methods", "Gap three methods, up or down", _up_down_gap_three_methods, 3, before=0),
)
