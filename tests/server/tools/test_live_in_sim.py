"""Live tools without any setting: the simulator inside sends what they collect."""

import asyncio
from typing import Any

from kis_mcp.clock import WorldClock
from kis_mcp.market import NOTICE_TOOLS
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from tests.client import BUY, NOW, Person, blocks, connected

EVERY_TOOL = SurfaceOptions("all")


def hurried() -> WorldClock:
    """A day in which the market's next tick is never far."""
    return WorldClock(at=NOW, speed=100)


async def test_trades_and_books_of_a_stock_come_typed():
    async with connected(Settings.load(), EVERY_TOOL, clock=hurried()) as client:
        wanted: dict[str, Any] = {"symbols": ["005930"], "max_events": 3, "seconds": 50, "fields": "all"}
        tools = ("domestic_stock_ccnl_krx", "domestic_stock_asking_price_krx")
        results = await asyncio.gather(*(client.call_tool(tool, wanted) for tool in tools))
    (trades,), (rows,) = (blocks(result).values() for result in results)
    assert len(trades) == 3
    for trade in trades:
        assert (trade["symbol"], type(trade["price"])) == ("005930", int)
        assert trade["low"] <= trade["price"] <= trade["high"]
        assert "field_48" not in trade
    volumes = [trade["volume"] for trade in trades]
    assert volumes == sorted(volumes)
    assert rows[0]["symbol"] == "005930"


async def test_an_order_is_told_while_it_is_watched():
    async with connected(Settings.load(), EVERY_TOOL, person=Person(), clock=hurried()) as client:
        watching = asyncio.create_task(client.call_tool("domestic_stock_ccnl_notice", {"max_events": 1, "seconds": 50}))
        receipts: list[Any] = []
        while not watching.done():
            receipts.append(await client.call_tool("place_order", {**BUY, "quantity": 3}))
            await asyncio.wait({watching}, timeout=0.2)
        (notice,) = blocks(await watching)["notices"]
    assert (notice["symbol"], notice["side"], notice["notice_type"], notice["acceptance"]) == (
        "005930",
        "buy",
        "order",
        "accepted",
    )
    assert (notice["order_quantity"], notice["order_price"], notice["rejected"]) == (3, 60_000, False)
    assert notice["order_id"] in str([receipt.structured_content for receipt in receipts])


async def test_without_a_notice_it_is_said_that_no_order_changed_instead_of_that_nothing_trades():
    async with connected(Settings.load(), EVERY_TOOL) as client:
        results = await asyncio.gather(*(client.call_tool(tool, {"seconds": 1}) for tool in NOTICE_TOOLS))
    assert len(results) >= 5
    for result in results:
        (note,) = (note for note in result.structured_content["notes"] if note.startswith("Nothing came in 1 s"))
        assert "no order of the account changed" in note
        assert "trade" not in note
