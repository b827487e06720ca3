"""The alerts' file: whole or not at all, private, and bounded."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kis_mcp.alerts import MOST_RULES, Firing, Rule, new_rule
from kis_mcp.errors import BadArgument, SettingsError, StorageError
from kis_mcp.storage import SqliteAlerts
from tests.streams.test_watches import NOW, condition

DEEP = {"any": [{"symbol": "005930", "price_above": "72500.5"}, {"all": [{"order": "filled", "order_id": "12"}]}]}


def rule(days: int = 1, minutes: int = 5) -> Rule:
    return new_rule(condition(DEEP), NOW, NOW + timedelta(days=days), timedelta(minutes=minutes))


def firing(of: Rule) -> tuple[Rule, Firing]:
    fired = replace(of, fired_at=NOW, firings=of.firings + 1, state=[[True, False, "삼성"]])
    return fired, Firing(f"f{of.id}", of.id, NOW, "words", True, "삼성전자: words")


def mode_of(path: Path) -> int | None:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else None


def damage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "alerts.db"


async def test_what_was_kept_is_read_by_another_process_as_it_was(path: Path) -> None:
    made = rule()
    await SqliteAlerts(path).create(made)
    fired, journaled = firing(made)
    assert await SqliteAlerts(path).fire(fired, journaled, ["ntfy"])
    assert await SqliteAlerts(path).rules() == [fired]
    assert await SqliteAlerts(path).firings(0, 10) == [replace(journaled, number=1)]
    assert mode_of(path) == 0o600


async def test_a_new_file_waits_for_who_just_makes_it(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as maker:
        maker.execute("begin immediate")
        asyncio.get_running_loop().call_later(0.05, maker.rollback)
        await SqliteAlerts(path).create(rule())
    assert len(await SqliteAlerts(path).rules()) == 1


async def test_asking_makes_no_file(path: Path) -> None:
    store = SqliteAlerts(path)
    assert (await store.rules(), await store.firings(0, 1), await store.due(NOW, ["ntfy"])) == ([], [], [])
    assert await store.delete("a1") is None
    assert mode_of(path) is None


async def test_a_firing_is_written_with_its_rule_and_deliveries_or_not_at_all(path: Path) -> None:
    store, made = SqliteAlerts(path), rule()
    await store.create(made)
    with pytest.raises(StorageError):
        await store.fire(*firing(made), channels=["ntfy", "ntfy"])
    assert (await store.rules(), await store.firings(0, 10), await store.due(NOW, ["ntfy"])) == ([made], [], [])


async def test_a_rule_that_was_deleted_or_fired_elsewhere_fires_no_more(path: Path) -> None:
    store, first, second = SqliteAlerts(path), rule(), rule(minutes=6)
    await store.create(first)
    await store.create(second)
    assert await store.delete(first.id) == first
    assert await store.fire(*firing(first), channels=["ntfy"]) is False
    fired, journaled = firing(second)
    assert await store.fire(fired, journaled, [])
    assert await store.fire(fired, replace(journaled, id="f2"), []) is False
    assert [each.id for each in await store.firings(0, 10)] == [journaled.id]


async def test_of_too_many_rules_the_last_is_refused_and_ended_ones_do_not_count(path: Path) -> None:
    store = SqliteAlerts(path)
    rules = [rule(days=each, minutes=each) for each in range(1, MOST_RULES + 1)]
    await asyncio.gather(*(store.create(each) for each in rules))
    with pytest.raises(BadArgument, match=f"There are {MOST_RULES} alerts already"):
        await store.create(rule(minutes=99))
    later = NOW + timedelta(days=1)
    await store.create(replace(rule(days=2, minutes=99), created_at=later))
    with pytest.raises(BadArgument):
        await store.create(replace(rule(days=2, minutes=98), created_at=later))


async def test_a_file_of_another_version_is_left_alone(path: Path) -> None:
    await SqliteAlerts(path).create(rule())
    with sqlite3.connect(path) as database:
        database.execute("pragma user_version = 2")
    database.close()
    with pytest.raises(SettingsError, match=r"alerts\.db is of a version"):
        await SqliteAlerts(path).rules()


async def test_a_file_that_is_none_is_a_storage_error(path: Path) -> None:
    damage(path)
    with pytest.raises(StorageError, match="cannot be used"):
        await SqliteAlerts(path).rules()


async def test_there_is_work_while_a_rule_is_active_or_a_delivery_waits(path: Path) -> None:
    store, made = SqliteAlerts(path), rule()
    assert not await store.has_work(NOW, ["ntfy"])
    await store.create(made)
    assert await store.has_work(NOW, ["ntfy"])
    assert not await store.has_work(made.until, ["ntfy"])
    await store.fire(*firing(made), channels=["ntfy"])
    assert await store.has_work(made.until, ["ntfy"])
    assert not await store.has_work(made.until, ["telegram"])
    (waiting,) = await store.due(NOW, ["ntfy"])
    await store.settle(replace(waiting, state="delivered"))
    assert not await store.has_work(made.until, ["ntfy"])


async def test_a_rule_that_is_asked_for_again_is_the_same_until_the_later_end(path: Path) -> None:
    store, made = SqliteAlerts(path), rule(days=3)
    await store.create(made)
    assert await store.create(rule(days=1)) == made
    longer = replace(made, until=NOW + timedelta(days=9))
    assert await store.create(rule(days=9)) == longer
    other = await store.create(rule(minutes=60))
    assert await store.rules() == [longer, other]
