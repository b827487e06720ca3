"""What is SQLite's own about the journal's database."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.sql.dml import Insert

from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import unusable
from kis_mcp.storage.holders import holder_of
from kis_mcp.storage.journal_tables import JournalRow
from kis_mcp.storage.write_ahead import use_write_ahead_log

BUSY_MILLISECONDS = 5_000
"""How long a writer waits for another process' transaction."""

_PRAGMAS = ("synchronous=FULL", "foreign_keys=ON")


class SqliteDatabase:
    """Implements `kis_mcp.storage.database.Database` in a file: a write-ahead log, synced to disk at every commit,
    readable by its owner alone. The folder must exist.

    Writers of this process take turns, however many there are: only another process' transaction is waited for with a
    limit, and by one of them for all.

    Where the file cannot be read or written (locked for too long, a full disk) each statement raises a StorageError.
    """

    def __init__(self, path: Path, *, busy_milliseconds: int = BUSY_MILLISECONDS) -> None:
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise unusable(path, error) from None
        self.name = str(path)
        self._pragmas = (f"busy_timeout={busy_milliseconds}", *_PRAGMAS)
        self._busy_seconds = busy_milliseconds / 1000
        self._turn = asyncio.Lock()
        self._refusal: tuple[float, StorageError] | None = None
        self.engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}", json_serializer=partial(json.dumps, ensure_ascii=False)
        )
        event.listen(self.engine.sync_engine, "connect", self._configure)
        event.listen(self.engine.sync_engine, "begin", _begin)
        event.listen(self.engine.sync_engine, "handle_error", self._explain)

    async def aclose(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        async with AsyncSession(self.engine) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession]:
        came_at = monotonic()
        async with self._turn:
            if self._refusal is not None and came_at < self._refusal[0]:
                raise self._refusal[1]
            async with AsyncSession(self.engine) as session, session.begin():
                try:
                    await session.connection(execution_options={"kis_begin": "BEGIN IMMEDIATE"})
                except StorageError as error:
                    self._refusal = monotonic(), error
                    raise
                yield session

    def insert(self, row: JournalRow) -> Insert:
        return insert(type(row)).values(row.values()).on_conflict_do_nothing()

    def _configure(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            for pragma in self._pragmas:
                cursor.execute(f"PRAGMA {pragma}")
            use_write_ahead_log(cursor, self._busy_seconds)
        except sqlite3.DatabaseError as failure:
            raise self._error(failure) from failure
        finally:
            cursor.close()

    def _explain(self, context: ExceptionContext) -> None:
        """Let callers see an error that they can act on instead of SQLite's."""
        failure = context.original_exception
        if isinstance(failure, sqlite3.DatabaseError) and not isinstance(failure, sqlite3.IntegrityError):
            raise self._error(failure) from failure

    def _error(self, failure: sqlite3.DatabaseError) -> StorageError:
        is_held = isinstance(failure, sqlite3.OperationalError) and "locked" in str(failure)
        held = f", held by {holder_of(Path(self.name))}" if is_held else ""
        return StorageError(
            f"The order journal {self.name} cannot be used: {failure}{held}. No order leaves that is not in it.",
            remedy="Make room on its disk, or end the process that holds it, and look with get_order_status before"
            " ordering again.",
            field="KIS_DATA_DIR",
        )


def _begin(connection: Any) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("kis_begin", "BEGIN"))
