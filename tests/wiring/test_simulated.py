"""Who uses which simulated world."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import anyio
import pytest

from kis_mcp.clock import KST, WorldClock
from kis_mcp.settings.settings import Settings
from kis_mcp.storage import private_folder
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


async def test_commands_at_the_same_time_do_not_use_each_others_world_which_ends_with_them(tmp_path: Path) -> None:
    async with first(tmp_path, is_shared=False) as (held, start):
        other = await start(WorldClock(lambda: NOW), uses_others=True, is_shared=False)
    assert (held.folder.name, other.folder.name) == ("sim", "sim-2")
