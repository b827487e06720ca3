"""Watching live data through the core tools: what a client gets."""

import asyncio
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp_types import TextResourceContents

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.kis.live.fake_live_kis import FakeLiveKis, encrypted, run_fake_live_kis

SAMSUNG, SAMSUNG_BOOK = ("H0STCNT0", "005930"), ("H0STASP0", "005930")
TRADES, BOOKS, NOTICES = "domestic_stock_ccnl_krx", "domestic_stock_asking_price_krx", "domestic_stock_ccnl_notice"


def record(tool: str, **values: object) -> str:
    api = catalog().find(tool)
    assert api is not None
    return "^".join(str(values.get(field.name, "")) for field in api.blocks[0].fields)


def trade(price: int, **more: object) -> str:
    return f"0|H0STCNT0|001|{record(TRADES, symbol='005930', trade_time='103105', price=price, trade_volume=7, **more)}"


def book(ask: int, bid: int) -> str:
    sides = {"ask_price_1": ask, "ask_quantity_1": 10, "ask_price_2": ask + 100, "ask_quantity_2": 20}
    sides |= {"bid_price_1": bid, "bid_quantity_1": 30, "bid_price_2": bid - 100, "bid_quantity_2": 40}
    totals = {"total_ask_quantity": 300, "total_bid_quantity": 400}
    return f"0|H0STASP0|001|{record(BOOKS, symbol='005930', trade_time='103106', **sides, **totals)}"


class Live:
    def __init__(self, kis: FakeLiveKis, client: Client) -> None:
        self.kis = kis
        self.client = client

    async def call(self, tool: str, **arguments: Any) -> Any:
        return await self.client.call_tool(tool, arguments)

    async def watch(self, *channels: tuple[str, str], **arguments: Any) -> str:
        """A watch whose channels are registered."""
        watch_id: str = blocks(await self.call("watch", **arguments))["watch"]["watch_id"]
        await self.kis.until(*channels)
        return watch_id

    async def until_read(self, watch_id: str, events: int, **arguments: Any) -> Any:
        """What the watch tells once so many events came over its channels."""
        async with asyncio.timeout(20):
            while True:
                channels = blocks(await self.call("list_watches"))["channels"]
                if sum(row["events"] for row in channels) >= events:
                    return await self.call("read_watch", watch_id=watch_id, **arguments)


@asynccontextmanager
async def live_server(simulator: Simulator, environment: str = "sim", **more: Any) -> AsyncGenerator[Live]:
    async with run_fake_live_kis() as kis:
        url = kis.url.removesuffix("/tryitout")
        settings = settings_for(simulator, environment, url_ws=url, url_ws_paper=url, **more)
        async with connected(settings) as client:
            yield Live(kis, client)


async def test_a_watch_tells_state_and_the_trades_since_a_cursor(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, SAMSUNG_BOOK, symbols=["005930"], kinds=["trade", "book"])
        await live.kis.send(trade(71900, trade_side=1))
        await live.kis.send(book(72000, 71900))
        await live.kis.send(trade(72000, change=-100, price_direction=5, change_rate="-0.14", volume=3052507))
        told = blocks(await live.until_read(watch_id, 3))
        assert told["watch"]["watches"] == "005930 book+trade"
        assert [(row["price"], row.get("side")) for row in told["trades"]] == [(71900, "buy"), (72000, None)]
        (price,) = told["prices"]
        time = price.pop("time")
        assert time.startswith("2026-03-04T10:31:05")
        assert price == {
            "symbol": "005930",
            "exchange": "krx",
            "price": 72000,
            "change": -100,
            "change_rate": -0.14,
            "volume": 3052507,
        }
        (best,) = told["books"]
        assert (best["bid"], best["bid_quantity"], best["ask"], best["ask_quantity"]) == (71900, 30, 72000, 10)
        assert (best["spread"], best["total_bid_quantity"], best["total_ask_quantity"]) == (100, 400, 300)
        assert told["levels"] == []
        await live.kis.send(trade(72100))
        told = blocks(await live.until_read(watch_id, 4, cursor=told["watch"]["cursor"], depth=2))
        assert [row["price"] for row in told["trades"]] == [72100]
        assert [(row["level"], row["bid"], row["ask"]) for row in told["levels"]] == [
            (1, 71900, 72000),
            (2, 71800, 72100),
        ]


async def test_of_many_trades_the_latest_are_told_and_how_many_are_left_out(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        for price in range(1, 6):
            await live.kis.send(trade(price))
        result = await live.until_read(watch_id, 5, limit=3)
        assert [row["price"] for row in blocks(result)["trades"]] == [3, 4, 5]
        assert result.structured_content["notes"] == [
            "2 earlier trades since the cursor are left out; limit tells more."
        ]


async def test_a_wait_is_met_by_a_trade_and_says_what_met_it(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        condition = {"symbol": "005930", "price_above": 72500}
        waiting = asyncio.create_task(live.call("wait_for", condition=condition, seconds=50))
        await live.kis.until(SAMSUNG)
        await live.kis.send(trade(72400))
        await live.kis.send(trade(72600))
        result = await waiting
        told = blocks(result)["result"]
        assert told["met"] is True
        assert told["what"] == "005930 traded at 72,600, at or above 72,500 at 10:31:05 KST"
        assert result.structured_content["complete"] is True
        assert [row["price"] for row in blocks(result)["prices"]] == [72600]


async def test_a_wait_that_is_over_goes_on_with_its_cursor_and_misses_nothing(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        condition = {"symbol": "005930", "price_crosses_up": 72500}
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        await live.kis.send(trade(72400))
        await live.until_read(watch_id, 1)
        result = await live.call("wait_for", condition=condition, watch_id=watch_id, seconds=1)
        assert blocks(result)["result"]["met"] is False
        assert blocks(result)["result"]["waits_for"] == "005930 rises through 72,500"
        assert result.structured_content["complete"] is False
        await live.kis.send(trade(72600))
        await live.until_read(watch_id, 2)
        cursor = result.structured_content["next_cursor"]
        result = await live.call("wait_for", condition=condition, watch_id=watch_id, cursor=cursor, seconds=50)
        assert blocks(result)["result"]["what"].startswith("005930 traded at 72,600, up through 72,500")


async def test_progress_says_what_is_waited_for(simulator: Simulator) -> None:
    told: list[str | None] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:
        told.append(message)

    async with live_server(simulator) as live:
        await live.client.call_tool(
            "wait_for", {"condition": {"symbol": "005930", "price_above": 72500}, "seconds": 1}, progress_callback=note
        )
    assert told == ["Waiting until 005930 trades at or above 72,500; 0 of 1 s have passed."]


async def test_a_fill_of_the_persons_own_order_meets_a_wait(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        condition = {"order": "filled", "order_id": "0000001234"}
        waiting = asyncio.create_task(live.call("wait_for", condition=condition, seconds=50))
        await live.kis.until(("H0STCNI0", "simulator"), ("H0GSCNI0", "simulator"))
        values = {"account_number": "8765432101", "order_id": "0000001234", "symbol": "005930", "side": "02"}
        fill = record(NOTICES, **values, notice_type=2, fill_quantity=3, fill_price=72600, trade_time="103105")
        await live.kis.send(f"1|H0STCNI0|001|{encrypted(fill)}")
        result = await waiting
        assert blocks(result)["result"]["what"] == (
            "005930 has an order filled (0000001234, 3 at 72,600) at 10:31:05 KST"
        )
        told = blocks(await live.call("read_watch", watch_id=blocks(result)["result"]["watch_id"]))
        assert [(row["step"], row["side"], row["filled_quantity"]) for row in told["orders"]] == [("filled", "buy", 3)]
        assert "87654321" not in str(told)


async def test_watches_are_listed_and_ended_with_their_slots(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        assert await live.watch(SAMSUNG, symbols=["005930"]) == watch_id
        await live.kis.send(trade(71900))
        await live.until_read(watch_id, 1)
        told = blocks(await live.call("list_watches"))
        assert [(row["watch_id"], row["watches"], row["slots"]) for row in told["watches"]] == [
            (watch_id, "005930 trade", 1)
        ]
        (channel,) = told["channels"]
        assert channel == {
            "watch_id": watch_id,
            "channel": "H0STCNT0 005930",
            "kind": "trade",
            "events": 1,
            "per_second": 0.02,
            "last_at": "2026-03-04T10:30:00+09:00",
            "unreadable": 0,
            "gaps": 0,
        }
        assert told["slots"] == {"taken": 1, "free": 40}
        assert told["processes"] == [{"process": f"process {os.getpid()}", "slots": 1, "is_own": True}]
        assert blocks(await live.call("unwatch", watch_id=watch_id))["watch"]["ended"] is True
        await live.kis.until_cut()
        assert blocks(await live.call("list_watches"))["watches"] == []
        assert "is over: it was ended" in error(await live.call("read_watch", watch_id=watch_id))["what"]


async def test_a_wait_on_a_watch_that_is_ended_says_so(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        waits = asyncio.Event()

        async def note(progress: float, total: float | None, message: str | None) -> None:
            waits.set()

        condition = {"symbol": "005930", "price_above": 72500}
        arguments = {"condition": condition, "watch_id": watch_id, "seconds": 50}
        waiting = asyncio.create_task(live.client.call_tool("wait_for", arguments, progress_callback=note))
        await waits.wait()
        await live.call("unwatch", watch_id=watch_id)
        facts = error(await waiting)
        assert facts["class"] == "bad_argument"
        assert "is over: it was ended" in facts["what"]


async def test_a_wait_tells_the_gaps_in_it(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        condition = {"symbol": "005930", "price_above": 72500}
        waiting = asyncio.create_task(live.call("wait_for", condition=condition, watch_id=watch_id, seconds=50))
        live.kis.cut()
        await live.kis.until_connected(2)
        await live.kis.until(SAMSUNG)
        await live.kis.send(trade(72600))
        result = await waiting
        assert blocks(result)["result"]["met"] is True
        assert any("Nothing could be received from" in note for note in result.structured_content["notes"])


async def test_while_the_link_is_lost_every_answer_says_since_when_and_why(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        live.kis.mute = True
        live.kis.cut()
        await live.kis.until_received(2)
        note = (
            "Nothing has been received since 10:30:00 KST."
            " KIS closed the live connection. The live link is being opened again."
        )
        for tool, arguments in (
            ("read_watch", {"watch_id": watch_id}),
            ("wait_for", {"watch_id": watch_id, "condition": {"symbol": "005930", "event": "trade"}, "seconds": 1}),
            ("list_watches", {}),
            ("call_read_tool", {"name": TRADES, "arguments": {"symbols": ["005930"], "seconds": 1}}),
        ):
            result = await live.call(tool, **arguments)
            assert result.structured_content["notes"] == [note], tool
        (channel,) = blocks(await live.call("list_watches"))["channels"]
        assert channel["silent_since"] == "2026-03-04T10:30:00+09:00"
        (content,) = (await live.client.read_resource(f"kis://stream/{watch_id}")).contents
        assert isinstance(content, TextResourceContents)
        assert json.loads(content.text)["notes"] == [note]


async def test_a_drop_is_told_once_to_a_reader_who_goes_on_from_its_cursor(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        live.kis.cut()
        await live.kis.until_connected(2)
        await live.kis.until(SAMSUNG)
        await live.kis.send(trade(71900))
        first = await live.until_read(watch_id, 1)
        assert "Nothing could be received from" in first.structured_content["notes"][0]
        second = await live.call("read_watch", watch_id=watch_id, cursor=blocks(first)["watch"]["cursor"])
        assert "notes" not in second.structured_content


async def test_a_drop_is_told_and_the_watch_goes_on(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        live.kis.cut()
        await live.kis.until_connected(2)
        await live.kis.until(SAMSUNG)
        await live.kis.send(trade(71900))
        result = await live.until_read(watch_id, 1)
        assert [row["price"] for row in blocks(result)["trades"]] == [71900]
        assert any("Nothing could be received from" in note for note in result.structured_content["notes"])


@pytest.mark.parametrize(
    ("arguments", "field", "words"),
    [
        ({}, "KIS_HTS_ID", "HTS ID"),
        ({"symbols": ["삼성전자"]}, "symbol", "005930"),
        ({"symbols": ["005930"], "exchange": "nasdaq"}, "exchange", "nasdaq"),
        ({"symbols": ["AAPL"], "kinds": ["status"]}, "kinds", "trade, book"),
        ({"kinds": ["trade"]}, "symbols", "at least one symbol"),
        ({"symbols": ["ZZZZ"]}, "exchange", "nasdaq"),
    ],
)
async def test_what_cannot_be_watched_is_refused_with_what_to_do(
    simulator: Simulator, arguments: dict[str, Any], field: str, words: str
) -> None:
    async with connected(settings_for(simulator, "real")) as client:
        failure = error(await client.call_tool("watch", arguments))
    assert failure["field"] == field
    assert words in failure["what"] + failure["next_step"]


async def test_a_wrong_condition_names_its_place(simulator: Simulator) -> None:
    async with connected(settings_for(simulator)) as client:
        condition = {"any": [{"symbol": "005930", "price_abov": 72500}]}
        failure = error(await client.call_tool("wait_for", {"condition": condition}))
    assert (failure["field"], failure["next_step"]) == ("condition.any[0].price_abov", "Did you mean price_above?")


async def test_a_watch_that_lacks_what_a_condition_needs_is_refused(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        condition = {"symbol": "005930", "spread_below": 100}
        failure = error(await live.call("wait_for", condition=condition, watch_id=watch_id))
    assert "has no 005930 book events" in failure["what"]


async def test_demo_has_no_live_us_quotes_and_names_what_to_use(simulator: Simulator) -> None:
    async with live_server(simulator, "demo") as live:
        failure = error(await live.call("watch", symbols=["AAPL"]))
        assert failure["class"] == "not_in_environment"
        assert "overseas_stock_price" in failure["next_step"]
        await live.watch(SAMSUNG, symbols=["005930"])


async def test_a_quote_of_what_is_watched_comes_from_the_watch_and_says_so(simulator: Simulator) -> None:
    async with live_server(simulator) as live:
        watch_id = await live.watch(SAMSUNG, symbols=["005930"])
        await live.kis.send(trade(65000))
        await live.until_read(watch_id, 1)
        read = blocks(await live.call("get_quote", symbol="005930"))["quote"]
        price = read["previous_close"] + 500
        await live.kis.send(trade(price, change=500, volume=1234))
        await live.until_read(watch_id, 2)
        result = await live.call("get_quote", symbol="005930")
        quote = blocks(result)["quote"]
        assert (quote["price"], quote["change"], quote["volume"]) == (price, 500, 1234)
        assert (quote["trade_date"], quote["trade_time"]) == ("2026-03-04", "10:31:05")
        assert quote["per"] == read["per"]
        assert result.structured_content["notes"] == [
            f"Price, change, range, volume and turnover are from watch {watch_id}, 0.0 s old;"
            " the rest was read at 10:30:00 KST."
        ]
