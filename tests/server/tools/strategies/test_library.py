"""Strategies that are kept, and what they do while they run."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings import Settings
from kis_mcp.simulator import Simulator
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.strategies.records import HeldPosition, SignalEntry, StrategyRun
from kis_mcp.wiring.brokerage import JOURNAL
from tests.client import NOW, blocks, connected, error, settings_for
from tests.server.tools.strategies.documents import SENTENCE

TOOLSET = SurfaceOptions(toolsets=("strategies",))
NAME = SENTENCE["id"]


@asynccontextmanager
async def records(settings: Settings) -> AsyncGenerator[SqlStrategyRecords]:
    """What another process has open of the same environment."""
    journal = await SqlJournal.open(settings.data_dir / "sim" / JOURNAL)
    try:
        yield SqlStrategyRecords(journal.database)
    finally:
        await journal.aclose()


def a_run(digest: str, **more: Any) -> StrategyRun:
    values: dict[str, Any] = {
        "id": "01JRUN0000000000000000000A",
        "strategy": NAME,
        "version": 1,
        "digest": digest,
        "mandate_id": None,
        "account_id": "an-account",
        "symbols": ("005930",),
        "state": "running",
        "reason": "started",
        "started_at": NOW,
    }
    return StrategyRun(**{**values, **more})


async def test_a_strategy_is_saved_by_versions_listed_shown_tested_by_name_and_deleted(simulator: Simulator) -> None:
    later = {**SENTENCE, "sizing": {"shares": 20}}
    async with connected(settings_for(simulator), TOOLSET) as client:
        first = blocks(await client.call_tool("save_strategy", {"strategy": SENTENCE, "note": "as said"}))
        again = blocks(await client.call_tool("save_strategy", {"strategy": SENTENCE}))
        second = blocks(await client.call_tool("save_strategy", {"strategy": later}))
        listed = blocks(await client.call_tool("list_strategies", {}))["strategies"]
        shown = blocks(await client.call_tool("show_strategy", {"strategy": NAME}))
        tested = blocks(await client.call_tool("backtest_strategy", {"strategy": NAME}))
        deleted = blocks(await client.call_tool("delete_strategy", {"strategy": NAME}))
        gone = error(await client.call_tool("show_strategy", {"strategy": NAME}))
    assert [each["result"]["saved"] for each in (first, again, second)] == [True, False, True]
    assert [each["strategy"]["version"] for each in (first, again, second)] == [1, 1, 2]
    assert first["strategy"]["note"] == "as said"
    (own,) = (row for row in listed if row["kind"] == "saved")
    assert (own["name"], own["version"], own["symbols"], own["state"]) == (NAME, 2, "005930", "not running")
    assert {"sma_cross", "volatility_breakout"} <= {row["name"] for row in listed if row["kind"] == "preset"}
    assert shown["strategy"]["document"] == later
    assert {trade["quantity"] for trade in tested["trades"]} == {20}
    assert deleted == {"result": {"deleted": True}}
    assert gone["what"] == f"There is no strategy {NAME}."


async def test_a_preset_is_shown_and_tested_by_its_name_and_no_strategy_takes_it(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        shown = blocks(await client.call_tool("strategies", {"action": "show", "strategy": "sma_cross"}))
        asked = {"action": "backtest", "strategy": "sma_cross", "symbols": ["005930"]}
        tested = blocks(await client.call_tool("strategies", asked))
        taken = {"action": "save", "strategy": {**SENTENCE, "id": "sma_cross"}}
        refused = error(await client.call_tool("strategies", taken))
    assert shown["strategy"]["document"]["id"] == "sma_cross"
    assert tested["statistics"]["trades"] > 0
    assert refused["field"] == "id"


async def test_the_status_tells_runs_positions_and_reasons_of_decisions_and_one_that_runs_stays(
    simulator: Simulator,
) -> None:
    settings = settings_for(simulator)
    async with connected(settings, TOOLSET) as client:
        before = await client.call_tool("strategy_status", {})
        await client.call_tool("save_strategy", {"strategy": SENTENCE})
        never = await client.call_tool("strategy_status", {"strategy": NAME})
        async with records(settings) as kept:
            stored = await kept.find(NAME)
            assert stored is not None
            run = await kept.open_run(a_run(stored.digest))
            for number, action in enumerate(("none", "enter", "none", "exit")):
                await kept.add_signals(
                    [
                        SignalEntry(
                            run_id=run.id,
                            symbol="005930",
                            at=NOW + timedelta(days=number),
                            enters=action == "enter",
                            exits=None,
                            action=action,
                            quantity=10 if action == "enter" else 0,
                            reason="exit_condition" if action == "exit" else "",
                            values={"fast": 70_000.5, "slow": None},
                        )
                    ]
                )
            held = HeldPosition(
                run_id=run.id,
                symbol="005930",
                quantity=10,
                cost=Decimal(700_000),
                opened_at=NOW,
                bars=2,
                highest=Decimal(71_000),
            )
            await kept.put_position(held)
        now = blocks(await client.call_tool("strategy_status", {"limit": 2}))
        listed = blocks(await client.call_tool("list_strategies", {}))["strategies"]
        first = await client.call_tool("strategy_trades", {"strategy": NAME, "limit": 1})
        cursor = first.structured_content["next_cursor"]
        second = await client.call_tool("strategy_trades", {"strategy": NAME, "limit": 1, "cursor": cursor})
        refused = error(await client.call_tool("delete_strategy", {"strategy": NAME}))
        unknown = error(await client.call_tool("strategy_status", {"strategy": "nobody"}))
    assert blocks(before)["runs"] == []
    assert never.structured_content["notes"] == ["It never ran in this environment."]
    (row,) = now["runs"]
    assert (row["strategy"], row["state"], row["reason"], row["symbols"]) == (NAME, "running", "started", "005930")
    assert now["positions"][0]["cost"] == 700_000
    assert [each["action"] for each in now["decisions"]] == ["exit", "none"]
    assert now["decisions"][0]["values"] == "fast=70000.5, slow=none"
    assert next(each for each in listed if each["name"] == NAME)["state"] == "running"
    assert [blocks(page)["decisions"][0]["action"] for page in (first, second)] == ["exit", "enter"]
    assert (first.structured_content["complete"], second.structured_content["complete"]) == (False, True)
    assert "run" in refused["what"]
    assert unknown["what"] == "There is no strategy nobody."


@pytest.mark.parametrize(("language", "title"), [("en", "Golden cross of averages"), ("ko", "이동평균 골든크로스")])
async def test_presets_are_listed_with_titles_in_the_operators_language(
    simulator: Simulator, language: str, title: str
) -> None:
    async with connected(settings_for(simulator, lang=language)) as client:
        rows = blocks(await client.call_tool("strategies", {"action": "list"}))["strategies"]
    assert {row["name"]: row["title"] for row in rows}["sma_cross"] == title
