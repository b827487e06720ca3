"""A journal file that is locked or has no room: each call says so, and what it could not write is not there."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Generator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from kis_mcp.errors import KisMcpError, StorageError
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.sqlite import SqliteDatabase
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import Claim, Outcome, Send, Status
from tests.storage.test_journal import NOW, intent

YES = Decision(verdict="accepted", channel="elicitation")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


@pytest.fixture
async def database(path: Path) -> SqliteDatabase:
    return SqliteDatabase(path, busy_milliseconds=20)


@pytest.fixture
async def journal(database: SqliteDatabase) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.on(database)
    yield journal
    await journal.aclose()


@contextmanager
def locked(path: Path) -> Generator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_while_another_process_holds_it_nothing_is_written_and_reading_goes_on(
    journal: SqlJournal, path: Path
) -> None:
    one = intent()
    await journal.propose(one)
    send = Send(intent_id=one.id, at=NOW)
    with locked(path):
        with pytest.raises(KisMcpError, match=r"database is locked.*No order leaves"):
            await journal.decide(one.id, YES, NOW)
        with pytest.raises(KisMcpError, match="database is locked"):
            await journal.claim(send, same_since=NOW)
        (record,) = await journal.history()
    assert record.status is Status.PROPOSED
    await journal.decide(one.id, YES, NOW)
    assert await journal.claim(send, same_since=NOW) is Claim.WON


async def test_many_writers_of_one_process_each_get_their_turn_however_long_that_takes(
    database: SqliteDatabase, journal: SqlJournal
) -> None:
    intents = [intent() for _ in range(30)]
    async with database.writing():
        writers = [asyncio.create_task(journal.propose(each)) for each in intents]
        done, _ = await asyncio.wait(writers, timeout=0.05)  # longer than another process is waited for
        assert not done
    await asyncio.gather(*writers)
    assert {record.intent.id for record in await journal.history()} == {each.id for each in intents}


async def test_all_who_wait_while_another_process_holds_it_are_told_at_once(journal: SqlJournal, path: Path) -> None:
    with locked(path):
        told = await asyncio.gather(*(journal.propose(intent()) for _ in range(30)), return_exceptions=True)
    assert len(set(told)) == 1  # only one of them waited
    assert isinstance(told[0], StorageError)
    await journal.propose(intent())


async def test_a_full_disk_is_told_and_leaves_the_claim_without_an_outcome(
    journal: SqlJournal, database: SqliteDatabase
) -> None:
    one = intent()
    await journal.propose(one)
    await journal.decide(one.id, YES, NOW)
    await journal.claim(Send(intent_id=one.id, at=NOW), same_since=NOW)
    event.listen(database.engine.sync_engine, "checkout", lambda raw, *_: raw.execute("PRAGMA max_page_count=1"))
    long = Outcome(intent_id=one.id, at=NOW, state="accepted", message="x" * 300_000)
    with pytest.raises(KisMcpError, match="disk is full"):
        await journal.conclude(long)
    (record,) = await journal.unresolved()
    assert record.status is Status.SENT
