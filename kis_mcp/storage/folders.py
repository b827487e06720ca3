"""Folders and files that only their owner can read."""

import os
from pathlib import Path

from kis_mcp.errors import BadArgument


def private_folder(path: Path) -> Path:
    """Create a folder that only this user can enter (0700), or close an existing one to others; return it.

    Only for a folder of our own: others lose what they have in it.

    Raises:
        BadArgument: It cannot be created or closed there.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        raise unusable(path, error) from None
    return path


def open_private_file(path: Path) -> int:
    """Open a file for reading and writing that only this user can read (0600); return its descriptor.

    It is created if need be, and its folder too; the mode of a folder that exists is left alone.

    Raises:
        BadArgument: It cannot be created or opened.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)
    except OSError as error:
        raise unusable(path, error) from None


def unusable(path: Path, error: OSError) -> BadArgument:
    """What the system refused, as an error that says what to set."""
    return BadArgument(
        f"{path} cannot be used: {error.strerror}.",
        remedy="Set KIS_DATA_DIR to a folder on a local disk that this user may write to.",
        field="KIS_DATA_DIR",
    )
