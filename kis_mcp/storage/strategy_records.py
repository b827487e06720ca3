"""What is kept of strategies, in the database of the order journal, safe for several processes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import ColumnElement, Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kis_mcp.errors import BadArgument
from kis_mcp.storage.database import Database
from kis_mcp.storage.strategy_rows import (
    bar_of,
    bar_row,
    change_of,
    change_row,
    position_of,
    position_row,
    run_of,
    run_row,
    signal_of,
    signal_row,
    strategy_of,
    version_row,
)
from kis_mcp.storage.strategy_tables import (
    BarRow,
    ChangeRow,
    PositionRow,
    RunRow,
    SignalRow,
    StrategyRow,
    VersionRow,
)
from kis_mcp.storage.uninterrupted import uninterrupted
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import (
    IDLE_SIGNALS_KEPT,
    LONG_BARS_KEPT,
    LONG_INTERVALS,
    SHORT_BARS_KEPT,
    SIGNALS_KEPT,
    BarsDiffer,
    HeldPosition,
    RunChange,
    RunState,
    SignalEntry,
    StoredBar,
    StoredStrategy,
    StrategyRun,
    digest_of,
)

_IS_ACTIVE = RunRow.state != "stopped"
_KEPT: Final = (
    (BarRow, BarRow.interval.not_in(LONG_INTERVALS), BarRow.ends_at, SHORT_BARS_KEPT),
    (BarRow, BarRow.interval.in_(LONG_INTERVALS), BarRow.ends_at, LONG_BARS_KEPT),
    (SignalRow, SignalRow.quantity == 0, SignalRow.decided_at, IDLE_SIGNALS_KEPT),
    (SignalRow, SignalRow.quantity > 0, SignalRow.decided_at, SIGNALS_KEPT),
)
"""Table → of its rows which kind is kept for how long, and since when."""

_LATEST = (VersionRow.strategy_id == StrategyRow.id) & (VersionRow.version == StrategyRow.version)


class SqlStrategyRecords:
    """Implements `kis_mcp.strategies.records.StrategyRecords`.

    Args:
        database: Of the journal, and migrated; whoever opened the journal closes it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @uninterrupted
    async def save(self, strategy: Strategy, *, at: datetime, note: str = "") -> StoredStrategy:
        async with self._database.writing() as session:
            latest = await _latest(session, strategy.id)
            digest = digest_of(strategy)
            version = latest.version + 1 if latest else 1
            if latest and latest.digest == digest:
                stored = latest
            else:
                stored = StoredStrategy(
                    id=strategy.id, version=version, document=strategy, digest=digest, created_at=at, note=note
                )
            await session.execute(self._database.insert(StrategyRow(strategy.id, stored.version, None)))
            counts = update(StrategyRow).where(StrategyRow.id == strategy.id)
            await session.execute(counts.values(version=stored.version, deleted_at=None))
            await session.execute(self._database.insert(version_row(stored)))
            return stored

    @uninterrupted
    async def find(self, strategy_id: str) -> StoredStrategy | None:
        async with self._database.reading() as session:
            return await _present(session, strategy_id)

    @uninterrupted
    async def versions(self, strategy_id: str) -> Sequence[StoredStrategy]:
        query = select(VersionRow).where(VersionRow.strategy_id == strategy_id).order_by(VersionRow.version)
        async with self._database.reading() as session:
            return [strategy_of(row) for row in await session.scalars(query)]

    @uninterrupted
    async def strategies(self) -> Sequence[StoredStrategy]:
        present = select(VersionRow).join(StrategyRow, _LATEST).where(StrategyRow.deleted_at.is_(None))
        async with self._database.reading() as session:
            return [strategy_of(row) for row in await session.scalars(present.order_by(StrategyRow.id))]

    @uninterrupted
    async def delete(self, strategy_id: str, *, at: datetime) -> StoredStrategy | None:
        async with self._database.writing() as session:
            stored = await _present(session, strategy_id)
            if stored is None:
                return None
            await _refuse_if_active(session, strategy_id, "Stop it first, then delete the strategy.")
            await session.execute(update(StrategyRow).where(StrategyRow.id == strategy_id).values(deleted_at=at))
            return stored

    @uninterrupted
    async def open_run(self, run: StrategyRun) -> StrategyRun:
        async with self._database.writing() as session:
            stored = await _present(session, run.strategy)
            if stored is None:
                raise BadArgument(
                    f"There is no strategy {run.strategy}.", remedy="Save it, then start it.", field="strategy"
                )
            if (stored.version, stored.digest) != (run.version, run.digest):
                raise BadArgument(
                    f"The strategy {run.strategy} is at version {stored.version} and not as it was read.",
                    remedy="Read it again, and start that.",
                    field="strategy",
                )
            await _refuse_if_active(session, run.strategy, "Resume it, or stop it before you start another.")
            await _prune(session, run.started_at)
            await session.execute(self._database.insert(run_row(run)))
            await self._note_change(session, run, run.started_at)
            return run

    @uninterrupted
    async def set_run_state(
        self, run_id: str, state: RunState, reason: str, at: datetime, *, only_from: RunState | None = None
    ) -> StrategyRun:
        async with self._database.writing() as session:
            run = await _the_run(session, run_id)
            if run.state == "stopped" or only_from not in (None, run.state):
                return run
            changed = replace(run, state=state, reason=reason, ended_at=at if state == "stopped" else None)
            values = {"state": state, "reason": reason, "ended_at": changed.ended_at}
            await session.execute(update(RunRow).where(RunRow.id == run_id).values(values))
            await self._note_change(session, changed, at)
            return changed

    @uninterrupted
    async def find_run(self, run_id: str) -> StrategyRun | None:
        async with self._database.reading() as session:
            return next(iter(await _runs(session, select(RunRow).where(RunRow.id == run_id))), None)

    @uninterrupted
    async def runs(self, strategy_id: str | None = None, *, limit: int = 100) -> Sequence[StrategyRun]:
        query = select(RunRow).order_by(RunRow.started_at.desc(), RunRow.id.desc()).limit(limit)
        if strategy_id is not None:
            query = query.where(RunRow.strategy_id == strategy_id)
        async with self._database.reading() as session:
            return await _runs(session, query)

    @uninterrupted
    async def active_runs(self) -> Sequence[StrategyRun]:
        async with self._database.reading() as session:
            return await _runs(session, select(RunRow).where(_IS_ACTIVE).order_by(RunRow.started_at, RunRow.id))

    @uninterrupted
    async def changes(self, run_id: str) -> Sequence[RunChange]:
        query = select(ChangeRow).where(ChangeRow.run_id == run_id).order_by(ChangeRow.number)
        async with self._database.reading() as session:
            return [change_of(row) for row in await session.scalars(query)]

    @uninterrupted
    async def add_signals(self, signals: Sequence[SignalEntry]) -> int:
        run_id, times = signals[0].run_id, {signal.at for signal in signals}
        kept = select(SignalRow.symbol, SignalRow.decided_at).where(SignalRow.run_id == run_id)
        async with self._database.writing() as session:
            await _the_run(session, run_id)
            known = {(symbol, at) for symbol, at in await session.execute(kept.where(SignalRow.decided_at.in_(times)))}
            missing = {(signal.symbol, signal.at): signal for signal in signals[::-1]}
            rows = [signal_row(signal).values() for key, signal in missing.items() if key not in known]
            if rows:
                await session.execute(insert(SignalRow), rows)
            return len(rows)

    @uninterrupted
    async def set_intent(self, run_id: str, symbol: str, at: datetime, intent_id: str) -> None:
        async with self._database.writing() as session:
            row = await session.get(SignalRow, (run_id, symbol, at))
            if row is None:
                raise LookupError(f"No signal of run {run_id} for {symbol} at {at}")
            row.intent_id = row.intent_id or intent_id

    @uninterrupted
    async def signals(
        self, run_id: str, since: datetime | None = None, limit: int = 100, *, moved: bool = False
    ) -> Sequence[SignalEntry]:
        query = select(SignalRow).where(SignalRow.run_id == run_id)
        if moved:
            query = query.where(SignalRow.quantity > 0)
        if since is not None:
            query = query.where(SignalRow.decided_at >= since)
        latest = query.order_by(SignalRow.decided_at.desc(), SignalRow.symbol.desc()).limit(limit)
        async with self._database.reading() as session:
            return [signal_of(row) for row in await session.scalars(latest)][::-1]

    @uninterrupted
    async def put_position(self, position: HeldPosition) -> None:
        async with self._database.writing() as session:
            await _the_run(session, position.run_id)
            same = (PositionRow.run_id == position.run_id) & (PositionRow.symbol == position.symbol)
            await session.execute(delete(PositionRow).where(same))
            if position.quantity:
                await session.execute(self._database.insert(position_row(position)))

    @uninterrupted
    async def positions(self, run_id: str) -> Sequence[HeldPosition]:
        query = select(PositionRow).where(PositionRow.run_id == run_id).order_by(PositionRow.symbol)
        async with self._database.reading() as session:
            return [position_of(row) for row in await session.scalars(query)]

    @uninterrupted
    async def add_bars(self, bars: Sequence[StoredBar]) -> int:
        if not bars:
            return 0
        async with self._database.writing() as session:
            missing = await _missing(session, bars)
            if missing:
                await session.execute(insert(BarRow), [bar_row(bar).values() for bar in missing])
        return len(missing)

    @uninterrupted
    async def bars(self, symbol: str, interval: str, since: datetime, until: datetime) -> Sequence[StoredBar]:
        query = select(BarRow).where(*_is_between([symbol], interval, since, until)).order_by(BarRow.ends_at)
        async with self._database.reading() as session:
            return [bar_of(row) for row in await session.scalars(query)]

    @uninterrupted
    async def last_bar(
        self, symbols: Sequence[str], interval: str, since: datetime, until: datetime
    ) -> datetime | None:
        ends = select(BarRow.ends_at).where(*_is_between(symbols, interval, since, until))
        async with self._database.reading() as session:
            return await session.scalar(ends.order_by(BarRow.ends_at.desc()).limit(1))

    @uninterrupted
    async def prune(self, at: datetime) -> None:
        async with self._database.writing() as session:
            await _prune(session, at)

    async def _note_change(self, session: AsyncSession, run: StrategyRun, at: datetime) -> None:
        change = RunChange(run_id=run.id, at=at, state=run.state, reason=run.reason)
        await session.execute(self._database.insert(change_row(change)))


async def _latest(session: AsyncSession, strategy_id: str) -> StoredStrategy | None:
    """The latest version, of a deleted strategy too."""
    row = await session.scalar(select(VersionRow).join(StrategyRow, _LATEST).where(StrategyRow.id == strategy_id))
    return row and strategy_of(row)


async def _present(session: AsyncSession, strategy_id: str) -> StoredStrategy | None:
    is_it = (StrategyRow.id == strategy_id) & StrategyRow.deleted_at.is_(None)
    row = await session.scalar(select(VersionRow).join(StrategyRow, _LATEST).where(is_it))
    return row and strategy_of(row)


async def _refuse_if_active(session: AsyncSession, strategy_id: str, remedy: str) -> None:
    for run in await _runs(session, select(RunRow).where(RunRow.strategy_id == strategy_id, _IS_ACTIVE)):
        raise BadArgument(
            f"The strategy {strategy_id} is {run.state} in run {run.id}.", remedy=remedy, field="strategy"
        )


async def _runs(session: AsyncSession, query: Select[RunRow]) -> list[StrategyRun]:
    return [run_of(row) for row in await session.scalars(query)]


async def _the_run(session: AsyncSession, run_id: str) -> StrategyRun:
    for run in await _runs(session, select(RunRow).where(RunRow.id == run_id)):
        return run
    raise LookupError(f"No run {run_id}")


def _is_between(
    symbols: Sequence[str], interval: str, since: datetime, until: datetime
) -> tuple[ColumnElement[bool], ...]:
    return BarRow.symbol.in_(symbols), BarRow.interval == interval, BarRow.ends_at > since, BarRow.ends_at <= until


def _place(bar: StoredBar | BarRow) -> tuple[str, str, datetime]:
    return bar.symbol, bar.interval, bar.ends_at


async def _missing(session: AsyncSession, bars: Sequence[StoredBar]) -> list[StoredBar]:
    """Those bars that are not kept, each moment of a symbol and interval once.

    Raises:
        BarsDiffer: One is not the bar that is kept, or that comes before it in the list, for its moment.
    """
    symbols, intervals, times = (set(column) for column in zip(*map(_place, bars), strict=True))
    kept = select(BarRow).where(
        BarRow.symbol.in_(symbols), BarRow.interval.in_(intervals), BarRow.ends_at.between(min(times), max(times))
    )
    known = {_place(row): bar_of(row) for row in await session.scalars(kept)}
    missing = list[StoredBar]()
    for bar in bars:
        if (place := _place(bar)) not in known:
            known[place] = bar
            missing.append(bar)
        elif (earlier := _numbers(known[place])) != _numbers(bar):
            raise BarsDiffer(
                f"The {bar.interval} bar of {bar.symbol} that ends at {bar.ends_at:%Y-%m-%d %H:%M} is kept with "
                f"{_in_words(earlier)}, and was given with {_in_words(_numbers(bar))}.",
                remedy="What is kept stays, because a strategy decided upon it. A split or a correction changes bars "
                "afterwards: read the history again for a backtest.",
                field="bars",
            )
    return missing


def _numbers(bar: StoredBar) -> tuple[Decimal | int, ...]:
    return bar.open, bar.high, bar.low, bar.close, bar.volume


def _in_words(numbers: tuple[Decimal | int, ...]) -> str:
    names = ("open", "high", "low", "close", "volume")
    return ", ".join(f"{name} {number}" for name, number in zip(names, numbers, strict=True))


async def _prune(session: AsyncSession, at: datetime) -> None:
    for table, is_of_kind, moment, kept in _KEPT:
        await session.execute(delete(table).where(is_of_kind, moment < at - kept))
