"""Websocket APIs as tools: what a client gets of what KIS sends."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client

from kis_mcp.catalog.live import MOST_CHANNELS
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.client import blocks, connected, error, settings_for
from tests.kis.live.fake_live_kis import FakeLiveKis, encrypted, run_fake_live_kis

TRADES = "domestic_stock_ccnl_krx"
SAMSUNG, HYNIX = ("H0STCNT0", "005930"), ("H0STCNT0", "000660")


def api_of(tool: str) -> Api:
    api = catalog().find(tool)
    assert api is not None
    return api


def record(symbol: str, price: int, extra: int = 0) -> str:
    """A trade in KIS' order of fields, with as many more behind as KIS may add."""
    values = {"MKSC_SHRN_ISCD": symbol, "STCK_CNTG_HOUR": "093354", "STCK_PRPR": str(price), "CNTG_VOL": "7"}
    return "^".join([*(values.get(field.element, "0") for field in api_of(TRADES).blocks[0].fields), *["9"] * extra])


class Live:
    def __init__(self, kis: FakeLiveKis, client: Client) -> None:
        self.kis = kis
        self.client = client

    def call(self, tool: str, **arguments: Any) -> asyncio.Task[Any]:
        return asyncio.create_task(self.client.call_tool(tool, arguments))


@asynccontextmanager
async def watching(simulator: Simulator) -> AsyncGenerator[Live]:
    async with run_fake_live_kis() as kis:
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        async with connected(settings, SurfaceOptions("all")) as client:
            yield Live(kis, client)


async def test_events_come_typed_until_there_are_enough_and_the_slots_are_given_back(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        call = live.call(TRADES, symbols=["005930", "000660"], max_events=3, seconds=50)
        await live.kis.until(SAMSUNG, HYNIX)
        await live.kis.send(f"0|H0STCNT0|002|{record('005930', 71900)}^{record('000660', 560000)}")
        await live.kis.send(f"0|H0STCNT0|001|{record('005930', 72000)}")
        result = await call
        trades = blocks(result)["trades"]
        assert sorted((row["symbol"], row["price"], row["trade_volume"]) for row in trades) == [
            ("000660", 560000, 7),
            ("005930", 71900, 7),
            ("005930", 72000, 7),
        ]
        assert trades[0]["trade_time"] == "09:33:54"
        assert any("ended at 3 events" in note for note in result.structured_content["notes"])
        await live.kis.until_cut()


async def test_without_a_websocket_beside_its_simulator_the_setting_is_named(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, url_ws=""), SurfaceOptions("all")) as client:
        facts = error(await client.call_tool(TRADES, {"symbols": ["005930"]}))
    assert (facts["class"], facts["field"]) == ("settings", "KIS_URL_WS")
    assert "kis-mcp sim" in facts["next_step"]


async def test_records_with_more_fields_than_documented_are_read_rightly(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        call = live.call(TRADES, symbols=["005930"], max_events=2, fields="all")
        await live.kis.until(SAMSUNG)
        await live.kis.send(f"0|H0STCNT0|002|{record('005930', 71900, extra=2)}^{record('005930', 72000, extra=2)}")
        trades = blocks(await call)["trades"]
        assert [row["price"] for row in trades] == [71900, 72000]
        assert trades[0]["field_48"] == "9"


async def test_a_quiet_channel_ends_with_a_note(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        result = await live.call(TRADES, symbols=["005930"], seconds=1)
        assert blocks(result)["trades"] == []
        assert "Nothing came in 1 s" in result.structured_content["notes"][0]


async def test_two_calls_share_a_channel(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        calls = [live.call(TRADES, symbols=["005930"], max_events=1, seconds=50) for _ in range(2)]
        await live.kis.until(SAMSUNG)
        while not all(call.done() for call in calls):
            await live.kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
            await asyncio.wait(calls, timeout=0.05)
        assert [len(blocks(call.result())["trades"]) for call in calls] == [1, 1]
        registrations = [text for text in live.kis.received if '"tr_type": "1"' in text]
        assert len(registrations) == 1


async def test_the_persons_own_notices_are_decrypted_and_show_no_account_number(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        call = live.call("domestic_stock_ccnl_notice", max_events=1, seconds=50)
        await live.kis.until(("H0STCNI0", "simulator"))
        names = [field.element for field in api_of("domestic_stock_ccnl_notice").blocks[0].fields]
        values = {"CUST_ID": "simulator", "ACNT_NO": "5000000001", "ODER_NO": "0000001234"}
        await live.kis.send(f"1|H0STCNI0|001|{encrypted('^'.join(values.get(name, '') for name in names))}")
        (notice,) = blocks(await call)["notices"]
        assert notice["order_id"] == "0000001234"
        assert "50000000" not in str(notice)


async def test_what_kis_refuses_is_told_and_gives_back_what_was_registered(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        live.kis.refuse["999999"] = ("OPSP8992", "INVALID INSTRUMENT")
        failure = error(await live.call(TRADES, symbols=["005930", "999999"]))
        assert failure["kis_code"] == "OPSP8992"
        await live.kis.until_cut()


async def test_more_than_kis_sends_at_once_is_refused_with_what_holds_the_slots(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        calls = [
            live.call(TRADES, symbols=[f"{number:06}" for number in range(start, start + 20)], max_events=1, seconds=50)
            for start in (100000, 100020)
        ]
        await live.kis.until(*(("H0STCNT0", f"{number:06}") for number in range(100000, 100040)))
        failure = error(await live.call(TRADES, symbols=["005930", "000660"]))
        assert f"at most {MOST_CHANNELS}" in failure["what"]
        assert f"(this one) has {MOST_CHANNELS} H0STCNT0" in failure["what"]
        for call in calls:
            call.cancel()
        await live.kis.until_cut()


async def test_a_drop_meanwhile_is_told_with_its_times(simulator: Simulator) -> None:
    async with watching(simulator) as live:
        call = live.call(TRADES, symbols=["005930"], max_events=1, seconds=50)
        await live.kis.until(SAMSUNG)
        live.kis.cut()
        await live.kis.until_connected(2)
        await live.kis.until(SAMSUNG)
        await live.kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
        result = await call
        assert [row["price"] for row in blocks(result)["trades"]] == [71900]
        assert any("Nothing could be received from" in note for note in result.structured_content["notes"])


async def test_call_read_tool_collects_live_data_too(simulator: Simulator) -> None:
    async with run_fake_live_kis() as kis:
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        async with connected(settings) as client:
            arguments = {"name": TRADES, "arguments": {"symbols": ["005930"], "max_events": 1, "seconds": 50}}
            call = asyncio.create_task(client.call_tool("call_read_tool", arguments))
            await kis.until(SAMSUNG)
            await kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
            assert blocks(await call)["trades"][0]["price"] == 71900


async def test_demo_has_few_channels_and_names_another_way(simulator: Simulator) -> None:
    async with connected(settings_for(simulator, "demo"), SurfaceOptions("all")) as client:
        failure = error(await client.call_tool("domestic_stock_ccnl_nxt", {"symbols": ["005930"]}))
    assert failure["class"] == "not_in_environment"
    assert TRADES in failure["next_step"]
