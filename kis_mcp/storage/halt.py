"""The kill file: while it is there, no new order goes out, in any process and environment that shares the folder."""

import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from kis_mcp.catalog import one_line
from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import open_private_file, unusable

KILL_FILE = "HALTED"
_LONGEST_REASON = 200


class HaltFile:
    """Stops all new orders. Anybody may create the file, by whatever means; nothing but `lift` removes it.

    Args:
        folder: The data folder.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / KILL_FILE

    def halt(self, reason: str, at: datetime) -> None:
        """Stop all new orders from now on; an earlier halt keeps its reason. The file alone halts, so a disk that is
        too full for the reason does not matter.

        Raises:
            StorageError: The file cannot be created.
        """
        try:
            descriptor = open_private_file(self.path)
        except StorageError:
            if not os.path.lexists(self.path):
                raise
            return  # Whatever it is, it halts already.
        try:
            if os.fstat(descriptor).st_size == 0:
                with suppress(OSError):
                    os.write(descriptor, f"{at:%Y-%m-%d %H:%M:%S}, {_shown(reason)}".encode())
        finally:
            os.close(descriptor)

    def reason(self) -> str | None:
        """Since when and why all new orders are stopped, or None. A file that cannot be read stops them too."""
        try:
            with self.path.open("rb") as file:
                return _shown(file.read(4 * _LONGEST_REASON).decode(errors="replace")) or "no reason given"
        except FileNotFoundError:
            return "the kill file is a link to nothing" if self.path.is_symlink() else None
        except OSError as error:
            return f"the kill file cannot be read ({error.strerror})"

    def lift(self) -> None:
        """Let new orders out again. For a person's command only: no tool may call it.

        Raises:
            StorageError: The file cannot be removed.
        """
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise unusable(self.path, error) from None


def _shown(text: str) -> str:
    """The text on one line, with nothing that a terminal would take for a command."""
    return " ".join(one_line(text).split())[:_LONGEST_REASON]
