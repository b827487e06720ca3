"""An order of any API whose answer is lost is found in KIS' lists, over the socket."""

from typing import Any

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator.server import Simulator
from tests.server.conftest import blocks, connected, settings_for

KOREAN = {"symbol": "005930", "side": "buy", "quantity": 1, "price": 60_000}
AMERICAN = {"exchange": "nasdaq", "symbol": "AAPL", "side": "buy", "quantity": 1, "price": 100}
ORDERS: dict[str, dict[str, Any]] = {
    "domestic_stock_order_cash": KOREAN,
    "domestic_stock_order_resv": KOREAN,
    "overseas_stock_order": AMERICAN,
    "overseas_stock_order_resv": AMERICAN,
    "overseas_stock_daytime_order": AMERICAN,
    "domestic_fo_order": {"symbol": "101W12", "side": "buy", "quantity": 1, "price": 350.05},
    "overseas_fo_order": {"symbol": "ESZ26", "side": "buy", "quantity": 1, "price": 5500},
    "domestic_bond_buy": {"symbol": "KR6095572D81", "quantity": 10, "price": 10_000},
}


@pytest.mark.parametrize("tool", ORDERS)
async def test_a_lost_order_is_found_and_shown_once(simulator: Simulator, tool: str) -> None:
    api = catalog().find(tool)
    assert api is not None
    async with connected(
        settings_for(simulator, confirm="never", max_order_notional=10**9), SurfaceOptions("all")
    ) as client:
        simulator.faults.add("drop", api.path, when="after")
        answer = blocks(await client.call_tool(tool, ORDERS[tool]))["order"]
        (order,) = blocks(await client.call_tool("get_order_history", {}))["orders"]
    (accepted,) = simulator.ledger.accepted
    assert answer["message"] == "Found in the list of orders at KIS."
    assert int(answer["order_id"]) == int(order["order_id"]) == int(accepted.number)
    assert (order["intent_id"], order["ours"], order["state"]) == (answer["intent_id"], True, "accepted")
