"""Small state that every process of the user sees: a locked file for what changes often, a store for what stays."""

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from kis_mcp.kis import Shared
from kis_mcp.storage.folders import open_private_file, private_folder, unusable
from kis_mcp.storage.holders import holder_of

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
        live_lock=LockedFile(folder / f"live-{digest}.lock"),
        live_places=DiskStore(folder / "live"),
    )


class LockedFile:
    """A file that one holder at a time reads and writes, holding one small JSON object.

    The lock is the operating system's: it excludes every other `LockedFile` of the same path, in this process and in
    others, and falls when its holder dies. Locking never blocks; how to wait is the caller's choice. A locked file of
    18 numbers is read and rewritten in about 15 µs, where a transaction of SQLite takes ten times as long.

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
        try:
            os.lseek(file, 0, os.SEEK_SET)
            line = os.read(file, _LARGEST_CONTENT).partition(b"\n")[0]
        except OSError as error:
            raise unusable(self._path, error) from None
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

    def holder(self) -> str:
        """The file and who else holds it, for people."""
        return f"{self._path}, held by {holder_of(self._path)}"

    def close(self) -> None:
        """Let go of the file, and of the lock if held."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _held(self) -> int:
        assert self._file is not None
        return self._file


class DiskStore:
    """JSON objects by key that outlive processes, a file for each in a private folder.

    Nothing is locked: an object is replaced as a whole, and whoever reads meanwhile gets the earlier one.

    Raises:
        StorageError: From each method, where the folder cannot be used.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> dict[str, Any]:
        """The object; empty where there is none, or a damaged one."""
        path = self._path(key)
        try:
            value: object = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise unusable(path, error) from None
        except (ValueError, RecursionError):
            return {}
        return cast(dict[str, Any], value) if isinstance(value, dict) else {}

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        path = self._path(key)
        beside = private_folder(self._folder) / f"{path.name}.{os.getpid()}"
        file = open_private_file(beside)
        try:
            try:
                os.write(file, json.dumps(dict(value)).encode())
            finally:
                os.close(file)
            beside.replace(path)
        except OSError as error:
            with suppress(OSError):
                beside.unlink()
            raise unusable(path, error) from None

    def close(self) -> None:
        """Nothing stays open."""

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}.json"
