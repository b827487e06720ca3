"""What became of orders, as a client sees it."""

from datetime import timedelta
from typing import Any

import pytest
from mcp import Client

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator import Simulator
from kis_mcp.trading.blotter.history import COLUMNS
from tests.client import BUY, NOW, SAMSUNG, Person, blocks, connected, error, settings_for

ORDER_CASH = "/uapi/domestic-stock/v1/trading/order-cash"


async def history(client: Client, **arguments: Any) -> list[dict[str, Any]]:
    return blocks(await client.call_tool("get_order_history", arguments))["orders"]


async def status(client: Client, **arguments: Any) -> dict[str, Any]:
    (order,) = blocks(await client.call_tool("get_order_status", arguments))["orders"]
    return order


@pytest.mark.parametrize("tool", ["get_order_status", "get_order_history"])
def test_the_tools_tell_every_fact_of_an_order(tool: str) -> None:
    api = catalog().find(tool)
    assert api is not None
    (block,) = api.blocks
    assert tuple(field.name for field in block.fields) == COLUMNS


async def test_the_history_tells_who_confirmed_what_and_what_came_of_it(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        placed = blocks(await client.call_tool("place_order", BUY))["order"]
        (order,) = await history(client)
        assert await status(client, intent_id=placed["intent_id"]) == order
        assert await status(client, order_id=placed["order_id"]) == order
    assert order["at"] == order["sent_at"] == order["decided_at"] == NOW.isoformat()
    expected = {
        "intent_id": placed["intent_id"],
        "order_id": placed["order_id"],
        "state": "accepted",
        "is_final": False,
        "ours": True,
        "action": "new",
        "symbol": SAMSUNG,
        "side": "buy",
        "quantity": 3,
        "price": 60_000,
        "decision": "accepted",
        "decided_by": "elicitation",
        "outcome": "accepted",
        "filled_quantity": 0,
        "remaining_quantity": 3,
    }
    assert expected.items() <= order.items()
    assert "****" in order["account"]


async def test_a_market_order_is_told_with_what_was_filled_beside_what_it_could_be_at_most(
    simulator: Simulator,
) -> None:
    market = {"symbol": SAMSUNG, "side": "buy", "quantity": 2, "order_type": "market"}
    async with connected(settings_for(simulator), person=Person()) as client:
        await client.call_tool("place_order", market)
        (order,) = await history(client)
    (fill,) = simulator.ledger.fills
    assert order["filled_amount"] == float(fill.price * 2) < order["largest_amount_krw"]


async def test_an_order_is_followed_from_filled_to_amended_to_cancelled(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        market = {"symbol": SAMSUNG, "side": "buy", "quantity": 2, "order_type": "market"}
        filled = blocks(await client.call_tool("place_order", market))["order"]
        resting = blocks(await client.call_tool("place_order", BUY))["order"]
        change = {"order_id": resting["order_id"], "price": 59_000}
        changed = blocks(await client.call_tool("modify_order", change))["order"]
        await client.call_tool("cancel_order", {"order_id": changed["order_id"]})
        found = {order["intent_id"]: order for order in await history(client)}
        only_filled = await history(client, state="filled")
    states = {
        name: found[order["intent_id"]]["state"]
        for name, order in {"filled": filled, "resting": resting, "changed": changed}.items()
    }
    assert states == {"filled": "filled", "resting": "amended", "changed": "cancelled"}
    assert len(found) == 4
    assert [order["intent_id"] for order in only_filled] == [filled["intent_id"]]


async def test_an_order_placed_elsewhere_is_shown_as_not_ours(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with connected(settings, person=Person()) as client:
        placed = blocks(await client.call_tool("place_order", BUY))["order"]
    elsewhere = settings_for(simulator, data_dir=settings.data_dir / "another")
    async with connected(elsewhere) as client:
        (order,) = await history(client)
        seen = await status(client, order_id=placed["order_id"])
    assert order == seen
    assert (order["ours"], order["state"], order["symbol"], order["quantity"]) == (False, "accepted", SAMSUNG, 3)
    assert {"intent_id", "decided_by", "account"}.isdisjoint(order)


async def test_what_the_person_refused_is_in_the_record_too(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person("decline")) as client:
        await client.call_tool("place_order", BUY)
        (order,) = await history(client)
    assert (order["state"], order["decision"], order["is_final"]) == ("rejected", "declined", True)
    assert "sent_at" not in order


async def test_the_history_goes_on_with_a_cursor_latest_first(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, confirm="never")) as client:
        for price in (60_000, 60_100, 60_200):
            await client.call_tool("place_order", {**BUY, "price": price})
        first = await client.call_tool("get_order_history", {"limit": 2})
        cursor = first.structured_content["next_cursor"]
        second = await client.call_tool("get_order_history", {"limit": 2, "cursor": cursor})
        other = error(await client.call_tool("get_order_history", {"limit": 2, "cursor": cursor, "symbol": "000660"}))
        none = await history(client, symbol="000660")
        before = await history(client, end_date=str(NOW.date() - timedelta(days=1)))
    orders = blocks(first)["orders"] + blocks(second)["orders"]
    assert sorted(order["price"] for order in orders) == [60_000, 60_100, 60_200]
    assert [order["at"] for order in orders] == sorted((order["at"] for order in orders), reverse=True)
    assert (first.structured_content["complete"], second.structured_content["complete"]) == (False, True)
    assert (other["field"], none, before) == ("cursor", [], [])


async def test_an_unknown_order_is_looked_up_when_it_is_asked_about(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, url_ws=""), person=Person()) as client:
        simulator.faults.add("drop", ORDER_CASH, when="after")
        simulator.faults.add("empty_error", "TTTC0081R", times=3)
        refused = error(await client.call_tool("place_order", BUY))
        assert refused["class"] == "order_state_unknown"
        (order,) = await history(client, state="unknown")
        settled = await status(client, intent_id=order["intent_id"])
    assert (settled["state"], settled["ours"]) == ("accepted", True)
    assert "accepted: Found in the list of orders at KIS." in settled["reconciliations"]


async def test_orders_that_fit_equally_are_named_for_the_person(simulator: Simulator) -> None:
    settings = settings_for(simulator)
    async with (
        connected(settings, person=Person()) as client,
        connected(settings_for(simulator, data_dir=settings.data_dir / "another"), person=Person()) as elsewhere,
    ):
        twin = blocks(await elsewhere.call_tool("place_order", BUY))["order"]
        simulator.faults.add("drop", ORDER_CASH, when="after")
        refused = error(await client.call_tool("place_order", BUY))
        (order,) = await history(client, state="unknown")
        result = await client.call_tool("get_order_status", {"intent_id": order["intent_id"]})
    assert refused["class"] == "order_state_unknown"
    (shown,) = blocks(result)["orders"]
    assert shown["state"] == "unknown"
    assert twin["order_id"] in shown["candidates"]
    assert len(shown["candidates"].split(", ")) == 2
    assert any("Show them to the person" in note for note in result.structured_content["notes"])


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({}, "intent_id"),
        ({"intent_id": "0" * 26, "order_id": "1"}, "intent_id"),
        ({"intent_id": "0" * 26}, "intent_id"),
    ],
)
async def test_an_order_that_is_not_named_or_not_there_is_refused(
    simulator: Simulator, arguments: dict[str, str], field: str
) -> None:
    async with connected(settings_for(simulator)) as client:
        assert error(await client.call_tool("get_order_status", arguments))["field"] == field


async def test_a_number_that_no_order_has_is_said_to_be_of_none(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        result = await client.call_tool("get_order_status", {"order_id": "77"})
    assert blocks(result) == {"orders": []}
    assert "order 77 of 2026-03-04" in result.structured_content["notes"][0]


async def test_the_journal_is_told_even_where_kis_cannot_be_read(simulator: Simulator) -> None:
    async with connected(settings_for(simulator), person=Person()) as client:
        await client.call_tool("place_order", BUY)
        simulator.faults.add("empty_error", "*", times=100)
        result = await client.call_tool("get_order_history", {})
    (order,) = blocks(result)["orders"]
    assert (order["state"], order["ours"]) == ("accepted", True)
    assert any("could not be read" in note for note in result.structured_content["notes"])
