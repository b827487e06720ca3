"""A journal's schema is the one that its tables declare; a file of an unknown version is left alone."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from kis_mcp.errors import SettingsError, StorageError
from kis_mcp.storage import migrations
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.journal_tables import SCHEMA_VERSIONS, JournalRow, RecordRow
from kis_mcp.storage.sqlite import SqliteDatabase
from kis_mcp.storage.strategy_tables import StrategyRow


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


async def opened_and_closed(path: Path) -> None:
    await (await SqlJournal.open(path)).aclose()


def statements(path: Path, *kinds: str) -> dict[str, str]:
    """What made each table, index, view and trigger of a file, by its name."""
    with closing(sqlite3.connect(path)) as connection:
        made = connection.execute("select type, name, sql from sqlite_master where sql is not null").fetchall()
    return {name: sql for kind, name, sql in made if kind in kinds and name != "alembic_version"}


async def test_the_migrations_make_the_tables_that_are_declared(path: Path, tmp_path: Path) -> None:
    await opened_and_closed(path)
    declared = tmp_path / "declared.db"
    engine = create_engine(f"sqlite:///{declared}")
    assert StrategyRow.metadata is JournalRow.metadata
    JournalRow.metadata.create_all(engine)
    engine.dispose()
    assert statements(path, "table") == statements(declared, "table")


async def test_the_view_has_the_columns_that_are_declared(path: Path) -> None:
    await opened_and_closed(path)
    with closing(sqlite3.connect(path)) as connection:
        columns = [name for (name,) in connection.execute("select name from pragma_table_info('records')")]
    assert sorted(columns) == sorted(column.name for column in RecordRow.__table__.columns)


async def test_several_who_open_a_new_journal_make_it_once(path: Path) -> None:
    journals = await asyncio.gather(*(SqlJournal.open(path) for _ in range(3)))
    assert [await journal.history() for journal in journals] == [[]] * 3
    for journal in journals:
        await journal.aclose()


async def test_a_new_journal_waits_for_who_just_makes_it(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as maker:
        maker.execute("begin immediate")
        asyncio.get_running_loop().call_later(0.05, maker.rollback)
        await opened_and_closed(path)
    assert "intents" in statements(path, "table")


async def test_a_new_journal_that_another_never_lets_go_is_refused_when_the_wait_is_over(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as maker:
        maker.execute("begin immediate")
        with pytest.raises(StorageError, match="locked, held by"):
            await SqlJournal.on(SqliteDatabase(path, busy_milliseconds=20))


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ("update alembic_version set version_num = '99'", "version 99"),
        ("delete from alembic_version", "version None"),
        ("drop table alembic_version", "no version"),
    ],
)
async def test_a_journal_of_an_unknown_version_is_refused_and_left_as_it_is(
    path: Path, statement: str, holds: str
) -> None:
    await opened_and_closed(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)
    before = path.read_bytes()  # noqa: ASYNC240
    with pytest.raises(SettingsError) as refused:
        await SqlJournal.open(path)
    assert str(path) in refused.value.what
    assert holds in refused.value.what
    assert "KIS_DATA_DIR" in refused.value.remedy
    assert path.read_bytes() == before  # noqa: ASYNC240


async def test_a_journal_of_the_first_version_is_brought_to_the_latest_with_what_it_holds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ("first",)
    with monkeypatch.context() as earlier:
        earlier.setattr(command, "upgrade", lambda config, _, upgrade=command.upgrade: upgrade(config, *first))
        earlier.setattr(migrations, "VERSIONS", first)
        await opened_and_closed(path)
    assert "notices" not in statements(path, "table")
    with closing(sqlite3.connect(path)) as connection:
        salt = connection.execute("select salt from account_salt").fetchone()
    await opened_and_closed(path)
    assert statements(path, "table").keys() >= {"notices", "strategies", "bars"}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("select salt from account_salt").fetchone() == salt


async def test_a_migration_that_fails_leaves_nothing_behind(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_at_the_end(connection: Connection) -> None:
        upgrade(connection)
        raise OSError("the power fails")

    upgrade = migrations._upgrade
    monkeypatch.setattr(migrations, "_upgrade", fail_at_the_end)
    with pytest.raises(OSError, match="the power fails"):
        await SqlJournal.open(path)
    assert statements(path, "table", "index", "view", "trigger") == {}
    monkeypatch.undo()
    await opened_and_closed(path)


async def test_the_versions_are_those_that_alembic_has() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(migrations.VERSIONS)
    assert SCHEMA_VERSIONS.name == "alembic_version"


async def test_alembic_is_imported_only_to_migrate(path: Path) -> None:
    await opened_and_closed(path)
    code = (
        "import asyncio, sys, pathlib\n"
        "from kis_mcp.storage.journal import SqlJournal\n"
        "async def main():\n"
        "    await (await SqlJournal.open(pathlib.Path(sys.argv[1]))).aclose()\n"
        "asyncio.run(main())\n"
        "assert 'alembic' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=60)  # noqa: ASYNC221
