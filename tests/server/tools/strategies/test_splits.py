"""A share of the simulator's market is split into five while a strategy holds it."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest

from kis_mcp.clock import KST, WorldClock
from tests.client import blocks
from tests.server.tools.strategies.live import AT_ONCE, call, holds, is_state, run_of, short_looks, trading, until

__all__ = ["short_looks"]

SYMBOL = "329180"
FRIDAY = datetime(2025, 12, 12, 14, 0, tzinfo=KST)
MONDAY = datetime(2025, 12, 15, 10, 0, tzinfo=KST)
"""The first day with five shares for one."""

STOPPED: dict[str, Any] = {
    **AT_ONCE,
    "universe": {"symbols": [SYMBOL]},
    "sizing": {"shares": 2},
    "exits": {"stop_loss_percent": 3},
}


@pytest.mark.slow
async def test_a_stop_does_not_fire_at_a_price_that_fell_by_a_split_and_the_run_says_what_it_saw() -> None:
    clock, name = WorldClock(at=FRIDAY, speed=200), STOPPED["id"]
    async with trading(clock) as client:
        await call(client, "start", strategy=STOPPED)
        bought = await until(client, name, holds(2))
        clock.set(MONDAY)
        paused = await until(client, name, is_state("paused"))
        stopped = blocks(await call(client, "stop", strategy=name))
        orders = blocks(await client.call_tool("get_orders", {}))
        held = blocks(await client.call_tool("get_positions", {}))
    assert run_of(bought)["state"] == "running"
    assert f"KIS multiplied prices of {SYMBOL} since 2025-12-12 by 0.2" in run_of(paused)["reason"]
    assert re.search(r"It holds 2 bought at 2\d{6}\. The account has 10\.", run_of(paused)["reason"])
    assert [row["quantity"] for row in paused["positions"]] == [2]
    assert "profit_open" in run_of(bought)
    for found in (paused, stopped):
        assert "profit_open" not in run_of(found)
        assert "loss" not in found["mandates"][0]
    assert [row["quantity"] for row in next(iter(held.values())) if row["symbol"] == SYMBOL] == [10]
    assert not [row for row in orders.get("orders", []) if row["side"] == "sell"]


@pytest.mark.slow
async def test_minutes_over_a_split_are_tested_in_shares_of_one_kind() -> None:
    """A stop of 30 % would be met by the split, and by nothing else."""
    document = {**STOPPED, "interval": "60m", "exits": {"stop_loss_percent": 30}}
    async with trading(WorldClock(at=MONDAY + timedelta(days=1), speed=0)) as client:
        days = {"start_date": "2025-12-11", "end_date": "2025-12-15"}
        found = blocks(await call(client, "backtest", strategy=document, cash=10_000_000, **days))
    assert [trade["exit_reason"] for trade in found["trades"]] == ["still open"]
