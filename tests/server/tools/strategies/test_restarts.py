"""A strategy that is started again: what its earlier runs left is told, and leaves room for the new one."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from mcp import Client

from kis_mcp.clock import KST, WorldClock
from kis_mcp.server.tools.strategies.stopped import LEFT_ALONE
from kis_mcp.strategies.runner.runner import TAKEN_UP
from tests.client import Person, blocks, error
from tests.server.tools.strategies.live import (
    AT_ONCE,
    NEVER,
    SPEED,
    call,
    holds,
    run_of,
    short_looks,
    trading,
    until,
    until_noted,
)

__all__ = ["short_looks"]

BEGIN = datetime(2026, 3, 3, 10, 39, tzinfo=KST)
NAME = AT_ONCE["id"]


def quantities(found: Any) -> list[int]:
    return [row["quantity"] for row in found["positions"]]


async def test_what_an_earlier_run_left_is_told_and_counted_and_the_next_run_buys_beside_it() -> None:
    clock, person = WorldClock(at=BEGIN, speed=SPEED), Person()
    async with trading(clock, person=person) as client:
        await call(client, "start", strategy=AT_ONCE)
        left = await until(client, NAME, holds(10))
        await call(client, "stop", strategy=NAME)
        started = await call(client, "start", strategy=NAME)
        found = await until(client, NAME, lambda found: len(quantities(found)) > 1)
    cost = left["positions"][0]["cost"]
    told = (
        f"It holds from before: 10 × 005930 ({cost:,.0f} KRW); this run neither watches nor sells that, and it counts"
        " in the most in all"
    )
    first, second = (
        next(line for line in question.splitlines() if line.startswith("Most in all")) for question in person.asked
    )
    assert told in person.asked[1].splitlines()
    assert "It holds from before" not in person.asked[0]
    assert f"{told}." in started.structured_content["notes"]
    assert _won(second) - _won(first) >= cost - 100_000
    assert [row["state"] for row in found["runs"]] == ["running", "stopped"]
    assert quantities(found) == [10, 10]


def holds_nothing(found: Any) -> bool:
    return not found["positions"]


def _won(line: str) -> int:
    return int(line.split()[-2].replace(",", ""))


async def test_after_a_halt_status_tells_at_once_which_runs_were_stopped_and_what_they_hold() -> None:
    clock = WorldClock(at=BEGIN, speed=SPEED)
    async with trading(clock) as client:
        await call(client, "start", strategy=AT_ONCE)
        await until(client, NAME, holds(10))
        await client.call_tool("halt_trading", {"reason": "enough"})
        halted = await call(client, "status")
        found = blocks(halted)
        clock.set(BEGIN.replace(day=5))
        after = blocks(await call(client, "status"))
    assert [(row["strategy"], row["state"]) for row in found["runs"]] == [(NAME, "stopped")]
    assert "enough" in run_of(found)["reason"]
    assert datetime.fromisoformat(run_of(found)["ended_at"]) < BEGIN.replace(day=4)
    assert quantities(found) == [10]
    notes = halted.structured_content["notes"]
    assert any(note.startswith("All new orders are halted: ") and "enough" in note for note in notes)
    assert LEFT_ALONE in notes
    assert [row["state"] for row in after["runs"]] == ["stopped"]
    assert quantities(after) == [10]


async def test_what_the_person_sold_since_is_not_told_to_be_held_any_more() -> None:
    clock = WorldClock(at=BEGIN, speed=SPEED)
    async with trading(clock) as client:
        await call(client, "start", strategy=AT_ONCE)
        await until(client, NAME, holds(10))
        await call(client, "stop", strategy=NAME)
        await sell_by_hand(client, 10)
        found = await until(client, NAME, holds_nothing)
        clock.set(BEGIN.replace(day=5))
        after = blocks(await call(client, "status"))["runs"]
    assert run_of(found)["state"] == "stopped"
    assert after == []


async def sell_by_hand(client: Client, quantity: int) -> None:
    sale = {"symbol": "005930", "side": "sell", "quantity": quantity, "order_type": "market"}
    assert not (await client.call_tool("place_order", sale)).is_error


async def test_what_the_person_sold_of_a_stopped_run_binds_and_earns_nothing_any_more() -> None:
    clock = WorldClock(at=BEGIN, speed=SPEED)
    async with trading(clock) as client:
        await call(client, "start", strategy=AT_ONCE)
        await until(client, NAME, holds(10))
        await call(client, "stop", strategy=NAME)
        await sell_by_hand(client, 4)
        clock.set(BEGIN.replace(hour=14))
        found = await until(client, NAME, holds(6))
        (trip, lost) = blocks(await call(client, "trades", strategy=NAME))["trades"]
        await sell_by_hand(client, 6)
        after = await until(client, NAME, lambda found: found["mandates"][0]["bound"] == 0)
        started = blocks(await call(client, "start", strategy=AT_ONCE))
    assert found["mandates"][0]["bound"] == found["positions"][0]["cost"] == 6 * trip["entry_price"]
    assert (trip["exit_reason"], trip["quantity"]) == ("still open", 6)
    assert (lost["exit_reason"], lost["quantity"]) == ("sold_elsewhere", 4)
    assert not lost.keys() & {"profit", "exit_price"}
    assert after["mandates"][0]["loss"] == pytest.approx(trip["costs"] + lost["costs"], abs=0.01)
    assert run_of(after)["profit_open"] == 0
    assert started["mandates"][0]["bound"] == 0


async def test_what_the_person_sells_of_a_run_that_goes_on_is_found_and_told() -> None:
    async with trading(WorldClock(at=BEGIN, speed=SPEED)) as client:
        await call(client, "start", strategy=AT_ONCE)
        await until(client, NAME, holds(10))
        await sell_by_hand(client, 10)
        found = await until(client, NAME, has_sold_elsewhere)
    assert run_of(found)["state"] == "running"
    assert found["mandates"][0]["loss"] < 1_000, "what it holds now, and fees"


async def test_every_round_trip_is_on_one_of_the_pages() -> None:
    each = {**AT_ONCE, "id": "each", "exits": {"after_bars": 1}}
    async with trading(WorldClock(at=BEGIN, speed=SPEED)) as client:
        await call(client, "start", strategy=each, bounds={"orders_a_day": 100})
        await until(client, "each", lambda found: found["mandates"][0]["orders_today"] >= 6)
        await call(client, "stop", strategy="each")
        await until(client, "each", lambda found: not found.get("orders"))
        whole = blocks(await call(client, "trades", strategy="each", limit=100))
        pages, cursor = list[dict[str, Any]](), None
        while cursor or not pages:
            answer = await call(client, "trades", strategy="each", limit=2, **({"cursor": cursor} if cursor else {}))
            pages.append(blocks(answer))
            cursor = answer.structured_content.get("next_cursor")
    assert len(whole["trades"]) >= 3
    for block in ("trades", "decisions"):
        paged = [row for found in pages for row in found.get(block, [])]
        assert all(row in paged for row in whole[block])


def has_sold_elsewhere(found: Mapping[str, Any]) -> bool:
    return any(row["reason"].startswith("sold_elsewhere") for row in found["decisions"])


async def test_status_tells_a_sign_of_life_of_a_run_that_is_kept() -> None:
    clock, name = WorldClock(at=BEGIN, speed=0), NEVER["id"]
    async with trading(clock) as client:
        await call(client, "start", strategy=NEVER)
        await until(client, name, lambda found: run_of(found)["reason"] == TAKEN_UP)
        (before,) = (await call(client, "status")).structured_content["notes"]
        clock.run(SPEED)
        (after,) = await until_noted(client, name, "took the bar")
    assert before == (
        "never is kept, and has taken no bar yet. It looks again when the next bar ends, at 2026-03-03 10:40:00 KST."
    )
    ended, following = re.findall(r"2026-03-03 (\d\d:\d\d):00 KST", after)
    assert "10:40" <= ended < following


@pytest.mark.parametrize("action", ["pause", "resume"])
async def test_what_never_ran_or_has_ended_is_not_to_be_ended_again(action: str) -> None:
    async with trading(WorldClock(at=BEGIN, speed=0)) as client:
        await call(client, "save", strategy=NEVER)
        never_ran = error(await call(client, action, strategy=NEVER["id"]))
        await call(client, "start", strategy=NEVER)
        await call(client, "stop", strategy=NEVER["id"])
        has_ended = error(await call(client, action, strategy=NEVER["id"]))
    assert never_ran["next_step"] == (f"There is nothing to {action}. It runs only if the person agrees to a start.")
    assert has_ended["next_step"] == (
        f"There is nothing to {action}. Its status tells what it left. It orders again only if the person agrees to"
        " another start."
    )


async def test_a_run_that_left_nothing_is_told_for_a_day() -> None:
    clock = WorldClock(at=BEGIN, speed=0)
    async with trading(clock) as client:
        await call(client, "start", strategy=NEVER)
        await call(client, "stop", strategy=NEVER["id"])
        stopped = blocks(await call(client, "status"))["runs"]
        clock.set(BEGIN.replace(day=5))
        after = blocks(await call(client, "status"))["runs"]
    assert [(row["strategy"], row["state"], row["reason"]) for row in stopped] == [
        (NEVER["id"], "stopped", "It was stopped by a call.")
    ]
    assert after == []
