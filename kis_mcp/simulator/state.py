"""Accounts, orders and tokens on disk."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

_T = TypeVar("_T")

_PATIENCE_SECONDS = 0.3
"""How long a file is waited for: as long as a command that only looks into it needs."""


class StateInUse(Exception):
    """Another simulator holds the state file."""


class StateStore:
    """Dataclasses as JSON documents in one SQLite file, owned by one simulator at a time.

    Args:
        path: The file, made with mode 0600 when it is missing; None keeps nothing.

    Raises:
        StateInUse: Another simulator holds it.
        OSError, sqlite3.Error: It cannot be used, as on a full disk.
    """

    def __init__(self, path: Path | None) -> None:
        self._database: sqlite3.Connection | None = None
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        database = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
            )
        except sqlite3.OperationalError as error:
            database.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            raise StateInUse(f"another simulator uses {path.name}; give this one a file of its own") from error
        self._database = database

    def load(self, kind: type[_T]) -> Iterator[_T]:
        """Every kept object of a class, in the order of their first saving."""
        if self._database is not None:
            query = "SELECT body FROM documents WHERE kind = ? ORDER BY rowid"
            for (body,) in self._database.execute(query, (kind.__name__,)).fetchall():
                yield _adapter(kind).validate_json(body)

    def save(self, objects: Iterable[tuple[str, object]], *, keep: Iterable[type] | None = None) -> None:
        """Keep objects by their keys, all or none.

        Args:
            keep: With these, the only classes of whose earlier objects something remains; None keeps all.
        """
        if self._database is None:
            return
        rows = [(type(item).__name__, key, _adapter(type(item)).dump_json(item).decode()) for key, item in objects]
        with self._database:
            self._database.execute("BEGIN")
            if keep is not None:
                kinds = json.dumps([kind.__name__ for kind in keep])
                self._database.execute(
                    "DELETE FROM documents WHERE kind NOT IN (SELECT value FROM json_each(?))", (kinds,)
                )
            self._database.executemany(
                "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET body = excluded.body",
                rows,
            )

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
