"""Watching without any setting: the simulator inside sends what is watched."""

import asyncio
from typing import Any

import pytest
from mcp import Client

from kis_mcp.clock import WorldClock
from kis_mcp.settings.settings import Settings
from tests.client import NOW, Person, blocks, connected


def hurried(at: Any = NOW) -> WorldClock:
    """A day in which the market's next tick is never far."""
    return WorldClock(at=at, speed=100)


async def until_seen(client: Client, watch_id: str, block: str, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(30):
        while True:
            result = await client.call_tool("read_watch", {"watch_id": watch_id})
            rows: list[dict[str, Any]] = blocks(result)[block]
            if len(rows) >= count:
                return rows
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(
    ("symbols", "more"),
    [
        (["005930", "069500"], {}),
        (["005930"], {"exchange": "nxt"}),
        (["AAPL"], {}),
        (["7203"], {"exchange": "tokyo"}),
        (["A01606"], {}),
        (["ESZ26"], {}),
        (["58E175"], {}),
    ],
)
async def test_each_market_is_watched(symbols: list[str], more: dict[str, str]) -> None:
    async with connected(Settings.load(), clock=hurried()) as client:
        arguments = {"symbols": symbols, "kinds": ["trade", "book"], **more}
        watch_id = blocks(await client.call_tool("watch", arguments))["watch"]["watch_id"]
        prices = await until_seen(client, watch_id, "prices", len(symbols))
        books = await until_seen(client, watch_id, "books", len(symbols))
    assert sorted(row["symbol"] for row in prices) == sorted(symbols)
    assert sorted(row["symbol"] for row in books) == sorted(symbols)
    assert all(row["low"] <= row["price"] <= row["high"] for row in prices)
    assert all(row["bid"] < row["ask"] for row in books)


async def test_an_order_that_is_placed_and_filled_is_told_to_who_watches_own_orders() -> None:
    async with connected(Settings.load(), person=Person(), clock=hurried()) as client:
        watch_id = blocks(await client.call_tool("watch", {}))["watch"]["watch_id"]
        order = {"symbol": "005930", "side": "buy", "quantity": 3, "order_type": "market"}
        placed = blocks(await client.call_tool("place_order", order))["order"]
        async with asyncio.timeout(30):
            orders = await until_seen(client, watch_id, "orders", 1)
            while orders[-1]["step"] != "filled":
                orders = await until_seen(client, watch_id, "orders", 1)
    steps = [(row["step"], row["order_id"], row["symbol"], row["side"]) for row in orders]
    assert steps[0] == ("accepted", placed["order_id"], "005930", "buy")
    assert steps[-1] == ("filled", placed["order_id"], "005930", "buy")
    assert sum(row["filled_quantity"] or 0 for row in orders) == 3


async def test_a_wait_for_what_holds_already_is_met_at_once_and_says_so() -> None:
    async with connected(Settings.load(), person=Person()) as client:
        order = {"symbol": "005930", "side": "buy", "quantity": 3, "order_type": "market"}
        placed = blocks(await client.call_tool("place_order", order))["order"]
        here = {"symbol": "005930"}
        for test, words in (
            ({"order": "filled", "order_id": placed["order_id"]}, "has an order filled"),
            ({"order": "accepted", "order_id": placed["order_id"]}, "has an order accepted"),
            (here | {"halted": False}, "has its trading halt off"),
            (here | {"vi": False}, "has its volatility interruption (VI) off"),
            (here | {"price_above": 1}, "traded at"),
            (here | {"spread_above": 1}, "has a spread of"),
        ):
            told = blocks(await client.call_tool("wait_for", {"condition": test, "seconds": 50}))["result"]
            assert told["met"] is True, told
            assert told["what"].startswith(f"It held already: 005930 {words}"), told
        crossing = here | {"price_crosses_up": 1}
        result = blocks(await client.call_tool("wait_for", {"condition": crossing, "seconds": 1}))["result"]
        assert result["met"] is False


async def test_a_price_or_book_that_any_kind_of_instrument_has_already_is_met_at_once() -> None:
    price, spread = {"price_above": 0.001}, {"spread_above": 0.001}
    conditions: list[dict[str, Any]] = [
        {"symbol": "A01606"} | price,
        {"symbol": "A01606"} | spread,
        {"symbol": "B01606380"} | price,
        {"symbol": "ESZ26"} | price,
        {"symbol": "ESZ26"} | spread,
        {"symbol": "7203", "exchange": "tokyo"} | spread,
        {"symbol": "58E175"} | price,
        {"symbol": "KR6095572D81", "market": "domestic_bond"} | price,
        {"symbol": "KR6095572D81", "market": "domestic_bond"} | spread,
    ]
    async with connected(Settings.load()) as client:
        for condition in conditions:
            told = blocks(await client.call_tool("wait_for", {"condition": condition, "seconds": 50}))["result"]
            assert told["met"] is True, told
            words = "traded at" if "price_above" in condition else "has a spread of"
            assert told["what"].startswith(f"It held already: {condition['symbol']} {words}"), told


async def test_a_wait_for_an_order_that_nobody_knows_says_so() -> None:
    async with connected(Settings.load()) as client:
        test = {"order": "filled", "order_id": "0000099999"}
        page = (await client.call_tool("wait_for", {"condition": test, "seconds": 1})).structured_content
        assert page is not None
        assert any("Neither the journal nor KIS has an order 0000099999" in note for note in page["notes"])


async def test_a_wait_for_a_trade_is_met_by_the_market() -> None:
    async with connected(Settings.load(), clock=hurried()) as client:
        condition = {"any": [{"symbol": "005930", "event": "trade"}, {"symbol": "AAPL", "price_above": 1_000_000}]}
        result = blocks(await client.call_tool("wait_for", {"condition": condition, "seconds": 50}))["result"]
    assert result["met"] is True
    assert result["what"].startswith("005930 had a trade event")
