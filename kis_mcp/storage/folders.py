"""Folders and files that only their owner can read."""

import os
import secrets
import stat
import sys
from contextlib import suppress
from pathlib import Path

from kis_mcp.errors import StorageError

_KEY_BYTES = 32


def private_folder(path: Path) -> Path:
    """Create a folder that only this user can enter (0700), or close an existing one to others; return it.

    Only for a folder of our own: others lose what they have in it.

    Raises:
        StorageError: It cannot be created or closed there.
    """
    try:
        _create(path)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise unusable(path, error) from None
    return path


def open_private_file(path: Path) -> int:
    """Open a file for reading and writing that only this user can read (0600); return its descriptor.

    It is created if need be, and its folder too; the mode of a folder that exists is left alone. A file that others
    can open is closed to them, and a link is not followed.

    Raises:
        StorageError: It cannot be created, opened or closed to others.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        _create(path.parent)
        descriptor = os.open(path, flags, 0o600)
        try:
            _close_to_others(descriptor)
        except OSError:
            os.close(descriptor)
            raise
    except OSError as error:
        raise unusable(path, error) from None
    return descriptor


def replace_private_file(path: Path, content: bytes) -> None:
    """Replace a file that only this user can read (0600) as a whole: whoever reads meanwhile gets the earlier one.

    Raises:
        StorageError: It cannot be written; then the earlier one stands.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _create(path.parent)
        try:
            _write_whole(draft, content)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise unusable(path, error) from None


def private_key(path: Path) -> bytes:
    """The 32 random bytes of a file that only this user can read; made at first use, the same for every process.

    Raises:
        BadArgument: It cannot be created or read, or holds something else.
    """
    try:
        if not path.exists():
            _create(path.parent)
            _place(path, secrets.token_bytes(_KEY_BYTES))
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0))
        try:
            _close_to_others(descriptor)
            key = os.read(descriptor, _KEY_BYTES + 1)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unusable(path, error) from None
    if len(key) != _KEY_BYTES:
        raise StorageError(f"{path} is damaged.", remedy="Delete it; a new one is made then.", field="KIS_DATA_DIR")
    return key


def _place(path: Path, content: bytes) -> None:
    """Put a whole file there at once, unless another process was faster."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        _write_whole(draft, content)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _write_whole(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _create(folder: Path) -> None:
    """Create it, and the folders above it that are missing, each for this user only."""
    for missing in [each for each in (folder, *folder.parents) if not each.is_dir()][::-1]:
        missing.mkdir(mode=0o700, exist_ok=True)


def _close_to_others(descriptor: int) -> None:
    mode = os.fstat(descriptor).st_mode
    if sys.platform != "win32" and stat.S_ISREG(mode) and mode & 0o077:
        os.fchmod(descriptor, 0o600)


def unusable(path: Path, error: OSError) -> StorageError:
    """What the system refused, as an error that says what to set."""
    return StorageError(
        f"{path} cannot be used: {error.strerror}.",
        remedy="Set KIS_DATA_DIR to a folder on a local disk that this user may write to.",
        field="KIS_DATA_DIR",
    )
