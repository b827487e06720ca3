"""The embedded KIS, run beside the server that uses it."""

import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import anyio
import anyio.abc
import anyio.to_thread

from kis_mcp.clock import WorldClock
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable, unusable_disk
from kis_mcp.settings import Settings, wrong_setting

if TYPE_CHECKING:
    from kis_mcp.simulator import SimulatorOptions

_COMMAND_SECONDS = 10.0
"""So long it is waited for a command that holds the world, and ends soon: a server keeps the world that it gets."""

_LOOK_SECONDS = 0.2
HOLDER_LOOK_SECONDS: Final = 2.0
"""How often one that stays looks whether the holder of its world is still there."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Started:
    """A simulator that runs: the folder that its world lies in, and its addresses."""

    folder: Path
    rest_url: str
    ws_url: str


async def start_simulator(
    simulators: anyio.abc.TaskGroup,
    folder: Path,
    settings: Settings,
    clock: WorldClock,
    *,
    uses_others: bool,
    is_shared: bool,
) -> Started:
    """Start the embedded KIS for as long as the task group lasts, or find the one that runs.

    Its world, with accounts and orders, outlives the process. Servers that run at the same time get a world each; a
    command in a shell is about the world of the server that runs. What ends soon is waited for. One that stays in
    another's world ends with it: the task group fails with KisUnavailable.

    Args:
        folder: Where the world lies, unless another process is in it.
        clock: What time it is in the world; set as in the world that is found.
        uses_others: Whether it uses the simulator of another process, where that is there for it.
        is_shared: Whether its own is there for others, for it stays.

    Raises:
        SettingsError: KIS_SIM_REPLAY names what cannot be played.
        StorageError: The folder cannot be written, or its disk is full.
    """
    import sqlite3

    from kis_mcp.simulator import WORLD_FILE, SimulatorOptions, StateInUse, WrongReplay, shared_address
    from kis_mcp.storage import private_folder

    others, waits = count(2), _COMMAND_SECONDS
    while True:
        options = SimulatorOptions(
            real_rate=settings.rate_limit_sim,
            clock=clock,
            state_path=folder / WORLD_FILE,
            is_shared=is_shared,
            token_interval_seconds=0,
            market_hours=settings.sim_clock == "market",
            record_path=settings.sim_record,
            replay_paths=settings.sim_replay,
        )
        try:
            return Started(folder, *await simulators.start(_run, options))
        except WrongReplay as error:
            raise wrong_setting("KIS_SIM_REPLAY", str(error)) from None
        except StateInUse:
            addresses = shared_address(folder / WORLD_FILE)
            if addresses is None and waits > 0:
                waits -= _LOOK_SECONDS
                await anyio.sleep(_LOOK_SECONDS)
                continue
            if addresses is not None and uses_others and await anyio.to_thread.run_sync(_take_time, folder, clock):
                if is_shared:
                    simulators.start_soon(_end_with_holder, folder, addresses)
                return Started(folder, *addresses)
            held, folder = folder, private_folder(folder.with_name(f"{Environment.SIM.value}-{next(others)}"))
            _log.warning("Another process holds the simulated world %s: this one has %s.", held.name, folder.name)
        except (OSError, sqlite3.Error) as error:
            raise unusable_disk(f"The simulator cannot keep its world in {folder}: {error}.") from None


def _take_time(folder: Path, clock: WorldClock) -> bool:
    """Set a clock as in the world that another process holds; returns whether that one answers."""
    from kis_mcp.simulator import WORLD_FILE, Unanswered, ask_world

    try:
        told = ask_world(folder / WORLD_FILE, "GET", "clock")
    except Unanswered:
        return False
    clock.run(told["speed"])
    clock.set(datetime.fromisoformat(told["at"]))
    return True


async def _end_with_holder(folder: Path, addresses: tuple[str, str]) -> None:
    """Look at the process that holds a world for as long as it is there.

    Raises:
        KisUnavailable: It has ended, or was killed.
    """
    from kis_mcp.simulator import WORLD_FILE, shared_address

    while True:
        if shared_address(folder / WORLD_FILE) != addresses or not await _listens(addresses[0]):
            raise KisUnavailable(
                "The server whose simulated world this command used has ended, so this command ends too and keeps"
                " nothing.",
                remedy="Run it again: it uses the world of the server that runs then, or holds the world itself.",
            )
        await anyio.sleep(HOLDER_LOOK_SECONDS)


async def _listens(url: str) -> bool:
    """Whether a simulator listens at its address; one that is only slow does."""
    address = urlsplit(url)
    try:
        stream = await anyio.connect_tcp(address.hostname or "", address.port or 0)
    except OSError:
        return False
    await stream.aclose()
    return True


async def _run(options: "SimulatorOptions", *, task_status: anyio.abc.TaskStatus[tuple[str, str]]) -> None:
    from kis_mcp.simulator import run_simulator

    running = AsyncExitStack()
    simulator = await running.enter_async_context(run_simulator(options))
    try:
        task_status.started((simulator.real_url, simulator.real_ws_url))
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await running.aclose()
