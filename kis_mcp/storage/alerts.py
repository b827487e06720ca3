"""The alerts of one environment in a SQLite file of their own, safe for several processes."""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Collection, Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar, cast

from kis_mcp.alerts import MOST_RULES, AlertStore, Delivery, Firing, Rule
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, SettingsError, StorageError
from kis_mcp.storage.folders import open_private_file
from kis_mcp.storage.holders import holder_of
from kis_mcp.storage.uninterrupted import uninterrupted
from kis_mcp.storage.write_ahead import use_write_ahead_log
from kis_mcp.streams import read_condition, write_condition

T = TypeVar("T")

_VERSION = 1
_BUSY_SECONDS = 5.0

_TABLES = """
create table rules (
    id text primary key, condition text not null, created_at text not null, until text not null,
    cooldown_seconds integer, state text not null, watching text not null, fired_at text, firings integer not null,
    is_deleted integer not null default 0
);
create table firings (
    number integer primary key autoincrement, id text not null unique, rule_id text not null references rules (id),
    at text not null, words text not null, after_gap integer not null, text text not null
);
create table deliveries (
    firing_id text not null references firings (id), channel text not null, state text not null,
    attempts integer not null, words text not null, next_at text not null, primary key (firing_id, channel)
);
create index deliveries_waiting on deliveries (next_at) where state = 'waiting';
"""
_AT_ONCE = "2000-01-01T00:00:00.000000"
"""Long due by any clock: deliveries go by the machine's, firings by the environment's."""

_MOST_RECENT = 200
_RULES = "select id, condition, created_at, until, cooldown_seconds, state, watching, fired_at, firings from rules"
_FIRINGS = "firings.number, firings.id, firings.rule_id, firings.at, firings.words, firings.after_gap, firings.text"
_DELIVERIES = f"""
select channel, state, attempts, deliveries.words, next_at, {_FIRINGS}
from deliveries join firings on firings.id = deliveries.firing_id
"""  # noqa: S608  (made of constants)


class SqliteAlerts(AlertStore):
    """Implements `kis_mcp.alerts.AlertStore`. The file is made with the first rule; its folder must exist.

    Each call opens the file anew: there are few, and so it knows no process that forks, ends or is cancelled.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def create(self, rule: Rule) -> Rule:
        def write(database: sqlite3.Connection) -> Rule:
            active = [each for each in _rules(database) if each.stage(rule.created_at) == "active"]
            same = (each for each in active if (each.condition, each.cooldown) == (rule.condition, rule.cooldown))
            if (known := next(same, None)) is not None:
                known = replace(known, until=max(known.until, rule.until))
                database.execute("update rules set until = ? where id = ?", (_text(known.until), known.id))
                return known
            if len(active) >= MOST_RULES:
                raise BadArgument(
                    f"There are {MOST_RULES} alerts already, and no more are kept.",
                    remedy="Delete one that is not needed any more: alerts with action=list shows them.",
                    field="action",
                )
            database.execute(
                "insert into rules values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                (
                    rule.id,
                    json.dumps(write_condition(rule.condition), ensure_ascii=False),
                    _text(rule.created_at),
                    _text(rule.until),
                    None if rule.cooldown is None else rule.cooldown // timedelta(seconds=1),
                    json.dumps(rule.state, ensure_ascii=False),
                    rule.watching,
                    rule.fired_at and _text(rule.fired_at),
                    rule.firings,
                ),
            )
            return rule

        return await self._write(write)

    async def delete(self, rule_id: str) -> Rule | None:
        def write(database: sqlite3.Connection) -> Rule | None:
            found = next((rule for rule in _rules(database) if rule.id == rule_id), None)
            database.execute("update rules set is_deleted = 1 where id = ?", (rule_id,))
            return found

        return await self._write(write) if self._path.exists() else None

    async def rules(self) -> Sequence[Rule]:
        return await self._read(_rules, [])

    async def has_work(self, now: datetime, channels: Collection[str]) -> bool:
        """Whether a rule is active or a delivery by one of these channels waits, so that the alerts have to be kept."""

        def read(database: sqlite3.Connection) -> bool:
            waiting = database.execute("select distinct channel from deliveries where state = 'waiting'")
            return any(channel in channels for (channel,) in waiting) or any(
                rule.stage(now) == "active" for rule in _rules(database)
            )

        return await self._read(read, False)

    async def keep_state(self, rule: Rule) -> None:
        await self._change("update rules set state = ? where id = ?", json.dumps(rule.state), rule.id)

    async def keep_watching(self, rule_id: str, watching: str) -> None:
        await self._change("update rules set watching = ? where id = ?", watching, rule_id)

    async def fire(self, rule: Rule, firing: Firing, channels: Sequence[str]) -> bool:
        def write(database: sqlite3.Connection) -> bool:
            assert rule.fired_at is not None
            changed = database.execute(
                "update rules set state = ?, fired_at = ?, firings = ? where id = ? and firings = ? and not is_deleted",
                (json.dumps(rule.state), _text(rule.fired_at), rule.firings, rule.id, rule.firings - 1),
            )
            if not changed.rowcount:
                return False
            at = _text(firing.at)
            database.execute(
                "insert into firings (id, rule_id, at, words, after_gap, text) values (?, ?, ?, ?, ?, ?)",
                (firing.id, rule.id, at, firing.words, firing.after_gap, firing.text),
            )
            database.executemany(
                "insert into deliveries values (?, ?, 'waiting', 0, '', ?)",
                [(firing.id, channel, _AT_ONCE) for channel in channels],
            )
            return True

        return await self._write(write)

    async def firings(self, after: int, most: int) -> Sequence[Firing]:
        query = f"select {_FIRINGS} from firings where number > ? order by number limit ?"  # noqa: S608
        return await self._read(lambda database: [_firing(row) for row in database.execute(query, (after, most))], [])

    async def last_number(self) -> int:
        query = "select coalesce(max(number), 0) from firings"
        return await self._read(lambda database: cast("int", database.execute(query).fetchone()[0]), 0)

    async def deliveries(self, firing_ids: Sequence[str]) -> Sequence[Delivery]:
        marks = ", ".join("?" * len(firing_ids))
        return await self._deliveries(f"where firing_id in ({marks}) order by number, channel", *firing_ids)

    async def due(self, now: datetime, channels: Collection[str]) -> Sequence[Delivery]:
        due = await self._deliveries("where state = 'waiting' and next_at <= ? order by number, channel", _text(now))
        return [delivery for delivery in due if delivery.channel in channels]

    async def settle(self, delivery: Delivery) -> None:
        await self._change(
            "update deliveries set state = ?, attempts = ?, words = ?, next_at = ?"
            " where firing_id = ? and channel = ? and state = 'waiting'",
            delivery.state,
            delivery.attempts,
            delivery.words,
            _text(delivery.next_at),
            delivery.firing.id,
            delivery.channel,
        )

    async def last_outcomes(self) -> Sequence[Delivery]:
        tried = await self._deliveries("where attempts > 0 order by number desc limit ?", _MOST_RECENT)
        return list({delivery.channel: delivery for delivery in reversed(tried)}.values())

    async def _deliveries(self, where: str, *values: object) -> Sequence[Delivery]:
        def read(database: sqlite3.Connection) -> Sequence[Delivery]:
            return [
                Delivery(_firing(row[5:]), row[0], row[1], row[2], row[3], _time(row[4]))
                for row in database.execute(_DELIVERIES + where, values)
            ]

        return await self._read(read, [])

    async def _change(self, statement: str, *values: object) -> None:
        await self._write(lambda database: database.execute(statement, values))

    @uninterrupted
    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.to_thread(self._run, work, "begin immediate")

    @uninterrupted
    async def _read(self, work: Callable[[sqlite3.Connection], T], nothing: T) -> T:
        """What is in the file; ``nothing`` while there is none."""
        return await asyncio.to_thread(self._run, work, "begin") if self._path.exists() else nothing

    def _run(self, work: Callable[[sqlite3.Connection], T], begin: str) -> T:
        with self._explained(), closing(self._open()) as database:
            database.execute(begin)
            result = work(database)
            database.execute("commit")
            return result

    def _open(self) -> sqlite3.Connection:
        os.close(open_private_file(self._path))
        database = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            use_write_ahead_log(database, _BUSY_SECONDS)
            for pragma in ("synchronous=full", "foreign_keys=on"):
                database.execute(f"pragma {pragma}")
            _make_tables(database)
            if _version(database) != _VERSION:
                raise SettingsError(
                    f"{self._path} is of a version of alerts that this kis-mcp does not know. It was left as it is.",
                    remedy="Update kis-mcp, or set KIS_DATA_DIR to another folder.",
                    field="KIS_DATA_DIR",
                )
        except BaseException:
            database.close()
            raise
        return database

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except sqlite3.DatabaseError as failure:
            held = f", held by {holder_of(self._path)}" if "locked" in str(failure) else ""
            raise StorageError(
                f"The alerts in {self._path} cannot be used: {failure}{held}.",
                remedy="Make room on its disk, or end the process that holds it.",
                field="KIS_DATA_DIR",
            ) from failure


def _make_tables(database: sqlite3.Connection) -> None:
    """Make the tables of a file that has none yet; of several processes that find it so, one does."""
    if _version(database) == 0:
        database.execute("begin immediate")
        if _version(database) == 0:
            for statement in _TABLES.split(";"):
                database.execute(statement)
            database.execute(f"pragma user_version = {_VERSION}")
        database.execute("commit")


def _version(database: sqlite3.Connection) -> int:
    return cast("int", database.execute("pragma user_version").fetchone()[0])


def _rules(database: sqlite3.Connection) -> list[Rule]:
    return [_rule(row) for row in database.execute(f"{_RULES} where not is_deleted order by rowid")]


def _rule(row: Sequence[Any]) -> Rule:
    rule_id, condition, created_at, until, cooldown, state, watching, fired_at, firings = row
    return Rule(
        rule_id,
        read_condition(json.loads(condition), _Kept, bounded=False),
        _time(created_at),
        _time(until),
        None if cooldown is None else timedelta(seconds=cooldown),
        json.loads(state),
        watching,
        _time(fired_at) if fired_at else None,
        firings,
    )


def _firing(row: Sequence[Any]) -> Firing:
    number, firing_id, rule_id, at, words, after_gap, text = row
    return Firing(firing_id, rule_id, _time(at), words, bool(after_gap), text, number)


class _Kept:
    """The instrument of a condition that was written: as it was found then."""

    def __init__(self, symbol: str, exchange: str | None, market: str | None) -> None:
        self.symbol = symbol
        self.market = market or ""
        self.exchange = exchange


def _text(time: datetime) -> str:
    """In UTC and of one length, so that texts sort as times."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(KST)
