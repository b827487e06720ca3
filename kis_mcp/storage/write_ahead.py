"""A write-ahead log for a SQLite file, however many processes make it at once."""

import sqlite3
from time import monotonic
from typing import Protocol


class Executes(Protocol):
    """A connection or cursor in autocommit mode."""

    def execute(self, statement: str, /) -> object: ...


def use_write_ahead_log(database: Executes, busy_seconds: float) -> None:
    """Switch the file to a write-ahead log. Where two do that at once, SQLite refuses the second without a wait,
    whatever its busy time-out; so what is waited for is the lock of the first.

    Args:
        busy_seconds: How long it may take.

    Raises:
        sqlite3.OperationalError: Another holds the file longer.
    """
    give_up_at = monotonic() + busy_seconds
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or monotonic() > give_up_at:
                raise
            database.execute("BEGIN IMMEDIATE")
            database.execute("ROLLBACK")
