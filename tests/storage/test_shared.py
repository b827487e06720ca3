import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import private_folder
from kis_mcp.storage.shared import DiskStore, LockedFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "state.json"


def test_one_holder_at_a_time(path: Path) -> None:
    mine, others = LockedFile(path), LockedFile(path)
    assert mine.try_lock()
    assert not others.try_lock()
    mine.unlock()
    assert others.try_lock()
    others.close()
    assert mine.try_lock()
    mine.close()


def test_the_next_holder_reads_what_the_last_one_wrote_even_if_it_is_shorter(path: Path) -> None:
    mine, others = LockedFile(path), LockedFile(path)
    for content in ({}, {"a": [1.5, 2]}, {"a": "가" * 500}, {"b": 1}):
        assert mine.try_lock()
        mine.write(content)
        mine.unlock()
        assert others.try_lock()
        assert others.read() == content
        others.unlock()
    mine.close()
    others.close()


def test_a_new_file_is_empty_and_private(path: Path) -> None:
    file = LockedFile(path)
    assert file.try_lock()
    assert file.read() == {}
    file.close()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_store_is_seen_by_others_and_outlives_its_object(tmp_path: Path) -> None:
    mine, others = DiskStore(tmp_path), DiskStore(tmp_path)
    assert others.get("key") == {}
    mine.put("key", {"token": "x", "until": 1.5})
    mine.close()
    assert others.get("key") == {"token": "x", "until": 1.5}
    others.close()


def test_a_store_and_all_its_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = DiskStore(folder)
    store.put("key", {"token": "x" * 100_000})
    modes = {path.name: path.stat().st_mode & 0o077 for path in [folder, *folder.iterdir()]}
    assert modes == {"store": 0, "key.json": 0}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"[" * 100_000, b"\xff"])
def test_a_damaged_object_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.json").write_bytes(content)
    store = DiskStore(tmp_path)
    assert store.get("key") == {}
    store.put("key", {"a": 1})
    assert store.get("key") == {"a": 1}


def test_an_object_that_cannot_be_written_is_told_and_the_earlier_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = DiskStore(tmp_path)
    store.put("key", {"a": 1})
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(StorageError, match="No space left"):
            store.put("key", {"a": 2})
    assert store.get("key") == {"a": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["key.json"]


def test_a_folder_that_cannot_be_made_is_told_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as raised:
        LockedFile(tmp_path / "file" / "lock").try_lock()
    assert raised.value.field == "KIS_DATA_DIR"


def test_a_folder_that_was_open_to_others_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o755)
    DiskStore(folder).put("key", {})
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_lock_leaves_the_folder_that_it_finds_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    file = LockedFile(folder / "lock")
    assert file.try_lock()
    file.close()
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.fixture
def lax_umask() -> Iterator[None]:
    before = os.umask(0o002)
    yield
    os.umask(before)


@pytest.mark.usefixtures("lax_umask")
def test_folders_above_are_private_too(tmp_path: Path) -> None:
    private_folder(tmp_path / "data" / "real")
    file = LockedFile(tmp_path / "other" / "locks" / "lock")
    assert file.try_lock()
    file.close()
    made = [tmp_path / "data", tmp_path / "data" / "real", tmp_path / "other", tmp_path / "other" / "locks"]
    assert {folder.stat().st_mode & 0o777 for folder in made} == {0o700}


def test_a_file_that_others_can_open_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    path.chmod(0o666)
    file = LockedFile(path)
    assert file.try_lock()
    file.close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_cannot_be_closed_to_others_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "fchmod", refuse)
    path.parent.mkdir()
    path.touch()
    path.chmod(0o666)
    with pytest.raises(StorageError, match="Operation not permitted"):
        LockedFile(path).try_lock()


def test_a_link_is_not_followed(path: Path) -> None:
    path.parent.mkdir()
    precious = path.with_name("precious")
    precious.write_text("precious")
    precious.chmod(0o644)
    path.symlink_to(precious)
    with pytest.raises(StorageError):
        LockedFile(path).try_lock()
    assert precious.stat().st_mode & 0o777 == 0o644
