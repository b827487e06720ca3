"""Candlestick patterns, held against TA-Lib's."""

import gc
import random
from collections.abc import Callable, Iterable
from datetime import datetime

import numpy as np
import pytest
import talib

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.indicators import BarValues
from kis_mcp.strategies.patterns import PATTERNS, find_pattern
from tests.strategies.patterns.examples import CONTEXT, EXAMPLES, Prices

NOW = datetime(2026, 3, 2, 15, 30, tzinfo=KST)

USABLE = """
doji dragonfly_doji gravestone_doji long_legged_doji hammer hanging_man inverted_hammer shooting_star marubozu
closing_marubozu spinning_top belt_hold high_wave rickshaw_man engulfing harami harami_cross piercing dark_cloud_cover
counterattack on_neck in_neck thrusting separating_lines kicking kicking_by_length matching_low gap_side_by_side_white
homing_pigeon dojistar morning_star morning_doji_star evening_star evening_doji_star three_white_soldiers
three_black_crows three_inside three_outside abandoned_baby three_stars_in_south advance_block stalled_pattern
tasuki_gap upside_gap_two_crows stick_sandwich three_line_strike two_crows unique_three_river concealing_baby_swallow
breakaway mat_hold rising_three_methods falling_three_methods ladder_bottom tristar identical_three_crows
up_down_gap_three_methods
"""
OTHERS = """
opening_marubozu tweezer_top tweezer_bottom meeting_lines matching_high deliberation downside_tasuki_gap
upside_tasuki_gap side_by_side_white_lines
"""

TALIB = {
    "three_white_soldiers": "3WHITESOLDIERS", "three_black_crows": "3BLACKCROWS", "three_inside": "3INSIDE",
    "three_outside": "3OUTSIDE", "three_stars_in_south": "3STARSINSOUTH", "three_line_strike": "3LINESTRIKE",
    "two_crows": "2CROWS", "upside_gap_two_crows": "UPSIDEGAP2CROWS", "unique_three_river": "UNIQUE3RIVER",
    "concealing_baby_swallow": "CONCEALBABYSWALL", "identical_three_crows": "IDENTICAL3CROWS",
    "up_down_gap_three_methods": "XSIDEGAP3METHODS", "gap_side_by_side_white": "GAPSIDESIDEWHITE",
    "rising_three_methods": "RISEFALL3METHODS", "falling_three_methods": "RISEFALL3METHODS",
    "opening_marubozu": "BELTHOLD", "meeting_lines": "COUNTERATTACK", "deliberation": "STALLEDPATTERN",
    "upside_tasuki_gap": "TASUKIGAP", "downside_tasuki_gap": "TASUKIGAP",
    "side_by_side_white_lines": "GAPSIDESIDEWHITE",
}  # fmt: skip
"""TA-Lib's names, where they are not the id without its underscores. Where TA-Lib has a pattern under one name only,
the other is held against the same one."""
ONE_WAY = {"rising_three_methods": 1, "falling_three_methods": -1, "upside_tasuki_gap": 1, "downside_tasuki_gap": -1}
NOT_IN_TALIB = {"tweezer_top", "tweezer_bottom", "matching_high"}


def bars(prices: Iterable[Prices]) -> list[BarValues]:
    return [
        BarValues(NOW, float(begin), float(high), float(low), float(end), 100.0) for begin, high, low, end in prices
    ]


def seen(kind: str, series: list[BarValues]) -> list[int | None]:
    push = PATTERNS[kind].make().push
    return [push(bar) for bar in series]


def talib_seen(kind: str, series: list[BarValues]) -> list[int]:
    columns = [np.array(column) for column in zip(*(bar[1:5] for bar in series), strict=True)]
    found = np.sign(getattr(talib, "CDL" + TALIB.get(kind, kind.replace("_", "").upper()))(*columns))
    way = ONE_WAY.get(kind)
    return [int(each) if way in (None, int(each)) else 0 for each in found]


def walk(seed: int, count: int, move: Callable[[random.Random], float]) -> list[BarValues]:
    """A random walk; ``move`` gives a length, often 0 for shadows and for gaps."""
    draw, price, series = random.Random(seed), 1000.0, list[BarValues]()
    for _ in range(count):
        begin = price + draw.choice((0, 0, draw.choice((1, -1)) * move(draw)))
        end = begin + draw.choice((1, -1)) * move(draw) * draw.choice((0, 0.5, 2, 5))
        top, bottom = max(begin, end), min(begin, end)
        high, low = top + draw.choice((0, 1, 1)) * move(draw), bottom - draw.choice((0, 1, 1)) * move(draw)
        series.append(BarValues(NOW, begin, high, low, end, 100.0))
        price = end if 500 < end < 2000 else 1000.0
    return series


def nearly(candles: tuple[Prices, ...], draw: random.Random) -> list[Prices]:
    """An example with one thing changed, or two: a price is another candle's, or next to it; a candle is moved, or has
    a shorter, longer or turned body, or other shadows."""
    result = list(candles)
    for _ in range(draw.choice((1, 1, 2))):
        at = draw.randrange(len(result))
        begin, high, low, end = result[at]
        above, below = high - max(begin, end), min(begin, end) - low
        match draw.randrange(6):
            case 0:
                begin = draw.choice(draw.choice(candles)) + draw.choice((0, 0, 5, -5))
            case 1:
                end = draw.choice(draw.choice(candles)) + draw.choice((0, 0, 5, -5))
            case 2:
                move = draw.choice(draw.choice(candles)) - draw.choice(result[at]) + draw.choice((0, 0, 5, -5))
                begin, end = begin + move, end + move
            case 3:
                end = begin + int((end - begin) * draw.choice((-1, 0.2, 0.4, 0.6, 2, 4)))
            case 4:
                begin = end - int((end - begin) * draw.choice((-1, 0.2, 0.4, 0.6, 2, 4)))
            case _:
                above, below = draw.choice((above, 0, 30, 150)), draw.choice((below, 0, 30, 150))
        result[at] = (begin, max(begin, end) + above, min(begin, end) - below, end)
    return result


def test_the_table_is_that_of_kis() -> None:
    usable, others = USABLE.split(), OTHERS.split()
    assert (len(usable), len(others)) == (57, 9)
    assert set(PATTERNS) == {*usable, *others}
    assert set(EXAMPLES) == set(PATTERNS)
    assert all(kind.id == name and kind.title for name, kind in PATTERNS.items())


def test_another_name_is_refused() -> None:
    with pytest.raises(BadArgument, match="no candlestick pattern unicorn") as refused:
        find_pattern("unicorn", "patterns.a.kind")
    assert refused.value.field == "patterns.a.kind"


@pytest.mark.parametrize("kind", EXAMPLES)
def test_the_example_is_seen_once_it_is_warm(kind: str) -> None:
    way, candles = EXAMPLES[kind]
    series = bars((*CONTEXT, *CONTEXT, *candles))
    *earlier, last = seen(kind, series)
    assert last == way
    assert earlier[: PATTERNS[kind].warm_up - 1] == [None] * (PATTERNS[kind].warm_up - 1)
    if kind not in NOT_IN_TALIB:
        assert talib_seen(kind, series)[-1] == way


@pytest.mark.parametrize("kind", [kind for kind in PATTERNS if kind not in NOT_IN_TALIB])
def test_talib_sees_it_in_the_same_bars(kind: str) -> None:
    """In a walk in whole prices, where ties are common, in one in fractions, and around the example."""
    draw = random.Random(kind)
    around = [price for _ in range(150) for price in (*CONTEXT, *nearly(EXAMPLES[kind][1], draw))]
    for series in (
        walk(1, 500, lambda draw: float(draw.randint(0, 12))),
        walk(2, 200, lambda draw: draw.expovariate(0.1)),
        bars(around),
    ):
        mine, theirs = seen(kind, series), talib_seen(kind, series)
        # TA-Lib begins some patterns a bar later than they can be seen.
        first = max(PATTERNS[kind].warm_up, 4)
        assert mine[first:] == theirs[first:]


@pytest.mark.parametrize(
    ("kind", "first", "last", "expected"),
    [
        ("tweezer_top", (1000, 1210, 990, 1200), (1190, 1230, 1090, 1100), 0),  # another high
        ("tweezer_top", (1000, 1210, 990, 1200), (1190, 1210, 1180, 1200), 0),  # white again
        ("tweezer_top", (1150, 1210, 1140, 1200), (1190, 1210, 1090, 1100), 0),  # the first is short
        ("tweezer_bottom", (1200, 1210, 990, 1000), (1010, 1110, 960, 1100), 0),  # another low
        ("tweezer_bottom", (1200, 1210, 990, 1000), (1100, 1110, 990, 1000), 0),  # black again
        ("matching_high", (1000, 1220, 990, 1200), (1100, 1240, 1090, 1230), 0),  # another close
        ("matching_high", (1000, 1220, 990, 1200), (1300, 1320, 1190, 1200), 0),  # black
    ],
)
def test_what_talib_lacks_is_not_seen_where_a_condition_fails(
    kind: str, first: Prices, last: Prices, expected: int
) -> None:
    assert seen(kind, bars((*CONTEXT, first, last)))[-1] == expected


@pytest.mark.parametrize("kind", PATTERNS)
def test_flat_prices_are_no_mistake(kind: str) -> None:
    assert set(seen(kind, bars([(100, 100, 100, 100)] * 40))) <= {None, 0, 1, -1}


def test_memory_does_not_grow() -> None:
    series = walk(3, 3000, lambda draw: float(draw.randint(0, 12)))
    pattern = PATTERNS["mat_hold"].make()
    for bar in series[:100]:
        pattern.push(bar)
    held = _held(pattern)
    for bar in series[100:]:
        pattern.push(bar)
    assert _held(pattern) <= held + 40


def _held(root: object) -> int:
    """How many objects it holds."""
    found, open_ones = {id(root)}, [root]
    while open_ones:
        for each in gc.get_referents(open_ones.pop()):
            if id(each) not in found and not isinstance(each, type) and not callable(each):
                found.add(id(each))
                open_ones.append(each)
    return len(found)
