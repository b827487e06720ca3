"""What a document says and hardly means."""

import re
from typing import Any

import pytest

from kis_mcp.strategies.document import read_strategy
from kis_mcp.strategies.document.doubts import doubts_of
from kis_mcp.strategies.indicators import find_kind
from kis_mcp.strategies.indicators.table import KINDS

ALWAYS = {"left": "close", "is": "above", "right": 0}
TOP = {"kind": "maximum", "params": {"period": 20}}


@pytest.fixture(autouse=True)
def extremes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("maximum", "minimum"):
        monkeypatch.setitem(KINDS, name, KINDS.get(name) or find_kind("sma"))


def doubts(entry: Any, **more: Any) -> list[tuple[str, str]]:
    found = doubts_of(read_strategy({"id": "s", "name": "s", "entry": entry, "exits": {"after_bars": 9}} | more))
    return [(path, text.partition(":")[0].partition(".")[0]) for path, text in found]


@pytest.mark.parametrize(
    "entry",
    [
        {"left": "close", "is": "above", "right": "top"},
        {"left": "close", "is": "crosses_above", "right": "top"},
        {"left": "top", "is": "below", "right": "close"},
        {"left": "close", "is": "above", "right": "close"},
    ],
)
def test_a_close_is_never_above_the_highest_of_its_own_bar(entry: Any) -> None:
    indicators = {"top": TOP}
    assert ("entry", "It never holds") in doubts(entry, indicators=indicators)
    assert ("entry.any[1]", "It never holds") in doubts({"any": [ALWAYS, entry]}, indicators=indicators)


def test_a_close_is_never_below_the_lowest_of_its_own_bar() -> None:
    low = {"bottom": {"kind": "minimum", "params": {"period": 20}}}
    assert doubts({"left": "close", "is": "below", "right": "bottom"}, indicators=low) == [("entry", "It never holds")]


@pytest.mark.parametrize(
    "entry",
    [
        {"left": "close", "is": "at_least", "right": "top"},
        {"left": "close", "is": "below", "right": "top"},
        {"left": "close", "is": "above", "right": {"of": "top", "back": 1}},
        {"left": "high", "is": "above", "right": "top"},
    ],
)
def test_what_may_hold_is_not_doubted(entry: Any) -> None:
    assert doubts(entry, indicators={"top": TOP}) == []


@pytest.mark.parametrize(
    ("entry", "doubted"),
    [
        ({"left": "flow", "is": "above", "right": 100_000}, True),
        ({"left": 100_000, "is": "below", "right": {"of": "flow", "times": 2}}, True),
        ({"left": {"of": "flow", "change_over": 5}, "is": "above", "right": 3}, True),
        ({"left": {"of": "flow", "change_over": 5, "unit": "value"}, "is": "above", "right": 3}, False),
        ({"left": "flow", "is": "crosses_above", "right": {"of": "flow", "back": 20}}, False),
    ],
)
def test_a_running_total_compares_with_its_own_past_alone(entry: Any, doubted: bool) -> None:
    expected = [("entry", "It hangs on where the bars begin")] if doubted else []
    assert doubts(entry, indicators={"flow": {"kind": "obv"}}) == expected


def test_what_nothing_uses_is_said() -> None:
    found = doubts(
        {"left": {"of": "used", "times": "$factor"}, "is": "above", "right": 1},
        indicators={"used": {"kind": "sma", "params": {"period": "$days"}}, "idle": {"kind": "sma"}},
        parameters={"factor": {"default": 1.0}, "days": {"default": 3}, "stop": {"default": 5}, "rest": {"default": 1}},
        exits={"take_profit_percent": "$stop"},
    )
    assert found == [("parameters.rest", "Nothing uses it"), ("indicators.idle", "No condition uses it")]


@pytest.mark.parametrize(
    ("exit", "path"),
    [
        (ALWAYS, "exit"),
        ({"any": [{"left": "open", "is": "above", "right": 9}, ALWAYS]}, "exit.any[1]"),
        ({"left": "volume", "is": "above", "right": 50}, "exit"),
        ({"left": "volume", "is": "at_least", "right": 100}, "exit"),
        ({"all": [ALWAYS, {"left": "open", "is": "above", "right": 9}]}, None),
        ({"left": "volume", "is": "above", "right": 101}, None),
        ({"left": "volume", "is": "below", "right": 50}, None),
    ],
)
def test_an_exit_that_holds_with_its_entry_lets_nothing_be_bought(exit: Any, path: str | None) -> None:
    entry = {"all": [ALWAYS, {"left": "volume", "is": "above", "right": 100}]}
    found = doubts(entry, exit=exit)
    assert found == ([] if path is None else [(path, "It holds whenever the entry does")])


@pytest.mark.parametrize(("entry", "exit", "doubted"), [(10, 20, True), (20, 10, False), (10, 10, True)])
def test_an_upper_bound_that_is_wider_holds_too(entry: float, exit: float, doubted: bool) -> None:
    found = doubts(
        {"left": "open", "is": "below", "right": entry}, exit={"left": "open", "is": "at_most", "right": exit}
    )
    assert bool(found) is doubted


INDICATORS: dict[str, Any] = {
    "rsi": {"kind": "rsi"},
    "w": {"kind": "williams_r"},
    "a": {"kind": "aroon", "output": "aroon_up"},
    "k": {"kind": "stochastic"},
    "trend": {"kind": "macd"},
}


def first_doubt(entry: Any, **more: Any) -> str | None:
    document = {"id": "s", "name": "s", "indicators": INDICATORS, "entry": entry, "exits": {"after_bars": 9}}
    return next((text for path, text in doubts_of(read_strategy(document | more)) if path == "entry"), None)


@pytest.mark.parametrize(
    ("entry", "reach"),
    [
        ({"left": "rsi", "is": "above", "right": 120}, "rsi is from 0 to 100"),
        ({"left": "rsi", "is": "below", "right": 0}, "rsi is from 0 to 100"),
        ({"left": "rsi", "is": "crosses_above", "right": -1}, "rsi is from 0 to 100"),
        ({"left": "rsi", "is": "crosses_below", "right": 101}, "rsi is from 0 to 100"),
        ({"left": "rsi", "is": "equal", "right": 101}, "rsi is from 0 to 100"),
        ({"left": "rsi", "is": "between", "right": 110, "and": 120}, "rsi is from 0 to 100"),
        ({"left": "rsi", "is": "between", "right": 70, "and": 30}, "rsi is from 0 to 100"),
        ({"left": "w", "is": "at_least", "right": 1}, "w is from -100 to 0"),
        ({"left": 20, "is": "below", "right": "w"}, "w is from -100 to 0"),
        ({"left": "a", "is": "at_most", "right": -50}, "a is from 0 to 100"),
        ({"left": "k.d", "is": "above", "right": "$top"}, "k.d is from 0 to 100"),
        ({"left": "close", "is": "below", "right": 0}, "close is never below 0"),
    ],
)
def test_a_comparison_with_a_number_beyond_what_the_side_can_be_never_holds(entry: Any, reach: str) -> None:
    parameters = {"top": {"default": 130}} if entry["right"] == "$top" else {}
    assert first_doubt(entry, parameters=parameters) == f"It never holds: {reach}."


@pytest.mark.parametrize(
    "entry",
    [
        {"left": "rsi", "is": "at_least", "right": 100},
        {"left": "rsi", "is": "crosses_above", "right": 0},
        {"left": "w", "is": "below", "right": -80},
        {"left": "rsi", "is": "between", "right": 90, "and": 120},
        {"left": "rsi", "is": "not_equal", "right": 101},
        {"left": "trend", "is": "above", "right": 1_000},
        {"left": {"of": "rsi", "times": 2}, "is": "above", "right": 120},
        {"left": "position.profit_percent", "is": "below", "right": -3},
    ],
)
def test_a_comparison_that_may_hold_is_not_doubted(entry: Any) -> None:
    assert first_doubt(entry) is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"exits": {"stop_loss_percent": 3}},
            "Only the stop loss ends a position",
        ),
        ({"exits": {}}, "Nothing ends a position"),
    ],
)
def test_what_ends_a_position_with_a_loss_only_or_not_at_all_is_said(more: Any, said: str) -> None:
    document = {"id": "s", "name": "s", "entry": ALWAYS, **more}
    ((path, text),) = doubts_of(read_strategy(document))
    assert (path, re.split("[,:]", text)[0]) == ("exits", said)


@pytest.mark.parametrize(
    "more",
    [
        {"exit": {"left": "close", "is": "below", "right": 70_000}},
        *({"exits": {"stop_loss_percent": 3, name: 5}} for name in ("take_profit_percent", "trailing_stop_percent")),
        {"exits": {"after_bars": 5}},
        {"exits": {"at_session_end": True}, "interval": "5m"},
    ],
)
def test_what_may_end_with_a_gain_is_not_doubted(more: Any) -> None:
    assert doubts_of(read_strategy({"id": "s", "name": "s", "entry": ALWAYS, **more})) == []


@pytest.mark.parametrize("interval", ["1d", "1w"])
def test_days_that_are_to_be_sold_at_their_own_end_are_doubted(interval: str) -> None:
    document = {"id": "s", "name": "s", "interval": interval, "entry": ALWAYS, "exits": {"at_session_end": True}}
    ((path, doubt),) = doubts_of(read_strategy(document))
    assert (path, doubt.partition(":")[0]) == ("exits.at_session_end", "Nothing is ever bought")


@pytest.mark.parametrize(
    ("interval", "limits", "is_said"),
    [
        ("tick", {}, True),
        ("tick", {"positions": 1}, True),
        ("tick", {"entries_a_day": 3}, False),
        ("tick", {"cooldown_bars": 3}, False),
        ("1m", {}, False),
    ],
)
def test_single_trades_without_a_bound_on_entries_are_doubted(
    interval: str, limits: dict[str, int], is_said: bool
) -> None:
    found = doubts(ALWAYS, interval=interval, limits=limits)
    assert found == ([("limits", "Each trade is a bar")] if is_said else [])
