"""diskcache, set up so that it is private and never unpickles."""

import os
import sqlite3
import zlib
from pathlib import Path
from typing import Any

import diskcache

from kis_mcp.storage.folders import open_private_file, private_folder

DISK_ERRORS = (diskcache.Timeout, sqlite3.Error, zlib.error, OSError, ValueError)
"""What a damaged, full or busy cache raises."""


def open_disk_cache(folder: Path, *, timeout: float = 5, **settings: Any) -> Any:
    """Open a `diskcache.Cache` of JSON values in a private folder.

    ``timeout`` is how many seconds it waits for another process' write. The database file is made here first, because
    SQLite gives its mode to the files that it puts beside it.
    """
    os.close(open_private_file(private_folder(folder) / "cache.db"))
    untyped: Any = diskcache.Cache
    return untyped(str(folder), disk=diskcache.JSONDisk, timeout=timeout, **settings)
