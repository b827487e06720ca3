"""Mistakes that models and people make in documents: each is told with its path and with what to do."""

import re
from typing import Any

from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.server.tools.strategies.documents import SENTENCE, changed

ENTRY: dict[str, Any] = SENTENCE["entry"]
FAST: dict[str, Any] = SENTENCE["indicators"]["fast"]

_TOLD = re.compile(r"([\w.\[\]]+): ((?:(?! [\w.\[\]]+: ).)*)")


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
    "a sign as operator": (changed({"entry": {**ENTRY, "is": ">"}}), "entry.is", "Give one of above, below"),
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


async def test_what_is_hardly_meant_is_doubted_and_allowed(simulator: Simulator) -> None:
    document = {**SENTENCE, "exit": ENTRY}
    async with connected(settings_for(simulator)) as client:
        found = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": document}))
    assert found["result"] == {"valid": True}
    assert [row["path"] for row in found["doubts"]] == ["exit"]
