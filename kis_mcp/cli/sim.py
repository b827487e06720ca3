"""``kis-mcp sim``: the embedded KIS as a process of its own."""

import signal
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import anyio
import typer

from kis_mcp.cli.words import tell
from kis_mcp.cli.worlds import world_path
from kis_mcp.errors import BadArgument, StorageError
from kis_mcp.simulator import (
    OtherSeed,
    SimulatorOptions,
    StateInUse,
    UnknownSwitch,
    WrongReplay,
    WrongTime,
    run_simulator,
)
from kis_mcp.storage import private_folder

_USUAL = "sim"


def run(options: SimulatorOptions, world: str) -> None:
    """Print the addresses as settings, one a line, and serve a world until interrupted.

    Args:
        world: Its name; "" is the first of sim, sim-2, … that no other simulator holds.

    Raises:
        BadArgument: No world can have that name, or a port is taken.
        StorageError: The data folder cannot be made, another simulator holds that world, or it has orders at another
            seed's prices.
        typer.BadParameter: A switch does not exist, the clock stands where the world is not, or a file to play the
            market from makes no sense.
    """
    for name in [world] if world else _usual_worlds():
        path = world_path(name)
        private_folder(path.parent)
        try:
            anyio.run(_serve, replace(options, state_path=path), name)
            return
        except StateInUse:
            if world:
                raise StorageError(
                    f"Another simulator holds world {name}.",
                    remedy="Stop that one, or name another world with --world.",
                    field="--world",
                ) from None
        except OtherSeed as error:
            raise StorageError(
                f"World {name} cannot have seed {options.seed}: {error}.",
                remedy=f"Leave out --seed, name another world with --world, or run kis-mcp sim reset --world {name}.",
                field="--seed",
            ) from None
        except (UnknownSwitch, WrongReplay, WrongTime) as error:
            raise typer.BadParameter(str(error)) from None
        except (OSError, sqlite3.Error) as error:
            raise BadArgument(
                f"The simulator cannot start: {error}.",
                remedy="Name free ports with --port, --paper-port, --ws-port and --paper-ws-port, and a data folder "
                "with room with KIS_DATA_DIR.",
                field="--port",
            ) from None


def _usual_worlds() -> Iterator[str]:
    yield _USUAL
    for number in count(2):
        yield f"{_USUAL}-{number}"


async def _serve(options: SimulatorOptions, world: str) -> None:
    stopped = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    async with run_simulator(options) as simulator:
        if world != _USUAL:
            tell(f"This is world {world}.", err=True)
        typer.echo(f"KIS_URL_REST={simulator.real_url}\nKIS_URL_REST_PAPER={simulator.demo_url}")
        typer.echo(f"KIS_URL_WS={simulator.real_ws_url}\nKIS_URL_WS_PAPER={simulator.demo_ws_url}")
        await anyio.to_thread.run_sync(stopped.wait)
