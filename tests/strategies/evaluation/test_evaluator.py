"""From bars to signals."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import read_strategy
from kis_mcp.strategies.evaluation import Evaluator, Signal, whole_signals
from kis_mcp.strategies.evaluation.position import Position
from kis_mcp.strategies.indicators import BarValues

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=KST)


def bar(close: float, number: int = 0) -> BarValues:
    return BarValues(BEGIN + timedelta(minutes=number), close, close + 1, close - 1, close, 100)


def evaluator(entry: object, **more: Any) -> Evaluator:
    return Evaluator(read_strategy({"id": "s", "name": "s", "entry": entry} | more))


def entries(entry: object, closes: list[float], **more: Any) -> list[bool | None]:
    each = evaluator(entry, **more)
    return [each.push(bar(close, number)).enters for number, close in enumerate(closes)]


ABOVE = {"left": "close", "is": "above", "right": 10}
BELOW = {"left": "close", "is": "below", "right": 20}


@pytest.mark.parametrize(
    ("condition", "closes", "expected"),
    [
        (ABOVE, [9, 10, 11], [False, False, True]),
        ({"not": ABOVE}, [9, 11], [True, False]),
        ({"all": [ABOVE, BELOW]}, [9, 15, 21], [False, True, False]),
        ({"any": [{"not": ABOVE}, {"not": BELOW}]}, [9, 15, 21], [True, False, True]),
        ({"left": "close", "is": "between", "right": 10, "and": 11}, [9, 10, 11, 12], [False, True, True, False]),
        ({"left": "close", "is": "crosses_above", "right": 10}, [9, 10, 11, 12], [None, False, True, False]),
        ({"left": "close", "is": "crosses_below", "right": 10}, [11, 9, 8], [None, True, False]),
        (
            {"left": "close", "is": "above", "right": {"of": "close", "back": 2}},
            [1, 2, 2, 1],
            [None, None, True, False],
        ),
        ({"left": {"of": "close", "change_over": 1}, "is": "at_least", "right": 10}, [10, 11, 12], [None, True, False]),
        (
            {"left": {"of": "close", "change_over": 1, "unit": "value"}, "is": "equal", "right": 1},
            [10, 11, 13],
            [None, True, False],
        ),
        ({"left": "high", "is": "equal", "right": {"of": "low", "plus": 2}}, [5, 6], [True, True]),
        ({"from": "09:01", "until": "09:02"}, [1, 1, 1, 1], [False, True, True, False]),
    ],
)
def test_conditions_hold_when_they_say(condition: object, closes: list[float], expected: list[bool | None]) -> None:
    assert entries(condition, closes) == expected


def test_there_is_no_signal_before_every_indicator_is_warm() -> None:
    indicators = {"ma": {"kind": "sma", "params": {"period": 3}}}
    either = {"any": [ABOVE, {"left": "close", "is": "above", "right": "ma"}]}
    assert entries(either, [11, 12, 13, 9], indicators=indicators) == [None, None, True, False]
    assert entries({"not": either}, [11, 12, 13, 9], indicators=indicators) == [None, None, False, True]


def test_warm_up_counts_the_bars_back_beside_the_indicators_own() -> None:
    each = evaluator(
        {"left": {"of": "ma", "back": 4}, "is": "crosses_above", "right": 1},
        indicators={"ma": {"kind": "sma", "params": {"period": 3}}},
    )
    assert each.warm_up == 3 + 4 + 1


def test_the_positions_state_is_unknown_without_one() -> None:
    each = evaluator(ABOVE, exit={"left": "position.profit_percent", "is": "at_least", "right": 10})
    assert each.push(bar(5)) == Signal(enters=False, exits=None)
    assert each.push(bar(11), Position(price=10.0)) == Signal(enters=True, exits=True)


def test_a_position_is_looked_at_by_its_bars_and_its_high() -> None:
    exit = {
        "all": [
            {"holding": True, "bars": 2},
            {"left": "close", "is": "below", "right": {"of": "position.high_since_entry", "times": 0.9}},
        ]
    }
    each, position = evaluator(ABOVE, exit=exit), Position(price=100.0)
    found = list[bool | None]()
    for close in (120, 100, 100):
        position.pass_bars(1, close)
        found.append(each.push(bar(close), position).exits)
    assert found == [False, True, True]


def test_values_are_told_by_the_words_of_the_document() -> None:
    each = evaluator(
        {"left": "close", "is": "above", "right": "ma"}, indicators={"ma": {"kind": "sma", "params": {"period": 2}}}
    )
    each.push(bar(10))
    each.push(bar(12))
    assert each.values() == {"close": 12, "ma": 11}


@pytest.mark.parametrize(
    "operand", [{"of": "close", "back": -1}, {"of": "close", "back": 1.5}, {"of": "close", "change_over": 0}]
)
def test_bars_that_cannot_be_counted_are_refused(operand: object) -> None:
    with pytest.raises(BadArgument) as refused:
        evaluator({"left": operand, "is": "above", "right": 1})
    assert refused.value.field and refused.value.field.startswith("entry.left.")


CROSS = {
    "entry": {
        "any": [
            {"left": "fast", "is": "crosses_above", "right": "slow"},
            {"left": {"of": "fast", "change_over": 3}, "is": "above", "right": 5},
        ]
    },
    "indicators": {"fast": {"kind": "ema", "params": {"period": 3}}, "slow": {"kind": "sma", "params": {"period": 7}}},
}


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60), st.data())
def test_the_future_changes_no_signal(closes: list[int], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(closes)))
    whole = entries(closes=[float(close) for close in closes], **CROSS)
    assert entries(closes=[float(close) for close in closes[:cut]], **CROSS) == whole[:cut]


@given(st.lists(st.integers(1, 1000), min_size=20, max_size=60), st.sampled_from([2, 4, 64]))
def test_prices_adjusted_for_a_split_give_the_same_signals(closes: list[int], ratio: int) -> None:
    split = [close / ratio for close in closes]
    assert entries(closes=split, **CROSS) == entries(closes=[float(close) for close in closes], **CROSS)


OPERANDS = st.one_of(
    st.sampled_from(["close", "high", "fast", "slow", 10, 11.5]),
    st.builds(
        lambda of, back, more: {"of": of, "back": back, **more},
        st.sampled_from(["close", "low", "fast"]),
        st.integers(0, 3),
        st.sampled_from(
            [{}, {"times": 0.9}, {"plus": "slow"}, {"change_over": 2}, {"change_over": 1, "unit": "value"}]
        ),
    ),
)
WORDS = ("above", "below", "at_least", "at_most", "equal", "not_equal", "crosses_above", "crosses_below")
CONDITIONS = st.recursive(
    st.one_of(
        st.builds(
            lambda left, word, right: {"left": left, "is": word, "right": right},
            OPERANDS,
            st.sampled_from(WORDS),
            OPERANDS,
        ),
        st.builds(
            lambda left, low, high: {"left": left, "is": "between", "right": low, "and": high},
            OPERANDS,
            OPERANDS,
            OPERANDS,
        ),
        st.just({"from": "09:05", "until": "09:20"}),
    ),
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=5,
)


@given(CONDITIONS, CONDITIONS, st.lists(st.integers(5, 15), max_size=30))
def test_a_bar_at_a_time_equals_the_whole_history_at_once(entry: object, exit: object, closes: list[int]) -> None:
    document = {"id": "s", "name": "s", "entry": entry, "exit": exit, "indicators": CROSS["indicators"]}
    strategy = read_strategy(document)
    each, values = Evaluator(strategy), [bar(float(close), number) for number, close in enumerate(closes)]
    whole = whole_signals(strategy, lambda: values, [value.close for value in values])
    assert whole == [each.push(value) for value in values]


@pytest.mark.parametrize(
    "condition", [{"holding": True}, {"left": {"of": 1, "plus": "position.bars"}, "is": "above", "right": 1}]
)
def test_signals_that_look_at_the_position_are_not_told_beforehand(condition: object) -> None:
    strategy = read_strategy({"id": "s", "name": "s", "entry": ABOVE, "exit": {"any": [ABOVE, {"not": condition}]}})
    assert whole_signals(strategy, lambda: [bar(1)], [1]) is None
