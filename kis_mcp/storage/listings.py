"""What is listed, in one file that is searched without being loaded."""

import json
import os
import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from kis_mcp.errors import StorageError
from kis_mcp.market import CONTRACTS, Kind, Listing, grams, is_syllable, likelihood, spellings
from kis_mcp.storage.folders import open_private_file

_BUSY_SECONDS = 5
_VERSION = 1
"""Of what is kept of each row. A file of another version is searched until all of KIS' files are fetched again."""

_FIRST = "0"
"""Stands before the first syllable of a name, among its pairs of letters."""

_SETUP = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "CREATE TABLE IF NOT EXISTS files (file TEXT PRIMARY KEY, read_at TEXT)",
    "CREATE TABLE IF NOT EXISTS listings"
    " (id INTEGER PRIMARY KEY, file TEXT, kind TEXT, market TEXT, underlying TEXT, body TEXT)",
    "CREATE INDEX IF NOT EXISTS listings_by_underlying ON listings (underlying)",
    "CREATE TABLE IF NOT EXISTS spellings (text TEXT, id INTEGER, PRIMARY KEY (text, id)) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE IF NOT EXISTS names USING fts5 (grams, content = '', tokenize = 'unicode61')",
)
_OF_MARKETS = " AND market IN (SELECT value FROM json_each(?))"
_OF_KINDS = " AND kind IN (SELECT value FROM json_each(?))"
_LISTING = TypeAdapter(Listing)

T = TypeVar("T")


class ListingFile:
    """Implements `kis_mcp.market.ListingStore` in a file of its owner's. A search is a query of a few milliseconds.

    Rows are numbered in the order of their likelihood, in which every index answers, so that the first are the best.

    Raises:
        StorageError: The file cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        os.close(open_private_file(path))
        self._do(_set_up)

    def replace(self, listings: Mapping[str, Iterable[Listing]], read_at: datetime) -> None:
        """Let these be all that some of KIS' files list, at once for every reader.

        Args:
            listings: Name of the file → what it lists.
        """
        self._do(lambda database: _replace(database, listings, read_at))

    def read_at(self) -> dict[str, datetime]:
        """When each of KIS' files was read that is in here."""
        rows = self._do(lambda database: database.execute("SELECT file, read_at FROM files").fetchall())
        return {file: datetime.fromisoformat(at) for file, at in rows}

    def count(self) -> int:
        """How many instruments are in here."""
        ((found,),) = self._do(lambda database: database.execute("SELECT count(*) FROM listings").fetchall())
        return found

    def spelled(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        return self._find("SELECT id FROM spellings WHERE text = ?", (text,), most, markets, kinds)

    def beginning(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        beyond = text[:-1] + chr(ord(text[-1]) + 1)
        query = "SELECT id FROM spellings WHERE text >= ? AND text < ?"
        return self._find(query, (text, beyond), most, markets, kinds)

    def containing(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        return self._match(f'"{" ".join(grams(text))}"', most, markets, kinds)

    def abbreviated(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        return self._match(" AND ".join((_FIRST + text[0], *text[1:])), most, markets, kinds)

    def alike(
        self, text: str, most: int, *, markets: Collection[str] = (), kinds: Collection[Kind] = ()
    ) -> list[Listing]:
        wanted = " OR ".join(f"({part})" for part in _almost(text))
        # By rank, not by likelihood: some of the parts are in very many names, most of them in few.
        ids = "SELECT rowid FROM names WHERE names MATCH ? ORDER BY rank LIMIT ?"
        return self._find(ids, (wanted, most), most, markets, kinds) if wanted else []

    def of_underlying(self, symbols: Collection[str]) -> list[Listing]:
        query = "SELECT id FROM listings WHERE underlying IN (SELECT value FROM json_each(?))"
        return self._find(query, (json.dumps(list(symbols)),), -1, (), ())

    def members(self, index: str) -> list[Listing]:
        """Those that are in an index, the largest by market value first; where that is not told, as they stand."""
        query = (
            "SELECT body FROM listings WHERE EXISTS (SELECT 1 FROM json_each(body, '$.indices') WHERE value = ?)"
            " ORDER BY json_extract(body, '$.market_cap') DESC, id"
        )
        found = self._do(lambda database: database.execute(query, (index,)).fetchall())
        return [_LISTING.validate_json(body) for (body,) in found]

    def indices(self) -> list[str]:
        """Every index that has members in here."""
        query = "SELECT DISTINCT value FROM listings, json_each(body, '$.indices') ORDER BY value"
        return [index for (index,) in self._do(lambda database: database.execute(query).fetchall())]

    def _match(self, wanted: str, most: int, markets: Collection[str], kinds: Collection[Kind]) -> list[Listing]:
        return self._find("SELECT rowid FROM names WHERE names MATCH ?", (wanted,), most, markets, kinds)

    def _find(
        self, ids: str, values: tuple[str | int, ...], most: int, markets: Collection[str], kinds: Collection[Kind]
    ) -> list[Listing]:
        query = f"SELECT body FROM listings WHERE id IN ({ids})"  # noqa: S608
        for condition, chosen in ((_OF_MARKETS, markets), (_OF_KINDS, kinds)):
            if chosen:
                query += condition
                values = (*values, json.dumps(list(chosen)))
        found = self._do(lambda database: database.execute(f"{query} ORDER BY id LIMIT ?", (*values, most)).fetchall())
        return [_LISTING.validate_json(body) for (body,) in found]

    def _do(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)) as database:
                return work(database)
        except sqlite3.DatabaseError as error:
            raise StorageError(
                f"The list of instruments {self._path} cannot be used: {error}.",
                remedy="Delete it; it is fetched from KIS again. Symbols that are known go on working.",
                field="KIS_DATA_DIR",
            ) from error


def _set_up(database: sqlite3.Connection) -> None:
    for statement in _SETUP:
        database.execute(statement)
    if database.execute("PRAGMA user_version").fetchone() != (_VERSION,):
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM files")
            database.execute(f"PRAGMA user_version = {_VERSION}")


def _replace(database: sqlite3.Connection, listings: Mapping[str, Iterable[Listing]], read_at: datetime) -> None:
    with database:
        database.execute("BEGIN IMMEDIATE")
        kept = database.execute(
            "SELECT file, body FROM listings WHERE file NOT IN (SELECT value FROM json_each(?))",
            (json.dumps(list(listings)),),
        ).fetchall()
        rows = [(file, _LISTING.validate_json(body)) for file, body in kept]
        rows += [(file, listing) for file, each in listings.items() for listing in each]
        rows.sort(key=lambda row: likelihood(row[1]))
        for statement in (
            "DELETE FROM listings",
            "DELETE FROM spellings",
            "INSERT INTO names (names) VALUES ('delete-all')",
        ):
            database.execute(statement)
        database.executemany(
            "INSERT INTO listings VALUES (?, ?, ?, ?, ?, ?)",
            (
                (number, file, each.kind, each.market, each.underlying, _LISTING.dump_json(each).decode())
                for number, (file, each) in enumerate(rows)
            ),
        )
        spelled = [
            (number, (spellings(each)[:1] if each.kind in CONTRACTS else spellings(each)), each.name_ko)
            for number, (_, each) in enumerate(rows)
        ]
        database.executemany(
            "INSERT INTO spellings VALUES (?, ?)", ((text, number) for number, texts, _ in spelled for text in texts)
        )
        database.executemany(
            "INSERT INTO names (rowid, grams) VALUES (?, ?)",
            ((number, _grams(texts, name)) for number, texts, name in spelled if len(texts) > 1),
        )
        database.executemany(
            "INSERT OR REPLACE INTO files VALUES (?, ?)", ((file, read_at.isoformat()) for file in listings)
        )


def _grams(texts: Iterable[str], name_ko: str) -> str:
    """What a name is looked up by: its pairs of letters in their order, its first syllable, and each syllable."""
    syllables = [letter for letter in name_ko if is_syllable(letter)]
    first = [_FIRST + syllables[0]] if syllables and name_ko[0] == syllables[0] else []
    return " ".join([*(gram for text in texts for gram in grams(text)), *first, *dict.fromkeys(syllables)])


def _almost(text: str) -> list[str]:
    """What a name has most of that is spelled almost like a text: all its syllables but one, or three of its letters
    in a row."""
    letters = list(dict.fromkeys(text))
    if all(map(is_syllable, text)) and len(letters) > 2:
        return [" AND ".join(letter for letter in letters if letter != left_out) for left_out in letters]
    pairs = list(grams(text))
    return [f'"{first} {second}"' for first, second in pairwise(pairs)]
