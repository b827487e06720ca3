"""The embedded KIS, run beside the server that uses it."""

from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.abc

from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import unusable_disk
from kis_mcp.settings import Settings, wrong_setting

if TYPE_CHECKING:
    from kis_mcp.simulator import SimulatorOptions


@dataclass(frozen=True, slots=True)
class Started:
    """A simulator that runs: the folder that its world lies in, and its addresses."""

    folder: Path
    rest_url: str
    ws_url: str


async def start_simulator(simulators: anyio.abc.TaskGroup, folder: Path, settings: Settings, clock: Clock) -> Started:
    """Start the embedded KIS for as long as the task group lasts.

    Its world, with accounts and orders, outlives the process. Servers that run at the same time get a world each.

    Args:
        folder: Where the world lies, unless another process is in it.
        clock: What time it is in the world.

    Raises:
        SettingsError: KIS_SIM_REPLAY names what cannot be played.
        StorageError: The folder cannot be written, or its disk is full.
    """
    import sqlite3

    from kis_mcp.simulator import SimulatorOptions, StateInUse, WrongReplay
    from kis_mcp.storage import private_folder

    for number in count(2):
        options = SimulatorOptions(
            real_rate=settings.rate_limit_sim,
            clock=clock,
            state_path=folder / "simulator.db",
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
            folder = private_folder(folder.with_name(f"{Environment.SIM.value}-{number}"))
        except (OSError, sqlite3.Error) as error:
            raise unusable_disk(f"The simulator cannot keep its world in {folder}: {error}.") from None
    raise AssertionError("unreachable")


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
