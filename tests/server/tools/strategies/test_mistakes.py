"""Mistakes that models and people make in documents: each is told with its path and with what to do."""

import re
from typing import Any

import pytest

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.server.tools.strategies.documents import SENTENCE, changed

ENTRY: dict[str, Any] = SENTENCE["entry"]
FAST: dict[str, Any] = SENTENCE["indicators"]["fast"]

_TOLD = re.compile(r"([\w.\[\]]+): ((?:(?! [\w.\[\]]+: ).)*)")


TWO = {"shares": 1, "amount": 1}
WRONG_LENGTH = {"kind": "sma", "params": {"length": 5}}
LOSS = {"stop_loss_percent": -3}


def fast(use: dict[str, Any]) -> dict[str, Any]:
    return changed({"indicators": {**SENTENCE["indicators"], "fast": use}})


MISTAKES: dict[str, tuple[object, str, str]] = {
    "another format's key": (changed({"entry_conditions": ENTRY}), "entry_conditions", "Did you mean entry?"),
    "a Korean key": (changed({"손절": 3}), "손절", "It takes version, id, name"),
    "a Korean id": (changed({"id": "골든크로스"}), "id", "name takes any words"),
    "no id": (changed({"id": None}), "id", 'Such as "golden-cross"'),
    "no entry": (changed({"entry": None}), "entry", "It is missing."),
    "an unknown indicator": (fast({"kind": "moving_average"}), "indicators.fast.kind", "Give one of sma"),
    "type for kind": (fast({"type": "sma"}), "indicators.fast.type", "Did you mean kind?"),
    "a parameter's typo": (fast({"kind": "sma", "params": {"lenght": 5}}), "indicators.fast.params.lenght", "period"),
    "a parameter outside params": (fast({"kind": "sma", "period": 5}), "indicators.fast.period", "into its params"),
    "indicators as a list": (changed({"indicators": [FAST]}), "indicators", "Give an object."),
    "empty sizing": (changed({"sizing": {}}), "sizing", "Give exactly one of shares"),
    "two sizings": (changed({"sizing": {"shares": 1, "amount": 1}}), "sizing", "Give exactly one of shares"),
    "a percent as text": (changed({"exits": {"stop_loss_percent": "3%"}}), "exits.stop_loss_percent", "Give one, or"),
    "a stop below nought": (changed({"exits": {"stop_loss_percent": -3}}), "exits.stop_loss_percent", "above 0"),
    "a stop without its unit": (changed({"exits": {"stop_loss": 3}}), "exits.stop_loss", "mean stop_loss_percent?"),
    "a condition as a sentence": (changed({"entry": "fast crosses above slow"}), "entry", '{"left": "close"'),
    "a list of conditions": (changed({"entry": [ENTRY]}), "entry", '{"all": [...]}'),
    "a nested not of a list": (changed({"entry": {"not": [ENTRY]}}), "entry.not", '{"all": [...]}'),
    "a sign as operator": (changed({"entry": {**ENTRY, "is": ">"}}), "entry.is", "Did you mean above?"),
    "a joint of another format": (changed({"entry": {"and": [ENTRY]}}), "entry", "Did you mean all?"),
    "operator for is": (
        changed({"entry": {"left": "fast", "operator": "above", "right": 1}}),
        "entry.operator",
        "Did you mean is?",
    ),
    "an operand that is not there": (changed({"entry": {**ENTRY, "left": "sma5"}}), "entry.left", "fast, slow"),
    "a time as a number": (changed({"entry": {"all": [ENTRY, {"from": 930}]}}), "entry.all[1].from", '"09:10"'),
    "symbols as a list": (changed({"universe": ["005930"]}), "universe", '{"symbols": ["005930"]}'),
    "a word for the interval": (changed({"interval": "daily"}), "interval", "1d, 1w"),
    "a parameter that is not there": (
        fast({"kind": "sma", "params": {"period": "$n"}}),
        "indicators.fast.params.period",
        "There is no parameter n",
    ),
    "YAML that is broken": ("id: cross\nentry: [", "strategy", "is no YAML"),
    "JSON that is broken": ('{"id": "cross",}', "strategy", "is no JSON"),
    "a sentence": ("buy samsung when fast crosses slow", "strategy", "It is no object."),
}


async def test_each_mistake_is_told_with_its_path_and_what_to_do(simulator: Simulator) -> None:
    untold = dict[str, str]()
    async with connected(settings_for(simulator)) as client:
        for mistake, (document, path, remedy) in MISTAKES.items():
            refused = error(await client.call_tool("strategies", {"action": "backtest", "strategy": document}))
            checked = await client.call_tool("strategies", {"action": "validate", "strategy": document})
            told = [(path, refused["what"])] if refused["field"] == path else re.findall(_TOLD, refused["what"])
            is_listed = (
                error(checked) == refused
                if checked.is_error
                else not blocks(checked)["result"]["valid"]
                and any(row["path"] == path and remedy in row["problem"] for row in blocks(checked)["problems"])
            )
            is_told = any(where == path and remedy in text for where, text in told)
            if not is_listed or not is_told or "kis://guides/strategies" not in refused["next_step"]:
                untold[mistake] = f"{refused}"
    assert untold == {}
    assert len(MISTAKES) >= 20
    assert list(simulator.received) == []


async def test_all_mistakes_of_a_document_are_told_at_once(simulator: Simulator) -> None:
    document = changed({"sizing": {"shares": "10주"}, "exits": {"stop_loss_percent": -3}, "limits": {"positions": 0}})
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))
    assert {row["path"] for row in found["problems"]} == {
        "sizing.shares",
        "exits.stop_loss_percent",
        "limits.positions",
    }


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        (
            {"entry": "buy", "exits": {"stop_loss_percent": -3}, "universe": {"symbols": ["삼성전자"]}},
            {"entry", "exits.stop_loss_percent", "universe.symbols[0]"},
        ),
        (
            {
                "sizing": {"shares": 1, "amount": 1},
                "indicators": {**SENTENCE["indicators"], "fast": WRONG_LENGTH},
                "exits": LOSS,
            },
            {"sizing", "indicators.fast.params.length", "exits.stop_loss_percent"},
        ),
        (
            {"interval": "daily", "entry": {"left": "fast", "is": "above", "right": "$n"}},
            {"interval", "entry.right"},
        ),
        ({"indicators": [FAST], "exits": LOSS}, {"indicators", "exits.stop_loss_percent"}),
    ],
)
async def test_a_mistake_of_form_hides_no_other(simulator: Simulator, changes: Any, paths: set[str]) -> None:
    async with connected(settings_for(simulator)) as client:
        document = {**SENTENCE, **changes}
        found = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))
    assert {row["path"] for row in found["problems"]} == paths


@pytest.mark.parametrize(
    ("universe", "path", "said"),
    [
        ({"symbols": ["005930", "삼성전자"]}, "universe.symbols[1]", "Did you mean the symbol 005930 (삼성전자)"),
        ({"symbols": ["ABCD"]}, "universe.symbols[0]", "find_instrument"),
        ({"index": "no such"}, "universe.index", "one of KOSPI200"),
        ({"ranking": "no such"}, "universe.ranking", "of kr by volume"),
        ({"ranking": "volume", "market": "moon"}, "universe.market", "There is no market moon."),
    ],
)
async def test_a_universe_that_stands_for_nothing_is_a_mistake_and_is_not_saved(
    simulator: Simulator, universe: Any, path: str, said: str
) -> None:
    document = changed({"universe": universe})
    async with connected(settings_for(simulator)) as client:
        (row,) = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))["problems"]
        refused = error(await client.call_tool("strategies", {"action": "save", "strategy": document}))
    assert (row["path"], refused["field"]) == (path, path)
    assert said in row["problem"]
    assert "pass exchange" not in row["problem"]


async def test_a_code_that_is_in_no_list_is_doubted(simulator: Simulator) -> None:
    document = changed({"universe": {"symbols": ["005930", "999999"]}, "exits": {"take_profit_percent": 3}})
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))
    assert [row["path"] for row in found["doubts"]] == ["universe.symbols[1]"]


@pytest.mark.parametrize(("percent", "is_doubted"), [(0.1, True), (0.3, False)])
async def test_a_target_below_the_costs_of_a_round_trip_is_doubted(
    simulator: Simulator, percent: float, is_doubted: bool
) -> None:
    document = changed({"exits": {"take_profit_percent": percent}})
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))
    said = [row["doubt"] for row in found.get("doubts", []) if row["path"] == "exits.take_profit_percent"]
    assert [text.endswith("005930 usually come to 0.23 %.") for text in said] == [True] * is_doubted


async def test_a_document_without_symbols_is_sound_and_it_is_said_who_has_to_give_them(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        with_, without = [
            await client.call_tool("strategies", {"action": "validate", "strategy": document})
            for document in (SENTENCE, changed({"universe": None}))
        ]
    assert blocks(without)["result"]["valid"]
    assert without.structured_content["notes"][0].startswith("It names no symbols: name them in universe.symbols")
    assert with_.structured_content["notes"] == without.structured_content["notes"][1:]


async def test_what_is_hardly_meant_is_doubted_and_allowed(simulator: Simulator) -> None:
    document = {**SENTENCE, "exit": ENTRY}
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))
    assert found["result"] == {"valid": True}
    assert [row["path"] for row in found["doubts"]] == ["exit"]
