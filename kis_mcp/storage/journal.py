"""The order journal in a SQL database, safe for several processes."""

import asyncio
import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Self

from sqlalchemy import ColumnElement, Select, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from kis_mcp.account import Account
from kis_mcp.market import OrderNotice
from kis_mcp.storage import migrations
from kis_mcp.storage.database import Database
from kis_mcp.storage.journal_queries import find_record, read_records, the_record
from kis_mcp.storage.journal_rows import (
    decision_row,
    finding_of,
    finding_row,
    intent_row,
    notice_row,
)
from kis_mcp.storage.journal_tables import (
    AccountSaltRow,
    DecisionRow,
    MandatedIntentRow,
    NoticeRow,
    OutcomeRow,
    ReconciliationRow,
    RecordRow,
    SendRow,
    StatusRow,
)
from kis_mcp.storage.mandate_journal import SqlMandates, require_room
from kis_mcp.storage.sqlite import SqliteDatabase
from kis_mcp.storage.uninterrupted import uninterrupted
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import (
    Claim,
    Intent,
    NoticeEntry,
    Outcome,
    Reconciliation,
    Record,
    Send,
    Status,
)

_MAY_STAND = [status for status in Status if status.may_stand]
_UNRESOLVED = [status for status in Status if status.is_unresolved]


class SqlJournal(SqlMandates):
    """Implements `kis_mcp.trading.journal.Journal`. One database holds one environment's orders.

    A caller that is cancelled waits until its entry is written or its rows are read: a connection that is given up
    halfway never closes, and its process never ends.

    Raises:
        StorageError: From each method, where the database cannot be read or written.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._account_ids: dict[Account, str] = {}

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the journal in a SQLite file, creating or migrating it as needed. The folder must exist.

        Raises:
            SettingsError: It is of a version that this kis-mcp does not know; the file is left as it is.
        """
        return await cls.on(SqliteDatabase(path))

    @classmethod
    async def on(cls, database: Database) -> Self:
        """The journal in a database, which is closed where it cannot be used."""
        try:
            await migrations.migrate(database)
        except BaseException:
            await database.aclose()
            raise
        return cls(database)

    @property
    def database(self) -> Database:
        """In which what belongs to orders is kept too."""
        return self._database

    async def aclose(self) -> None:
        await self._database.aclose()

    @uninterrupted
    async def propose(self, intent: Intent, refusal: Decision | None = None) -> Record:
        key = None if refusal else intent.idempotency_key
        async with self._database.writing() as session:
            if key and (earlier := await find_record(session, _has_key(intent.account_id, key))):
                return earlier
            await session.execute(self._database.insert(intent_row(intent, key)))
            await session.execute(self._database.insert(StatusRow(intent.id, Status.PROPOSED)))
            if intent.mandate_id is not None:
                await session.execute(self._database.insert(MandatedIntentRow(intent.id, intent.mandate_id)))
            if refusal:
                await self._append(session, decision_row(intent.id, refusal, intent.at))
            return await the_record(session, intent.id)

    @uninterrupted
    async def decide(self, intent_id: str, decision: Decision, at: datetime) -> Record:
        async with self._database.writing() as session:
            await self._append(session, decision_row(intent_id, decision, at))
            return await the_record(session, intent_id)

    @uninterrupted
    async def claim(self, send: Send, *, same_since: datetime) -> Claim:
        async with self._database.writing() as session:
            record = await the_record(session, send.intent_id)
            if record.sent_at is not None:
                return Claim.TAKEN
            intent = record.intent
            same_key = RecordRow.idempotency_key.is_not_distinct_from(intent.idempotency_key)
            is_same = same_key & (RecordRow.sent_at > same_since)
            if record.decision is None or record.decision.channel != "mandate":
                is_same |= RecordRow.sent_at > intent.at
            equal = select(RecordRow).where(
                RecordRow.fingerprint == intent.fingerprint, is_same, _has_status(_MAY_STAND)
            )
            if await read_records(session, equal):
                return Claim.DUPLICATE
            if intent.mandate_id is not None:
                await require_room(session, intent, intent.mandate_id, send.at)
            await self._append(session, SendRow(send.intent_id, send.at, send.kis_at))
            return Claim.WON

    @uninterrupted
    async def conclude(self, entry: Outcome | Reconciliation) -> Record:
        async with self._database.writing() as session:
            await self._append(session, finding_row(entry))
            return await the_record(session, entry.intent_id)

    @uninterrupted
    async def settle(
        self, intent_id: str, *, since: datetime, conclude: Callable[[Sequence[Record]], Reconciliation]
    ) -> Record:
        async with self._database.writing() as session:
            record = await the_record(session, intent_id)
            if not record.status.may_be_settled:
                return record
            standing = select(RecordRow).where(
                _has_status(_MAY_STAND),
                RecordRow.sent_at >= since,
                RecordRow.account_id == record.intent.account_id,
            )
            oldest_first = standing.order_by(RecordRow.sent_at, RecordRow.id)
            found = conclude(await read_records(session, oldest_first))
            if record.status.is_unresolved or found.conclusion == "accepted":
                await self._append(session, finding_row(found))
            return await the_record(session, intent_id)

    @uninterrupted
    async def find(self, intent_id: str) -> Record | None:
        async with self._database.reading() as session:
            return await find_record(session, RecordRow.id == intent_id)

    async def account_id(self, account: Account) -> str:
        if account not in self._account_ids:
            salt = await self._salt()
            self._account_ids[account] = await asyncio.to_thread(_digest, account, salt)
        return self._account_ids[account]

    async def find_by_key(self, account: Account, idempotency_key: str) -> Record | None:
        return await self._find_by_key(await self.account_id(account), idempotency_key)

    @uninterrupted
    async def same_as(self, fingerprint: str) -> Sequence[Record]:
        async with self._database.reading() as session:
            return await read_records(
                session, _latest_first(select(RecordRow).where(RecordRow.fingerprint == fingerprint))
            )

    @uninterrupted
    async def unresolved(self) -> Sequence[Record]:
        async with self._database.reading() as session:
            query = select(RecordRow).where(_has_status(_UNRESOLVED))
            return await read_records(session, query.order_by(RecordRow.proposed_at))

    @uninterrupted
    async def accepted_since(self, since: datetime) -> Sequence[Record]:
        async with self._database.reading() as session:
            query = select(RecordRow).where(_has_status([Status.ACCEPTED]), RecordRow.sent_at >= since)
            return await read_records(session, query.order_by(RecordRow.sent_at))

    @uninterrupted
    async def history(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int = 100
    ) -> Sequence[Record]:
        query = _latest_first(select(RecordRow)).limit(limit)
        if since is not None:
            query = query.where(RecordRow.proposed_at >= since)
        if until is not None:
            query = query.where(RecordRow.proposed_at < until)
        async with self._database.reading() as session:
            return await read_records(session, query)

    @uninterrupted
    async def findings(self, intent_ids: Sequence[str]) -> Mapping[str, Sequence[Outcome | Reconciliation]]:
        outcomes = select(OutcomeRow).where(OutcomeRow.intent_id.in_(intent_ids))
        reconciliations = select(ReconciliationRow).where(ReconciliationRow.intent_id.in_(intent_ids))
        async with self._database.reading() as session:
            rows = [
                *await session.scalars(outcomes.order_by(OutcomeRow.number)),
                *await session.scalars(reconciliations.order_by(ReconciliationRow.number)),
            ]
        # As they were written, outcomes first: by their times they may be out of order, if the machine's clock was set.
        found = sorted(map(finding_of, rows), key=lambda finding: finding.intent_id)
        return {intent_id: list(findings) for intent_id, findings in groupby(found, lambda finding: finding.intent_id)}

    @uninterrupted
    async def note(self, entry: NoticeEntry) -> None:
        async with self._database.writing() as session:
            await session.execute(self._database.insert(notice_row(entry)))

    @uninterrupted
    async def notices(self, intent_ids: Sequence[str]) -> Mapping[str, Sequence[OrderNotice]]:
        query = select(NoticeRow).where(NoticeRow.intent_id.in_(intent_ids)).order_by(NoticeRow.number)
        found: dict[str, list[OrderNotice]] = {}
        async with self._database.reading() as session:
            for row in await session.scalars(query):
                found.setdefault(row.intent_id, []).append(row.notice)
        return found

    @uninterrupted
    async def _salt(self) -> str:
        async with self._database.reading() as session:
            return (await session.scalars(select(AccountSaltRow.salt))).one()

    @uninterrupted
    async def _find_by_key(self, account_id: str, idempotency_key: str) -> Record | None:
        async with self._database.reading() as session:
            return await find_record(session, _has_key(account_id, idempotency_key))

    async def _append(
        self, session: AsyncSession, entry: DecisionRow | SendRow | OutcomeRow | ReconciliationRow
    ) -> None:
        """Add an entry to an intent, and keep the status that follows from its entries."""
        await session.execute(self._database.insert(entry))
        status = select(RecordRow.status).where(RecordRow.id == entry.intent_id).scalar_subquery()
        moved = update(StatusRow).where(StatusRow.intent_id == entry.intent_id).values(status=status)
        await session.execute(moved.execution_options(synchronize_session=False))


def _has_key(account_id: str, idempotency_key: str) -> ColumnElement[bool]:
    return (RecordRow.account_id == account_id) & (RecordRow.idempotency_key == idempotency_key)


def _has_status(statuses: Sequence[Status]) -> ColumnElement[bool]:
    """Whether an intent has one of these statuses, by the index."""
    return RecordRow.id.in_(select(StatusRow.intent_id).where(StatusRow.status.in_(statuses)))


def _latest_first(query: Select[RecordRow]) -> Select[RecordRow]:
    return query.order_by(RecordRow.proposed_at.desc(), RecordRow.id.desc())


def _digest(account: Account, salt: str) -> str:
    """Slow on purpose: there are few enough account numbers to try them all."""
    return hashlib.scrypt(
        f"{account.number}-{account.product}".encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16
    ).hex()
