"""What goes wrong on websockets on request."""

import asyncio
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.simulator.live.client import TRADES, live
from tests.simulator.live.test_publication import HYNIX, SAMSUNG, day


async def test_a_connection_is_dropped_once_it_is_registered_for_the_target():
    async with day() as live_day:
        fault = live_day.sim.live_faults.add("drop", TRADES)
        await live_day.client.register("H0STASP0", SAMSUNG)
        assert not fault.struck.is_set()
        await live_day.client.send(TRADES, SAMSUNG)
        with pytest.raises(ConnectionClosed):
            while True:
                await live_day.client.receive()
        assert fault.struck.is_set()
        async with live(live_day.sim.real_ws_url, live_day.wire) as again:
            assert (await again.register(TRADES, SAMSUNG))["body"]["msg_cd"] == "OPSP0000"
            await (await again.connection.ping())


async def test_a_silence_holds_back_everything_until_it_is_over():
    async with day(pingpong_seconds=0.02) as live_day:
        live_day.trade("lost", after=1)
        live_day.trade("seen", after=2)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.sim.live_faults.add("silence")
        live_day.pass_time(seconds=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                while "lost" not in await live_day.client.receive():
                    pass  # what was on its way before
        live_day.sim.live_faults.clear()
        live_day.pass_time(seconds=1)
        assert await live_day.prices() == ["seen"]


async def test_a_silence_of_one_channel_ends_by_itself_and_leaves_others_alone():
    moment = [0.0]
    async with day(monotonic=lambda: moment[0]) as live_day:
        for second in (1, 2):
            live_day.trade(str(second), after=second)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.sim.live_faults.add("silence", TRADES, seconds=30)
        live_day.pass_time(seconds=1)
        assert (await live_day.client.register("H0STASP0", SAMSUNG))["body"]["rt_cd"] == "0"
        assert await asyncio.to_thread(live_day.script.was_asked.wait, 10)
        moment[0] = 30
        live_day.pass_time(seconds=1)
        assert await live_day.prices() == ["2"]


async def test_garbage_comes_before_a_frame_that_is_whole():
    async with day() as live_day:
        live_day.trade("1", after=1)
        live_day.sim.live_faults.add("garbage", TRADES)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        garbage = await live_day.client.receive()
        assert garbage[0] not in "01{"
        assert await live_day.prices() == ["1"]


async def test_records_have_more_fields_at_their_end():
    async with day() as live_day:
        for _ in range(2):
            live_day.trade("1", after=1)
        live_day.sim.live_faults.add("extra_fields", TRADES, count=3)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        frame = await live_day.client.frame()
    assert [(len(record), record[0], record[2], record[-3:]) for record in frame.records] == [
        (50, SAMSUNG, "1", ["9", "9", "9"])
    ] * 2


async def test_half_a_frame_ends_in_its_middle_as_often_as_it_is_told():
    async with day() as live_day:
        for second in (1, 2, 3):
            live_day.trade("70000", after=second)
        live_day.sim.live_faults.add("half_frame", "*", times=2)
        await live_day.client.register(TRADES, SAMSUNG)
        texts: list[str] = []
        for _ in range(3):
            live_day.pass_time(seconds=1)
            texts.append(await live_day.client.receive())
    assert texts[0] == texts[1] == texts[2][: len(texts[2]) // 2]


async def test_a_burst_is_kept_back_and_comes_whole():
    async with day() as live_day:
        for second in (1, 2, 3):
            live_day.trade(str(second), after=second)
        live_day.sim.live_faults.add("burst", TRADES, count=2)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        await live_day.client.register("H0STASP0", SAMSUNG)
        assert await asyncio.to_thread(live_day.script.was_asked.wait, 10)
        live_day.pass_time(seconds=1)
        assert [await live_day.prices() for _ in range(2)] == [["1"], ["2"]]
        live_day.pass_time(seconds=1)
        assert await live_day.prices() == ["3"]


async def test_what_a_burst_has_kept_back_comes_when_faults_are_cleared():
    async with day() as live_day:
        live_day.trade("1", after=1)
        fault = live_day.sim.live_faults.add("burst", count=100)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        assert await asyncio.to_thread(fault.struck.wait, 10)
        live_day.sim.live_faults.clear()
        assert await live_day.prices() == ["1"]


@pytest.mark.parametrize(
    "sent",
    [{"kind": "live_drop"}, {"kind": "live_silence", "seconds": 3}, {"kind": "live_burst", "target": TRADES}],
)
async def test_faults_are_taken_over_http(sent: dict[str, Any]):
    async with day() as live_day, httpx.AsyncClient(base_url=live_day.sim.demo_url) as http:
        assert (await http.post("/simulator/faults", json=sent)).json() == {}
        wrong = await http.post("/simulator/faults", json={**sent, "code": "EGW00201"})
        assert (await http.delete("/simulator/faults")).json() == {}
        unknown = await http.post("/simulator/faults", json={"kind": "live_magic"})
        live_day.trade("1", after=1)
        await live_day.client.register(TRADES, HYNIX)
        live_day.pass_time(seconds=1)
        assert await live_day.prices() == ["1"]
    assert (wrong.status_code, "code" in wrong.json()["error"]) == (400, True)
    assert (unknown.status_code, "burst" in unknown.json()["error"]) == (400, True)
