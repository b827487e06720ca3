"""What is kept of very many orders and fills: the newest in memory, the others on disk."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from kis_mcp.simulator.engine.log import Log
from kis_mcp.simulator.state import StateStore

MONDAY = date(2026, 6, 15)


@dataclass
class Entry:
    """Something that an account does."""

    number: int
    account: str
    day: date
    is_open: bool = False
    text: str = ""


def log_of(store: StateStore) -> Log[Entry]:
    return Log(store, Entry, lambda entry: str(entry.number), lambda entry: not entry.is_open, in_memory=10)


def save(store: StateStore, log: Log[Entry]) -> None:
    store.save(log.changes.items())
    log.forget_changes()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[StateStore]:
    store = StateStore(tmp_path / "state.db")
    yield store
    store.close()


ENTRIES = [Entry(n, "ab"[n % 2], MONDAY + timedelta(days=n // 10), is_open=n == 3) for n in range(100)]


@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_no_longer_in_memory_is_still_there(store: StateStore, restarts: bool):
    log = log_of(store)
    for entry in ENTRIES:
        log.add(replace(entry))
        save(store, log)
    if restarts:
        log = log_of(store)
    assert len(log.in_memory) <= 11
    assert (len(log), list(log), list(log.values())) == (100, [str(n) for n in range(100)], ENTRIES)
    assert (log["3"], log["50"], log["99"], log.get("100")) == (ENTRIES[3], ENTRIES[50], ENTRIES[99], None)
    assert list(log.of("a")) == ENTRIES[0::2]
    since = MONDAY + timedelta(days=5)
    assert list(log.of("b", since)) == [entry for entry in ENTRIES if entry.account == "b" and entry.day >= since]


def test_what_may_still_change_stays_and_its_changes_are_kept(store: StateStore):
    log = log_of(store)
    for entry in ENTRIES:
        log.add(replace(entry))
        save(store, log)
    kept = log["3"]
    kept.text = "changed"
    log.touch(kept)
    assert log["3"] is kept
    save(store, log)
    assert log_of(store)["3"].text == "changed"


def test_nothing_is_forgotten_before_it_is_saved(store: StateStore):
    log = log_of(store)
    for entry in ENTRIES:
        log.add(entry)
    assert list(log.values()) == ENTRIES
    save(store, log)
    assert list(log.values()) == ENTRIES
