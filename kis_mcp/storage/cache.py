"""KIS' answers kept on disk for a few seconds to a day, shared by the processes of one user."""

import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from kis_mcp.catalog import KisReply
from kis_mcp.errors import StorageError
from kis_mcp.storage.folders import open_private_file, private_folder
from kis_mcp.storage.holders import holder_of

BUSY_SECONDS = 0.1
"""How long a call waits for another process; the event loop stands still meanwhile."""

REST_SECONDS = 5.0
"""How long a cache that failed is left alone, so that it does not slow each call down."""

_MOST_PAGES = (64 << 20) // 4096
_SETUP = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=OFF",
    f"PRAGMA max_page_count={_MOST_PAGES}",
    "CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, tag TEXT, kept REAL, until REAL, reply TEXT)",
    "CREATE INDEX IF NOT EXISTS replies_by_tag ON replies (tag)",
    "CREATE INDEX IF NOT EXISTS replies_by_end ON replies (until)",
)
_log = logging.getLogger(__name__)

T = TypeVar("T")


class DiskReplyCache:
    """Implements `kis_mcp.catalog.cache.ReplyCache` in a private folder, one folder per environment.

    A cache may be locked or damaged but never the reason that a call fails or waits: then it answers as if it were
    empty, for some seconds without being looked at. What was dropped meanwhile stays dropped for this process.
    """

    def __init__(self, folder: Path, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._path = folder / "cache.db"
        self._monotonic = monotonic
        self._opened: sqlite3.Connection | None = None
        self._rests_until = 0.0
        self._dropped: dict[str, float] = {}

    def get(self, key: str) -> KisReply | None:
        """The answer kept under this key, unless its time is over."""
        query = "SELECT tag, kept, reply FROM replies WHERE key = ? AND until > ?"
        row = self._do(lambda cache: cache.execute(query, (key, time.time())).fetchone())
        if row is None or row[1] <= self._dropped.get(row[0], 0):
            return None
        try:
            body, tr_cont, received_at = json.loads(row[2])
            return KisReply(body, tr_cont, None if received_at is None else datetime.fromisoformat(received_at))
        except (ValueError, TypeError):  # another version's
            return None

    def put(self, key: str, reply: KisReply, seconds: float, tag: str) -> None:
        """Keep an answer for so many seconds, to be dropped with others of its tag."""
        now = time.time()
        text = json.dumps([reply.body, reply.tr_cont, reply.received_at and reply.received_at.isoformat()])

        def write(cache: sqlite3.Connection) -> None:
            cache.execute("DELETE FROM replies WHERE until <= ?", (now,))
            row = (key, tag, now, now + seconds, text)
            try:
                cache.execute("REPLACE INTO replies VALUES (?, ?, ?, ?, ?)", row)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_FULL:
                    raise
                cache.execute("DELETE FROM replies")

        self._do(write)

    def drop(self, tag: str) -> None:
        """Forget every answer put with this tag."""
        self._dropped[tag] = time.time()
        self._do(lambda cache: cache.execute("DELETE FROM replies WHERE tag = ?", (tag,)))

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        if self._monotonic() < self._rests_until:
            return None
        try:
            return work(self._open())
        except (sqlite3.Error, OSError, StorageError) as error:
            self._rests_until = self._monotonic() + REST_SECONDS
            held = f", held by {holder_of(self._path)}" if isinstance(error, sqlite3.OperationalError) else ""
            _log.warning("The cache %s cannot be used (%s%s).", self._path, type(error).__name__, held)
            self.close()
            return None

    def _open(self) -> sqlite3.Connection:
        if self._opened is None:
            # Made here first, because SQLite gives its mode to the files that it puts beside it.
            os.close(open_private_file(private_folder(self._path.parent) / self._path.name))
            opened = sqlite3.connect(self._path, timeout=BUSY_SECONDS, isolation_level=None)
            try:
                for statement in _SETUP:
                    opened.execute(statement)
            except sqlite3.Error:
                opened.close()
                raise
            self._opened = opened
        return self._opened
