"""A journal of any earlier version opens with everything that it held."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from kis_mcp.storage import migrations
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.journal import Reconciliation, Status

VERSION_1 = Path(__file__).parent / "journal_v1.sql"
"""A journal as version 1 wrote it, with an intent of every status."""

ENTRIES = ("intents", "decisions", "sends", "outcomes", "reconciliations")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(VERSION_1.read_text("utf-8"))
    return path


def entries(path: Path) -> dict[str, list[dict[str, object]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return {table: [dict(row) for row in connection.execute(f"select * from {table}")] for table in ENTRIES}


async def opened_and_closed(path: Path) -> None:
    await (await SqlJournal.open(path)).aclose()


async def test_an_old_journal_keeps_every_entry(old: Path) -> None:
    before = entries(old)
    await opened_and_closed(old)
    after = entries(old)
    assert {table: len(rows) for table, rows in after.items()} == {table: len(rows) for table, rows in before.items()}
    for table, rows in before.items():
        assert all(row.items() <= kept.items() for row, kept in zip(rows, after[table], strict=True))


async def test_an_old_intent_stands_where_it_stood(old: Path) -> None:
    journal = await SqlJournal.open(old)
    records = await journal.history()
    assert {record.intent.idempotency_key: record.status for record in records} == {
        f"key-{status}": status for status in Status
    }
    assert {record.status for record in await journal.unresolved()} == {Status.SENT, Status.UNKNOWN}
    assert {record.decided_at is not None for record in records if record.decision} == {True}
    await journal.aclose()


async def test_an_old_journal_goes_on(old: Path) -> None:
    journal = await SqlJournal.open(old)
    unknown = next(record for record in await journal.unresolved() if record.status is Status.UNKNOWN)
    found = Reconciliation(intent_id=unknown.intent.id, at=unknown.intent.at, conclusion="accepted", order_id="9")
    assert (await journal.conclude(found)).status is Status.ACCEPTED
    assert {record.status for record in await journal.unresolved()} == {Status.SENT}
    with closing(sqlite3.connect(old)) as connection, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("delete from reconciliations")
    await journal.aclose()


async def test_several_who_open_an_old_journal_migrate_it_once(old: Path) -> None:
    journals = await asyncio.gather(*(SqlJournal.open(old) for _ in range(3)))
    assert [len(await journal.history()) for journal in journals] == [len(Status)] * 3
    for journal in journals:
        await journal.aclose()


async def test_a_migration_that_fails_leaves_the_old_journal(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = entries(old)
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("create table standings (in_the_way)")
    with pytest.raises(Exception, match="standings"):
        await SqlJournal.open(old)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("select version from schema_versions").fetchall() == [(1,)]
    assert entries(old) == before


async def test_the_latest_version_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == str(migrations.LATEST)


async def test_alembic_is_imported_only_to_migrate(tmp_path: Path) -> None:
    await opened_and_closed(tmp_path / "journal.db")
    code = (
        "import asyncio, sys, pathlib\n"
        "from kis_mcp.storage.journal import SqlJournal\n"
        "async def main():\n"
        "    await (await SqlJournal.open(pathlib.Path(sys.argv[1]))).aclose()\n"
        "asyncio.run(main())\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "journal.db")], check=True, timeout=60)  # noqa: ASYNC221
