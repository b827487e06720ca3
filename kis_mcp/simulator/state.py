"""Accounts, orders and tokens on disk."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

_T = TypeVar("_T")

_PATIENCE_SECONDS = 0.3
"""How long a file is waited for: as long as a command that only looks into it needs."""

_ACCOUNT, _DAY = "json_extract(body, '$.account')", "json_extract(body, '$.day')"


class StateInUse(Exception):
    """Another simulator holds the state file."""


class StateStore:
    """Dataclasses as JSON documents in one SQLite file, owned by one simulator at a time.

    Args:
        path: The file, made with mode 0600 when it is missing; None takes a temporary one that SQLite deletes.

    Raises:
        StateInUse: Another simulator holds it.
        OSError, sqlite3.Error: It cannot be used, as on a full disk.
    """

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
        database = sqlite3.connect(path or "", timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            database.execute("PRAGMA locking_mode = EXCLUSIVE")
            database.execute("PRAGMA journal_mode = WAL")
            database.execute(
                "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
            )
            database.execute(f"CREATE INDEX IF NOT EXISTS days ON documents (kind, {_ACCOUNT}, {_DAY})")
        except sqlite3.OperationalError as error:
            database.close()
            if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            raise StateInUse(f"another simulator uses {path and path.name}; give this one a file of its own") from error
        self._database = database

    def load(self, kind: type[_T]) -> Iterator[_T]:
        """Every kept object of a class, in the order of their first saving; none may be saved meanwhile."""
        return self._read(kind, "", ())

    def load_days(self, kind: type[_T], account: str, since: date) -> Iterator[_T]:
        """Those of a class with an account and a day, from a day on."""
        return self._read(kind, f"AND {_ACCOUNT} = ? AND {_DAY} >= ?", (account, since.isoformat()))

    def find(self, kind: type[_T], key: str) -> _T | None:
        """One object, if there is."""
        return next(self._read(kind, "AND key = ?", (key,)), None)

    def count(self, kind: type[Any]) -> int:
        """How many there are of a class."""
        query = "SELECT COUNT(*) FROM documents WHERE kind = ?"
        return self._database.execute(query, (kind.__name__,)).fetchone()[0]

    def _read(self, kind: type[_T], condition: str, values: tuple[str, ...]) -> Iterator[_T]:
        query = f"SELECT body FROM documents WHERE kind = ? {condition} ORDER BY rowid"  # noqa: S608
        for (body,) in self._database.execute(query, (kind.__name__, *values)):
            yield _adapter(kind).validate_json(body)

    def save(self, objects: Iterable[tuple[str, object]], *, keep: Iterable[type] | None = None) -> None:
        """Keep objects by their keys, all or none.

        Args:
            keep: With these, the only classes of whose earlier objects something remains; None keeps all.
        """
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
        self._database.close()


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
