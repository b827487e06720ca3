"""Another process that keeps a lock is named, and nobody waits for it for long."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kis_mcp.errors import StorageError
from kis_mcp.storage.cache import DiskReplyCache
from kis_mcp.storage.holders import holder_of
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.shared import LockedFile
from kis_mcp.storage.sqlite import SqliteDatabase
from tests.storage.test_cache import REPLY

ROOT = Path(__file__).parents[2]


@contextmanager
def held(*paths: Path) -> Generator[int]:
    """Another process has these locked; its id."""
    command = [sys.executable, "-m", "tests.storage.holding_process", *map(str, paths)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "held\n"
        yield process.pid
        assert process.stdin
        process.stdin.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its locks")
def test_the_holder_of_a_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rate.json"
    file = LockedFile(path)
    assert file.try_lock()
    assert holder_of(path) == "another process"
    file.close()
    with held(path) as pid:
        assert not file.try_lock()
        assert file.holder() == f"{path}, held by process {pid}"
    file.close()


def test_a_locked_cache_is_as_good_as_an_empty_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "cache" / "cache.db"
    path.parent.mkdir()
    path.touch()
    cache = DiskReplyCache(path.parent)
    with held(path) as pid:
        cache.put("key", REPLY, 60, "quote")
        assert cache.get("key") is None
        cache.drop("quote")
    assert caplog.text.count("cannot be used") == 1
    assert f"{path} cannot be used (OperationalError, held by process {pid})" in caplog.text


async def test_a_locked_journal_names_its_file_and_holder(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    await (await SqlJournal.open(path)).aclose()
    with held(path) as pid:
        with pytest.raises(StorageError) as raised:
            await SqlJournal.on(SqliteDatabase(path, busy_milliseconds=50))
        assert f"{path} cannot be used: database is locked, held by process {pid}" in raised.value.what


def test_a_journal_in_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="Not a directory"):
        SqliteDatabase(tmp_path / "file" / "journal.db")
