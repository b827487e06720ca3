"""What holds of every indicator."""

import gc
import random
from functools import cache
from math import isfinite
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.strategies.indicators import BarValues, IndicatorKind
from kis_mcp.strategies.indicators.table import KINDS
from tests.strategies.indicators.series import NOW, values, walk

BARS = walk(700, seed=3)

MILLIONTH = 1e-6

WHEN_THERE_IS_ONE = {"pivot", "schaff"}
"""They have a value once there is a turning point, or once a stochastic has a range: from warm-up on, or later."""

LEAST = {"stochrsi": {"rsi_period": 8}}
"""An index of few bars is 0 or 100 for a while, and has no place in a range of one value."""


def draw_params(kind: IndicatorKind, draw: random.Random) -> dict[str, float]:
    """Few bars, so that warm-ups are short; or any number in the range."""
    params = dict[str, float]()
    for param in kind.params:
        least = LEAST.get(kind.id, {}).get(param.name, param.least)
        params[param.name] = (
            draw.randint(int(least), min(int(param.most), int(least) + 11))
            if param.is_whole
            else draw.uniform(param.least, min(param.most, 5.0))
        )
    return params


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_there_is_no_value_before_warm_up_and_one_from_then_on(kind: IndicatorKind) -> None:
    draw = random.Random(kind.id)
    for params in [kind.read_params({}, ""), *(draw_params(kind, draw) for _ in range(6))]:
        warm_up = kind.warm_up(params)
        rows = values(kind.id, BARS[: warm_up + 30], **params)
        assert all(None in row for row in rows[: warm_up - 1]), params
        if kind.id not in WHEN_THERE_IS_ONE:
            assert not any(None in row for row in rows[warm_up - 1 :]), params


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_two_of_a_kind_know_nothing_of_each_other(kind: IndicatorKind) -> None:
    """One that sees other bars in between, and later ones, gives the same: nothing is shared, nothing looks ahead."""
    params = draw_params(kind, random.Random(kind.id))
    mine, other = kind.make(params).push, kind.make(params).push
    together = list[Any]()
    for bar, another in zip(BARS[:120], reversed(BARS), strict=False):
        together.append(mine(bar))
        other(another)
    assert together == values(kind.id, BARS[:120], **params)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_values_tell_where_the_bars_began_no_longer_than_the_table_says(kind: IndicatorKind) -> None:
    draw = random.Random(kind.id)
    for params in [kind.read_params({}, ""), *(draw_params(kind, draw) for _ in range(4))]:
        settles, start = kind.settles_after(params), draw.randint(20, 200)
        bars = walk(start + settles + 60, seed=draw.randint(1, 1000))
        whole, part = (values(kind.id, each, **params)[-60:] for each in (bars, bars[start:]))
        sizes = [max(abs(each) for each in column if each is not None) for column in zip(*whole, strict=True)]
        same = all(
            (mine is None) == (other is None)
            and (mine is None or other is None or abs(mine - other) <= MILLIONTH * size)
            for row, other_row in zip(whole, part, strict=True)
            for mine, other, size in zip(row, other_row, sizes, strict=True)
        )
        assert same == (kind.memory is not None), params


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_memory_does_not_grow(kind: IndicatorKind) -> None:
    params = draw_params(kind, random.Random(kind.id))
    push = kind.make(params).push
    sizes = list[int]()
    for turn in range(3):
        for bar in BARS[:100] if not turn else BARS:
            push(bar)
        sizes.append(held(push))
    # Blocks of up to 13 values fill and turn at their own times.
    assert sizes[2] <= sizes[0] + 400


def held(root: object) -> int:
    """How many objects are reachable, without what belongs to the module or to a class."""
    seen, waiting = set[int](), [root]
    while waiting:
        each = waiting.pop()
        if id(each) in seen or isinstance(each, type | dict | str):
            continue
        seen.add(id(each))
        if isinstance(each, FunctionType):
            waiting += each.__closure__ or ()
        else:
            waiting += gc.get_referents(each)
            waiting += getattr(each, "__dict__", {}).values()
    return len(seen)


PRICE = st.integers(0, 6).map(float)


@st.composite
def odd_bars(draw: st.DrawFn) -> list[BarValues]:
    """Few prices, 0 among them, so that many are the same; bars without a range or without volume; wide gaps."""
    bars = list[BarValues]()
    for _ in range(draw(st.integers(1, 40))):
        begin, end, scale = draw(PRICE), draw(PRICE), draw(st.sampled_from((1.0, 1.0, 1.0, 1000.0)))
        high, low = max(begin, end, draw(PRICE)), min(begin, end, draw(PRICE))
        volume, index = draw(st.sampled_from((0.0, 0.0, 5.0, 1e9))), draw(st.sampled_from((None, 1.0, 2.0)))
        bars.append(BarValues(NOW, begin * scale, high * scale, low * scale, end * scale, volume, index))
    return bars


@settings(max_examples=80, deadline=None)
@given(st.data(), odd_bars(), st.integers(0, 1000))
def test_no_bar_makes_it_fail_or_give_what_is_no_number(data: st.DataObject, bars: list[BarValues], seed: int) -> None:
    for kind in data.draw(st.lists(st.sampled_from(list(KINDS.values())), min_size=4, max_size=4)):
        params = draw_params(kind, random.Random(seed))
        for row in values(kind.id, bars, **params):
            assert len(row) == len(kind.outputs)
            assert all(each is None or isfinite(each) for each in row), (kind.id, params)


FLAT = [BarValues(NOW, 0.1, 0.1, 0.1, 0.1, 0.0, 0.1)] * 400
NOTHING_MOVES: dict[str, float] = {
    "fisher": 0.0, "macd": 0.0, "apo": 0.0, "ao": 0.0, "ppo": 0.0, "momentum": 0.0, "roc": 0.0, "dpo": 0.0,
    "trix": 0.0, "kst": 0.0, "coppock": 0.0, "cho": 0.0, "kvo": 0.0, "obv": 0.0, "ad": 0.0, "adl": 0.0, "force": 0.0,
    "eom": 0.0, "atr": 0.0, "natr": 0.0, "std": 0.0, "variance": 0.0, "volatility_ind": 0.0, "logr": 0.0,
    "change": 0.0, "returns": 0.0, "consecutive": 0.0, "disparity": 100.0, "aroon": 0.0,
}  # fmt: skip
"""What it says of prices that stand still; an average, a band and a stop say the price."""
NOTHING_TO_SAY = {
    "rsi", "stochastic", "stochrsi", "cci", "williams_r", "cmo", "ultosc", "tsi", "rvi", "adx", "adxr", "vortex",
    "chop", "mass_index", "schaff", "cmf", "mfi", "vwap", "vwma", "beta", "alpha", "ibs", "bop", "pivot", "augen",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_where_nothing_moves_nothing_is_made_up(kind: IndicatorKind) -> None:
    last = values(kind.id, FLAT)[-1]
    if kind.id in NOTHING_TO_SAY:
        assert set(last) == {None}
    elif kind.id == "regression":
        assert last == pytest.approx((0.1, 0.0, 0.1))
    else:
        assert last[0] == pytest.approx(NOTHING_MOVES.get(kind.id, 0.1), abs=1e-12)


PRICES_SQUARED = {"variance", "eom"}
PRICES = {
    "sma", "ema", "dema", "tema", "hma", "kama", "alma", "lwma", "trima", "t3", "zlema", "wma", "frama", "vidya",
    "macd", "apo", "ao", "dpo", "ichimoku", "sar", "supertrend", "force", "vwap", "vwma", "atr", "bollinger", "keltner",
    "donchian", "std", "accbands", "maximum", "minimum", "midpoint", "midprice", "regression", "pivot",
}  # fmt: skip
VOLUMES = {"obv": 1, "ad": 1, "adl": 1, "cho": 1, "kvo": 1, "force": 1, "eom": -1}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_prices_and_volumes_in_another_unit_say_the_same(kind: IndicatorKind) -> None:
    """As after a split: what is a price, or volume, is so many times as large, and a ratio is what it was."""
    power = 2 if kind.id in PRICES_SQUARED else 1 if kind.id in PRICES else 0
    factor = 4.0**power * 8.0 ** VOLUMES.get(kind.id, 0)
    params = draw_params(kind, random.Random(kind.id))
    split = [
        BarValues(NOW, bar.open * 4, bar.high * 4, bar.low * 4, bar.close * 4, bar.volume * 8, bar.benchmark)
        for bar in BARS[:150]
    ]
    for row, other in zip(values(kind.id, BARS[:150], **params), values(kind.id, split, **params), strict=True):
        for each, scaled in zip(row, other, strict=True):
            assert scaled == (None if each is None else pytest.approx(each * factor, rel=1e-9, abs=1e-12))


@cache
def long_walk() -> list[BarValues]:
    return walk(100_000, seed=9)


CUMULATIVE = {"obv", "ad", "adl", "pivot"}
"""They begin with the first bar, however long ago it is."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_after_100_000_bars_it_says_what_one_says_that_began_of_late(kind: IndicatorKind) -> None:
    bars = long_walk()
    params = kind.read_params({}, "")
    late, early = values(kind.id, bars[-5000:], **params)[-500:], values(kind.id, bars, **params)[-500:]
    if kind.id in CUMULATIVE:
        late = [tuple(each - late[0][0] for each in row) for row in late]  # type: ignore[operator]
        early = [tuple(each - early[0][0] for each in row) for row in early]  # type: ignore[operator]
    for row, other in zip(late, early, strict=True):
        assert other == pytest.approx(row, rel=1e-8, abs=1e-8)
