"""Keeping one strategy without a server, for a person at a terminal."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import anyio

from kis_mcp.catalog import catalog
from kis_mcp.clock import KST, Clock, system_clock
from kis_mcp.errors import BadArgument
from kis_mcp.settings import Settings
from kis_mcp.strategies.records import SignalEntry, StrategyRecords, StrategyRun
from kis_mcp.trading.journal import Journal
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.strategies import keep_strategies

_LOOK_SECONDS = 1.0
_MOST_SIGNALS = 1_000


async def follow_strategy(
    settings: Settings,
    name: str,
    tell: Callable[[str], None],
    *,
    clock: Clock = system_clock,
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
) -> None:
    """Keep the run of a strategy in the configured environment, or let the process go on that keeps it, and tell what
    it decides and orders from now on, a line each, until it is stopped or this is cancelled. A paused run goes on.

    Raises:
        BadArgument: The strategy does not run.
        NotInEnvironment, SettingsError, StorageError: The environment cannot be opened.
    """
    async with open_environments(settings, catalog(), clock, stays=True) as environments:
        brokerage = await environments.brokerage(settings.environment)
        records, journal = await brokerage.strategy_records(), await brokerage.journal()
        run = next((run for run in await records.active_runs() if run.strategy == name), None)
        if run is None:
            raise BadArgument(
                f"The strategy {name} does not run in {settings.environment}.",
                remedy=f"Start it with `kis-mcp strategies start {name}`: you are asked for its mandate.",
                field="name",
            )
        tell(f"{name} in {settings.environment}, under mandate {run.mandate_id}. Ctrl-C ends the keeping, not the run.")
        teller = _Teller(records, journal, tell, run, brokerage.clock())
        async with anyio.create_task_group() as keeping:
            keep = partial(keep_strategies, approvals=environments.approvals, resumes=True, only=name)
            keeping.start_soon(keep, brokerage, sleep)
            while not await teller.look():
                await sleep(_LOOK_SECONDS)
            keeping.cancel_scope.cancel()


class _Teller:
    """Tells what is new of a run."""

    def __init__(
        self,
        records: StrategyRecords,
        journal: Journal,
        tell: Callable[[str], None],
        run: StrategyRun,
        since: datetime,
    ) -> None:
        self._records = records
        self._journal = journal
        self._tell = tell
        self._run = run
        self._since = since
        self._told_changes = 0
        self._told = set[tuple[str, datetime]]()
        self._orders = dict[str, str]()

    async def look(self) -> bool:
        """Tell what is new; whether the run was stopped."""
        for signal in await self._records.signals(self._run.id, self._since, _MOST_SIGNALS):
            if (key := (signal.symbol, signal.at)) not in self._told:
                self._told.add(key)
                self._tell(f"{_moment(signal.at)}  {_decision(signal)}")
            if signal.intent_id is not None:
                await self._tell_order(signal, signal.intent_id)
        changes = await self._records.changes(self._run.id)
        for change in changes[self._told_changes :]:
            self._tell(f"{_moment(change.at)}  {change.state}: {change.reason}")
        self._told_changes = len(changes)
        return bool(changes) and changes[-1].state == "stopped"

    async def _tell_order(self, signal: SignalEntry, intent_id: str) -> None:
        record = await self._journal.find(intent_id)
        if record is not None and self._orders.get(intent_id) != record.status.value:
            self._orders[intent_id] = record.status.value
            order = record.intent.order
            at = _moment(record.sent_at or record.intent.at)
            self._tell(f"{at}  order {intent_id}: {order.side} {order.quantity} {signal.symbol}, {record.status.value}")


def _moment(at: datetime) -> str:
    return f"{at.astimezone(KST):%Y-%m-%d %H:%M:%S}"


def _decision(signal: SignalEntry) -> str:
    values = ", ".join(f"{name}={'none' if value is None else f'{value:.6g}'}" for name, value in signal.values.items())
    what = signal.action if signal.action != "none" else "no order"
    quantity = f" {signal.quantity}" if signal.quantity else ""
    reason = f", {signal.reason}" if signal.reason else ""
    return f"{signal.symbol}: {what}{quantity}{reason}{f' ({values})' if values else ''}"
