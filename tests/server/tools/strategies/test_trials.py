"""From a sentence's document to its backtest, search and check over the simulator's history."""

import json
from typing import Any

import pytest

from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.server.tools.strategies.documents import RANGED, SENTENCE

TOOLSET = SurfaceOptions(toolsets=("strategies",))


async def test_a_sentence_is_tested_with_two_calls(simulator: Simulator, era: str) -> None:
    async with connected(settings_for(simulator), era=era) as client:
        checked = blocks(await client.call_tool("strategies", {"action": "validate", "strategy": SENTENCE}))
        result = await client.call_tool(
            "strategies", {"action": "backtest", "strategy": checked["strategy"]["document"]}
        )
    assert checked["result"] == {"valid": True}
    assert checked["strategy"] == {
        "id": "samsung-cross",
        "name": "5 over 20",
        "interval": "1d",
        "symbols": "005930",
        "warm_up_bars": 21,
        "document": SENTENCE,
    }
    found = blocks(result)
    assert found["result"] == {"about": "005930, 1d bars from 2025-03-04 to 2026-03-03, in sim"}
    assert found["statistics"]["currency"] == "KRW"
    assert found["statistics"]["final_equity"] == pytest.approx(10_000_000 + found["statistics"]["profit"])
    assert {trade["quantity"] for trade in found["trades"]} == {10}
    assert {trade["exit_reason"] for trade in found["trades"]} == {"stop_loss", "still open"}
    assert any("fewer than 30" in note for note in result.structured_content["notes"])


async def test_the_days_that_are_asked_for_are_tested_whatever_a_strategy_warms_up_on(simulator: Simulator) -> None:
    asked: dict[str, Any] = {
        "action": "backtest",
        "symbols": ["000660"],
        "start_date": "2026-01-05",
        "end_date": "2026-02-27",
    }
    found = list[Any]()
    async with connected(settings_for(simulator)) as client:
        for period in (5, 200):
            document = {
                "id": "s",
                "name": "s",
                "indicators": {"average": {"kind": "sma", "params": {"period": period}}},
                "entry": {"left": "average", "is": "above", "right": 0},
                "sizing": {"shares": 1},
            }
            found.append(blocks(await client.call_tool("strategies", {**asked, "strategy": document})))
    assert found[0] == found[1]
    assert found[0]["result"] == {"about": "000660, 1d bars from 2026-01-05 to 2026-02-27, in sim"}
    (trade,) = found[0]["trades"]
    assert trade["entered_at"].startswith("2026-01-05")


@pytest.mark.parametrize("written", [json.dumps(SENTENCE), json.dumps(SENTENCE, indent=1), SENTENCE])
async def test_the_toolset_and_the_core_tool_say_the_same_of_a_document_as_object_and_as_text(
    simulator: Simulator, written: object
) -> None:
    asked: dict[str, Any] = {
        "symbols": ["000660"],
        "start_date": "2025-09-01",
        "end_date": "2026-02-27",
        "cash": 5_000_000,
    }
    async with connected(settings_for(simulator)) as client:
        core = blocks(await client.call_tool("strategies", {"action": "backtest", "strategy": SENTENCE, **asked}))
    async with connected(settings_for(simulator), TOOLSET) as client:
        typed = blocks(await client.call_tool("backtest_strategy", {"strategy": written, **asked}))
    assert typed == core
    assert typed["result"]["about"].startswith("000660, 1d bars from 2025-09-01 to 2026-02-27")


async def test_trades_come_a_page_at_a_time_the_latest_first(simulator: Simulator) -> None:
    asked: dict[str, Any] = {"action": "backtest", "strategy": SENTENCE}
    async with connected(settings_for(simulator)) as client:
        whole = await client.call_tool("strategies", {**asked, "limit": 500})
        pages, cursor = list[dict[str, Any]](), None
        for _ in range(9):
            page = await client.call_tool("strategies", {**asked, "limit": 3, **({"cursor": cursor} if cursor else {})})
            pages += blocks(page)["trades"]
            cursor = page.structured_content.get("next_cursor")
            assert page.structured_content["complete"] is (cursor is None)
            if cursor is None:
                break
        foreign = await client.call_tool("strategies", {**asked, "cash": 1, "cursor": "bm90IG91cnM"})
    assert pages == blocks(whole)["trades"]
    assert [trade["entered_at"] for trade in pages] == sorted((t["entered_at"] for t in pages), reverse=True)
    assert len(pages) > 3
    assert error(foreign)["field"] == "cursor"


async def test_a_parameter_of_the_call_stands_in_place_of_the_default(simulator: Simulator) -> None:
    asked = {"action": "backtest", "strategy": RANGED}
    async with connected(settings_for(simulator)) as client:
        usual = blocks(await client.call_tool("strategies", asked))
        other = blocks(await client.call_tool("strategies", {**asked, "parameters": {"days": 8}}))
        wrong = error(await client.call_tool("strategies", {**asked, "parameters": {"days": "eight"}}))
        beyond = error(await client.call_tool("strategies", {**asked, "parameters": {"days": 9}}))
    assert usual["trades"] != other["trades"]
    assert (wrong["field"], beyond["field"]) == ("parameters.days", "parameters.days")


@pytest.mark.parametrize(
    ("given", "field", "what"),
    [
        ({}, "strategy", "strategy is missing."),
        ({"strategy": "no-such-one"}, "strategy", "There is no strategy no-such-one."),
        ({"strategy": "없는전략"}, "strategy", "There is no strategy 없는전략."),
        ({"strategy": {**SENTENCE, "universe": {"symbols": ["삼성전자"]}}}, "universe.symbols", "neither a KRX code"),
        ({"strategy": SENTENCE, "symbols": ["005930", "AAPL"]}, "symbols", "of 2 markets"),
        ({"strategy": {**SENTENCE, "universe": None}}, "symbols", "names no instruments"),
        (
            {"strategy": SENTENCE | {"universe": {"symbols": ["005930", "999999"]}}},
            "universe.symbols",
            "about 999999.",
        ),
        ({"strategy": SENTENCE, "symbols": ["999999"]}, "symbols", "about 999999."),
        ({"strategy": SENTENCE, "symbols": ["005930"] * 101}, "symbols", "101 symbols"),
        ({"strategy": {**SENTENCE, "interval": "tick"}}, "interval", "no history of ticks"),
        ({"strategy": SENTENCE, "start_date": "2026-03-04"}, "start_date", "no whole day"),
        ({"strategy": SENTENCE, "start_date": "0001-01-01"}, "start_date", "no prices of 0001-01-01"),
        ({"strategy": SENTENCE, "end_date": "0001-01-05"}, "end_date", "no prices of 0001-01-05"),
        ({"strategy": SENTENCE, "parameters": {"n": 1e300}}, "parameters.n", "no number"),
        ({"strategy": SENTENCE, "start_date": "2026-02-02", "end_date": "2026-01-02"}, "end_date", "is after"),
        ({"strategy": SENTENCE, "cash": 0}, "cash", "cannot be 0"),
        ({"strategy": ["entry"]}, "strategy", "cannot be"),
    ],
)
async def test_what_cannot_be_tested_is_refused_with_its_field(
    simulator: Simulator, given: dict[str, Any], field: str, what: str
) -> None:
    async with connected(settings_for(simulator)) as client:
        facts = error(await client.call_tool("strategies", {"action": "backtest", **given}))
    assert facts["class"] == "bad_argument"
    assert facts["field"] == field
    assert what in facts["what"]


async def test_a_check_finds_a_sound_strategy_sound_and_one_that_never_settles_not(simulator: Simulator) -> None:
    lasting = {"fast": {"kind": "ema", "params": {"period": 5}}, "slow": {"kind": "ema", "params": {"period": 100}}}
    async with connected(settings_for(simulator), TOOLSET) as client:
        sound = await client.call_tool("check_strategy", {"strategy": SENTENCE})
        unsettled = await client.call_tool("check_strategy", {"strategy": {**SENTENCE, "indicators": lasting}})
    assert blocks(sound) == {
        "result": {
            "about": "005930, 1d bars from 2025-03-04 to 2026-03-03, in sim",
            "look_ahead": False,
            "warm_up_bars": 21,
            "bars_to_give": 21,
            "signals_differ": 0,
        }
    }
    assert sound.structured_content["notes"][-1].startswith("Nothing looks ahead")
    slow = next(row for row in blocks(unsettled)["settling"] if row["name"] == "slow")
    assert slow["most_percent"] > 0.1


async def test_the_words_of_documents_are_listed(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), TOOLSET) as client:
        found = blocks(await client.call_tool("list_indicators", {}))
    kinds = {row["kind"]: row for row in found["indicators"]}
    assert len(kinds) >= 80
    assert kinds["macd"]["outputs"] == "value, signal, histogram"
    assert kinds["sma"]["params"] == "period=20 (1–1000)"
    assert {"hammer", "doji"} <= {row["kind"] for row in found["patterns"]}
