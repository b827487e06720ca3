"""Strategies' mandates, wired: the orders under one, and the end of them and of all runs when trading is halted."""

from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from kis_mcp.clock import Clock, system_clock
from kis_mcp.environment import Environment
from kis_mcp.wiring.brokerage import JOURNAL, Brokerage

if TYPE_CHECKING:
    from kis_mcp.confirm import Approvals
    from kis_mcp.trading.decision import Decision
    from kis_mcp.trading.desk import MandatedOrders, Proposal


async def mandated_orders(
    brokerage: Brokerage, mandate_id: str, approvals: "Approvals | None" = None
) -> "MandatedOrders":
    """What a strategy orders by. Where each order is to be asked about, the approval page asks, if a PIN is set.

    Args:
        approvals: The pages of this process; None where nobody sits before it.
    """
    from kis_mcp.trading.desk import MandatedOrders

    async def ask(proposal: "Proposal") -> "Decision":
        assert approvals is not None
        return await approvals.ask(proposal.intent_id, proposal.facts, _silent)

    can_ask = approvals is not None and await anyio.to_thread.run_sync(approvals.pin.is_set)
    return MandatedOrders(await brokerage.desk(), mandate_id, ask=ask if can_ask else None)


async def end_mandates(folder: Path, reason: str, clock: Clock = system_clock) -> int:
    """End the mandates of every environment with this data folder, and stop the runs of strategies, whether a process
    keeps them or not; returns how many mandates were in force.

    Raises:
        SettingsError, StorageError: A journal cannot be used; the others were looked at nevertheless.
    """
    from kis_mcp.errors import KisMcpError

    count, problem = 0, None
    for path in _journals(folder):
        try:
            count += await _end_those_of(path, reason, clock)
        except KisMcpError as error:
            problem = error
    if problem is not None:
        raise problem
    return count


def _journals(folder: Path) -> list[Path]:
    """Those of each environment, and of the worlds of simulators that ran at the same time."""
    folders = (folder / environment.value for environment in Environment)
    worlds = sorted(folder.glob(f"{Environment.SIM.value}-*"))
    return [path for path in (each / JOURNAL for each in (*folders, *worlds)) if path.exists()]


async def _end_those_of(path: Path, reason: str, clock: Clock) -> int:
    from kis_mcp.storage import SqlJournal, SqlStrategyRecords
    from kis_mcp.trading.mandate import MandateEnd

    journal = await SqlJournal.open(path)
    try:
        agreed = await journal.agreed_mandates()
        for record in agreed:
            await journal.end_mandate(MandateEnd(mandate_id=record.mandate.id, at=clock(), reason=reason))
        records = SqlStrategyRecords(journal.database)
        for run in await records.active_runs():
            await records.set_run_state(run.id, "stopped", f"{reason[:1].upper()}{reason[1:]}", clock())
        return len(agreed)
    finally:
        await journal.aclose()


async def _silent(_: str) -> None:
    """A strategy has nobody to report to; the page's address is in the log."""
