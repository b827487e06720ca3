import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import private_key


def test_a_key_is_made_once_and_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "sim" / "a.key"
    key = private_key(path)
    assert len(key) == 32
    assert private_key(path) == key
    assert private_key(path.with_name("other.key")) != key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in path.parent.iterdir()} == {"a.key", "other.key"}


def test_whoever_makes_a_key_at_the_same_time_gets_the_same(tmp_path: Path) -> None:
    for round_ in range(20):
        start = Barrier(8)

        def key(path: Path = tmp_path / str(round_), start: Barrier = start) -> bytes:
            start.wait()
            return private_key(path)

        with ThreadPoolExecutor(8) as threads:
            keys = {made.result() for made in [threads.submit(key) for _ in range(8)]}
        assert len(keys) == 1
    assert len(list(tmp_path.iterdir())) == 20


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    key = private_key(path)
    path.chmod(0o644)
    assert private_key(path) == key
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_damaged_key_is_no_key(tmp_path: Path) -> None:
    path = tmp_path / "a.key"
    path.write_bytes(b"short")
    with pytest.raises(StorageError, match="Delete it"):
        private_key(path)


def test_a_link_in_place_of_a_key_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(bytes(32))
    (tmp_path / "a.key").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="cannot be used"):
        private_key(tmp_path / "a.key")
