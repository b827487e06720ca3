"""What a strategy document may say, and what is told of one that says something else."""

from collections.abc import Callable
from typing import Any

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.document import read_strategy, resolve

CROSS: dict[str, Any] = {
    "id": "cross",
    "name": "5 over 20",
    "parameters": {"fast": {"default": 5, "min": 2, "max": 50}},
    "indicators": {"quick": {"kind": "sma", "params": {"period": "$fast"}}, "slow": {"kind": "sma"}},
    "entry": {"all": [{"left": "quick", "is": "crosses_above", "right": "slow"}]},
    "exit": {"left": "quick", "is": "crosses_below", "right": "slow"},
    "exits": {"stop_loss_percent": 3},
}


def refusal(**changes: object) -> tuple[str | None, str]:
    with pytest.raises(BadArgument) as refused:
        read_strategy(CROSS | changes)
    return refused.value.field, refused.value.what


def test_a_document_is_written_as_it_was_read() -> None:
    strategy = read_strategy(CROSS)
    written = strategy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert written == CROSS
    assert read_strategy(written) == strategy


def test_parameters_become_numbers() -> None:
    strategy = resolve(read_strategy(CROSS), {"fast": 7})
    assert strategy.indicators["quick"].params == {"period": 7}
    assert strategy.parameters == {}


def test_only_numbers_are_replaced_by_parameters_and_what_people_write_stays() -> None:
    words: dict[str, Any] = {
        "name": "$TSLA breakout",
        "description": "$100 a day",
        "about": {"author": "$me", "tags": ["$fast"]},
        "universe": {"symbols": ["$fast"]},
        "indicators": {
            "quick": {"kind": "sma", "params": {"period": "$fast"}, "title": "$fast"},
            "slow": {"kind": "sma"},
        },
        "exit": {"left": {"of": "slow", "times": "$fast"}, "is": "above", "right": {"of": "close", "back": "$fast"}},
        "limits": {"positions": "$fast"},
    }
    resolved = resolve(read_strategy(CROSS | words)).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    words["indicators"]["quick"]["params"] = {"period": 5}
    words["exit"] = {"left": {"of": "slow", "times": 5}, "is": "above", "right": {"of": "close", "back": 5}}
    words["limits"] = {"positions": 5}
    assert {key: resolved[key] for key in words} == words


@pytest.mark.parametrize(
    ("given", "field"),
    [({"fast": 51}, "parameters.fast"), ({"fast": 2.5}, "parameters.fast"), ({"slow": 3}, "parameters.slow")],
)
def test_a_parameter_that_does_not_fit_is_refused(given: dict[str, float], field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        resolve(read_strategy(CROSS), given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"entry": {"left": "close", "is": "over", "right": 1}}, "entry.is", "crosses_above"),
        ({"entry": {"buy": 1}}, "entry", "This is no condition. Give one of all, any, not"),
        ({"entry": {"all": []}}, "entry.all", "at least 1 item"),
        (
            {"entry": {"all": [{"left": "close", "is": "above", "right": {"of": "quick", "time": 2}}]}},
            "entry.all[0].right.time",
            "There is no such key here. Did you mean times? It takes of, back",
        ),
        (
            {"entry": {"left": "medium", "is": "above", "right": 1}},
            "entry.left",
            "It has open, high, low, close, volume, quick",
        ),
        ({"entry": {"left": "quick.signal", "is": "above", "right": 1}}, "entry.left", "sma has value"),
        (
            {"entry": {"left": "$top", "is": "above", "right": 1}},
            "entry.left",
            "There is no parameter top (there are: fast).",
        ),
        ({"entry": {"left": "close", "is": "between", "right": 1}}, "entry.and", "upper end"),
        ({"entry": {"not": {"pattern": "hammer"}}}, "entry.not.pattern", "not among the document's patterns (none)"),
        (
            {"indicators": {"quick": {"kind": "smaa"}}},
            "indicators.quick.kind",
            "There is no indicator smaa. Give one of sma",
        ),
        (
            {"indicators": {"quick": {"kind": "sma", "params": {"period": 0}}, "slow": {"kind": "sma"}}},
            "indicators.quick.params.period",
            "Give a whole number from 1 to 1000",
        ),
        (
            {"indicators": {"quick": {"kind": "sma", "params": {"length": 5}}, "slow": {"kind": "sma"}}},
            "indicators.quick.params.length",
            "It takes period",
        ),
        (
            {"indicators": {"quick": {"kind": "sma"}, "slow": {"kind": "sma"}, "close": {"kind": "sma"}}},
            "indicators.close",
            "taken",
        ),
        ({"sizing": {"shares": 1, "amount": 1}}, "sizing", "Give exactly one of shares"),
        ({"sizing": {"risk_percent": 1}, "exits": {}}, "sizing.risk_percent", "needs exits.stop_loss_percent"),
        ({"universe": {}}, "universe", "Give exactly one of symbols, index and ranking"),
        ({"parameters": {"fast": {"default": 1, "min": 2}}}, "parameters.fast.default", "outside"),
        ({"exits": {"stop_loss_percent": "three"}}, "exits.stop_loss_percent", "three is no number"),
        ({"colour": "red"}, "colour", "There is no such key here. It takes version, id, name"),
        ({"timeframe": "1d"}, "timeframe", "Did you mean interval?"),
        ({"indicators": {"quick": {"kind": "sma", "period": 5}}}, "indicators.quick.period", "go into its params"),
        ({"entry": [{"holding": True}]}, "entry", 'Give {"all": [...]}'),
        ({"entry": {"all": [{"holding": True}], "any": []}}, "entry.any", "It takes all."),
        ({"entry": {"from": 930}}, "entry.from", 'such as "09:10"'),
        ({"entry": {"from": "10:00", "until": "09:30"}}, "entry.until", "It lies before from."),
        ({"id": "골든"}, "id", "name takes any words"),
        ({"indicators": {"5일": {"kind": "sma"}}}, "indicators.5일", "begins with no digit"),
        ({"universe": ["005930"]}, "universe", 'Such as {"symbols": ["005930"]}'),
        ({"entry": None}, "entry", "This is no condition"),
    ],
)
def test_what_is_wrong_is_told_with_its_path_and_the_remedy(changes: dict[str, Any], field: str, text: str) -> None:
    told_field, told = refusal(**changes)
    assert told_field == field
    assert text in told


def test_several_mistakes_are_told_at_once() -> None:
    _, told = refusal(
        entry={"all": [{"left": "a", "is": "above", "right": "b"}, {"left": "c", "is": "above", "right": 1}]}
    )
    assert all(f"entry.all[{path}" in told for path in ("0].left", "0].right", "1].left"))


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"exits": {"stop_loss_percent": -3}}, "exits.stop_loss_percent", "It is -3. Give a number above 0 and of 100"),
        ({"exits": {"trailing_stop_percent": 101}}, "exits.trailing_stop_percent", "It is 101."),
        ({"exits": {"take_profit_percent": 0}}, "exits.take_profit_percent", "It is 0. Give a number above 0."),
        ({"exits": {"after_bars": 1.5}}, "exits.after_bars", "Give a whole number of 1 at least"),
        ({"sizing": {"shares": 0}}, "sizing.shares", "It is 0."),
        ({"sizing": {"percent_of_equity": 200}}, "sizing.percent_of_equity", "It is 200."),
        ({"limits": {"cooldown_bars": -1}}, "limits.cooldown_bars", "It is -1. Give a whole number of 0 at least."),
        ({"entry": {"holding": True, "bars": -1}}, "entry.bars", "It is -1."),
    ],
)
def test_a_number_that_nobody_can_mean_is_refused(changes: dict[str, Any], field: str, text: str) -> None:
    told_field, told = refusal(**changes)
    assert told_field == field
    assert text in told


def test_a_parameter_in_place_of_a_number_is_held_to_its_range_too() -> None:
    stop = {"parameters": {"fast": {"default": 5}, "stop": {"default": 3}}, "exits": {"stop_loss_percent": "$stop"}}
    strategy = read_strategy(CROSS | stop)
    with pytest.raises(BadArgument) as refused:
        resolve(strategy, {"stop": -3})
    assert refused.value.field == "exits.stop_loss_percent"
    field, _ = refusal(**{**stop, "parameters": {"fast": {"default": 5}, "stop": {"default": -3}}})
    assert field == "exits.stop_loss_percent"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1], "three"])
def test_what_is_no_number_is_told_once_with_its_path(value: object) -> None:
    field, what = refusal(exits={"stop_loss_percent": value})
    assert field == "exits.stop_loss_percent"
    assert what.count("exits.stop_loss_percent: ") == 1
    assert "$name of a parameter" in what


@pytest.mark.parametrize("value", [True, 10**400, -1e30], ids=["true", "of 400 digits", "below reason"])
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda value: {"sizing": {"shares": value}}, "sizing.shares"),
        (lambda value: {"exits": {"stop_loss_percent": value}}, "exits.stop_loss_percent"),
        (lambda value: {"entry": {"left": "close", "is": "above", "right": value}}, "entry.right"),
        (lambda value: {"entry": {"holding": True, "bars": value}}, "entry.bars"),
        (lambda value: {"parameters": {"fast": {"default": 5, "max": value}}}, "parameters.fast.max"),
        (
            lambda value: {"indicators": {"quick": {"kind": "sma", "params": {"period": value}}}},
            "indicators.quick.params.period",
        ),
    ],
)
def test_true_and_numbers_beyond_reason_are_no_numbers(
    make: Callable[[object], dict[str, Any]], field: str, value: object
) -> None:
    told_field, what = refusal(**make(value))
    assert told_field == field
    assert f"{field}: Give a number" in what


def test_true_is_no_count_either() -> None:
    assert refusal(universe={"ranking": "volume", "count": True})[0] == "universe.count"


def test_a_document_of_more_values_than_a_person_writes_is_refused_at_once() -> None:
    operand: object = "close"
    for _ in range(40):
        operand = {"of": operand, "times": operand}
    field, what = refusal(entry={"left": operand, "is": "above", "right": 1})
    assert field == "strategy"
    assert "more than 10,000 values" in what
