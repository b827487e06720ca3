"""Two questions to close one position: the second would open another, and no cap looked at that."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import anyio
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.client import NOW, Person, blocks, connected, error, settings_for

OPTION = {"symbol": "201W12350", "market": "domestic_futureoption", "quantity": 1}


async def test_an_option_that_is_sold_twice_is_written_only_within_the_cap() -> None:
    ticks = count()

    def clock() -> datetime:
        return NOW + timedelta(milliseconds=next(ticks))

    both_asked = anyio.Event()
    asked: list[str] = []

    async def waits_for_both(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        asked.append(params.message)
        if len(asked) == 2:
            both_asked.set()
        await both_asked.wait()
        return ElicitResult(action="accept", content={"confirm": True})

    async with run_simulator(SimulatorOptions(clock=clock, real_rate=0)) as simulator:
        settings = settings_for(simulator, max_order_notional=50_000_000, max_order_quantity=10)
        async with connected(settings, person=Person(), clock=clock) as client:
            bought = await client.call_tool("place_order", {**OPTION, "side": "buy", "order_type": "market"})
        assert blocks(bought)["order"]["status"] == "accepted"
        results: list[dict[str, Any]] = []
        async with connected(settings, person=waits_for_both, clock=clock, era="legacy") as client:

            async def sell(order_type: str) -> None:
                result = await client.call_tool("place_order", {**OPTION, "side": "sell", "order_type": order_type})
                results.append(error(result) if result.is_error else blocks(result)["order"])

            async with anyio.create_task_group() as sales:
                sales.start_soon(sell, "market")
                sales.start_soon(sell, "best")
        (refused,) = [result for result in results if "class" in result]
        assert "KIS_MAX_ORDER_NOTIONAL" in str(refused["what"])
        assert [order.side.name for order in simulator.ledger.orders] == ["BUY", "SELL"]
