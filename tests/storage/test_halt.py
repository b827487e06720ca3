import errno
import os
import stat
from datetime import datetime
from pathlib import Path

import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import StorageError
from kis_mcp.storage.halt import KILL_FILE, HaltFile

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)


def test_a_halt_is_seen_by_others_and_keeps_its_first_reason(tmp_path: Path) -> None:
    here, elsewhere = HaltFile(tmp_path / "data"), HaltFile(tmp_path / "data")
    assert elsewhere.reason() is None
    here.halt("too many\n losses", NOW)
    elsewhere.halt("another", NOW)
    assert elsewhere.reason() == "2026-03-03 10:00:00, too many losses"
    assert stat.S_IMODE(here.path.stat().st_mode) == 0o600
    here.lift()
    assert elsewhere.reason() is None


def test_a_full_disk_does_not_keep_trading_going(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    halt = HaltFile(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        halt.halt("losses", NOW)
    assert halt.reason() == "no reason given"


def test_a_halt_stays_where_its_file_is_removed_by_hand_before_the_mandates_have_ended(tmp_path: Path) -> None:
    halt = HaltFile(tmp_path)
    halt.halt("losses", NOW)
    halt.path.unlink()
    assert halt.reason() == (
        "2026-03-03 10:00:00, losses; the mandates of strategies have not ended yet (HALTED.mandates)"
    )
    halt.note_mandates_ended()
    assert halt.reason() is None
    halt.halt("again", NOW)
    halt.lift()
    assert halt.reason() is None


def test_a_halt_that_cannot_be_lifted_is_told(tmp_path: Path) -> None:
    (tmp_path / "HALTED").mkdir()
    with pytest.raises(StorageError, match="HALTED"):
        HaltFile(tmp_path).lift()


def test_an_empty_kill_file_halts_too(tmp_path: Path) -> None:
    (tmp_path / "HALTED").touch()
    assert HaltFile(tmp_path).reason() == "no reason given"


def test_a_kill_file_that_cannot_be_read_halts(tmp_path: Path) -> None:
    (tmp_path / "HALTED").mkdir()
    reason = HaltFile(tmp_path).reason()
    assert reason is not None
    assert "cannot be read" in reason


def test_a_kill_file_of_other_encodings_halts(tmp_path: Path) -> None:
    (tmp_path / "HALTED").write_bytes("멈춤".encode("cp949"))
    assert HaltFile(tmp_path).reason()


@pytest.mark.parametrize("by_hand", [False, True])
def test_a_reason_is_one_line_of_printable_characters(tmp_path: Path, *, by_hand: bool) -> None:
    said = "a\x1b[2J\x9b2J\u202e\u2028b" + "x" * 400
    halt = HaltFile(tmp_path)
    if by_hand:
        halt.path.write_text(said, "utf-8")
    else:
        halt.halt(said, NOW)
        assert "\x9b" not in halt.path.read_text("utf-8")
    reason = halt.reason()
    assert reason is not None
    assert reason.isprintable()
    assert "a [2J 2J b" in reason
    assert len(reason) == 200


@pytest.mark.parametrize("kind", ["folder", "link to nothing", "link to a file"])
def test_whatever_has_the_name_halts_and_a_halt_on_top_of_it_does_not_fail(kind: str, tmp_path: Path) -> None:
    path = tmp_path / KILL_FILE
    if kind == "folder":
        path.mkdir()
    else:
        target = tmp_path / "target"
        if kind == "link to a file":
            target.write_text("by hand")
        path.symlink_to(target)
    assert HaltFile(tmp_path).reason() is not None
    HaltFile(tmp_path).halt("again", NOW)
    assert HaltFile(tmp_path).reason() is not None


def test_what_cannot_be_lifted_is_told(tmp_path: Path) -> None:
    (tmp_path / KILL_FILE).mkdir()
    with pytest.raises(StorageError, match=KILL_FILE):
        HaltFile(tmp_path).lift()


def test_a_folder_that_cannot_be_written_to_is_never_called_halted(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match=KILL_FILE):
        HaltFile(tmp_path / "file").halt("stop", NOW)
