"""This machine: its Python, the data folder, its disk, and the journals in it."""

import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from kis_mcp.cli.checks.problem import Problem
from kis_mcp.storage import holder_of

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 200_000_000
"""KIS' lists of instruments take about 60 MB, the journal and caches grow slowly."""

_PRIVATE = ("keys.json", "pin.json", "sim", "demo", "real")
_BUSY_SECONDS = 2.0
_SET = "Set KIS_DATA_DIR to a folder on a local disk that this user may write to"


def machine_problems(
    folder: Path, *, python: tuple[int, ...] = sys.version_info[:3], busy_seconds: float = _BUSY_SECONDS
) -> Iterator[Problem]:
    """What is wrong with the machine, for a data folder that may not exist yet. Nothing of it is changed.

    Args:
        folder: The data folder.
        python: The version that runs.
        busy_seconds: How long a journal may be locked, as it is for a moment with every order.
    """
    if python < OLDEST_PYTHON:
        yield Problem(
            "python",
            f"Python {'.'.join(map(str, python))} is too old.",
            f"Install kis-mcp with Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.",
        )
    yield from _folder_problems(folder)
    for journal in sorted({*folder.glob("*/journal.db"), *folder.glob("*/*/journal.db")}):
        yield from _journal_problems(journal, busy_seconds)


def _folder_problems(folder: Path) -> Iterator[Problem]:
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        if not there.is_dir():
            raise NotADirectoryError(20, "Not a directory")
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"0" * 4096)
        free = shutil.disk_usage(there).free
    except OSError as error:
        yield Problem("data folder", f"{folder} cannot be written to: {there}: {error.strerror}.", f"{_SET}.")
        return
    if free < LEAST_FREE_BYTES:
        yield Problem(
            "disk",
            f"The disk of {folder} has {free / 1e6:.0f} MB left; without room for the journal no order goes out.",
            f"Make room, or: {_SET[0].lower()}{_SET[1:]}.",
        )
    if sys.platform != "win32":
        yield from _open_to_others(folder)


def _open_to_others(folder: Path) -> Iterator[Problem]:
    if folder.exists() and folder.stat().st_mode & 0o022:
        yield Problem(
            "data folder",
            f"Other users may write to {folder}: they could take the file away that halts trading.",
            f"Run `chmod go-w {folder}`.",
        )
    for path in (folder / name for name in _PRIVATE):
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
        if mode & 0o077:
            yield Problem("data folder", f"Other users can open {path}.", f"Run `chmod go= {path}`.")


def _journal_problems(journal: Path, busy_seconds: float) -> Iterator[Problem]:
    if not os.access(journal, os.R_OK | os.W_OK):
        yield Problem(
            "journal", f"The order journal {journal} is another user's.", "Run as its owner, or " + _SET + "."
        )
        return
    try:
        with closing(sqlite3.connect(f"{journal.as_uri()}?mode=rw", uri=True, timeout=busy_seconds)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            database.execute("BEGIN IMMEDIATE")
            database.rollback()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if "locked" in found or "busy" in found:
        yield Problem(
            "journal",
            f"The order journal {journal} is locked by {holder_of(journal)}: no order goes out meanwhile.",
            "End that process if it hangs; a backup program must leave the data folder alone.",
        )
    elif found != "ok":
        yield Problem(
            "journal",
            f"The order journal {journal} is damaged: {found}. No order goes out that cannot be written there.",
            "Look at today's orders in KIS' app, then move the file and those beside it with the same beginning to"
            " another place and keep them; a new journal begins with the next order.",
        )
