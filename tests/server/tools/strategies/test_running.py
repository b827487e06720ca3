"""From the sentence to orders: strategies that run live in the simulator inside."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.clock import KST, WorldClock
from kis_mcp.strategies.runner.runner import RESTARTED, TAKEN_UP
from tests.client import Person, blocks, error
from tests.server.tools.strategies.live import (
    AT_ONCE,
    MINUTES,
    NEVER,
    SPEED,
    call,
    holds,
    is_state,
    run_of,
    short_looks,
    trading,
    until,
)

__all__ = ["short_looks"]

BEFORE_A_CROSS = datetime(2026, 3, 3, 10, 39, tzinfo=KST)
"""In the simulator's usual world the 5-minute average crosses above the 20-minute one soon after."""


def is_kept(found: Any) -> bool:
    return run_of(found)["reason"] == TAKEN_UP


async def test_the_sentence_is_validated_agreed_to_and_orders_when_it_says() -> None:
    clock, person, name = WorldClock(at=BEFORE_A_CROSS, speed=0), Person(), MINUTES["id"]
    async with trading(clock, person=person) as client:
        assert blocks(await call(client, "validate", strategy=MINUTES))["result"] == {"valid": True}
        started = blocks(await call(client, "start", strategy=MINUTES))
        (question,) = person.asked
        again = error(await call(client, "start", strategy=name, bounds={"most_in_all": 50_000_000}))
        await until(client, name, is_kept)
        clock.run(SPEED)
        found = await until(client, name, holds(10))
        clock.pause()
        traded = blocks(await call(client, "trades", strategy=name))
        ended = await call(client, "stop", strategy=name)
        after = blocks(await call(client, "status", strategy=name))
        anew = await call(client, "start", strategy=name)
    mandate_id = run_of(started)["mandate_id"]
    assert question.splitlines() == [
        "[SIM] MANDATE: let the strategy samsung-cross order by itself",
        "Orders within this mandate go out WITHOUT another question.",
        question.splitlines()[2],
        "It buys: 10 shares by bars of 1m; when sma(5) crosses above sma(20)",
        "It sells: at a loss of 3 %",
        "Instruments: 삼성전자 (005930, KR)",
        "Sides: buy, and sell only what its own orders bought",
        "Most per order to buy: 790,000 KRW",
        "Most in all, held at cost and open orders to buy: 790,000 KRW",
        "Most orders a day: 20",
        "Most loss, at which it stops and what it holds stays: 79,000 KRW",
        "Until: 2026-04-02 10:39 KST",
        question.splitlines()[12],
        f"Agree to this mandate? (mandate {mandate_id})",
    ]
    assert again["what"] == f"The strategy {name} is running already, under mandate {mandate_id}."
    bought = next(row for row in found["decisions"] if row["action"] == "enter")
    fast, slow = (float(text.partition("=")[2]) for text in bought["values"].split(", ")[:2])
    assert (bought["quantity"], fast > slow, bought["enters"]) == (10, True, True)
    assert (run_of(found)["state"], run_of(found)["kept"]) == ("running", True)
    (mandate,) = found["mandates"]
    assert (mandate["status"], mandate["orders_today"], mandate["most_in_all"]) == ("in_force", 1, 790_000)
    assert 0 < mandate["bound"] <= 790_000
    (entry,) = traded["decisions"]
    assert (entry["action"], entry["filled"]) == ("enter", 10)
    (trade,) = traded["trades"]
    assert (trade["quantity"], trade["entry_price"], trade["exit_reason"]) == (10, entry["fill_price"], "still open")
    assert run_of(after)["state"] == "stopped"
    assert after["mandates"][0]["status"] == "ended"
    assert [row["quantity"] for row in after["positions"]] == [10]
    assert any("nothing watches or sells it" in note for note in ended.structured_content["notes"])
    assert any(note.startswith("It holds from before: 10 × 005930") for note in anew.structured_content["notes"])


async def test_an_order_beyond_the_mandate_stops_the_strategy_and_it_says_why() -> None:
    clock, name = WorldClock(at=BEFORE_A_CROSS, speed=0), AT_ONCE["id"]
    async with trading(clock) as client:
        by_risk = {**AT_ONCE, "sizing": {"risk_percent": 1}, "exits": {"stop_loss_percent": 1}}
        await call(client, "start", strategy=by_risk, bounds={"most_per_order": 100_000, "most_in_all": 1_000_000})
        await until(client, name, is_kept)
        clock.run(SPEED)
        found = await until(client, name, is_state("stopped"))
        orders = blocks(await client.call_tool("get_orders", {}))
        ended = await until(client, name, lambda found: found["mandates"][0]["status"] == "ended")
        again = error(await call(client, "stop", strategy=name))
    assert "the mandate lets out at most 100,000 KRW in one" in run_of(found)["reason"]
    assert run_of(ended)["state"] == "stopped"
    assert again["what"].startswith(f"The strategy {name} is stopped already: The order is worth up to")
    assert "tart it first" not in again["next_step"]
    assert found["positions"] == []
    assert orders["orders"] == []


async def test_a_restart_leaves_it_paused_until_it_is_resumed_and_a_halt_stops_it(tmp_path: Path) -> None:
    name = NEVER["id"]
    async with trading(WorldClock(at=BEFORE_A_CROSS, speed=0)) as client:
        await call(client, "start", strategy=NEVER)
        await until(client, name, is_kept)
    async with trading(WorldClock(at=BEFORE_A_CROSS + timedelta(hours=1), speed=0)) as client:
        await client.call_tool("get_orders", {})
        paused = await until(client, name, is_state("paused"))
        resumed = run_of(blocks(await call(client, "resume", strategy=name)))
        await until(client, name, is_kept)
        twice = error(await call(client, "resume", strategy=name))
        await call(client, "pause", strategy=name)
        await until(client, name, is_state("paused"))
        await client.call_tool("halt_trading", {"reason": "enough"})
        halted = await until(client, name, is_state("stopped"))
        refused = error(await call(client, "start", strategy=name))
    assert run_of(paused)["reason"] == RESTARTED
    assert resumed["state"] == "running"
    assert twice["what"] == f"The strategy {name} is running."
    assert "by the tool halt_trading: enough" in run_of(halted)["reason"]
    assert halted["mandates"][0]["status"] == "ended"
    assert "halted" in refused["what"]


@pytest.mark.parametrize("action", ["enter", "exit"])
async def test_what_waits_for_the_next_opening_is_told_before_it_is_resumed(action: str) -> None:
    """The last bar of a day is decided upon after the market has closed."""
    clock, name = WorldClock(at=datetime(2026, 3, 3, 15, 10, tzinfo=KST), speed=0), AT_ONCE["id"]
    last = {"from": "15:30"}
    document = AT_ONCE | ({"entry": last} if action == "enter" else {"exit": last})
    async with trading(clock, sim_clock="market") as client:
        await call(client, "start", strategy=document)
        await until(client, name, is_kept)
        clock.run(SPEED)
        await until(client, name, lambda found: any(row["action"] == action for row in found["decisions"]))
        clock.pause()
        paused = await call(client, "pause", strategy=name)
        told = await call(client, "status", strategy=name)
        resumed = await call(client, "resume", strategy=name)
    wants = {"enter": "to buy 10 005930", "exit": "to sell its 005930"}[action]
    for page in (paused, told):
        (note,) = [note for note in page.structured_content["notes"] if "has not ordered it" in note]
        assert note.startswith(f"{name} decided at 2026-03-03 15:30:00 KST {wants} and")
    assert "has not ordered it" not in str(resumed.structured_content)


async def test_a_kill_file_that_is_made_and_removed_by_hand_ends_the_mandate(tmp_path: Path) -> None:
    name, kill_file = NEVER["id"], tmp_path / "data" / "HALTED"
    async with trading(WorldClock(at=BEFORE_A_CROSS, speed=0)) as client:
        await call(client, "start", strategy=NEVER)
        await until(client, name, is_kept)
        kill_file.touch()
        await until(client, name, lambda found: found["mandates"][0]["status"] == "ended")
        kill_file.unlink()
        stopped = await until(client, name, is_state("stopped"))
    assert "alted" in run_of(stopped)["reason"]
