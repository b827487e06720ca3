"""Small state that every process of the user sees: a locked file for what changes often, a store for what stays."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from kis_mcp.errors import StorageError
from kis_mcp.kis.shared import Shared
from kis_mcp.storage.folders import open_private_file, unusable

if sys.platform == "win32":
    import msvcrt

    # Windows keeps others from reading locked bytes, so the lock lies far behind the content.
    _LOCK_OFFSET = 1 << 30

    def _lock(file: int) -> None:
        os.lseek(file, _LOCK_OFFSET, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

    def _unlock(file: int) -> None:
        os.lseek(file, _LOCK_OFFSET, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)


_LARGEST_CONTENT = 1 << 20


def shared_files(folder: Path, digest: str) -> Shared:
    """What the user's processes with one app key share, as files in a private folder. Opened at first use.

    Args:
        folder: Every process of the user must use the same.
        digest: Of the connection; it names the files without telling the key.
    """
    return Shared(
        tokens=DiskStore(folder / "tokens"),
        token_lock=LockedFile(folder / f"token-{digest}.lock"),
        rate=LockedFile(folder / f"rate-{digest}.json"),
    )


class LockedFile:
    """A file that one holder at a time reads and writes, holding one small JSON object.

    The lock is the operating system's: it excludes every other `LockedFile` of the same path, in this process and in
    others, and falls when its holder dies. Locking never blocks; how to wait is the caller's choice. A locked file of
    18 numbers is read and rewritten in about 15 µs, where a diskcache transaction takes 240 µs.

    Raises:
        StorageError: From locking and writing, where the disk is full or of a kind that cannot lock.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def try_lock(self) -> bool:
        """Take the lock if nobody holds it. One holder per object: do not call it again before `unlock`."""
        if self._file is None:
            self._file = open_private_file(self._path)
        try:
            _lock(self._file)
        except (BlockingIOError, PermissionError):
            return False
        except OSError as error:
            raise unusable(self._path, error) from None
        return True

    def unlock(self) -> None:
        _unlock(self._held())

    def read(self) -> dict[str, Any]:
        """The content; empty where the file is new or damaged. Only while holding the lock."""
        file = self._held()
        os.lseek(file, 0, os.SEEK_SET)
        line = os.read(file, _LARGEST_CONTENT).partition(b"\n")[0]
        try:
            content: object = json.loads(line or b"{}")
        except ValueError:
            return {}
        return cast(dict[str, Any], content) if isinstance(content, dict) else {}

    def write(self, content: Mapping[str, Any]) -> None:
        """Replace the content. Only while holding the lock.

        One line in one write, and readers stop at its end, so that what is left of a longer line does no harm.
        """
        file = self._held()
        os.lseek(file, 0, os.SEEK_SET)
        try:
            os.write(file, json.dumps(content).encode() + b"\n")
        except OSError as error:
            raise unusable(self._path, error) from None

    def close(self) -> None:
        """Let go of the file, and of the lock if held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _held(self) -> int:
        assert self._file is not None
        return self._file


class DiskStore:
    """JSON objects by key that outlive processes, in a private folder. Opened at first use.

    Raises:
        StorageError: From each method, when the store is damaged or another process holds it for seconds.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._cache: Any = None

    def get(self, key: str) -> dict[str, Any]:
        """The object; empty where there is none."""
        value: object = self._do("get", key)
        return cast(dict[str, Any], value) if isinstance(value, dict) else {}

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        self._do("set", key, dict(value))

    def close(self) -> None:
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _do(self, operation: str, *arguments: Any) -> Any:
        from kis_mcp.storage.disk import DISK_ERRORS, open_disk_cache

        try:
            if self._cache is None:
                self._cache = open_disk_cache(self._folder)
            return getattr(self._cache, operation)(*arguments)
        except DISK_ERRORS as error:
            raise StorageError(
                f"The store in {self._folder} cannot be used ({type(error).__name__}).",
                remedy="End other kis-mcp processes, delete that folder, and call again.",
            ) from None
