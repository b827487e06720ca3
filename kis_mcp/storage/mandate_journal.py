"""The journal's part about mandates, and the tokens of previews."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kis_mcp.storage.database import Database
from kis_mcp.storage.journal_queries import read_records
from kis_mcp.storage.journal_tables import (
    FillRow,
    MandateDecisionRow,
    MandatedIntentRow,
    MandateEndRow,
    MandatePreviewRow,
    MandateRow,
    MandateStatusRow,
    PreviewRow,
    RecordRow,
)
from kis_mcp.storage.mandate_rows import fill_row, mandate_record_of, mandate_row, preview_of, preview_row
from kis_mcp.storage.strategy_tables import RunRow, SignalRow
from kis_mcp.storage.uninterrupted import uninterrupted
from kis_mcp.strategies.records import SOLD_ELSEWHERE
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import FillEntry, Intent, Preview, Record, Status, moments_sent
from kis_mcp.trading.mandate import (
    Fill,
    LostShares,
    Mandate,
    MandateBook,
    MandateCheck,
    MandatedOrder,
    MandateEnd,
    MandateRecord,
    MandateStatus,
    exceeds,
)
from kis_mcp.trading.order import Action

REPLACED = "another mandate of the strategy was agreed to"


class SqlMandates:
    """The part of `SqlJournal` that a strategy's mandates are in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @uninterrupted
    async def record_preview(self, preview: Preview) -> None:
        async with self._database.writing() as session:
            is_of_mandate = await session.get(MandateRow, preview.subject) is not None
            await session.execute(self._database.insert(preview_row(preview, is_of_mandate=is_of_mandate)))

    @uninterrupted
    async def previews(self, subject: str) -> Sequence[Preview]:
        of_intent = select(PreviewRow).where(PreviewRow.intent_id == subject).order_by(PreviewRow.number)
        of_mandate = select(MandatePreviewRow).where(MandatePreviewRow.mandate_id == subject)
        async with self._database.reading() as session:
            rows = [
                *await session.scalars(of_intent),
                *await session.scalars(of_mandate.order_by(MandatePreviewRow.number)),
            ]
        return [preview_of(row) for row in rows]

    @uninterrupted
    async def propose_mandate(self, mandate: Mandate, refusal: Decision | None = None) -> MandateRecord:
        async with self._database.writing() as session:
            await session.execute(self._database.insert(mandate_row(mandate)))
            status = MandateStatusRow(mandate.id, mandate.account_id, MandateStatus.PROPOSED)
            await session.execute(self._database.insert(status))
            if refusal is not None:
                await self._decide(session, mandate.id, refusal, mandate.at)
            return await _the_mandate(session, mandate.id)

    @uninterrupted
    async def decide_mandate(self, mandate_id: str, decision: Decision, at: datetime) -> MandateRecord:
        async with self._database.writing() as session:
            is_first = await session.get(MandateDecisionRow, mandate_id) is None
            record = await self._decide(session, mandate_id, decision, at)
            if is_first and record.is_agreed:
                await self._replace_others(session, record.mandate, at)
            return record

    @uninterrupted
    async def end_mandate(self, end: MandateEnd) -> MandateRecord:
        async with self._database.writing() as session:
            return await self._end(session, end)

    @uninterrupted
    async def find_mandate(self, mandate_id: str) -> MandateRecord | None:
        async with self._database.reading() as session:
            return await _find_mandate(session, mandate_id)

    @uninterrupted
    async def mandates(self, strategy: str | None = None, limit: int = 100) -> Sequence[MandateRecord]:
        query = _all_mandates().order_by(MandateRow.proposed_at.desc(), MandateRow.id.desc()).limit(limit)
        if strategy is not None:
            query = query.where(MandateRow.strategy == strategy)
        async with self._database.reading() as session:
            return await _read_mandates(session, query)

    @uninterrupted
    async def agreed_mandates(self) -> Sequence[MandateRecord]:
        async with self._database.reading() as session:
            return await _agreed(session)

    @uninterrupted
    async def intents_of_mandate(self, mandate_id: str) -> Sequence[Record]:
        own = select(MandatedIntentRow.intent_id).where(MandatedIntentRow.mandate_id == mandate_id)
        query = select(RecordRow).where(RecordRow.id.in_(own)).order_by(RecordRow.proposed_at, RecordRow.id)
        async with self._database.reading() as session:
            return await read_records(session, query)

    @uninterrupted
    async def mandate_book(self, mandate_id: str, *, without: str = "") -> MandateBook:
        async with self._database.reading() as session:
            record = await _the_mandate(session, mandate_id)
            return await _read_book(session, record.mandate, without)

    @uninterrupted
    async def note_fill(self, entry: FillEntry) -> None:
        async with self._database.writing() as session:
            await session.execute(self._database.insert(fill_row(entry)))

    async def _decide(self, session: AsyncSession, mandate_id: str, decision: Decision, at: datetime) -> MandateRecord:
        row = MandateDecisionRow(mandate_id, at, decision.verdict, decision.channel, decision.reason)
        await session.execute(self._database.insert(row))
        return await _with_status(session, mandate_id, at)

    async def _end(self, session: AsyncSession, end: MandateEnd) -> MandateRecord:
        await session.execute(self._database.insert(MandateEndRow(end.mandate_id, end.at, end.reason)))
        return await _with_status(session, end.mandate_id, end.at)

    async def _replace_others(self, session: AsyncSession, mandate: Mandate, at: datetime) -> None:
        for other in await _agreed(session):
            one = other.mandate
            is_same = (one.strategy, one.account_id) == (mandate.strategy, mandate.account_id)
            if is_same and one.id != mandate.id:
                await self._end(session, MandateEnd(mandate_id=one.id, at=at, reason=REPLACED))


async def require_room(session: AsyncSession, intent: Intent, mandate_id: str, now: datetime) -> None:
    """Refuse an intent that its mandate leaves no room for, by what is in the journal in this transaction.

    Raises:
        MandateExceeded: Why.
    """
    record = await _the_mandate(session, mandate_id)
    check = MandateCheck(
        record=record,
        book=await _read_book(session, record.mandate, intent.id),
        order=intent.order,
        tool=intent.tool,
        arguments=intent.arguments,
        account_id=intent.account_id,
        environment=intent.environment,
        now=now,
    )
    if exceeded := exceeds(check):
        raise exceeded


async def _with_status(session: AsyncSession, mandate_id: str, now: datetime) -> MandateRecord:
    """What stands of a mandate, its status for the index kept by it: an end by time is none there."""
    record = await _the_mandate(session, mandate_id)
    status = record.status(min(now, record.mandate.at))
    kept = update(MandateStatusRow).where(MandateStatusRow.mandate_id == mandate_id).values(status=status)
    await session.execute(kept.execution_options(synchronize_session=False))
    return record


async def _read_book(session: AsyncSession, mandate: Mandate, without: str) -> MandateBook:
    """Of all orders of the strategy on the account that were claimed, in the order of their claims."""
    own = (
        select(MandatedIntentRow.intent_id)
        .join(MandateRow, MandateRow.id == MandatedIntentRow.mandate_id)
        .where(MandateRow.strategy == mandate.strategy, MandateRow.account_id == mandate.account_id)
    )
    claimed = select(RecordRow).where(RecordRow.id.in_(own), RecordRow.sent_at.is_not(None), RecordRow.id != without)
    claims = moments_sent(await read_records(session, claimed.order_by(RecordRow.sent_at, RecordRow.id)))
    fills: dict[str, Fill] = {}
    for row in await session.scalars(select(FillRow).where(FillRow.intent_id.in_(own)).order_by(FillRow.number)):
        fills[row.intent_id] = _furthest(fills.get(row.intent_id, Fill()), row)
    orders = [_mandated(record, fills) for _, record in claims if record.intent.order.action is Action.NEW]
    return MandateBook(mandate.id, tuple(orders), await _read_lost(session, orders))


async def _read_lost(session: AsyncSession, orders: Sequence[MandatedOrder]) -> tuple[LostShares, ...]:
    """What the strategy's runs found to be gone of what these orders bought."""
    keys = {(one.mandate_id, one.order.symbol): one.key for one in orders}
    found = (
        select(RunRow.mandate_id, SignalRow.symbol, SignalRow.quantity, SignalRow.decided_at)
        .join(SignalRow, SignalRow.run_id == RunRow.id)
        .where(
            RunRow.mandate_id.in_({mandate_id for mandate_id, _ in keys}), SignalRow.reason.startswith(SOLD_ELSEWHERE)
        )
    )
    return tuple(
        LostShares(mandate_id=mandate_id, key=keys[mandate_id, symbol], quantity=Decimal(quantity), at=at)
        for mandate_id, symbol, quantity, at in await session.execute(found)
        if mandate_id is not None and (mandate_id, symbol) in keys
    )


def _furthest(fill: Fill, row: FillRow) -> Fill:
    is_further = row.quantity >= fill.quantity
    return Fill(
        quantity=row.quantity if is_further else fill.quantity,
        worth=row.worth if is_further else fill.worth,
        is_over=fill.is_over or row.is_over,
    )


def _mandated(record: Record, fills: dict[str, Fill]) -> MandatedOrder:
    """One that seemed not to have arrived counts as if it stood: it may turn up late."""
    intent = record.intent
    assert record.sent_at is not None
    assert intent.mandate_id is not None
    return MandatedOrder(
        intent_id=intent.id,
        mandate_id=intent.mandate_id,
        order=intent.order,
        sent_at=record.sent_at,
        may_stand=record.status.may_stand or record.status.may_be_settled,
        never_left=record.status in (Status.NOT_SENT, Status.REFUSED),
        order_id=record.order_id,
        fill=fills.get(intent.id, Fill()),
    )


def _all_mandates() -> Select[MandateRow, MandateDecisionRow, MandateEndRow]:
    return (
        select(MandateRow, MandateDecisionRow, MandateEndRow)
        .outerjoin(MandateDecisionRow, MandateDecisionRow.mandate_id == MandateRow.id)
        .outerjoin(MandateEndRow, MandateEndRow.mandate_id == MandateRow.id)
    )


async def _read_mandates(
    session: AsyncSession, query: Select[MandateRow, MandateDecisionRow, MandateEndRow]
) -> list[MandateRecord]:
    rows = await session.execute(query.execution_options(populate_existing=True))
    return [mandate_record_of(*row) for row in rows]


async def _find_mandate(session: AsyncSession, mandate_id: str) -> MandateRecord | None:
    return next(iter(await _read_mandates(session, _all_mandates().where(MandateRow.id == mandate_id))), None)


async def _the_mandate(session: AsyncSession, mandate_id: str) -> MandateRecord:
    record = await _find_mandate(session, mandate_id)
    if record is None:
        raise LookupError(f"No mandate {mandate_id} in the journal")
    return record


async def _agreed(session: AsyncSession) -> list[MandateRecord]:
    in_force = select(MandateStatusRow.mandate_id).where(MandateStatusRow.status == MandateStatus.IN_FORCE)
    query = _all_mandates().where(MandateRow.id.in_(in_force)).order_by(MandateRow.proposed_at, MandateRow.id)
    return await _read_mandates(session, query)
