"""What is kept of strategies: by version, once for each moment, exactly, and as a whole or not at all."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import StatementError

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.storage.sqlite import SqliteDatabase
from kis_mcp.strategies.document import Strategy, read_strategy
from kis_mcp.strategies.records import (
    BarsDiffer,
    HeldPosition,
    RunChange,
    SignalEntry,
    StoredBar,
    StoredStrategy,
    StrategyRun,
    digest_of,
)

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=KST)
LATER = NOW + timedelta(minutes=5)


def strategy(name: str = "cross", **changes: object) -> Strategy:
    entry = {"left": "close", "is": "above", "right": 1000}
    return read_strategy({"id": name, "name": "가격 돌파", "entry": entry, "exits": {"stop_loss_percent": 3}} | changes)


def run_of(stored: StoredStrategy, run_id: str = "R1", **changes: object) -> StrategyRun:
    run = StrategyRun(
        id=run_id,
        strategy=stored.id,
        version=stored.version,
        digest=stored.digest,
        mandate_id="M1",
        account_id="a",
        symbols=("005930", "000660"),
        state="running",
        reason="Started.",
        started_at=NOW,
    )
    return replace(run, **changes)  # pyright: ignore[reportArgumentType]


def decided(run_id: str = "R1", **changes: object) -> SignalEntry:
    entry = SignalEntry(
        run_id=run_id,
        symbol="005930",
        at=NOW,
        enters=True,
        exits=None,
        action="enter",
        quantity=10,
        reason="entry_condition",
        values={"close": 70100.0, "fast": None, "slow": 0.1 + 0.2},
    )
    return replace(entry, **changes)  # pyright: ignore[reportArgumentType]


def bar(at: datetime = NOW, close: str = "70100", **changes: object) -> StoredBar:
    built = StoredBar(
        symbol="005930",
        interval="1m",
        ends_at=at,
        open=Decimal("70000"),
        high=Decimal("70200"),
        low=Decimal("70000"),
        close=Decimal(close),
        volume=3_000_000_000,
        source="live",
    )
    return replace(built, **changes)  # pyright: ignore[reportArgumentType]


def held(**changes: object) -> HeldPosition:
    position = HeldPosition(
        run_id="R1",
        symbol="005930",
        quantity=3,
        cost=Decimal("210300"),
        opened_at=NOW,
        bars=0,
        highest=Decimal("70100"),
    )
    return replace(position, **changes)  # pyright: ignore[reportArgumentType]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(path)
    journal = await SqlJournal.on(database)
    yield database
    await journal.aclose()


@pytest.fixture
async def records(database: SqliteDatabase) -> SqlStrategyRecords:
    return SqlStrategyRecords(database)


@pytest.fixture
async def run(records: SqlStrategyRecords) -> StrategyRun:
    return await records.open_run(run_of(await records.save(strategy(), at=NOW)))


async def test_each_document_that_says_something_else_is_a_version_and_the_latest_counts(
    records: SqlStrategyRecords,
) -> None:
    first = await records.save(strategy(), at=NOW, note="처음")
    same = await records.save(strategy(), at=LATER, note="again")
    second = await records.save(strategy(interval="5m"), at=LATER)
    back = await records.save(strategy(), at=LATER)
    assert first == StoredStrategy(
        id="cross", version=1, document=strategy(), digest=digest_of(strategy()), created_at=NOW, note="처음"
    )
    assert same == first
    assert [second.version, back.version] == [2, 3]
    assert await records.versions("cross") == [first, second, back]
    assert await records.find("cross") == back
    assert await records.find("other") is None


async def test_a_deleted_strategy_is_off_the_list_and_stays_on_record_until_it_is_saved_again(
    records: SqlStrategyRecords,
) -> None:
    kept, gone = [await records.save(strategy(name), at=NOW) for name in ("kept", "gone")]
    assert await records.delete("gone", at=LATER) == gone
    assert await records.delete("gone", at=LATER) is None
    assert await records.strategies() == [kept]
    assert await records.find("gone") is None
    assert await records.versions("gone") == [gone]
    with pytest.raises(BadArgument, match="There is no strategy gone"):
        await records.open_run(run_of(gone))
    assert await records.save(strategy("gone"), at=LATER) == gone
    assert await records.strategies() == [gone, kept]


async def test_a_strategy_is_not_deleted_and_not_started_twice_before_its_run_is_stopped(
    records: SqlStrategyRecords, run: StrategyRun
) -> None:
    stored = await records.find("cross")
    assert stored is not None
    await records.set_run_state("R1", "paused", "The line is down.", LATER)
    with pytest.raises(BadArgument, match=r"cross is paused in run R1. Stop it first"):
        await records.delete("cross", at=LATER)
    with pytest.raises(BadArgument, match=r"cross is paused in run R1. Resume it"):
        await records.open_run(run_of(stored, "R2"))
    await records.set_run_state("R1", "stopped", "By its person.", LATER)
    again = await records.open_run(run_of(stored, "R2", started_at=LATER))
    assert [each.id for each in await records.runs("cross")] == ["R2", "R1"]
    assert await records.active_runs() == [again]


async def test_a_run_is_of_the_version_that_is_kept(records: SqlStrategyRecords) -> None:
    first = await records.save(strategy(), at=NOW)
    await records.save(strategy(interval="5m"), at=NOW)
    with pytest.raises(BadArgument, match="cross is at version 2 and not as it was read"):
        await records.open_run(run_of(first))
    assert await records.runs() == []


async def test_a_run_tells_where_it_stands_and_how_it_came_there_and_stays_stopped(
    records: SqlStrategyRecords, run: StrategyRun
) -> None:
    paused = await records.set_run_state("R1", "paused", "A gap.", LATER)
    assert paused == replace(run, state="paused", reason="A gap.")
    assert await records.set_run_state("R1", "running", "Kept.", LATER, only_from="running") == paused
    await records.set_run_state("R1", "running", "Filled.", LATER)
    stopped = await records.set_run_state("R1", "stopped", "Halted.", LATER)
    assert stopped == replace(run, state="stopped", reason="Halted.", ended_at=LATER)
    assert await records.set_run_state("R1", "running", "Up again.", LATER) == stopped
    assert await records.find_run("R1") == stopped
    assert await records.active_runs() == []
    assert await records.changes("R1") == [
        RunChange(run_id="R1", at=NOW, state="running", reason="Started."),
        RunChange(run_id="R1", at=LATER, state="paused", reason="A gap."),
        RunChange(run_id="R1", at=LATER, state="running", reason="Filled."),
        RunChange(run_id="R1", at=LATER, state="stopped", reason="Halted."),
    ]
    with pytest.raises(LookupError):
        await records.set_run_state("R9", "paused", "", LATER)


async def test_a_signal_is_kept_once_for_a_run_a_symbol_and_a_moment(
    records: SqlStrategyRecords, run: StrategyRun
) -> None:
    other_symbol = decided(symbol="000660", action="none", quantity=0, reason="no_money")
    later = decided(at=LATER, action="exit", enters=False, exits=True)
    again = decided(at=NOW.astimezone(UTC), quantity=99)
    assert await records.add_signals([decided(), again]) == 1
    assert await records.add_signals([again]) == 0
    assert await records.add_signals([again, other_symbol, later]) == 2
    assert await records.signals("R1") == [other_symbol, decided(), later]
    assert await records.signals("R1", since=LATER) == [later]
    assert await records.signals("R1", limit=2) == [decided(), later]
    with pytest.raises(LookupError):
        await records.add_signals([decided("R9")])


async def test_the_first_order_that_came_of_a_signal_counts(records: SqlStrategyRecords, run: StrategyRun) -> None:
    await records.add_signals([decided()])
    for intent_id in ("I1", "I2"):
        await records.set_intent("R1", "005930", NOW, intent_id)
    assert await records.signals("R1") == [decided(intent_id="I1")]
    with pytest.raises(LookupError):
        await records.set_intent("R1", "005930", LATER, "I1")


async def test_a_position_takes_the_place_of_the_one_before_and_ends_with_nothing_held(
    records: SqlStrategyRecords, run: StrategyRun
) -> None:
    position = held(cost=Decimal("210300.1"))
    aged = replace(position, bars=1, highest=Decimal("1E+5"))
    other = replace(position, symbol="000660")
    for each in (position, other, aged):
        await records.put_position(each)
    assert await records.positions("R1") == [other, aged]
    await records.put_position(replace(aged, quantity=0))
    assert await records.positions("R1") == [other]
    with pytest.raises(LookupError):
        await records.put_position(replace(other, run_id="R9"))


async def test_bars_are_kept_once_and_read_by_the_time_that_they_are_of(records: SqlStrategyRecords) -> None:
    bars = [bar(NOW + timedelta(minutes=minute)) for minute in range(4)]
    others = [bar(interval="5m"), bar(symbol="AAPL", open=Decimal("70000.0001"))]
    assert await records.add_bars([*bars[1:], bars[1], *others]) == 5
    assert await records.add_bars([replace(each, source="history") for each in bars]) == 1
    assert await records.bars("005930", "1m", NOW, NOW + timedelta(minutes=2)) == bars[1:3]
    (first,) = await records.bars("005930", "1m", NOW - timedelta(minutes=1), NOW)
    assert first == replace(bars[0], source="history")
    assert await records.bars("AAPL", "1m", NOW - timedelta(days=1), LATER) == [others[1]]
    assert await records.add_bars([]) == 0
    both, long_ago = ["005930", "AAPL"], NOW - timedelta(days=1)
    assert await records.last_bar(both, "1m", long_ago, NOW + timedelta(minutes=2)) == bars[2].ends_at
    assert await records.last_bar(["AAPL"], "1m", long_ago, LATER) == others[1].ends_at
    assert await records.last_bar(both, "5m", NOW, LATER) is None


@pytest.mark.parametrize("change", [{"close": Decimal("70150")}, {"volume": 1}, {"open": Decimal("70001")}])
async def test_another_bar_for_a_moment_is_refused_with_all_that_came_with_it(
    records: SqlStrategyRecords, change: dict[str, object]
) -> None:
    await records.add_bars([bar()])
    with pytest.raises(BarsDiffer, match=r"005930 that ends at 2026-03-02 10:00 is kept with open 70000, .*, and was"):
        await records.add_bars([bar(symbol="000660"), bar(NOW + timedelta(minutes=1)), bar(**change)])  # pyright: ignore[reportArgumentType]
    with pytest.raises(BarsDiffer):
        await records.add_bars([bar(LATER), bar(LATER, **change)])  # pyright: ignore[reportArgumentType]
    assert await records.bars("005930", "1m", NOW - timedelta(days=1), LATER) == [bar()]
    assert await records.bars("000660", "1m", NOW - timedelta(days=1), LATER) == []


async def test_no_price_and_no_amount_is_ever_a_float_in_the_file(
    records: SqlStrategyRecords, run: StrategyRun, path: Path
) -> None:
    await records.add_bars([bar(close="70100.10")])
    await records.put_position(held(cost=Decimal("0.30"), highest=Decimal("7E+4")))
    with closing(sqlite3.connect(path)) as file:
        prices = file.execute("select open, high, low, close from bars").fetchone()
        amounts = file.execute("select cost, highest from strategy_positions").fetchone()
    assert [prices, amounts] == [("70000", "70200", "70000", "70100.10"), ("0.30", "70000")]


async def test_a_time_without_zone_and_a_price_that_is_none_are_refused(records: SqlStrategyRecords) -> None:
    with pytest.raises(StatementError, match="no time zone"):
        await records.save(strategy(), at=NOW.replace(tzinfo=None))
    with pytest.raises(StatementError, match="NaN is no amount"):
        await records.add_bars([bar(close="NaN")])
    assert await records.strategies() == []


async def test_what_is_old_is_pruned_when_a_run_begins(records: SqlStrategyRecords, run: StrategyRun) -> None:
    ages = [timedelta(days=days) for days in (29, 31, 5 * 365 - 1, 5 * 365 + 1)]
    await records.add_bars([bar(NOW - age, interval=interval) for age in ages for interval in ("1m", "1d")])
    for age in ages:
        ignored = decided(at=NOW - age, symbol="000660", action="none", quantity=0)
        lost = decided(at=NOW - age, symbol="035420", action="none", reason="sold_elsewhere")
        await records.add_signals([decided(at=NOW - age), ignored, lost])
    await records.open_run(run_of(await records.save(strategy("other"), at=NOW), "R2"))
    since = NOW - timedelta(days=9999)
    kept = {
        interval: [NOW - each.ends_at for each in await records.bars("005930", interval, since, NOW)]
        for interval in ("1m", "1d")
    }
    signals = await records.signals("R1")
    assert kept == {"1m": [ages[0]], "1d": [ages[2], ages[1], ages[0]]}
    assert [NOW - each.at for each in signals if each.action == "enter"] == [ages[2], ages[1], ages[0]]
    assert [NOW - each.at for each in signals if not each.quantity] == [ages[0]]
    lost = [each for each in signals if each.reason == "sold_elsewhere"]
    assert [NOW - each.at for each in lost] == [ages[2], ages[1], ages[0]]
    assert await records.signals("R1", moved=True) == [each for each in signals if each.quantity]


@pytest.mark.parametrize("table", ["strategy_versions", "strategy_changes"])
async def test_versions_and_states_of_runs_can_only_be_added_to(run: StrategyRun, path: Path, table: str) -> None:
    with closing(sqlite3.connect(path)) as file:
        for statement in (f"delete from {table}", f"update {table} set rowid = 7"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                file.execute(statement)


IDLE = StoredStrategy(
    id="idle", version=1, document=strategy("idle"), digest=digest_of(strategy("idle")), created_at=NOW
)
WRITES: dict[str, Callable[[SqlStrategyRecords], Awaitable[object]]] = {
    "save": lambda records: records.save(strategy(interval="5m"), at=NOW),
    "delete": lambda records: records.delete("idle", at=NOW),
    "open_run": lambda records: records.open_run(run_of(IDLE, "R2")),
    "set_run_state": lambda records: records.set_run_state("R1", "stopped", "Halted.", NOW),
    "put_position": lambda records: records.put_position(held(quantity=5)),
    "add_bars": lambda records: records.add_bars([bar(LATER), bar(symbol="000660"), bar(interval="5m")]),
    "add_signals": lambda records: records.add_signals([decided(at=LATER), decided(symbol="000660")]),
    "prune": lambda records: records.prune(NOW + timedelta(days=9999)),
}


@pytest.mark.parametrize("write", WRITES)
async def test_a_write_that_fails_at_whichever_statement_leaves_all_as_it_was(
    records: SqlStrategyRecords, database: SqliteDatabase, run: StrategyRun, path: Path, write: str
) -> None:
    await records.save(strategy("idle"), at=NOW)
    await records.add_signals([decided()])
    await records.add_bars([bar()])
    await records.put_position(held())
    before, left = dump(path), 0

    def fail(*_: object) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError("the power fails")

    event.listen(database.engine.sync_engine, "after_cursor_execute", fail)
    for statements in range(99):
        left = statements
        try:
            await WRITES[write](records)
        except OSError:
            assert dump(path) == before
        else:
            break
    assert dump(path) != before


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as file:
        return list(file.iterdump())


async def test_of_several_who_start_a_strategy_or_keep_a_signal_at_once_one_does(path: Path, run: StrategyRun) -> None:
    journals = [await SqlJournal.on(SqliteDatabase(path)) for _ in range(3)]
    several = [SqlStrategyRecords(journal.database) for journal in journals]
    stored = await several[0].save(strategy("other"), at=NOW)
    runs = [each.open_run(run_of(stored, f"other-{number}")) for number, each in enumerate(several)]
    begun = await asyncio.gather(*runs, return_exceptions=True)
    kept = await asyncio.gather(*(each.add_signals([decided()]) for each in several))
    added = await asyncio.gather(*(each.add_bars([bar(), bar(LATER)]) for each in several))
    assert sorted(type(each).__name__ for each in begun) == ["BadArgument", "BadArgument", "StrategyRun"]
    assert sorted(kept) == [0, 0, 1]
    assert sorted(added) == [0, 0, 2]
    for journal in journals:
        await journal.aclose()


async def test_a_process_that_is_killed_within_a_write_leaves_nothing_of_it(
    records: SqlStrategyRecords, run: StrategyRun, path: Path
) -> None:
    before = dump(path)
    code = (
        "import asyncio, os, pathlib, signal, sys\n"
        "from datetime import datetime\n"
        "from kis_mcp.clock import KST\n"
        "from kis_mcp.storage import SqlJournal, SqlStrategyRecords\n"
        "async def main():\n"
        "    records = SqlStrategyRecords((await SqlJournal.open(pathlib.Path(sys.argv[1]))).database)\n"
        "    async def die(*_):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "    records._note_change = die\n"
        "    await records.set_run_state('R1', 'stopped', 'Halted.', datetime.now(KST))\n"
        "asyncio.run(main())\n"
    )
    died = subprocess.run([sys.executable, "-c", code, str(path)], check=False, timeout=60)  # noqa: ASYNC221
    assert died.returncode == -signal.SIGKILL
    assert dump(path) == before
    assert (await records.set_run_state("R1", "stopped", "Halted.", LATER)).state == "stopped"
