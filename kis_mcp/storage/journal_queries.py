"""Reading the journal's view of intents."""

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from kis_mcp.storage.journal_rows import record_of
from kis_mcp.storage.journal_tables import RecordRow
from kis_mcp.trading.journal import Record


async def read_records(session: AsyncSession, query: Select[RecordRow]) -> list[Record]:
    """Read anew, also where the session still holds a row as it was before a change."""
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [record_of(row) for row in rows]


async def find_record(session: AsyncSession, is_it: ColumnElement[bool]) -> Record | None:
    return next(iter(await read_records(session, select(RecordRow).where(is_it))), None)


async def the_record(session: AsyncSession, intent_id: str) -> Record:
    record = await find_record(session, RecordRow.id == intent_id)
    if record is None:
        raise LookupError(f"No intent {intent_id} in the journal")
    return record
