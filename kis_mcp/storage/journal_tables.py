"""The order journal's tables, for PostgreSQL as for SQLite.

    intents          an order that somebody wants; its ``id`` is what all other tables mean by ``intent_id``
    decisions        the verdict on it, at most one
    previews         each time that it was shown with a token that confirms it
    sends            the claim, written before the order leaves; at most one
    outcomes         what came of sending it: any number ``unknown``, then at most one that is definite
    reconciliations  what KIS' list of orders said later: any number ``unresolved``, then at most one
                     ``not_accepted`` and one ``accepted``, which counts
    notices          what KIS notified of its order, each once
    records          a view: each intent with all of the above and its ``status``
    statuses         the same status by itself, so that an index finds what is open
    mandates         what a person was asked to let a strategy do
    mandate_decisions  the verdict on it, at most one
    mandate_ends     that it holds no more, at most one
    mandate_previews  as previews, of a mandate
    mandated_intents  which mandate an intent is under
    fills            how far KIS showed an order under a mandate to be filled; the furthest counts
    mandate_statuses  where each mandate stands, its time apart, so that an index finds an account's
    account_salt     one row, mixed into ``account_id``
    alembic_version  one row: the version of this schema

All can only be added to, triggers refuse to change or remove a row, but for the two of statuses and the last two. All
times are UTC; ``account`` is masked; ``arguments`` holds the KIS API's arguments as JSON, ``order_terms`` the same in
the neutral terms of `kis_mcp.trading.order.Order`, ``notice`` a `kis_mcp.market.order_notices.OrderNotice`, ``terms`` a
`kis_mcp.trading.mandate.Mandate`. `kis_mcp.storage.migrations` makes the tables, with their indexes and triggers; a
test holds the two together.
"""

# ruff: noqa: ARG002  (SQLAlchemy says which arguments a type decorator takes)

import enum
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import TypeAdapter
from sqlalchemy import JSON, Column, DateTime, Dialect, Enum, ForeignKey, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column
from sqlalchemy.types import TypeDecorator

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.market import OrderNotice
from kis_mcp.trading.decision import Channel, Verdict
from kis_mcp.trading.journal import Conclusion, OutcomeState, Status
from kis_mcp.trading.mandate import Mandate, MandateStatus
from kis_mcp.trading.order import Order

_ORDER = TypeAdapter(Order)
_NOTICE = TypeAdapter(OrderNotice)
_MANDATE = TypeAdapter(Mandate)


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as UTC and read as KST."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value} has no time zone.")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(KST)


class OrderTerms(TypeDecorator[Order]):
    """An order as JSON, with decimals as text and without what is None."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Order | None, dialect: Dialect) -> Any:
        return value and _ORDER.dump_python(value, mode="json", exclude_none=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Order | None:
        return value and _ORDER.validate_python(value)


class NoticeTerms(TypeDecorator[OrderNotice]):
    """A notice as JSON, with decimals as text, without the accounts and without what is None."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: OrderNotice | None, dialect: Dialect) -> Any:
        return value and _NOTICE.dump_python(value, mode="json", exclude_none=True, exclude={"accounts"})

    def process_result_value(self, value: Any, dialect: Dialect) -> OrderNotice | None:
        return value and _NOTICE.validate_python(value)


class MandateTerms(TypeDecorator[Mandate]):
    """A mandate as JSON, with decimals as text."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mandate | None, dialect: Dialect) -> Any:
        return value and _MANDATE.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Mandate | None:
        return value and _MANDATE.validate_python(value)


class Amount(TypeDecorator[Decimal]):
    """A decimal as text, to the last digit."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value.normalize():f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Texts(TypeDecorator[tuple[str, ...]]):
    """Texts as a JSON list."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> Any:
        return None if value is None else list(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)


def _values(words: type[enum.Enum]) -> Sequence[str]:
    return [word.value for word in words]


WORD = Enum(enum.Enum, native_enum=False, length=20, values_callable=_values)
"""A word of an enumeration as text, so that a new word needs no migration."""


class JournalRow(MappedAsDataclass, DeclarativeBase):
    """A row of one of the tables."""

    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy's way)
        str: Text(),
        datetime: Moment(),
        enum.Enum: WORD,
        Literal: WORD,
        Mapping[str, object]: JSON(),
        tuple[str, ...]: Texts(),
        Order: OrderTerms(),
        OrderNotice: NoticeTerms(),
        Mandate: MandateTerms(),
        Decimal: Amount(),
    }

    def values(self) -> dict[str, object]:
        """Its columns by name, but for those that the database fills in."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.init}


class IntentColumns(MappedAsDataclass, kw_only=True):
    """What the table of intents and the view share."""

    id: Mapped[str] = mapped_column(primary_key=True)
    proposed_at: Mapped[datetime]
    environment: Mapped[Environment]
    account: Mapped[str]
    account_id: Mapped[str]
    tool: Mapped[str]
    symbol: Mapped[str | None]
    arguments: Mapped[Mapping[str, object]]
    order_terms: Mapped[Order]
    warnings: Mapped[tuple[str, ...]]
    fingerprint: Mapped[str]
    idempotency_key: Mapped[str | None]
    call: Mapped[str]


class IntentRow(IntentColumns, JournalRow):
    __tablename__ = "intents"


class DecisionRow(JournalRow):
    __tablename__ = "decisions"

    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id), primary_key=True)
    decided_at: Mapped[datetime]
    verdict: Mapped[Verdict]
    channel: Mapped[Channel]
    reason: Mapped[str]


class PreviewRow(JournalRow):
    __tablename__ = "previews"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id))
    shown_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tool: Mapped[str]
    arguments: Mapped[Mapping[str, object]]


class SendRow(JournalRow):
    __tablename__ = "sends"

    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id), primary_key=True)
    sent_at: Mapped[datetime]
    kis_sent_at: Mapped[datetime | None]


class OutcomeRow(JournalRow):
    __tablename__ = "outcomes"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id))
    recorded_at: Mapped[datetime]
    state: Mapped[OutcomeState]
    order_id: Mapped[str | None]
    order_branch: Mapped[str | None]
    kis_code: Mapped[str | None]
    message: Mapped[str]


class ReconciliationRow(JournalRow):
    __tablename__ = "reconciliations"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id))
    recorded_at: Mapped[datetime]
    conclusion: Mapped[Conclusion]
    order_id: Mapped[str | None]
    message: Mapped[str]
    candidates: Mapped[tuple[str, ...]]


class NoticeRow(JournalRow):
    __tablename__ = "notices"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id))
    recorded_at: Mapped[datetime]
    order_id: Mapped[str]
    event: Mapped[str]
    digest: Mapped[str]
    notice: Mapped[OrderNotice]


class StatusRow(JournalRow):
    __tablename__ = "statuses"

    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id), primary_key=True)
    status: Mapped[Status]


class MandateRow(JournalRow):
    __tablename__ = "mandates"

    id: Mapped[str] = mapped_column(primary_key=True)
    proposed_at: Mapped[datetime]
    environment: Mapped[Environment]
    account: Mapped[str]
    account_id: Mapped[str]
    strategy: Mapped[str]
    document: Mapped[str]
    until: Mapped[datetime]
    terms: Mapped[Mandate]


class MandateDecisionRow(JournalRow):
    __tablename__ = "mandate_decisions"

    mandate_id: Mapped[str] = mapped_column(ForeignKey(MandateRow.id), primary_key=True)
    decided_at: Mapped[datetime]
    verdict: Mapped[Verdict]
    channel: Mapped[Channel]
    reason: Mapped[str]


class MandateEndRow(JournalRow):
    __tablename__ = "mandate_ends"

    mandate_id: Mapped[str] = mapped_column(ForeignKey(MandateRow.id), primary_key=True)
    ended_at: Mapped[datetime]
    reason: Mapped[str]


class MandatePreviewRow(JournalRow):
    __tablename__ = "mandate_previews"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    mandate_id: Mapped[str] = mapped_column(ForeignKey(MandateRow.id))
    shown_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tool: Mapped[str]
    arguments: Mapped[Mapping[str, object]]


class MandatedIntentRow(JournalRow):
    __tablename__ = "mandated_intents"

    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id), primary_key=True)
    mandate_id: Mapped[str] = mapped_column(ForeignKey(MandateRow.id))


class FillRow(JournalRow):
    __tablename__ = "fills"

    number: Mapped[int] = mapped_column(init=False, primary_key=True)
    intent_id: Mapped[str] = mapped_column(ForeignKey(IntentRow.id))
    recorded_at: Mapped[datetime]
    quantity: Mapped[Decimal]
    worth: Mapped[Decimal]
    is_over: Mapped[bool]


class MandateStatusRow(JournalRow):
    __tablename__ = "mandate_statuses"

    mandate_id: Mapped[str] = mapped_column(ForeignKey(MandateRow.id), primary_key=True)
    account_id: Mapped[str]
    status: Mapped[MandateStatus]


class AccountSaltRow(JournalRow):
    __tablename__ = "account_salt"

    salt: Mapped[str] = mapped_column(primary_key=True)


class RecordRow(IntentColumns, JournalRow):
    """A row of the view."""

    __tablename__ = "records"
    metadata = MetaData()  # apart, so that nobody takes it for a table

    verdict: Mapped[Verdict | None]
    channel: Mapped[Channel | None]
    reason: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    kis_sent_at: Mapped[datetime | None]
    status: Mapped[Status]
    order_id: Mapped[str | None]
    order_branch: Mapped[str | None]
    kis_code: Mapped[str | None]
    message: Mapped[str]
    mandate_id: Mapped[str | None]


SCHEMA_VERSION = Column("version_num", String(32), primary_key=True)
SCHEMA_VERSIONS = Table("alembic_version", MetaData(), SCHEMA_VERSION)
"""Where alembic keeps the version."""
