"""Histories on disk."""

import sys
from pathlib import Path

import pytest

from kis_mcp.storage.history import HistoryFiles


def test_what_is_written_is_read_by_another_process_and_by_no_other_user(tmp_path: Path) -> None:
    folder = tmp_path / "history"
    HistoryFiles(folder).write("KR-krx-005930-1d", b"first")
    HistoryFiles(folder).write("KR-krx-005930-1d", b"second")
    assert HistoryFiles(folder).read("KR-krx-005930-1d") == b"second"
    assert [path.name for path in folder.iterdir()] == ["KR-krx-005930-1d"]
    if sys.platform != "win32":
        assert (folder / "KR-krx-005930-1d").stat().st_mode & 0o077 == 0


def test_what_was_never_written_is_none(tmp_path: Path) -> None:
    assert HistoryFiles(tmp_path / "history").read("KR-krx-005930-1d") is None


def test_a_write_that_fails_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = HistoryFiles(tmp_path / "history")
    files.write("A", b"first")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    files.write("A", b"second")
    assert files.read("A") == b"first"
    assert [path.name for path in (tmp_path / "history").iterdir()] == ["A"]


def test_a_folder_that_cannot_be_made_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "history").write_bytes(b"")
    files = HistoryFiles(tmp_path / "history")
    files.write("A", b"first")
    assert files.read("A") is None


@pytest.mark.parametrize("name", ["../A", "a/b", "", ".A"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(AssertionError):
        HistoryFiles(tmp_path).read(name)
