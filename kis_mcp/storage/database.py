"""What the journal needs of a database, beyond the SQL that all of them understand."""

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import Insert

from kis_mcp.storage.journal_tables import JournalRow


class Database(Protocol):
    """One journal's database. What is committed is on disk."""

    @property
    def name(self) -> str:
        """Where it is, for people."""
        ...

    def reading(self) -> AbstractAsyncContextManager[AsyncSession]:
        """One consistent view of what was committed; it waits for no writer."""
        ...

    def writing(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction that excludes every other writer from its start, so that what it reads stays true."""
        ...

    def insert(self, row: JournalRow) -> Insert:
        """Append a row, unless a unique key says that there is one already."""
        ...

    async def aclose(self) -> None: ...
