"""The tables of strategies, in the order journal's database: for PostgreSQL as for SQLite.

    strategies          which there are, with the version that counts; deleted ones stay, with the time of it
    strategy_versions   each document that was saved, as the text of which its digest was taken
    strategy_runs       each run with where it stands; at most one of a strategy is not stopped
    strategy_changes    each state that a run came into
    strategy_signals    what a run decided; one for a run, symbol and moment
    strategy_positions  what a run holds
    bars                upon which runs decided

``strategy_versions`` and ``strategy_changes`` can only be added to: triggers refuse to change or remove a row. Prices
and costs are decimals as text. `kis_mcp.storage.migrations` makes the tables; a test holds the two together.
"""

# ruff: noqa: ARG002  (SQLAlchemy says which arguments a type decorator takes)

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal

from sqlalchemy import BigInteger, Dialect, ForeignKey, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from kis_mcp.storage.journal_tables import JournalRow
from kis_mcp.strategies.records import RunState


class Exact(TypeDecorator[Decimal]):
    """A decimal as text, digit by digit: databases and drivers make floats of numbers."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is not None and not value.is_finite():
            raise ValueError(f"{value} is no amount.")
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class StrategyRow(JournalRow):
    __tablename__ = "strategies"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    deleted_at: Mapped[datetime | None]


class VersionRow(JournalRow):
    __tablename__ = "strategy_versions"

    strategy_id: Mapped[str] = mapped_column(ForeignKey(StrategyRow.id), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    document: Mapped[str]
    digest: Mapped[str]
    created_at: Mapped[datetime]
    note: Mapped[str]


class RunRow(JournalRow):
    __tablename__ = "strategy_runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["strategy_id", "version"], ["strategy_versions.strategy_id", "strategy_versions.version"]
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    strategy_id: Mapped[str]
    version: Mapped[int]
    digest: Mapped[str]
    mandate_id: Mapped[str | None]
    account_id: Mapped[str]
    symbols: Mapped[tuple[str, ...]]
    state: Mapped[RunState]
    reason: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ChangeRow(JournalRow):
    __tablename__ = "strategy_changes"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey(RunRow.id))
    changed_at: Mapped[datetime]
    state: Mapped[RunState]
    reason: Mapped[str]


class SignalRow(JournalRow):
    __tablename__ = "strategy_signals"

    run_id: Mapped[str] = mapped_column(ForeignKey(RunRow.id), primary_key=True)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    decided_at: Mapped[datetime] = mapped_column(primary_key=True)
    enters: Mapped[bool | None]
    exits: Mapped[bool | None]
    action: Mapped[Literal["enter", "exit", "none"]]
    quantity: Mapped[int]
    reason: Mapped[str]
    compared: Mapped[Mapping[str, object]]
    intent_id: Mapped[str | None]


class PositionRow(JournalRow):
    __tablename__ = "strategy_positions"

    run_id: Mapped[str] = mapped_column(ForeignKey(RunRow.id), primary_key=True)
    symbol: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int]
    cost: Mapped[Decimal] = mapped_column(Exact)
    opened_at: Mapped[datetime]
    bars: Mapped[int]
    highest: Mapped[Decimal] = mapped_column(Exact)


class BarRow(JournalRow):
    __tablename__ = "bars"

    symbol: Mapped[str] = mapped_column(primary_key=True)
    interval: Mapped[str] = mapped_column(primary_key=True)
    ends_at: Mapped[datetime] = mapped_column(primary_key=True)
    open: Mapped[Decimal] = mapped_column(Exact)
    high: Mapped[Decimal] = mapped_column(Exact)
    low: Mapped[Decimal] = mapped_column(Exact)
    close: Mapped[Decimal] = mapped_column(Exact)
    volume: Mapped[int] = mapped_column(BigInteger)
    source: Mapped[Literal["live", "history"]]
