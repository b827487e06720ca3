"""Who uses which simulated world."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import anyio.abc
import pytest

from kis_mcp.catalog import catalog
from kis_mcp.clock import KST, WorldClock
from kis_mcp.errors import KisUnavailable
from kis_mcp.settings.settings import Settings
from kis_mcp.storage import private_folder
from kis_mcp.wiring import simulated
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.simulated import Started, start_simulator
from tests.client import NOW

THEN = datetime(2026, 3, 3, 10, 30, tzinfo=KST)


@asynccontextmanager
async def first(data: Path, *, is_shared: bool) -> AsyncGenerator[tuple[Started, Callable[..., Awaitable[Started]]]]:
    """The one that holds the world, at a time of its own, and what starts another."""
    folder = private_folder(data / "sim")
    async with anyio.create_task_group() as running:
        start = partial(start_simulator, running, folder, Settings.load())
        held = await start(WorldClock(at=THEN, speed=0), uses_others=False, is_shared=is_shared)
        yield held, start
        running.cancel_scope.cancel()


async def test_two_that_stay_have_a_world_each_and_the_second_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with first(tmp_path, is_shared=True) as (held, start):
        other = await start(WorldClock(lambda: NOW), uses_others=False, is_shared=True)
    assert (held.folder.name, other.folder.name) == ("sim", "sim-2")
    assert caplog.messages == ["Another process holds the simulated world sim: this one has sim-2."]


async def test_a_command_uses_the_world_and_the_time_of_one_that_stays(tmp_path: Path) -> None:
    clock = WorldClock(lambda: NOW)
    async with first(tmp_path, is_shared=True) as (held, start):
        other = await start(clock, uses_others=True, is_shared=False)
    assert other == held
    assert (clock(), clock.speed) == (THEN, 0)


@pytest.mark.parametrize("uses_others", [False, True])
async def test_a_command_that_holds_the_world_is_waited_for(tmp_path: Path, uses_others: bool) -> None:
    """Its world ends with it, and is no other's to use."""
    ready, found = anyio.Event(), list[Started]()
    async with anyio.create_task_group() as running:

        async def start() -> None:
            folder, settings, clock = tmp_path / "sim", Settings.load(), WorldClock(lambda: NOW)
            found.append(
                await start_simulator(running, folder, settings, clock, uses_others=uses_others, is_shared=True)
            )
            ready.set()

        async with first(tmp_path, is_shared=False):
            running.start_soon(start)
            await anyio.wait_all_tasks_blocked()
            assert not found
        await ready.wait()
        running.cancel_scope.cancel()
    assert [each.folder.name for each in found] == ["sim"]


async def test_one_that_does_not_end_soon_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulated, "_COMMAND_SECONDS", 0.0)
    async with first(tmp_path, is_shared=False) as (held, start):
        other = await start(WorldClock(lambda: NOW), uses_others=True, is_shared=False)
    assert (held.folder.name, other.folder.name) == ("sim", "sim-2")


@pytest.mark.parametrize("is_killed", [False, True])
async def test_what_stays_in_anothers_world_ends_with_it_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_killed: bool
) -> None:
    monkeypatch.setattr(simulated, "HOLDER_LOOK_SECONDS", 0.01)
    if is_killed:  # its address is left behind
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    settings, over = Settings.load(data_dir=tmp_path), anyio.Event()

    async def hold(*, task_status: anyio.abc.TaskStatus[Started]) -> None:
        async with first(tmp_path, is_shared=True) as (held, _):
            task_status.started(held)
            await over.wait()

    async with anyio.create_task_group() as holding:
        held = await holding.start(hold)
        with pytest.raises(KisUnavailable, match="has ended, so this command ends too"):
            async with open_environments(settings, catalog(), stays=True) as environments:
                assert (await environments.brokerage(settings.environment)).rest_url == held.rest_url
                await anyio.sleep(0.1)
                over.set()
                await anyio.sleep(20)
