"""One session through drops, silences, refusals and garbage, against KIS' websocket on a real socket."""

import asyncio
import json
from collections.abc import AsyncGenerator
from datetime import datetime

import pytest
from hypothesis import Phase, given, settings, strategies as st
from websockets.asyncio.client import connect

from kis_mcp.catalog.live import MOST_CHANNELS, Channel, Frame, Gap, Outage
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, CredentialsError, KisUnavailable, RateLimited
from kis_mcp.kis.live.session import (
    ANSWERED_WITHIN_SECONDS,
    DEAD_AFTER_SECONDS,
    LONGEST_PAUSE_SECONDS,
    SILENT_AFTER_SECONDS,
    WATCH_SECONDS,
    LiveSession,
)
from kis_mcp.kis.timer import Timer
from tests.kis.live.fake_live_kis import FakeLiveKis, encrypted, run_fake_live_kis

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
SAMSUNG, HYNIX = Channel("H0STCNT0", "005930"), Channel("H0STCNT0", "000660")
NOTICES = Channel("H0STCNI0", "person")


class Receiver:
    def __init__(self) -> None:
        self.frames: asyncio.Queue[Frame] = asyncio.Queue()
        self.gaps: asyncio.Queue[Gap] = asyncio.Queue()
        self.outages: list[Outage | None] = []
        self.breaks = False

    def receive(self, frame: Frame) -> None:
        if self.breaks:
            raise RuntimeError("a receiver that breaks")
        self.frames.put_nowait(frame)

    def report_gap(self, gap: Gap) -> None:
        self.gaps.put_nowait(gap)

    def report_outage(self, outage: Outage | None) -> None:
        self.outages.append(outage)

    async def next_frame(self) -> Frame:
        return await asyncio.wait_for(self.frames.get(), 10)


class Waits:
    """Time that passes when a test says so. The pause before a new connection takes none."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []
        self.timer = Timer(monotonic=lambda: self.seconds, sleep=self.sleep, jitter=lambda: 0.0)
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        if seconds not in (WATCH_SECONDS, ANSWERED_WITHIN_SECONDS):
            self.pauses.append(seconds)
            await asyncio.sleep(0)
            return
        sleeper = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.seconds + seconds, sleeper))
        await sleeper

    async def pass_by(self, seconds: float) -> None:
        self.seconds += seconds
        for until, sleeper in self._sleepers:
            if until <= self.seconds and not sleeper.done():
                sleeper.set_result(None)
        for _ in range(3):  # a sleeper wakes, looks, and sleeps again
            await asyncio.sleep(0)


class World:
    def __init__(self, kis: FakeLiveKis) -> None:
        self.kis = kis
        self.receiver = Receiver()
        self.waits = Waits()
        self.approvals: list[bool] = []
        self.outage = 0
        self.session = LiveSession(kis.url, self.approve, self.receiver, clock=lambda: NOW, timer=self.waits.timer)

    async def approve(self, fresh: bool) -> str:
        if self.outage:
            self.outage -= 1
            raise KisUnavailable("KIS is away.", remedy="Wait.")
        self.approvals.append(fresh)
        return f"approved-{len(self.approvals)}"


@pytest.fixture
async def world() -> AsyncGenerator[World]:
    async with run_fake_live_kis() as kis:
        world = World(kis)
        yield world
        await world.session.aclose()


async def test_frames_of_a_registered_channel_come_as_they_are(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.kis.send("0|H0STCNT0|002|005930^1^005930^2")
    assert await world.receiver.next_frame() == Frame("H0STCNT0", 2, "005930^1^005930^2", NOW)
    assert json.loads(world.kis.received[0])["header"]["approval_key"] == "approved-1"


async def test_notices_are_decrypted_with_the_registrations_key(world: World) -> None:
    await world.session.register(NOTICES)
    await world.kis.send(f"1|H0STCNI0|001|{encrypted('person^1234^한글')}")
    assert (await world.receiver.next_frame()).payload == "person^1234^한글"


async def test_a_ping_is_echoed_as_it_came(world: World) -> None:
    await world.session.register(SAMSUNG)
    ping = '{ "header": {"tr_id":"PINGPONG","datetime":"20260303100000"} }'
    await world.kis.send(ping)
    await world.kis.until_received(2)
    assert world.kis.received[1] == ping


async def test_a_released_channel_frees_its_slot(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.register(HYNIX)
    await world.session.release(SAMSUNG)
    await world.kis.until_received(3)
    assert world.kis.registered == {("H0STCNT0", "000660")}
    assert world.session.channels() == [HYNIX]


async def test_without_channels_there_is_no_link(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.release(SAMSUNG)
    await world.kis.until_cut()


async def test_a_channel_wanted_right_after_the_last_was_released_comes_at_once(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.release(SAMSUNG)
    await world.session.register(HYNIX)
    assert (world.kis.registered, world.kis.connections, world.kis.in_use) == ({("H0STCNT0", "000660")}, 2, 0)


async def test_what_is_taken_by_kis_after_it_was_given_up_is_ended(world: World) -> None:
    await world.session.register(SAMSUNG)
    registering = asyncio.create_task(world.session.register(HYNIX))
    await asyncio.sleep(0)  # it is asked for, and not answered
    registering.cancel()
    await asyncio.gather(registering, return_exceptions=True)
    await world.kis.until_received(3)
    assert (world.kis.registered, world.session.channels()) == ({("H0STCNT0", "005930")}, [SAMSUNG])


async def test_the_answer_to_an_end_does_not_count_for_the_registration_behind_it(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.register(HYNIX)
    world.kis.refuse["005930"] = ("OPSP8992", "INVALID INSTRUMENT")
    await world.session.release(SAMSUNG)
    with pytest.raises(BadArgument, match="INVALID INSTRUMENT"):
        await world.session.register(SAMSUNG)
    assert world.session.channels() == [HYNIX]


async def test_the_same_channel_is_registered_once(world: World) -> None:
    await asyncio.gather(*(world.session.register(SAMSUNG) for _ in range(5)))
    await world.session.register(SAMSUNG)
    assert len(world.kis.received) == 1


async def test_the_42nd_channel_is_refused_with_what_holds_the_others(world: World) -> None:
    await asyncio.gather(*(world.session.register(Channel("H0STCNT0", f"{n:06}")) for n in range(MOST_CHANNELS)))
    with pytest.raises(BadArgument, match=f"this process has {MOST_CHANNELS} H0STCNT0") as refused:
        await world.session.register(SAMSUNG)
    assert "unwatch" in refused.value.remedy
    assert len(world.session.channels()) == len(world.kis.received) == MOST_CHANNELS


async def test_what_kis_refuses_is_told_and_takes_no_slot(world: World) -> None:
    world.kis.refuse["999999"] = ("OPSP8992", "INVALID INSTRUMENT")
    await world.session.register(SAMSUNG)
    with pytest.raises(BadArgument, match="INVALID INSTRUMENT"):
        await world.session.register(Channel("H0STCNT0", "999999"))
    assert world.session.channels() == [SAMSUNG]


async def test_after_a_drop_all_is_registered_again_and_the_gap_is_told(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.register(NOTICES)
    world.kis.cut()
    gap = await asyncio.wait_for(world.receiver.gaps.get(), 10)
    assert world.kis.registered == {("H0STCNT0", "005930"), ("H0STCNI0", "person")}
    assert gap == Gap(NOW, NOW)
    await world.kis.send(f"1|H0STCNI0|001|{encrypted('person^again')}")
    assert (await world.receiver.next_frame()).payload == "person^again"


async def test_that_nothing_comes_is_told_with_its_reason_while_the_link_is_lost(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.register(HYNIX)
    world.kis.refuse["000660"] = ("OPSP8999", "RESOURCE ALLOCATION FAIL")
    world.kis.cut()
    await world.kis.until_received(4)
    await world.session.register(Channel("H0STCNT0", "000001"))
    lost = Outage(NOW, "KIS closed the live connection. The live link is being opened again.", (SAMSUNG, HYNIX))
    partly = Outage(NOW, "KIS has not taken up all channels yet; they are asked for again.", (HYNIX,))
    assert world.receiver.outages == [lost, partly]
    del world.kis.refuse["000660"]
    await world.waits.pass_by(ANSWERED_WITHIN_SECONDS)
    await asyncio.wait_for(world.receiver.gaps.get(), 10)
    assert world.receiver.outages == [lost, partly, None]


async def test_that_nothing_comes_is_told_while_the_link_is_silent(world: World) -> None:
    await world.session.register(SAMSUNG)
    for _ in range(int(SILENT_AFTER_SECONDS / WATCH_SECONDS) + 1):
        assert world.receiver.outages == []
        await world.waits.pass_by(WATCH_SECONDS)
    why = "KIS sends not even pings; the live link is opened again after 45 seconds."
    assert world.receiver.outages == [Outage(NOW, why, (SAMSUNG,))]
    await world.kis.send('{"header": {"tr_id": "PINGPONG"}}')
    await world.kis.until_received(2)
    assert world.receiver.outages[1:] == [None]


async def test_what_is_wanted_no_more_is_no_outage(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.kis.mute = True
    world.kis.cut()
    await world.kis.until_received(2)
    await world.session.release(SAMSUNG)
    assert [outage is None for outage in world.receiver.outages] == [False, True]


async def test_a_silence_longer_than_three_pings_is_a_gap_though_the_link_goes_on(world: World) -> None:
    await world.session.register(SAMSUNG)
    for _ in range(int(SILENT_AFTER_SECONDS / WATCH_SECONDS) + 1):
        await world.waits.pass_by(WATCH_SECONDS)
    await world.kis.send("0|H0STCNT0|001|005930^1")
    assert (await world.receiver.next_frame()).payload == "005930^1"
    assert world.receiver.gaps.get_nowait() == Gap(NOW, NOW)
    assert world.kis.connections == 1


async def test_a_notice_that_cannot_be_decrypted_is_a_gap(world: World) -> None:
    await world.session.register(NOTICES)
    await world.kis.send(f"1|H0STCNI0|001|{encrypted('person^1')[:-8]}")
    assert await asyncio.wait_for(world.receiver.gaps.get(), 10) == Gap(NOW, NOW)
    assert world.receiver.frames.empty()


async def test_a_channel_that_kis_takes_no_more_is_told_as_lost(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.session.register(HYNIX)
    world.kis.refuse["000660"] = ("OPSP8992", "INVALID INSTRUMENT")
    world.kis.cut()
    gap = await asyncio.wait_for(world.receiver.gaps.get(), 10)
    assert [channel for channel, _ in gap.lost] == [HYNIX]
    assert world.session.channels() == [SAMSUNG]


async def test_a_channel_that_kis_cannot_take_for_a_moment_is_asked_for_again(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.kis.refuse["005930"] = ("OPSP8999", "RESOURCE ALLOCATION FAIL")
    world.kis.cut()
    await world.kis.until_received(2)
    del world.kis.refuse["005930"]
    await world.session.register(HYNIX)
    await world.waits.pass_by(ANSWERED_WITHIN_SECONDS)
    gap = await asyncio.wait_for(world.receiver.gaps.get(), 10)
    assert (gap.lost, world.kis.registered) == ((), {("H0STCNT0", "005930"), ("H0STCNT0", "000660")})


async def test_a_channel_that_kis_cannot_take_for_a_moment_is_told_when_it_is_first_wanted(world: World) -> None:
    world.kis.refuse["005930"] = ("OPSP0008", "MAX SUBSCRIBE OVER")
    with pytest.raises(RateLimited, match="MAX SUBSCRIBE OVER"):
        await world.session.register(SAMSUNG)
    assert world.session.channels() == []
    await world.kis.until_cut()


async def test_a_gap_that_nobody_waited_for_the_end_of_is_not_told_to_those_who_come_later(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.kis.mute = True
    world.kis.cut()
    await world.kis.until_received(2)
    await world.session.release(SAMSUNG)
    world.kis.mute = False
    await world.session.register(HYNIX)
    assert world.receiver.gaps.empty()


async def test_a_frame_larger_than_any_of_kis_is_a_gap(world: World) -> None:
    await world.session.register(SAMSUNG)
    await world.kis.send("0|H0STCNT0|001|" + "9" * 2**22)
    await asyncio.wait_for(world.receiver.gaps.get(), 10)
    await world.kis.send("0|H0STCNT0|001|005930^1")
    assert (await world.receiver.next_frame()).payload == "005930^1"


async def test_a_receiver_that_breaks_does_not_end_the_link(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.receiver.breaks = True
    await world.kis.send("0|H0STCNT0|001|005930^1")
    await world.kis.send('{"header": {"tr_id": "PINGPONG"}}')
    await world.kis.until_received(2)
    world.receiver.breaks = False
    await world.kis.send("0|H0STCNT0|001|005930^2")
    assert (await world.receiver.next_frame()).payload == "005930^2"
    assert world.kis.connections == 1


async def test_a_silent_link_is_cut_and_opened_again(world: World) -> None:
    await world.session.register(SAMSUNG)
    for _ in range(int(DEAD_AFTER_SECONDS / WATCH_SECONDS) + 1):
        await world.waits.pass_by(WATCH_SECONDS)
    await asyncio.wait_for(world.receiver.gaps.get(), 10)
    assert world.kis.connections == 2
    told = [outage and outage.why for outage in world.receiver.outages]
    assert told[1:] == ["KIS had fallen silent. The live link is being opened again.", None]


async def test_pings_keep_a_link_without_data(world: World) -> None:
    await world.session.register(SAMSUNG)
    for turn in range(30):
        await world.kis.send('{"header": {"tr_id": "PINGPONG"}}')
        await world.kis.until_received(turn + 2)
        await world.waits.pass_by(5)
    assert world.kis.connections == 1


async def test_a_registration_that_is_not_answered_fails_and_leaves_no_slot(world: World) -> None:
    world.kis.mute = True
    registering = asyncio.create_task(world.session.register(SAMSUNG))
    await world.kis.until_received(1)
    await world.waits.pass_by(10)
    with pytest.raises(KisUnavailable, match="did not answer"):
        await registering
    assert world.session.channels() == []


async def test_a_cancelled_registration_leaves_no_slot(world: World) -> None:
    world.kis.mute = True
    registering = asyncio.create_task(world.session.register(SAMSUNG))
    await world.kis.until_received(1)
    registering.cancel()
    await asyncio.gather(registering, return_exceptions=True)
    assert world.session.channels() == []


async def test_where_kis_cannot_be_reached_that_is_said_at_once(world: World) -> None:
    session = LiveSession(
        "ws://127.0.0.1:9/tryitout", world.approve, world.receiver, clock=lambda: NOW, timer=world.waits.timer
    )
    with pytest.raises(KisUnavailable, match="cannot be reached"):
        await session.register(SAMSUNG)
    await session.aclose()


async def test_a_session_elsewhere_is_named_and_tried_again_more_and_more_seldom(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.kis.refuse["005930"] = ("OPSP8996", "ALREADY IN USE appkey")
    world.kis.cut()
    await world.kis.until_connected(7)
    assert world.waits.pauses[1:6] == [0.5 * 2**n for n in range(1, 6)]
    with pytest.raises(KisUnavailable, match="Another program"):
        await world.session.register(HYNIX)
    del world.kis.refuse["005930"]
    await world.kis.until(("H0STCNT0", "005930"))


async def test_a_session_that_is_about_to_end_is_waited_out(world: World) -> None:
    async with connect(world.kis.url) as other:
        await world.kis.until_connected(1)
        registering = asyncio.create_task(world.session.register(SAMSUNG))
        await world.kis.until_connected(3)
        await other.close()
        await registering
    assert world.kis.in_use > 0


async def test_an_outage_of_days_is_survived(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.outage = 2_000
    world.kis.cut()
    await asyncio.wait_for(world.receiver.gaps.get(), 20)
    assert world.outage == 0
    assert max(world.waits.pauses) == LONGEST_PAUSE_SECONDS


async def test_an_approval_that_kis_does_not_know_is_asked_for_anew(world: World) -> None:
    await world.session.register(SAMSUNG)
    world.kis.refuse["005930"] = ("OPSP0011", "invalid approval")
    world.kis.cut()
    await world.kis.until_connected(3)
    assert True in world.approvals
    del world.kis.refuse["005930"]
    await world.kis.until(("H0STCNT0", "005930"))


async def test_refused_keys_are_told_as_such() -> None:
    async def refuse(fresh: bool) -> str:
        raise CredentialsError("no", remedy="look")

    session = LiveSession("ws://127.0.0.1:9", refuse, Receiver(), clock=lambda: NOW, timer=Waits().timer)
    with pytest.raises(CredentialsError):
        await session.register(SAMSUNG)
    await session.aclose()


@pytest.mark.parametrize(
    "garbage",
    [
        "0|H0STCNT0",
        "0|H0STCNT0|0|x",
        "nonsense",
        "{}",
        "[[[[",
        b"\xff\xfe",
        "1|H0STCNI0|001|not base64",
        "1|H0STCNI0|001|",
    ],
)
async def test_garbage_is_logged_and_the_next_frame_still_comes(
    world: World, garbage: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await world.session.register(NOTICES)
    await world.kis.send(garbage)
    await world.kis.send(f"1|H0STCNI0|001|{encrypted('person')}")
    assert (await world.receiver.next_frame()).payload == "person"
    assert caplog.text.count("could not be") == 1
    assert world.kis.connections == 1


FRAMES = st.text() | st.text().map("0|H0STCNT0|001|".__add__) | st.text().map("1|H0STCNI0|001|".__add__)


@settings(max_examples=60, deadline=None, phases=[Phase.reuse, Phase.generate])  # a broken link costs 10 s a try
@given(st.lists(FRAMES | st.binary() | st.binary().map(lambda raw: ("as text", raw)), min_size=1, max_size=8))
async def test_no_frame_whatever_is_in_it_ends_the_link(messages: list[str | bytes | tuple[str, bytes]]) -> None:
    async with run_fake_live_kis() as kis:
        world = World(kis)
        await world.session.register(NOTICES)
        for message in messages:
            if isinstance(message, tuple):
                await kis.send_as_text(message[1])
            else:
                await kis.send(message)
        await kis.send(f"1|H0STCNI0|001|{encrypted('the last')}")
        while (await world.receiver.next_frame()).payload != "the last":
            pass
        assert (kis.connections, world.session.channels()) == (1, [NOTICES])
        await world.session.aclose()
