"""A strategy on single trades, from the document to its orders, live in the simulator inside."""

from typing import Any

from kis_mcp.clock import WorldClock
from tests.client import Person, blocks, error
from tests.server.tools.strategies.live import AT_ONCE, BEGIN, call, run_of, short_looks, trading, until

__all__ = ["short_looks"]

SPEED = 100
"""An order has a minute of the world to leave: a busy machine needs more of one than at the usual speed."""

TRADES: dict[str, Any] = {
    **AT_ONCE,
    "id": "trades",
    "interval": "tick",
    "indicators": {"slow": {"kind": "sma", "params": {"period": 12}}},
    "entry": {"left": "slow", "is": "above", "right": 0},
    "exits": {"after_bars": 6},
    "limits": {"entries_a_day": 1},
}


def has_sold(found: Any) -> bool:
    return any(row["action"] == "exit" and "intent_id" in row for row in found["decisions"]) and not found["positions"]


async def test_it_warms_up_on_trades_that_it_hears_buys_sells_after_so_many_and_is_stopped() -> None:
    name = TRADES["id"]
    async with trading(WorldClock(at=BEGIN, speed=SPEED), person=Person()) as client:
        checked = await call(client, "validate", strategy=TRADES)
        untested = error(await call(client, "backtest", strategy=TRADES))
        await call(client, "start", strategy=TRADES)
        found = await until(client, name, has_sold)
        alive = await call(client, "status", strategy=name)
        await call(client, "stop", strategy=name)
        after = blocks(await call(client, "status", strategy=name))
    assert "KIS keeps no single trades to backtest it on." in checked.structured_content["notes"][0]
    assert untested["what"] == "There is no history of ticks."
    decisions = list(reversed(found["decisions"]))
    assert decisions[0]["reason"] == "warming_up: it has heard 1 of the 12 trades that it takes"
    assert any(row["reason"].startswith("warmed_up: it has heard 12 trades") for row in decisions)
    bought, *again, sold = [row for row in decisions if row["action"] != "none"]
    assert all(row["action"] == "exit" for row in again), "an exit that had no time to leave is tried again"
    assert (bought["action"], bought["quantity"], bought["reason"]) == ("enter", 10, "entry_condition")
    assert (sold["action"], sold["quantity"], sold["reason"]) == ("exit", 10, "after_bars")
    assert bought["values"].startswith("slow=")
    assert f"{name} is kept, and decides upon each trade that it hears." in alive.structured_content["notes"]
    assert run_of(after)["state"] == "stopped"
