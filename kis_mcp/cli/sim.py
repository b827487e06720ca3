"""``kis-mcp sim``: the embedded KIS as a process of its own."""

import signal
import threading
from collections.abc import Mapping

import anyio
import typer

from kis_mcp.settings import data_folder, wrong_setting
from kis_mcp.simulator import SimulatorOptions, UnknownSwitch, run_simulator


def run(
    *,
    real_port: int,
    demo_port: int,
    seed: int,
    real_rate: int,
    demo_rate: int,
    token_interval: float,
    switches: Mapping[str, bool],
) -> None:
    """Print the addresses as settings, one a line, and serve until interrupted.

    Accounts and orders are kept in the data folder's ``simulator`` folder and survive a restart.

    Raises:
        SettingsError: That folder cannot be made.
        typer.BadParameter: A switch does not exist.
    """
    state = data_folder() / "simulator" / f"seed-{seed}.db"
    try:
        state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise wrong_setting("KIS_DATA_DIR", f"its folder cannot be made ({error.strerror})") from None
    options = SimulatorOptions(
        seed=seed,
        real_rate=real_rate,
        demo_rate=demo_rate,
        state_path=state,
        real_port=real_port,
        demo_port=demo_port,
        token_interval_seconds=token_interval,
        switches=switches,
    )
    try:
        anyio.run(_serve, options)
    except UnknownSwitch as error:
        raise typer.BadParameter(str(error)) from None


async def _serve(options: SimulatorOptions) -> None:
    stopped = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    async with run_simulator(options) as simulator:
        typer.echo(f"KIS_URL_REST={simulator.real_url}\nKIS_URL_REST_PAPER={simulator.demo_url}")
        await anyio.to_thread.run_sync(stopped.wait)
