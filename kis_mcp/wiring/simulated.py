"""The embedded KIS, run beside the server that uses it."""

from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import anyio.abc

from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import StorageError

if TYPE_CHECKING:
    from kis_mcp.simulator import SimulatorOptions


async def start_simulator(
    simulators: anyio.abc.TaskGroup, folder: Path, *, requests_per_second: int, clock: Clock
) -> tuple[Path, str]:
    """Start the embedded KIS for as long as the task group lasts.

    Its world, with accounts and orders, outlives the process. Servers that run at the same time get a world each.

    Args:
        folder: Where the world lies, unless another process is in it.

    Returns:
        The folder that the world lies in, and the address.

    Raises:
        StorageError: The folder cannot be written, or its disk is full.
    """
    import sqlite3

    from kis_mcp.simulator import SimulatorOptions, StateInUse
    from kis_mcp.storage import private_folder

    for number in count(2):
        options = SimulatorOptions(
            real_rate=requests_per_second, clock=clock, state_path=folder / "simulator.db", token_interval_seconds=0
        )
        try:
            return folder, await simulators.start(_run, options)
        except StateInUse:
            folder = private_folder(folder.with_name(f"{Environment.SIM.value}-{number}"))
        except (OSError, sqlite3.Error) as error:
            raise StorageError(
                f"The simulator cannot keep its world in {folder}: {error}.",
                remedy="Make room on the disk, or set KIS_DATA_DIR to a folder that this user may write to.",
                field="KIS_DATA_DIR",
            ) from None
    raise AssertionError("unreachable")


async def _run(options: "SimulatorOptions", *, task_status: anyio.abc.TaskStatus[str]) -> None:
    from kis_mcp.simulator import run_simulator

    running = AsyncExitStack()
    simulator = await running.enter_async_context(run_simulator(options))
    try:
        task_status.started(simulator.real_url)
        await anyio.sleep_forever()
    finally:
        with anyio.CancelScope(shield=True):
            await running.aclose()
