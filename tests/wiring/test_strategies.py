"""Which runs a process keeps, and which it leaves to others."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, StorageError
from kis_mcp.storage import LockedFile
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.wiring.strategies import keep_strategies

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)


def run_of(name: str) -> StrategyRun:
    return StrategyRun(
        id=f"run-{name}",
        strategy=name,
        version=1,
        digest="d",
        mandate_id=None,
        account_id="a",
        symbols=("005930",),
        state="running",
        reason="",
        started_at=NOW,
    )


class Records:
    def __init__(self, *runs: StrategyRun) -> None:
        self.runs = {run.id: run for run in runs}

    async def active_runs(self) -> Sequence[StrategyRun]:
        return [run for run in self.runs.values() if run.state != "stopped"]

    async def set_run_state(self, run_id: str, state: Any, reason: str, at: datetime) -> None:
        self.runs[run_id] = replace(self.runs[run_id], state=state, reason=reason)


class Process:
    """One process of the user, whose runners only say that they run, until they are told to end.

    Attributes:
        running: The strategies that it runs.
    """

    def __init__(self, folder: Path, records: Records, most: int = 10) -> None:
        self.running: list[str] = []
        self.problem: Exception | None = None
        settings = SimpleNamespace(max_strategies=most, data_dir=folder)

        async def strategy_records() -> Records:
            return records

        self.brokerage = SimpleNamespace(
            folder=folder, settings=settings, clock=lambda: NOW, strategy_records=strategy_records
        )

    async def compose(self, wanted: StrategyRun) -> Any:
        if self.problem is not None:
            raise self.problem

        name = wanted.strategy

        async def run() -> None:
            self.running.append(name)
            try:
                await asyncio.Event().wait()
            finally:
                self.running.remove(name)

        return SimpleNamespace(runner=SimpleNamespace(run=run))

    @asynccontextmanager
    async def keeping(self, **how: Any) -> AsyncGenerator[None]:
        task = asyncio.create_task(keep_strategies(cast("Any", self.brokerage), pass_time, compose=self.compose, **how))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def pass_time(seconds: float) -> None:
    await asyncio.sleep(0)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_each_run_is_kept_by_one_process_and_taken_over_when_that_ends(tmp_path: Path) -> None:
    records = Records(run_of("a"), run_of("b"))
    first, second = (Process(tmp_path, records) for _ in range(2))
    async with first.keeping():
        await until(lambda: sorted(first.running) == ["a", "b"])
        async with second.keeping():
            await settle()
            assert second.running == []
            other = LockedFile(tmp_path / "strategy-a.lock")
            assert not other.try_lock()
            other.close()
    async with second.keeping():
        await until(lambda: sorted(second.running) == ["a", "b"])
    assert first.running == second.running == []


async def test_no_more_run_than_the_operator_allows_and_only_those_that_are_asked_for(tmp_path: Path) -> None:
    records = Records(*(run_of(name) for name in "abc"))
    process = Process(tmp_path, records, most=2)
    async with process.keeping():
        await until(lambda: len(process.running) == 2)
        await settle()
        assert process.running == ["a", "b"]
    async with process.keeping(only="c"):
        await until(lambda: process.running == ["c"])
        await settle()
        assert process.running == ["c"]


async def test_a_run_that_cannot_run_at_all_is_stopped_and_says_why(tmp_path: Path) -> None:
    records = Records(run_of("a"))
    process = Process(tmp_path, records)
    process.problem = BadArgument("It runs on ticks.", remedy="Give 1m.")
    async with process.keeping():
        await until(lambda: records.runs["run-a"].state == "stopped")
    assert records.runs["run-a"].reason == "It runs on ticks. Give 1m."


async def test_a_run_whose_stop_cannot_be_written_ends_no_other(tmp_path: Path) -> None:
    records = Records(run_of("a"), run_of("b"))
    process = Process(tmp_path, records)
    usual, write, problems = process.compose, records.set_run_state, [1, 1]

    async def compose(wanted: StrategyRun) -> Any:
        if wanted.strategy == "a":
            raise BadArgument("It runs on ticks.", remedy="Give 1m.")
        return await usual(wanted)

    async def set_run_state(run_id: str, state: Any, reason: str, at: datetime) -> None:
        if problems:
            problems.pop()
            raise StorageError("The journal is locked.", remedy="Wait.")
        await write(run_id, state, reason, at)

    process.compose, records.set_run_state = compose, set_run_state
    async with process.keeping():
        await until(lambda: records.runs["run-a"].state == "stopped")
        assert process.running == ["b"]


async def test_a_run_that_a_fault_keeps_from_beginning_is_paused_with_the_fault_and_ends_no_other(
    tmp_path: Path,
) -> None:
    records = Records(run_of("a"), run_of("b"))
    process = Process(tmp_path, records)
    usual, faults = process.compose, [RuntimeError("broken")]

    async def compose(wanted: StrategyRun) -> Any:
        if wanted.strategy == "a" and faults:
            raise faults[0]
        return await usual(wanted)

    process.compose = compose
    async with process.keeping():
        await until(lambda: records.runs["run-a"].state == "paused")
        assert process.running == ["b"]
        assert "fault in kis-mcp paused it (RuntimeError: broken)" in records.runs["run-a"].reason
        faults.clear()
        await until(lambda: sorted(process.running) == ["a", "b"])
