"""Two processes with one app key: one session at KIS, and both see what comes; whatever happens to either."""

import asyncio
import json
import os
import signal
import stat
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.catalog.live import MOST_CHANNELS, Channel, LiveReceiver
from kis_mcp.clock import system_clock
from kis_mcp.errors import KisUnavailable
from kis_mcp.kis.live.session import LiveSession
from kis_mcp.kis.live.shared_messages import LANGUAGE
from kis_mcp.kis.live.shared_session import LOOK_AGAIN_SECONDS, SharedSession
from kis_mcp.kis.timer import Timer
from tests.kis.live.fake_live_kis import FakeLiveKis, run_fake_live_kis
from tests.kis.live.test_session import Receiver

SAMSUNG, HYNIX = ("H0STCNT0", "005930"), ("H0STCNT0", "000660")


class Other:
    """A process with live data."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdin
        assert process.stdout
        self.stdin, self.stdout = process.stdin, process.stdout
        self.outages: list[object] = []

    def ask(self, command: str, channel: tuple[str, str]) -> None:
        self.stdin.write(f"{command} {' '.join(channel)}\n".encode())

    async def next(self, seconds: float = 15) -> list[object]:
        """The next that it tells; which channels do not come is kept apart."""
        async with asyncio.timeout(seconds):
            while True:
                told = json.loads(await self.stdout.readline())
                if told[0] != "outage":
                    return told
                self.outages.append(told[1])

    async def slots(self) -> list[object]:
        self.ask("slots", ("-", "-"))
        return await self.next()

    async def register(self, channel: tuple[str, str]) -> None:
        self.ask("register", channel)
        assert await self.next() == ["register", channel[1]]

    async def release(self, channel: tuple[str, str]) -> None:
        self.ask("release", channel)
        assert await self.next() == ["release", channel[1]]


class World:
    def __init__(self, kis: FakeLiveKis, folder: Path, processes: AsyncExitStack) -> None:
        self.kis = kis
        self.folder = folder
        self._processes = processes

    async def start(self) -> Other:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.kis.live.session_process", self.kis.url, str(self.folder)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._processes.push_async_callback(_end, process)
        return Other(process)

    async def send(self, channel: tuple[str, str], number: int) -> str:
        payload = f"{channel[1]}^{number}"
        await self.kis.send(f"0|{channel[0]}|001|{payload}")
        return payload


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.communicate()


@asynccontextmanager
async def running(folder: Path) -> AsyncGenerator[World]:
    async with run_fake_live_kis() as kis, AsyncExitStack() as processes:
        yield World(kis, folder, processes)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncGenerator[World]:
    async with running(tmp_path) as world:
        yield world


async def two(world: World) -> tuple[Other, Other]:
    """The holder, and a guest of it."""
    first, second = await asyncio.gather(world.start(), world.start())
    await first.register(SAMSUNG)
    await second.register(SAMSUNG)
    return first, second


async def test_both_of_two_processes_see_what_comes_over_the_one_session(world: World) -> None:
    first, second = await two(world)
    await second.register(HYNIX)
    for channel in (SAMSUNG, HYNIX):
        payload = await world.send(channel, 1)
        assert await second.next() == ["frame", payload]
        if channel == SAMSUNG:
            assert await first.next() == ["frame", payload]
    assert (world.kis.connections, world.kis.in_use) == (1, 0)


async def test_processes_that_start_at_once_share_a_session(world: World) -> None:
    others = await asyncio.gather(*(world.start() for _ in range(3)))
    await asyncio.gather(*(other.register(SAMSUNG) for other in others))
    payload = await world.send(SAMSUNG, 1)
    assert [await other.next() for other in others] == [["frame", payload]] * 3
    assert (world.kis.connections, world.kis.in_use) == (1, 0)


async def test_when_the_holder_is_killed_another_takes_over_and_no_event_comes_twice(world: World) -> None:
    first, second = await two(world)
    third = await world.start()
    await third.register(HYNIX)
    before = ["frame", await world.send(SAMSUNG, 1)]
    assert [await other.next() for other in (first, second, third)] == [before] * 3
    first.process.send_signal(signal.SIGKILL)
    async with asyncio.timeout(4):
        assert [await other.next() for other in (second, third)] == [["gap", [], True]] * 2
    assert [second.outages[0], third.outages[0]] == [["005930"], ["000660"]]
    await world.kis.until_only(SAMSUNG, HYNIX)
    after = [["frame", await world.send(SAMSUNG, number)] for number in (2, 3)]
    assert [await second.next(), await second.next()] == after
    assert [await third.next(), await third.next()] == after
    assert [second.outages[-1], third.outages[-1]] == [None, None]


async def test_every_process_is_told_which_of_its_channels_do_not_come_while_the_link_is_lost(world: World) -> None:
    others = await two(world)
    await others[1].register(HYNIX)
    world.kis.cut()
    assert [await other.next() for other in others] == [["gap", [], True]] * 2
    payload = await world.send(SAMSUNG, 1)
    assert [await other.next() for other in others] == [["frame", payload]] * 2
    assert [(other.outages[0], other.outages[-1]) for other in others] == [
        (["005930"], None),
        (["005930", "000660"], None),
    ]


async def test_every_process_knows_the_slots_of_all(world: World) -> None:
    third = await world.start()
    assert await third.slots() == [0]
    first, second = await two(world)
    await second.register(HYNIX)
    names = [f"process {other.process.pid}" for other in (first, second)]
    assert await first.slots() == [2, [names[0], 1, True], [names[1], 2, False]]
    assert await second.slots() == [2, [names[0], 1, False], [names[1], 2, True]]
    assert await third.slots() == [2, [names[0], 1, False], [names[1], 2, False]]
    await second.release(HYNIX)
    assert await third.slots() == [1, [names[0], 1, False], [names[1], 1, False]]


async def test_a_holder_that_ends_leaves_the_session_to_the_others(world: World) -> None:
    first, second = await two(world)
    first.stdin.close()
    assert await second.next() == ["gap", [], True]
    payload = await world.send(SAMSUNG, 1)
    assert await second.next() == ["frame", payload]
    await second.register(HYNIX)


async def test_slots_come_back_when_a_process_dies(world: World) -> None:
    first, second = await two(world)
    await second.register(HYNIX)
    second.process.send_signal(signal.SIGKILL)
    await world.kis.until_only(SAMSUNG)
    await first.release(SAMSUNG)
    await world.kis.until_cut()


async def test_the_slots_of_all_processes_are_counted_and_the_refusal_tells_which_holds_them(world: World) -> None:
    first, second = await two(world)
    for number in range(1, MOST_CHANNELS):
        await (first, second)[number % 2].register(("H0STCNT0", f"{number:06}"))
    second.ask("register", HYNIX)
    kind, what = await second.next()
    assert kind == "refused"
    assert f"process {second.process.pid} (this one) has 21 H0STCNT0" in str(what)
    assert f"process {first.process.pid} has 21 H0STCNT0" in str(what)
    assert len(str(what)) < 200
    assert len(world.kis.registered) == MOST_CHANNELS
    second.process.send_signal(signal.SIGKILL)
    await world.kis.until_only(SAMSUNG, *(("H0STCNT0", f"{number:06}") for number in range(2, MOST_CHANNELS, 2)))
    await first.register(HYNIX)


@pytest.mark.slow
async def test_a_holder_that_is_suspended_is_told_and_goes_on_afterwards(world: World) -> None:
    first, second = await two(world)
    os.kill(first.process.pid, signal.SIGSTOP)
    try:
        second.ask("register", HYNIX)
        kind, what = await second.next(25)
    finally:
        os.kill(first.process.pid, signal.SIGCONT)
    assert kind == "refused"
    assert f"process {first.process.pid}" in str(what)
    assert await second.next() == ["gap", [], True]
    payload = await world.send(SAMSUNG, 1)
    assert await second.next() == ["frame", payload]
    assert world.kis.in_use == 0


async def test_only_who_knows_the_secret_is_let_in_and_only_the_user_may_read_it(world: World) -> None:
    first = await world.start()
    await first.register(SAMSUNG)
    place = world.folder / "live" / "key.json"
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    reader, writer = await asyncio.open_connection("127.0.0.1", json.loads(place.read_bytes())["port"])
    assert json.loads(await reader.readline())[0] == "hello"
    writer.write(json.dumps(["prove", "00" * 16, "0" * 64]).encode() + b"\n")
    with pytest.raises(ConnectionError):
        assert await reader.readline() == b""
        raise ConnectionResetError
    writer.close()


async def test_a_place_that_nobody_is_at_any_more_is_no_hindrance(world: World) -> None:
    (world.folder / "live").mkdir()
    (world.folder / "live" / "key.json").write_text(
        json.dumps({"language": LANGUAGE, "port": 9, "secret": "00" * 32, "process": 1})
    )
    first, _ = await two(world)
    payload = await world.send(SAMSUNG, 1)
    assert await first.next() == ["frame", payload]


class HeldLock:
    """A lock that another process has."""

    def try_lock(self) -> bool:
        return False

    def unlock(self) -> None: ...
    def close(self) -> None: ...
    def holder(self) -> str:
        return "process 1"


class OtherVersion:
    """Where a process of another version says how it is reached."""

    def get(self, key: str) -> dict[str, Any]:
        return {"language": LANGUAGE + 1, "process": 1}

    def put(self, key: str, value: Mapping[str, Any]) -> None: ...
    def close(self) -> None: ...


async def test_a_holder_of_another_version_is_named_and_looked_at_now_and_then_only() -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.Event().wait()

    def open_session(receiver: LiveReceiver) -> LiveSession:
        raise AssertionError

    session = SharedSession(
        open_session, HeldLock(), OtherVersion(), "key", Receiver(), clock=system_clock, timer=Timer(sleep=sleep)
    )
    with pytest.raises(KisUnavailable, match="in another version"):
        await session.register(Channel(*SAMSUNG))
    assert pauses == [LOOK_AGAIN_SECONDS]
    assert await session.slots() is None
    await session.aclose()
