"""The kill file: while it is there, no new order goes out, in any process and environment that shares the folder."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from kis_mcp.catalog import one_line
from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import open_private_file, unusable

KILL_FILE = "HALTED"
MANDATES_FILE = "HALTED.mandates"
_LONGEST_REASON = 200


class HaltFile:
    """Stops all new orders. Anybody may create the file, by whatever means; nothing but `lift` removes it.

    A second file says that the mandates of strategies are to end with the halt, and halts too: where the first is
    removed by hand before they have ended, they do not come back to life.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / KILL_FILE
        self._mandates = folder / MANDATES_FILE

    def halt(self, reason: str, at: datetime) -> None:
        """Stop all new orders from now on; an earlier halt keeps its reason. The file alone halts, so a disk that is
        too full for the reason does not matter.

        Raises:
            StorageError: The file cannot be created.
        """
        text = f"{at:%Y-%m-%d %H:%M:%S}, {_shown(reason)}".encode()
        _write_once(self.path, text)
        with suppress(StorageError):
            _write_once(self._mandates, text)

    def reason(self) -> str | None:
        """Since when and why all new orders are stopped, or None. A file that cannot be read stops them too."""
        if (reason := _read(self.path)) is not None:
            return reason
        reason = _read(self._mandates)
        return None if reason is None else f"{reason}; the mandates of strategies have not ended yet ({MANDATES_FILE})"

    def note_mandates_ended(self) -> None:
        """Every mandate of every environment has ended since the halt.

        Raises:
            StorageError: The file that says otherwise cannot be removed.
        """
        _remove(self._mandates)

    def lift(self) -> None:
        """Let new orders out again. For a person's command only: no tool may call it.

        Raises:
            StorageError: The file cannot be removed.
        """
        _remove(self._mandates)
        _remove(self.path)


def _write_once(path: Path, text: bytes) -> None:
    try:
        descriptor = open_private_file(path)
    except StorageError:
        if not os.path.lexists(path):
            raise
        return  # Whatever it is, it halts already.
    try:
        if os.fstat(descriptor).st_size == 0:
            with suppress(OSError):
                os.write(descriptor, text)
    finally:
        os.close(descriptor)


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return _shown(file.read(4 * _LONGEST_REASON).decode(errors="replace")) or "no reason given"
    except FileNotFoundError:
        return "the kill file is a link to nothing" if path.is_symlink() else None
    except OSError as error:
        return f"the kill file cannot be read ({error.strerror})"


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unusable(path, error) from None


def _shown(text: str) -> str:
    """The text on one line, with nothing that a terminal would take for a command."""
    return " ".join(one_line(text).split())[:_LONGEST_REASON]
