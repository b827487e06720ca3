"""The order journal in a SQLite file: write-ahead log, synced to disk at every commit, safe for several processes."""

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Self

import sqlalchemy
from pydantic import TypeAdapter
from sqlalchemy import ColumnClause, ColumnElement, RowMapping, Select, Text, event, select, table, text
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from kis_mcp.account import Account
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.storage import migrations
from kis_mcp.storage.uninterrupted import uninterrupted
from kis_mcp.trading.journal import Claim, Decision, Intent, Outcome, Preview, Reconciliation, Record, Send, Status
from kis_mcp.trading.order import Order

_ORDER = TypeAdapter(Order)


def column(name: str) -> ColumnClause[str]:
    return sqlalchemy.column(name, Text())


_RECORDS: Select[Any] = select(text("*")).select_from(table("records"))
_SENT_FIRST = (column("sent_at"), column("id"))
_LATEST_FIRST = (column("at").desc(), column("id").desc())
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000")


class SqlJournal:
    """Implements `kis_mcp.trading.journal.Journal`. One file holds one environment's orders.

    A caller that is cancelled waits until its entry is written or its rows are read: a connection that is given up
    halfway never closes, and its process never ends.

    Where the file cannot be read or written (locked for too long, a full disk) each call raises a KisMcpError.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._account_ids: dict[Account, str] = {}

    @classmethod
    async def open(cls, path: Path) -> Self:
        """Open the journal, creating or migrating it as needed. The folder must exist.

        Raises:
            KisMcpError: A newer kis-mcp has written it.
        """
        path.touch(mode=0o600)  # noqa: ASYNC240  (once, at start)
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        event.listen(engine.sync_engine, "connect", _configure)
        event.listen(engine.sync_engine, "begin", _begin)
        event.listen(engine.sync_engine, "handle_error", _explain)
        journal = cls(engine)
        try:
            await journal._migrate()
        except BaseException:
            await engine.dispose()
            raise
        return journal

    async def aclose(self) -> None:
        await self._engine.dispose()

    @uninterrupted
    async def propose(self, intent: Intent, refusal: Decision | None = None) -> Record:
        key = None if refusal else intent.idempotency_key
        async with self._writing() as connection:
            if key and (earlier := await _by_key(connection, intent.account, intent.account_id, key)):
                return earlier
            await _insert(
                connection,
                "intents",
                id=intent.id,
                at=_stamp(intent.at),
                environment=intent.environment.value,
                account=intent.account,
                account_id=intent.account_id,
                tool=intent.tool,
                symbol=intent.order.symbol,
                arguments=json.dumps(intent.arguments, ensure_ascii=False),
                details=_ORDER.dump_json(intent.order, exclude_none=True).decode(),
                warnings=json.dumps(intent.warnings, ensure_ascii=False),
                fingerprint=intent.fingerprint,
                idempotency_key=key,
                call=intent.call,
            )
            if refusal:
                await _insert(connection, "decisions", intent_id=intent.id, at=_stamp(intent.at), **asdict(refusal))
            return await _the(connection, intent.id)

    @uninterrupted
    async def decide(self, intent_id: str, decision: Decision, at: datetime) -> Record:
        async with self._writing() as connection:
            await _insert(connection, "decisions", intent_id=intent_id, at=_stamp(at), **asdict(decision))
            return await _the(connection, intent_id)

    @uninterrupted
    async def record_preview(self, preview: Preview) -> None:
        async with self._writing() as connection:
            await _insert(
                connection,
                "previews",
                intent_id=preview.intent_id,
                at=_stamp(preview.at),
                expires_at=_stamp(preview.expires_at),
                tool=preview.tool,
                arguments=json.dumps(preview.arguments, ensure_ascii=False),
            )

    @uninterrupted
    async def previews(self, intent_id: str) -> Sequence[Preview]:
        async with self._engine.connect() as connection:
            return [_preview(row) for row in (await connection.execute(_entries("previews", [intent_id]))).mappings()]

    @uninterrupted
    async def claim(self, send: Send, *, same_since: datetime) -> Claim:
        async with self._writing() as connection:
            record = await _the(connection, send.intent_id)
            if record.sent_at is not None:
                return Claim.TAKEN
            intent = record.intent
            same_key = column("idempotency_key").is_not_distinct_from(intent.idempotency_key)
            equal = _RECORDS.where(
                column("fingerprint") == intent.fingerprint,
                (same_key & (column("sent_at") > _stamp(same_since))) | (column("sent_at") > _stamp(intent.at)),
                _stands([status for status in Status if status.may_stand]),
            )
            if await _records(connection, equal):
                return Claim.DUPLICATE
            await _insert(connection, "sends", intent_id=send.intent_id, at=_stamp(send.at))
            return Claim.WON

    @uninterrupted
    async def conclude(self, entry: Outcome | Reconciliation) -> Record:
        async with self._writing() as connection:
            return await _concluded(connection, entry)

    @uninterrupted
    async def settle(
        self, intent_id: str, *, since: datetime, conclude: Callable[[Sequence[Record]], Reconciliation]
    ) -> Record:
        async with self._writing() as connection:
            record = await _the(connection, intent_id)
            if not record.status.is_unresolved:
                return record
            standing = _RECORDS.where(
                _stands([status for status in Status if status.may_stand]),
                column("sent_at") >= _stamp(since),
                column("account") == record.intent.account,
                column("account_id").in_(("", record.intent.account_id)),
            )
            return await _concluded(connection, conclude(await _records(connection, standing.order_by(*_SENT_FIRST))))

    @uninterrupted
    async def find(self, intent_id: str) -> Record | None:
        async with self._engine.connect() as connection:
            return _first(await _records(connection, _RECORDS.where(column("id") == intent_id)))

    async def account_id(self, account: Account) -> str:
        if account not in self._account_ids:
            salt = await self._salt()
            self._account_ids[account] = await asyncio.to_thread(_digest, account, salt)
        return self._account_ids[account]

    async def find_by_key(self, account: Account, idempotency_key: str) -> Record | None:
        return await self._found_by_key(account.masked, await self.account_id(account), idempotency_key)

    @uninterrupted
    async def _salt(self) -> str:
        async with self._engine.connect() as connection:
            return (await connection.execute(select(column("salt")).select_from(table("account_salt")))).scalar_one()

    @uninterrupted
    async def _found_by_key(self, account: str, account_id: str, idempotency_key: str) -> Record | None:
        async with self._engine.connect() as connection:
            return await _by_key(connection, account, account_id, idempotency_key)

    @uninterrupted
    async def same_as(self, fingerprints: Collection[str]) -> Sequence[Record]:
        async with self._engine.connect() as connection:
            query = _RECORDS.where(column("fingerprint").in_(fingerprints))
            return await _records(connection, query.order_by(*_LATEST_FIRST))

    @uninterrupted
    async def unresolved(self) -> Sequence[Record]:
        async with self._engine.connect() as connection:
            query = _RECORDS.where(_stands([status for status in Status if status.is_unresolved]))
            return await _records(connection, query.order_by(column("at")))

    @uninterrupted
    async def accepted_since(self, since: datetime) -> Sequence[Record]:
        async with self._engine.connect() as connection:
            query = _RECORDS.where(_stands([Status.ACCEPTED]), column("sent_at") >= _stamp(since))
            return await _records(connection, query.order_by(column("sent_at")))

    @uninterrupted
    async def history(
        self,
        *,
        symbol: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 100,
    ) -> Sequence[Record]:
        query = _RECORDS.order_by(*_LATEST_FIRST).limit(limit)
        if symbol is not None:
            query = query.where(column("symbol") == symbol)
        if since is not None:
            query = query.where(column("at") >= _stamp(since))
        if until is not None:
            query = query.where(column("at") < _stamp(until))
        async with self._engine.connect() as connection:
            return await _records(connection, query)

    @uninterrupted
    async def findings(self, intent_ids: Sequence[str]) -> Mapping[str, Sequence[Outcome | Reconciliation]]:
        async with self._engine.connect() as connection:
            found = [
                read(row)
                for source, read in (("outcomes", _outcome), ("reconciliations", _reconciliation))
                for row in (await connection.execute(_entries(source, intent_ids))).mappings()
            ]
        found.sort(key=lambda entry: (entry.intent_id, entry.at))
        return {intent_id: list(entries) for intent_id, entries in groupby(found, lambda entry: entry.intent_id)}

    async def _migrate(self) -> None:
        """Look at the version first: a file that needs no migration waits for nobody's lock."""
        async with self._engine.connect() as connection:
            version = await connection.run_sync(migrations.version_of)
        if version > migrations.LATEST:
            raise KisMcpError(
                f"The order journal has schema version {version}, this kis-mcp knows {migrations.LATEST}.",
                remedy="Update kis-mcp, or set KIS_DATA_DIR to another folder.",
                field="KIS_DATA_DIR",
            )
        if version < migrations.LATEST:
            async with self._writing() as connection:
                await connection.run_sync(migrations.upgrade)

    @asynccontextmanager
    async def _writing(self) -> AsyncGenerator[AsyncConnection]:
        """A transaction that holds the file's write lock from its start, so that what it read stays true."""
        async with self._engine.connect() as connection:
            connection = await connection.execution_options(kis_begin="BEGIN IMMEDIATE")
            async with connection.begin():
                yield connection


def _configure(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("kis_begin", "BEGIN"))


def _explain(context: ExceptionContext) -> None:
    """Let callers see an error that they can act on instead of SQLite's."""
    failure = context.original_exception
    if isinstance(failure, sqlite3.DatabaseError) and not isinstance(failure, sqlite3.IntegrityError):
        raise KisMcpError(
            f"The order journal cannot be used: {failure}. No order leaves that is not in it.",
            remedy="Make room on its disk, or end the process that holds it, and look with get_order_status before"
            " ordering again.",
            field="KIS_DATA_DIR",
        ) from failure


async def _insert(connection: AsyncConnection, into: str, **values: object) -> None:
    """Append a row, unless a unique key says that there is one already."""
    target = table(into, *(column(name) for name in values))
    await connection.execute(insert(target).values(values).on_conflict_do_nothing())


async def _concluded(connection: AsyncConnection, entry: Outcome | Reconciliation) -> Record:
    into = "outcomes" if isinstance(entry, Outcome) else "reconciliations"
    values = {**asdict(entry), "at": _stamp(entry.at)}
    if isinstance(entry, Reconciliation):
        values["candidates"] = json.dumps(entry.candidates)
    await _insert(connection, into, **values)
    return await _the(connection, entry.intent_id)


def _stands(statuses: Collection[Status]) -> ColumnElement[bool]:
    """Whether an intent has one of these statuses, by the index."""
    standings = select(column("intent_id")).select_from(table("standings"))
    return column("id").in_(standings.where(column("status").in_(statuses)))


def _entries(source: str, intent_ids: Sequence[str]) -> Select[Any]:
    return (
        select(text("*")).select_from(table(source)).where(column("intent_id").in_(intent_ids)).order_by(text("number"))
    )


async def _records(connection: AsyncConnection, query: Select[Any]) -> list[Record]:
    return [_record(row) for row in (await connection.execute(query)).mappings()]


async def _the(connection: AsyncConnection, intent_id: str) -> Record:
    record = _first(await _records(connection, _RECORDS.where(column("id") == intent_id)))
    if record is None:
        raise LookupError(f"No intent {intent_id} in the journal")
    return record


async def _by_key(connection: AsyncConnection, account: str, account_id: str, key: str) -> Record | None:
    query = _RECORDS.where(
        column("account") == account,
        column("account_id").in_(("", account_id)),
        column("idempotency_key") == key,
    )
    return _first(await _records(connection, query))


def _digest(account: Account, salt: str) -> str:
    """Slow on purpose: there are few enough account numbers to try them all."""
    return hashlib.scrypt(
        f"{account.number}-{account.product}".encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=16
    ).hex()


def _first(records: Sequence[Record]) -> Record | None:
    return next(iter(records), None)


def _record(row: RowMapping) -> Record:
    intent = Intent(
        id=row["id"],
        at=_time(row["at"]),
        environment=Environment(row["environment"]),
        account=row["account"],
        account_id=row["account_id"],
        tool=row["tool"],
        arguments=json.loads(row["arguments"]),
        order=_ORDER.validate_json(row["details"]),
        warnings=tuple(json.loads(row["warnings"])),
        fingerprint=row["fingerprint"],
        idempotency_key=row["idempotency_key"],
        call=row["call"],
    )
    decided = row["verdict"]
    return Record(
        intent=intent,
        status=Status(row["status"]),
        decision=Decision(verdict=decided, channel=row["channel"], reason=row["reason"]) if decided else None,
        decided_at=_time(row["decided_at"]) if decided else None,
        sent_at=_time(row["sent_at"]) if row["sent_at"] else None,
        order_id=row["order_id"],
        kis_code=row["kis_code"],
        message=row["message"],
    )


def _preview(row: RowMapping) -> Preview:
    return Preview(
        intent_id=row["intent_id"],
        at=_time(row["at"]),
        expires_at=_time(row["expires_at"]),
        tool=row["tool"],
        arguments=json.loads(row["arguments"]),
    )


def _outcome(row: RowMapping) -> Outcome | Reconciliation:
    return Outcome(
        intent_id=row["intent_id"],
        at=_time(row["at"]),
        state=row["state"],
        order_id=row["order_id"],
        kis_code=row["kis_code"],
        message=row["message"],
    )


def _reconciliation(row: RowMapping) -> Outcome | Reconciliation:
    return Reconciliation(
        intent_id=row["intent_id"],
        at=_time(row["at"]),
        conclusion=row["conclusion"],
        order_id=row["order_id"],
        message=row["message"],
        candidates=tuple(json.loads(row["candidates"])),
    )


def _stamp(moment: datetime) -> str:
    """UTC text of one width, so that it sorts by time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _time(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(KST)
