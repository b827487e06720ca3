"""Which runs of strategies this process keeps."""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio
import anyio.abc

from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.operator import kill_switch

if TYPE_CHECKING:
    from kis_mcp.confirm import Approvals
    from kis_mcp.storage import LockedFile
    from kis_mcp.strategies.records import RunState, StrategyRecords, StrategyRun
    from kis_mcp.wiring.strategy_feed import TradeTicks
    from kis_mcp.wiring.strategy_run import ComposedRun

LOOK_SECONDS: Final = 2.0
"""How often it is looked whether a run began, or another process that kept one has ended."""

RETRY_SECONDS: Final = 30.0
HOURS_KEPT: Final = timedelta(hours=12)
"""So long the calendars that were looked at count."""

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
Compose: TypeAlias = "Callable[[StrategyRun], Awaitable[ComposedRun]]"

_log = logging.getLogger(__name__)


async def keep_strategies(
    brokerage: Brokerage,
    sleep: Sleep = anyio.sleep,
    *,
    approvals: "Approvals | None" = None,
    resumes: bool = False,
    only: str | None = None,
    compose: "Compose | None" = None,
) -> None:
    """Keep the runs of an environment for as long as it is not cancelled: each at once where no other process of the
    user keeps it, else from when that one ends.

    Args:
        sleep: Passes time between looks.
        approvals: Where a person is asked about each order that the mandate alone does not let out.
        resumes: Whether runs go on whose process has ended; otherwise they are paused until a person resumes them.
        only: The strategy to keep; all where left out.
        compose: Puts together what a run works with.
    """

    ticks: TradeTicks | None = None

    async def usual(run: "StrategyRun") -> "ComposedRun":
        nonlocal ticks
        from kis_mcp.wiring.strategy_feed import TradeTicks
        from kis_mcp.wiring.strategy_run import compose_run

        ticks = ticks or TradeTicks()
        return await compose_run(brokerage, run, ticks, approvals, resumes=resumes)

    async with anyio.create_task_group() as keeping:
        keeper = _Keeper(brokerage, sleep, compose or usual, only)
        while True:
            try:
                await keeper.look(keeping)
            except KisMcpError as error:
                _log.warning("Strategies cannot be kept: %s", error)
            await sleep(LOOK_SECONDS)


@dataclass(slots=True)
class _Kept:
    """A run that this process keeps.

    Attributes:
        composed: What it works with; None while that is put together.
        refreshed_at: When the calendars were looked at.
    """

    run: "StrategyRun"
    lock: "LockedFile"
    composed: "ComposedRun | None" = None
    refreshed_at: datetime | None = None


class _Keeper:
    """Keeps the runs of one environment that no other process keeps."""

    def __init__(self, brokerage: Brokerage, sleep: Sleep, compose: Compose, only: str | None) -> None:
        self._brokerage = brokerage
        self._sleep = sleep
        self._compose = compose
        self._only = only
        self._kept: dict[str, _Kept] = {}
        self._is_full = False

    async def look(self, keeping: anyio.abc.TaskGroup) -> None:
        """Take up what nobody keeps, and stop what has no mandate any more."""
        records = await self._brokerage.strategy_records()
        await self._end_where_halted()
        for run in await records.active_runs():
            if run.id in self._kept:
                await self._check(records, self._kept[run.id])
            elif self._only in (None, run.strategy) and self._has_room(run):
                self._take_up(keeping, run)

    def _has_room(self, run: "StrategyRun") -> bool:
        most = self._brokerage.settings.max_strategies
        was_full, self._is_full = self._is_full, len(self._kept) >= most
        if self._is_full and not was_full:
            _log.warning("Strategy %s waits: %d run already (KIS_MAX_STRATEGIES).", run.strategy, most)
        return not self._is_full

    def _take_up(self, keeping: anyio.abc.TaskGroup, run: "StrategyRun") -> None:
        from kis_mcp.storage import LockedFile

        lock = LockedFile(self._brokerage.folder / f"strategy-{run.strategy}.lock")
        if not lock.try_lock():
            lock.close()
            return
        self._kept[run.id] = _Kept(run, lock)
        keeping.start_soon(self._keep, self._kept[run.id])

    async def _keep(self, kept: _Kept) -> None:
        """Keep one run until it is stopped; the lock is held meanwhile."""
        name = kept.run.strategy
        try:
            try:
                kept.composed = await self._compose(kept.run)
                kept.refreshed_at = self._brokerage.clock()
                await kept.composed.runner.run()
                await self._end_mandate(kept.run)
            except BadArgument as error:
                _log.warning("Strategy %s was stopped: %s", name, error)
                await self._set(kept.run, "stopped", str(error))
                await self._end_mandate(kept.run)
            except KisMcpError:
                raise
            except Exception as error:
                from kis_mcp.strategies.runner import fault_reason

                _log.exception("Strategy %s was paused by a fault in kis-mcp", name)
                if kept.run.state == "running":
                    await self._set(kept.run, "paused", fault_reason(error))
                await self._sleep(RETRY_SECONDS)
        except KisMcpError as error:
            _log.warning("Strategy %s cannot be kept: %s", name, error)
            await self._sleep(RETRY_SECONDS)
        finally:
            kept.lock.close()
            del self._kept[kept.run.id]

    async def _set(self, run: "StrategyRun", state: "RunState", reason: str) -> None:
        records = await self._brokerage.strategy_records()
        await records.set_run_state(run.id, state, reason, self._brokerage.clock())

    async def _end_mandate(self, run: "StrategyRun") -> None:
        """A run that was stopped orders nothing any more, so its mandate holds no more either."""
        if run.mandate_id is None:
            return
        stopped = await (await self._brokerage.strategy_records()).find_run(run.id)
        if stopped is None or stopped.state != "stopped":
            return
        from kis_mcp.trading.mandate import MandateStatus

        mandates = (await self._brokerage.desk()).mandates
        if (await mandates.find(run.mandate_id)).status(self._brokerage.clock()) is MandateStatus.IN_FORCE:
            await mandates.end(run.mandate_id, f"its run was stopped: {stopped.reason.rstrip('.')}")

    async def _end_where_halted(self) -> None:
        """End all mandates in a halt, so that none is in force again when the kill file is gone."""
        if (reason := kill_switch(self._brokerage.settings.data_dir).reason()) is not None:
            from kis_mcp.trading.desk import end_all_mandates

            journal = await self._brokerage.journal()
            await end_all_mandates(journal, reason, self._brokerage.clock())

    async def _check(self, records: "StrategyRecords", kept: _Kept) -> None:
        """Stop a run whose mandate was revoked or has ended, and look at the calendars now and then."""
        now = self._brokerage.clock()
        if kept.run.mandate_id is not None:
            from kis_mcp.wiring.strategy_mandate import why_not_in_force

            journal = await self._brokerage.journal()
            if why := await why_not_in_force(journal, kept.run.mandate_id, now):
                await records.set_run_state(kept.run.id, "stopped", why, now)
        if kept.composed is not None and kept.refreshed_at is not None and now - kept.refreshed_at > HOURS_KEPT:
            kept.refreshed_at = now
            with suppress(KisMcpError):
                await kept.composed.hours.refresh()
