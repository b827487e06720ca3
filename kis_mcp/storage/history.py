"""Price histories on disk, a file each, whole or not at all."""

import logging
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import open_private_file, private_folder

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_log = logging.getLogger(__name__)


class HistoryFiles:
    """Implements `kis_mcp.strategies.backtest.HistoryStore` in a folder of its owner's.

    It spares requests, no more: where it cannot be read it has nothing, and where it cannot be written nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> bytes | None:
        """What was written last under this name."""
        try:
            return self._path(name).read_bytes()
        except OSError:
            return None

    def write(self, name: str, content: bytes) -> None:
        """Put it in place of what was there, at once for every reader."""
        path = self._path(name)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            private_folder(self._folder)
            with os.fdopen(open_private_file(draft), "wb") as file:
                file.write(content)
            draft.replace(path)
        except (OSError, StorageError) as error:
            _log.warning("The history %s is not kept: %s", name, error)
            with suppress(OSError):
                draft.unlink()

    def _path(self, name: str) -> Path:
        assert _NAME.fullmatch(name), "a name is made of a market, a symbol and an interval"
        return self._folder / name
