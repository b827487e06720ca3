"""An order of any API whose answer is lost is found in KIS' lists, over the socket."""

from typing import Any

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.simulator.gate.faults import When
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.journal import Status
from kis_mcp.trading.order import Action
from tests.chaos.ways import CORE_TOOLS, WAYS
from tests.client import NOW, blocks, connected, settings_for
from tests.server.tools.test_orders import journaled

KOREAN = {"symbol": "005930", "side": "buy", "quantity": 1, "price": 60_000}
AMERICAN = {"exchange": "nasdaq", "symbol": "AAPL", "side": "buy", "quantity": 1, "price": 100}
ORDERS: dict[str, dict[str, Any]] = {
    "domestic_stock_order_cash": KOREAN,
    "domestic_stock_order_credit": {**KOREAN, "credit_type": "broker_margin_open"},
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
    assert number_of(answer) == number_of(order) == int(accepted.number)
    assert (order["intent_id"], order["ours"], order["state"]) == (answer["intent_id"], True, "accepted")


def number_of(row: dict[str, Any]) -> int:
    """The number of an order, or of a reservation."""
    return int(str(row.get("order_id") or row["reservation_id"]).rpartition("-")[2])


CHANGES = [(name, "modify") for name, way in WAYS.items() if way.modify] + [(name, "cancel") for name in WAYS]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("name", "action"), [(name, action) for name, action in CHANGES if name != "bonds sold"])
async def test_a_lost_change_or_cancel_is_settled(name: str, action: str, when: When) -> None:
    way, now = WAYS[name], NOW
    order = ORDERS[way.api]
    change = way.change_api if way.change_api.endswith("_ccnl") else (way.modify if action == "modify" else way.cancel)
    assert change is not None
    api = catalog().find(way.change_api)
    assert api is not None
    options = SimulatorOptions(clock=lambda: now, real_rate=0, demo_rate=0, token_interval_seconds=0)
    async with run_simulator(options) as simulator:
        settings = settings_for(simulator, confirm="never", max_order_notional=10**9)
        async with connected(settings, SurfaceOptions("all"), clock=lambda: now) as client:
            placed = blocks(await client.call_tool(way.api, order))["order"]
            day = f"{NOW.astimezone(way.zone):%Y-%m-%d}"
            facts = {"exchange": "nasdaq", **order, "day": day, "order_id": placed.get("reservation_id"), **placed}
            arguments = {argument: facts[fact] for argument, fact in way.naming.items()} | dict(way.more_changing)
            if change not in CORE_TOOLS and not change.endswith("_ccnl"):
                arguments["action"] = action
            if action == "modify":
                arguments["price"] = order["price"] + (5 if order["price"] < 1000 else 100)
            simulator.faults.add("drop", api.path, when=when)
            await client.call_tool(change, arguments)
            now += CERTAIN_AFTER
        async with connected(settings, clock=lambda: now) as client:
            await client.call_tool("get_order_history", {})
        (changing,) = (record for record in await journaled(settings) if record.intent.order.action is not Action.NEW)
        found = Status.NEEDLESS if name == "US reservations" else Status.ACCEPTED
        assert changing.status is (found if when == "after" else Status.NOT_ACCEPTED), changing
