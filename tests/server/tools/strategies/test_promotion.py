"""What is promoted is shown with its results so far, beside a backtest's of the same days."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.simulator.engine.model import Fill
from kis_mcp.simulator.world import World
from tests.client import blocks
from tests.server.tools.strategies.live import AT_ONCE, run_of
from tests.server.tools.strategies.town import open_town

TRADES = 7
"""Of a backtest of the day; the price falls in the last of them."""

IN_AND_OUT: dict[str, Any] = {
    **AT_ONCE,
    "indicators": {"mean": {"kind": "sma", "params": {"period": 3}}},
    "entry": {"left": "mean", "is": "above", "right": 0},
    "exits": {"after_bars": 1},
    "limits": {"entries_a_day": TRADES},
}
"""It knows its average from the first bar on, by bars of before it was started."""

NAME, SHARES = IN_AND_OUT["id"], IN_AND_OUT["sizing"]["shares"]
CAPITAL = Decimal(2_000_000)
TICK = 100
"""KRW, of prices from 50,000 to 200,000."""

COMMISSION, TAX = Decimal("0.000140527"), Decimal("0.002")


def told(profits: Sequence[Decimal]) -> str:
    """The results of trades that all lost, by hand."""
    assert profits and max(profits) < 0
    lost = -sum(profits) / CAPITAL * 100
    return f"return -{lost:.2f} %, {len(profits)} closed trades, 0 % won, worst fall {lost:.2f} %"


def traded(fills: Sequence[Fill]) -> list[Decimal]:
    """Of each sale: what KIS paid for it, less what the buy before it took."""
    return [sale.cash + buy.cash for buy, sale in pairwise(fills) if sale.side.name == "SELL"]


def backtested(world: World, now: datetime) -> list[Decimal]:
    """The trades from 10:31 on by the rules of a backtest: bought at the open of one minute and sold at that of the
    next, a tick worse each time."""
    instrument = world.market.instruments["005930"]
    until, count = datetime(2026, 3, 3, 10, 30 + 2 * TRADES, tzinfo=KST), 2 * TRADES
    opens = [candle.open for candle in reversed(world.market.minutes(instrument, now, until=until, count=count))]
    trades = [(bought + TICK, sold - TICK) for bought, sold in zip(opens[::2], opens[1::2], strict=True)]
    return [SHARES * (sold * (1 - COMMISSION - TAX) - bought * (1 + COMMISSION)) for bought, sold in trades]


@pytest.mark.slow
async def test_what_ran_in_sim_is_promoted_with_its_trades_and_the_backtests_of_the_days(tmp_path: Path) -> None:
    async with open_town(tmp_path, [IN_AND_OUT]) as town:
        bounds = {"most_in_all": int(CAPITAL)}
        await town.call("strategies", action="start", strategy=IN_AND_OUT, bounds=bounds)
        await town.take_up(NAME)
        for _ in range(5):
            await town.pass_minute()
        await town.pass_midnight()
        fills = town.simulator.ledger.fills
        await town.call("set_environment", environment="demo")
        promoted = blocks(await town.call("strategies", action="promote", strategy=NAME))
        expected = told(backtested(town.simulator.world, town.now))
    still_open = ", 1 still open, whose profit or loss does not count here" if len(fills) % 2 else ""
    assert [line for line in town.questions[-1].splitlines() if line.startswith("Result")] == [
        f"Result, sim from 2026-03-03, 2 days: {told(traded(fills))}{still_open}, too few to say much",
        f"Result, backtest of the same days: {expected}",
    ]
    assert run_of(promoted)["state"] == "running"
