"""Files of the servers that another process keeps locked for a while."""

import asyncio
import sqlite3
from contextlib import ExitStack, suppress
from pathlib import Path

from kis_mcp.storage.shared import LockedFile


async def keep_locked(folder: Path, seconds: float) -> None:
    """Keep the journal, the cache and the token's lock from everybody else, as far as they are there and free.

    Args:
        folder: Of one environment.
    """
    with await asyncio.to_thread(_lock, folder):
        await asyncio.sleep(seconds)


def _lock(folder: Path) -> ExitStack:
    locks = ExitStack()
    for path in (folder / "journal.db", folder / "cache" / "cache.db"):
        if path.exists():
            database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            locks.callback(database.close)
            with suppress(sqlite3.OperationalError):
                database.execute("BEGIN EXCLUSIVE")
    for path in folder.glob("token-*.lock"):
        file = LockedFile(path)
        locks.callback(file.close)
        file.try_lock()
    return locks
