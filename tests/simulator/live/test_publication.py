"""What is sent of a market, and when."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator import Simulator
from kis_mcp.simulator.answers.live import Elements
from kis_mcp.simulator.live.channels import MARKET_CHANNELS, Channels
from kis_mcp.simulator.world import World
from tests.simulator.live.client import PATIENCE_SECONDS, TRADES, LiveClient, Script, live
from tests.simulator.wire import MONDAY, SAMSUNG as SAMSUNG_PRICE, ManualClock, Wire, simulator

SAMSUNG, HYNIX, KRX_ALONE = "005930", "000660", "005935"


class Day:
    """A simulator whose trades a test writes, and a client of its real host."""

    def __init__(self, sim: Simulator, wire: Wire, client: LiveClient, clock: ManualClock, script: Script) -> None:
        self.sim, self.wire, self.client, self.clock, self.script = sim, wire, client, clock, script

    def trade(self, price: str, *, after: float) -> None:
        """A trade so many seconds after eleven."""
        self.script.trades.append((MONDAY + timedelta(seconds=after), price))

    def pass_time(self, **duration: float) -> None:
        """Let it pass at once, and be seen at once."""
        self.sim.kis.set_clock(self.sim.clock() + timedelta(**duration))

    async def prices(self) -> list[str]:
        """Those in the next frame."""
        return [record[2] for record in (await self.client.frame()).records]


@asynccontextmanager
async def day(channels: Channels | None = None, **options: Any) -> AsyncGenerator[Day]:
    script, clock = Script(), ManualClock()
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        simulator(channels=channels or script.channels, clock=clock, **options) as (sim, wire, _demo),
        live(sim.real_ws_url, wire) as client,
    ):
        yield Day(sim, wire, client, clock, script)


async def test_what_happened_since_the_registration_comes_in_one_frame_after_its_answer():
    async with day() as live_day:
        live_day.trade("70000", after=0)
        live_day.trade("70100", after=1)
        live_day.trade("70200", after=2)
        assert (await live_day.client.register(TRADES, SAMSUNG))["body"]["rt_cd"] == "0"
        live_day.clock.pass_time(seconds=2)
        frame = await live_day.client.frame()
    assert (frame.tr_id, frame.count, frame.is_encrypted) == (TRADES, 2, False)
    assert [record[2] for record in frame.records] == ["70100", "70200"]


async def test_nothing_is_sent_twice_and_nothing_in_between_is_lost():
    async with day() as live_day:
        for second in range(1, 31):
            live_day.trade(str(second), after=second)
        await live_day.client.register(TRADES, SAMSUNG)
        seen: list[str] = []
        while len(seen) < 30:
            live_day.pass_time(seconds=3)
            seen += await live_day.prices()
    assert seen == [str(second) for second in range(1, 31)]


async def test_each_channel_has_frames_of_its_own_until_it_is_ended():
    async with day() as live_day:
        live_day.trade("1", after=1)
        live_day.trade("2", after=2)
        for symbol in (SAMSUNG, HYNIX):
            await live_day.client.register(TRADES, symbol)
        live_day.pass_time(seconds=1)
        frames = [await live_day.client.frame() for _ in range(2)]
        await live_day.client.release(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        last = await live_day.client.frame()
    assert sorted(frame.fields[0] for frame in frames) == [HYNIX, SAMSUNG]
    assert (last.fields[0], last.fields[2]) == (HYNIX, "2")


async def test_the_fields_stand_in_the_order_of_the_table_and_what_is_missing_is_blank():
    api = catalog().find("domestic_stock_ccnl_krx")
    assert api is not None
    names = [field.element for field in api.blocks[0].fields]
    async with day() as live_day:
        live_day.trade("70100", after=1)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        frame = await live_day.client.frame()
    assert len(names) == 47
    assert {name: text for name, text in zip(names, frame.fields, strict=True) if text} == {
        "MKSC_SHRN_ISCD": SAMSUNG,
        "STCK_PRPR": "70100",
        "MARKET_CLS_CODE": "2",
    }


async def test_of_what_a_clock_jumps_over_only_the_last_minute_is_sent():
    async with day() as live_day:
        live_day.trade("early", after=60)
        live_day.trade("late", after=3599)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.sim.kis.set_clock(MONDAY + timedelta(hours=1))
        assert await live_day.prices() == ["late"]
    assert max(until - since for _, since, until in live_day.script.asked) == timedelta(seconds=60)


async def test_a_clock_that_stands_sends_nothing_and_one_that_is_set_sends_at_once():
    async with day() as live_day:
        live_day.trade("1", after=5)
        await live_day.client.register(TRADES, SAMSUNG)
        await live_day.client.register("H0STASP0", SAMSUNG)
        assert live_day.script.asked == []
        live_day.sim.kis.set_clock(MONDAY + timedelta(seconds=5))
        assert await live_day.prices() == ["1"]


async def test_more_than_a_hundred_records_come_in_several_frames():
    async with day() as live_day:
        for number in range(250):
            live_day.trade(str(number), after=1)
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=1)
        frames = [await live_day.client.frame() for _ in range(3)]
    assert [frame.count for frame in frames] == [100, 100, 50]
    assert [record[2] for frame in frames for record in frame.records] == [str(number) for number in range(250)]


async def test_records_have_the_fields_of_june_on_request():
    widths = {TRADES: 46, "H0STASP0": 59, "H0NXASP0": 65, "H0UNASP0": 65, "H0STANC0": 45}
    channels = Channels(dict.fromkeys(widths, lambda world, key, since, until: [{"NMID_PRC": "7"}]), lambda *_: True)
    async with day(channels, switches={"live_fields_of_june": True}) as live_day:
        for tr_id in widths:
            await live_day.client.register(tr_id, SAMSUNG)
        live_day.pass_time(seconds=1)
        frames = {frame.tr_id: frame.fields for frame in [await live_day.client.frame() for _ in widths]}
    assert {tr_id: len(fields) for tr_id, fields in frames.items()} == widths
    assert frames["H0NXASP0"][-3:] == ["7", "", ""]


async def test_the_market_status_comes_as_it_was_measured_on_request():
    status = {"MKSC_SHRN_ISCD": SAMSUNG, "TRHT_YN": "N", "TR_SUSP_REAS_CNTT": "", "EXCH_CLS_CODE": "1"}
    channels = Channels({"H0UNMKO0": lambda world, key, since, until: [status]}, lambda *_: True)
    async with day(channels, switches={"live_status_as_measured": True}) as live_day:
        await live_day.client.register("H0UNMKO0", SAMSUNG)
        live_day.pass_time(seconds=1)
        measured = (await live_day.client.frame()).fields
        live_day.sim.switches.choose({"live_status_as_measured": False})
        live_day.pass_time(seconds=1)
        documented = (await live_day.client.frame()).fields
    assert (len(measured), *measured[:3]) == (10, SAMSUNG, "N", "(null)")
    assert (len(documented), documented[2], documented[-1]) == (11, "", "1")


async def test_a_feed_that_breaks_ends_its_channel_alone():
    def breaks(world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        raise ZeroDivisionError

    script = Script()
    channels = Channels({"H0STASP0": breaks, TRADES: script.feed}, lambda *_: True)
    async with day(channels) as live_day:
        script.trades.append((MONDAY + timedelta(seconds=1), "1"))
        for tr_id in ("H0STASP0", TRADES):
            await live_day.client.register(tr_id, SAMSUNG)
        live_day.pass_time(seconds=1)
        assert await live_day.prices() == ["1"]
        assert (await live_day.client.release("H0STASP0", SAMSUNG))["body"]["msg_cd"] == "OPSP0003"


async def test_the_worlds_own_trades_are_those_of_the_quote():
    async with day(MARKET_CHANNELS) as live_day:
        await live_day.client.register(TRADES, SAMSUNG)
        live_day.pass_time(seconds=40)
        last = (await live_day.client.frame()).records[-1]
        quote = await live_day.wire.price(SAMSUNG_PRICE["FID_INPUT_ISCD"])
    assert (last[0], last[2], last[13]) == (SAMSUNG, quote["stck_prpr"], quote["acml_vol"])


async def test_nextrade_has_no_trades_of_what_it_does_not_trade():
    async with day(MARKET_CHANNELS) as live_day:
        for tr_id, symbol in ((TRADES, KRX_ALONE), ("H0UNCNT0", KRX_ALONE), ("H0UNCNT0", SAMSUNG)):
            assert (await live_day.client.register(tr_id, symbol))["body"]["rt_cd"] == "0"
        live_day.pass_time(seconds=40)
        frames = [await live_day.client.frame() for _ in range(2)]
        live_day.pass_time(seconds=40)
        frames += [await live_day.client.frame() for _ in range(2)]
    assert {(frame.tr_id, frame.fields[0]) for frame in frames} == {(TRADES, KRX_ALONE), ("H0UNCNT0", SAMSUNG)}
