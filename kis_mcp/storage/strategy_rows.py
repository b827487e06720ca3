"""What is kept of strategies as rows of its tables, and back."""

from collections.abc import Mapping
from typing import cast

from kis_mcp.storage.strategy_tables import BarRow, ChangeRow, PositionRow, RunRow, SignalRow, VersionRow
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import (
    HeldPosition,
    RunChange,
    SignalEntry,
    StoredBar,
    StoredStrategy,
    StrategyRun,
    document_text,
)


def version_row(stored: StoredStrategy) -> VersionRow:
    return VersionRow(
        strategy_id=stored.id,
        version=stored.version,
        document=document_text(stored.document),
        digest=stored.digest,
        created_at=stored.created_at,
        note=stored.note,
    )


def strategy_of(row: VersionRow) -> StoredStrategy:
    return StoredStrategy(
        id=row.strategy_id,
        version=row.version,
        document=Strategy.model_validate_json(row.document),
        digest=row.digest,
        created_at=row.created_at,
        note=row.note,
    )


def run_row(run: StrategyRun) -> RunRow:
    return RunRow(
        id=run.id,
        strategy_id=run.strategy,
        version=run.version,
        digest=run.digest,
        mandate_id=run.mandate_id,
        account_id=run.account_id,
        symbols=run.symbols,
        state=run.state,
        reason=run.reason,
        started_at=run.started_at,
        ended_at=run.ended_at,
    )


def run_of(row: RunRow) -> StrategyRun:
    return StrategyRun(
        id=row.id,
        strategy=row.strategy_id,
        version=row.version,
        digest=row.digest,
        mandate_id=row.mandate_id,
        account_id=row.account_id,
        symbols=row.symbols,
        state=row.state,
        reason=row.reason,
        started_at=row.started_at,
        ended_at=row.ended_at,
    )


def change_row(change: RunChange) -> ChangeRow:
    return ChangeRow(run_id=change.run_id, changed_at=change.at, state=change.state, reason=change.reason)


def change_of(row: ChangeRow) -> RunChange:
    return RunChange(run_id=row.run_id, at=row.changed_at, state=row.state, reason=row.reason)


def signal_row(signal: SignalEntry) -> SignalRow:
    return SignalRow(
        run_id=signal.run_id,
        symbol=signal.symbol,
        decided_at=signal.at,
        enters=signal.enters,
        exits=signal.exits,
        action=signal.action,
        quantity=signal.quantity,
        reason=signal.reason,
        compared=signal.values,
        intent_id=signal.intent_id,
    )


def signal_of(row: SignalRow) -> SignalEntry:
    return SignalEntry(
        run_id=row.run_id,
        symbol=row.symbol,
        at=row.decided_at,
        enters=row.enters,
        exits=row.exits,
        action=row.action,
        quantity=row.quantity,
        reason=row.reason,
        values=cast("Mapping[str, float | None]", row.compared),
        intent_id=row.intent_id,
    )


def position_row(position: HeldPosition) -> PositionRow:
    return PositionRow(
        run_id=position.run_id,
        symbol=position.symbol,
        quantity=position.quantity,
        cost=position.cost,
        opened_at=position.opened_at,
        bars=position.bars,
        highest=position.highest,
    )


def position_of(row: PositionRow) -> HeldPosition:
    return HeldPosition(
        run_id=row.run_id,
        symbol=row.symbol,
        quantity=row.quantity,
        cost=row.cost,
        opened_at=row.opened_at,
        bars=row.bars,
        highest=row.highest,
    )


def bar_row(bar: StoredBar) -> BarRow:
    return BarRow(
        symbol=bar.symbol,
        interval=bar.interval,
        ends_at=bar.ends_at,
        open=bar.open,
        high=bar.high,
        low=bar.low,
        close=bar.close,
        volume=bar.volume,
        source=bar.source,
    )


def bar_of(row: BarRow) -> StoredBar:
    return StoredBar(
        symbol=row.symbol,
        interval=row.interval,
        ends_at=row.ends_at,
        open=row.open,
        high=row.high,
        low=row.low,
        close=row.close,
        volume=row.volume,
        source=row.source,
    )
