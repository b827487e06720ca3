"""The end of all mandates and runs of strategies when trading is halted."""

from collections.abc import Callable
from pathlib import Path

from kis_mcp.clock import Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.wiring.brokerage import JOURNAL
from kis_mcp.wiring.operator import kill_switch


async def end_mandates(
    folder: Path, halted: str, clock_of: Callable[[Environment], Clock] = lambda _: system_clock
) -> int:
    """End the mandates of every environment with this data folder, and stop the runs of strategies, whether a process
    keeps them or not; returns how many mandates were in force.

    Args:
        halted: Since when and why trading is halted.
        clock_of: An environment → its clock; the machine's where nobody knows a simulated world's.

    Raises:
        SettingsError, StorageError: A journal cannot be used; the others were looked at nevertheless.
    """
    from kis_mcp.errors import KisMcpError

    count, problem = 0, None
    for environment, path in _journals(folder):
        try:
            count += await _end_those_of(path, halted, clock_of(environment))
        except KisMcpError as error:
            problem = error
    if problem is not None:
        raise problem
    kill_switch(folder).note_mandates_ended()
    return count


def _journals(folder: Path) -> list[tuple[Environment, Path]]:
    """Those of each environment, and of the worlds of simulators that ran at the same time."""
    folders = [(environment, folder / environment.value) for environment in Environment]
    worlds = [(Environment.SIM, world) for world in sorted(folder.glob(f"{Environment.SIM.value}-*"))]
    journals = [(environment, each / JOURNAL) for environment, each in (*folders, *worlds)]
    return [(environment, path) for environment, path in journals if path.exists()]


async def _end_those_of(path: Path, halted: str, clock: Clock) -> int:
    from kis_mcp.storage import SqlJournal, SqlStrategyRecords
    from kis_mcp.trading.desk import end_all_mandates
    from kis_mcp.trading.halt import ended_by_halt

    journal = await SqlJournal.open(path)
    try:
        count = await end_all_mandates(journal, halted, clock())
        records, why = SqlStrategyRecords(journal.database), ended_by_halt(halted)
        for run in await records.active_runs():
            await records.set_run_state(run.id, "stopped", f"{why[:1].upper()}{why[1:]}", clock())
        return count
    finally:
        await journal.aclose()
