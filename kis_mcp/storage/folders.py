"""Folders and files that only their owner can read."""

import os
from pathlib import Path

from kis_mcp.errors import BadArgument


def private_folder(path: Path) -> Path:
    """Create a folder that only this user can enter (0700), or close an existing one to others; return it.

    Raises:
        BadArgument: It cannot be created or closed there.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise _unusable(path, error) from None
    return path


def open_private_file(path: Path) -> int:
    """Open a file for reading and writing that only this user can read (0600), creating it; return its descriptor.

    Raises:
        BadArgument: It cannot be created or opened.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
    try:
        return os.open(path, flags, 0o600)
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> BadArgument:
    return BadArgument(
        f"{path} cannot be used: {error.strerror}.",
        remedy="Set KIS_DATA_DIR to a folder on a local disk that this user may write to.",
        field="KIS_DATA_DIR",
    )
