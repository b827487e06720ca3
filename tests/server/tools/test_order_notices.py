"""KIS' notices of orders as a client sees them, beside the lists of a simulator that says nothing of them."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from mcp import Client

from kis_mcp.catalog.loader import catalog
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from tests.client import BUY, NOW, Person, blocks, connected, settings_for
from tests.kis.live.fake_live_kis import FakeLiveKis, encrypted, run_fake_live_kis

CHANNEL = ("H0STCNI0", "simulator")
OWN, OTHER = "5000000001", "9900000001"


def record(order_id: str, event: str, *, account: str = OWN, quantity: int = 3) -> str:
    """A notice of a purchase with KIS' fields in their order; ``event`` is CNTG_YN."""
    api = catalog().find("domestic_stock_ccnl_notice")
    assert api is not None
    values = {
        "CUST_ID": "simulator",
        "ACNT_NO": account,
        "ODER_NO": order_id,
        "SELN_BYOV_CLS": "02",
        "RCTF_CLS": "0",
        "ODER_KIND": "00",
        "STCK_SHRN_ISCD": "005930",
        "CNTG_QTY": f"{quantity:010}",
        "CNTG_UNPR": "000059900",
        "STCK_CNTG_HOUR": f"{NOW:%H%M%S}",
        "RFUS_YN": "0",
        "CNTG_YN": event,
        "ACPT_YN": event,
        "BRNC_NO": "06010",
        "ODER_QTY": f"{quantity:09}",
        "ODER_PRC": "000060000",
    }
    return "^".join(values.get(field.element, "") for field in api.blocks[0].fields)


@asynccontextmanager
async def trading(simulator: Simulator) -> AsyncGenerator[tuple[FakeLiveKis, Client, Settings, str]]:
    """A client with one order that rests, once notices come; and the order's number."""
    async with run_fake_live_kis() as kis, asyncio.timeout(30):
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        async with connected(settings, person=Person()) as client:
            order = blocks(await client.call_tool("place_order", BUY))["order"]
            await kis.until(CHANNEL)
            yield kis, client, settings, order["order_id"]


async def tell(kis: FakeLiveKis, *records: str) -> None:
    for each in records:
        await kis.send(f"1|H0STCNI0|001|{encrypted(each)}")


async def until_known(client: Client, order_id: str) -> Any:
    """get_orders, once it knows an order."""
    while True:
        result = await client.call_tool("get_orders", {"market": "KR"})
        if any(row["order_id"] == order_id for row in blocks(result)["orders"]):
            return result


async def test_a_fill_shows_before_the_list_has_it_and_after_a_restart(simulator: Simulator) -> None:
    async with trading(simulator) as (kis, client, settings, order_id):
        await tell(kis, record(order_id, "2"), record(order_id, "2"), record("0000000099", "1"))
        result = await until_known(client, "0000000099")
        orders = {row["order_id"]: row for row in blocks(result)["orders"]}
        assert (orders[order_id]["status"], orders[order_id]["filled_quantity"]) == ("filled", 3)
        assert orders[order_id]["average_fill_price"] == 59_900
        assert any("As KIS notified them, newer than its list of orders: " in note for note in _notes(result))
    async with connected(settings) as client:
        result = await client.call_tool("get_order_status", {"order_id": order_id})
        (order,) = blocks(result)["orders"]
        assert (order["state"], order["filled_quantity"]) == ("filled", 3)
        assert any(order_id in note and "newer than its list" in note for note in _notes(result))


async def test_an_order_placed_elsewhere_shows_as_such_and_one_of_another_account_never(simulator: Simulator) -> None:
    async with trading(simulator) as (kis, client, _, order_id):
        await tell(kis, record("0000000098", "1", account=OTHER), "^^^", record("0000000099", "1"))
        result = await until_known(client, "0000000099")
        shown = {row["order_id"]: row["ours"] for row in blocks(result)["orders"]}
        assert shown == {order_id: True, "0000000099": False}
        assert "Placed elsewhere, as far as this server's journal tells: 0000000099." in _notes(result)
        assert "0000000098" not in str(result)


async def test_place_order_answers_by_the_notice_where_the_list_hangs(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("kis_mcp.trading.blotter.first_look.orders_of_today", hang)
    async with asyncio.timeout(30), connected(settings_for(simulator), person=Person()) as client:
        result, order = await _buy(client, 1)
        for quantity in count(2):  # the first orders may fill before notices come
            if "state" in order:
                break
            result, order = await _buy(client, quantity)
    assert (order["state"], order["filled_quantity"], order["remaining_quantity"]) == ("filled", order["quantity"], 0)
    assert order["average_fill_price"] > 0
    assert [note for note in _notes(result) if order["order_id"] in note]


async def _buy(client: Client, quantity: int) -> tuple[Any, dict[str, Any]]:
    arguments = {"symbol": "005930", "side": "buy", "quantity": quantity, "order_type": "market"}
    result = await client.call_tool("place_order", arguments)
    return result, blocks(result)["order"]


def _notes(result: Any) -> list[str]:
    return result.structured_content["notes"]
