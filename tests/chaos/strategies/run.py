"""A chaos run of strategies: processes that keep them are killed, KIS fails, people revoke, halt and agree anew."""

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from kis_mcp.account import Account
from kis_mcp.catalog.loader import catalog
from kis_mcp.environment import Environment
from kis_mcp.market import builtin_instruments
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.simulator.gate.faults import LIVE_FAULTS
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.storage.halt import HaltFile
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.strategies.runner.live_run import LiveRun, RunReport
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.journal import Reconciliation
from kis_mcp.trading.mandate import Mandate, MandateEnd, MandateSymbol
from kis_mcp.wiring.environments import open_environments
from kis_mcp.wiring.strategy_feed import TradeTicks
from kis_mcp.wiring.strategy_run import compose_run
from tests.chaos.peer import LONGEST_SECONDS, ROOT
from tests.chaos.plan import MISHAPS
from tests.chaos.strategies.audit import Agreed, Evidence, Findings, audit
from tests.chaos.strategies.clock import FastClock
from tests.chaos.strategies.plan import PARTS, START, strategy_of, terms_of
from tests.chaos.strategies.process import STEPS, hurry

SPEED: Final = 20.0
"""Minutes of the market in three seconds."""

TIMEOUT_SECONDS: Final = 0.7
LATE_SECONDS: Final = 1.1
ON_THE_WAY: Final = timedelta(seconds=10 * SPEED)
"""So long a request may take from its claim to KIS, on a busy machine too."""

_LOOK_SECONDS: Final = 0.2
_KILL_SECONDS: Final = (6.0, 20.0)
_MOST_SECONDS: Final = 1_200.0
_NUMBER: Final = "87654321"
_RICH: Final = Decimal(10**15)
_ORDER_PATH: Final = "/uapi/domestic-stock/v1/trading/order-cash"
_LIST_PATH: Final = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
_CANDLE_PATH: Final = "/uapi/domestic-stock/v1/quotations/inquire-time-dailychartprice"
_BALANCE_PATH: Final = "/uapi/domestic-stock/v1/trading/inquire-balance"
_YES: Final = Decision(verdict="accepted", channel="elicitation")


@dataclass(slots=True)
class Report:
    """Counts, by kind.

    Attributes:
        orders: That KIS took.
        filled: Of those, how many were traded in part at least.
        processes: How many there were.
        ends: How they ended.
        mishaps: Faults of KIS' that struck.
        people: What people did.
        runs: Why runs were stopped, the first words.
        statuses: Where the journal's intents stand at the end.
    """

    seed: int
    orders: int = 0
    filled: int = 0
    processes: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    mishaps: Counter[str] = field(default_factory=Counter[str])
    people: Counter[str] = field(default_factory=Counter[str])
    runs: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[str] = field(default_factory=Counter[str])
    seconds: float = 0
    findings: Findings = field(default_factory=Findings)

    def __str__(self) -> str:
        lines: list[str] = []
        for part in fields(self):
            value = getattr(self, part.name)
            if isinstance(value, Counter):
                lines.append(f"{part.name}: {value.total()}")
                lines += [f"    {count:5} {kind}" for kind, count in sorted(value.items())]
            elif isinstance(value, Findings):
                lines.append(f"{part.name}: {sum(map(len, value.all.values()))}")
                lines += [f"    {kind}: {found}" for kind, all_found in value.all.items() for found in all_found]
            else:
                lines.append(f"{part.name}: {value}")
        return "\n".join(lines)


async def run_chaos(orders: int, seed: int, folder: Path) -> Report:
    """Let strategies order until KIS took ``orders`` orders, and look what is left.

    Args:
        folder: Empty; everything of the run lies in it.
    """
    clock = FastClock.set_to(START, SPEED, folder / "clock")
    options = SimulatorOptions(clock=clock, real_rate=0, token_interval_seconds=0, starting_krw=_RICH)
    async with run_simulator(options) as simulator:
        chaos = _Chaos(simulator, clock, folder, Report(seed=seed))
        begun = time.monotonic()
        await chaos.live_through(orders)
        chaos.report.seconds = round(time.monotonic() - begun, 1)
        return chaos.report


class _Seat:
    """A place for one process after another, and when the one that has it is killed."""

    def __init__(self, chance: Random, variables: Mapping[str, str], log: Path, report: Report) -> None:
        self._chance = chance
        self._variables = variables
        self._log = log
        self._report = report
        self._process: asyncio.subprocess.Process | None = None
        self._crash = ""
        self._dies_at = 0.0

    async def look(self) -> None:
        """Kill it if it is time; start another where none lives."""
        if self._process is not None and self._process.returncode is None and time.monotonic() < self._dies_at:
            return
        await self.end("SIGKILL")
        await self._start()

    async def end(self, how: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
            await process.wait()
        elif process.returncode == -9:
            how = f"SIGKILL {self._crash.rpartition(':')[0]}"
        else:
            how = f"by itself, {process.returncode}"
        self._report.ends[how] += 1

    async def _start(self) -> None:
        chance = self._chance
        step = f"{chance.choice(tuple(STEPS))}:{chance.choice(('before', 'after'))}:{chance.randint(1, 20)}"
        self._crash = step if chance.random() < 0.5 else ""
        self._dies_at = time.monotonic() + chance.uniform(*_KILL_SECONDS)
        self._report.processes += 1
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.chaos.strategies.process",
                cwd=ROOT,
                env={**os.environ, **self._variables, "CHAOS_CRASH": self._crash},
                stdout=log,
                stderr=log,
            )


class _Chaos:
    def __init__(self, simulator: Simulator, clock: FastClock, folder: Path, report: Report) -> None:
        self.report = report
        self._simulator = simulator
        self._clock = clock
        self._data = folder / "data"
        self._chance = Random(f"{report.seed}:strategies")
        self._variables = _variables(simulator, folder)
        log = folder / "processes.log"
        self._seats = [
            _Seat(Random(f"{report.seed}:{number}"), self._variables, log, report) for number in range(2)
        ]
        self._halt = HaltFile(self._data)
        self._halted_until = 0.0
        self._agreed: list[Agreed] = []
        self._faults: list[tuple[str, object]] = []

    async def live_through(self, orders: int) -> None:
        """Let all of it happen, kill what is left, and let another process find out where everything stands."""
        path = self._data / Environment.REAL.value
        path.mkdir(parents=True, mode=0o700)
        journal = await SqlJournal.open(path / "journal.db")
        records = SqlStrategyRecords(journal.database)
        try:
            for name in PARTS:
                await records.save(strategy_of(name), at=self._clock())
            until = time.monotonic() + _MOST_SECONDS
            while len(self._simulator.ledger.accepted) < orders and time.monotonic() < until:
                await self._look_at_runs(journal, records)
                await self._go_wrong()
                for seat in self._seats:
                    await seat.look()
                await asyncio.sleep(_LOOK_SECONDS)
            for seat in self._seats:
                await seat.end("SIGKILL at the end")
            await self._judge(journal, records)
        finally:
            for seat in self._seats:
                await seat.end("SIGKILL at the end")
            await journal.aclose()

    async def _look_at_runs(self, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        """People agree anew where a strategy was stopped; now and then they revoke, pause or halt."""
        chance, now = self._chance, self._clock()
        if self._halted_until and time.monotonic() > self._halted_until:
            self._halted_until = 0.0
            self._halt.lift()
        active = {run.strategy: run for run in await records.active_runs()}
        if not self._halted_until:
            for name in PARTS:
                if name not in active and chance.random() < 0.5:
                    await self._agree(name, journal, records)
        what = chance.random()
        if active and what < 0.006:
            run = chance.choice(list(active.values()))
            agreed = next(one for one in self._agreed if one.run_id == run.id)
            await journal.end_mandate(MandateEnd(mandate_id=agreed.mandate.id, at=now, reason="revoked"))
            agreed.ended_at = agreed.ended_at or now
            self.report.people["revoke"] += 1
        elif active and what < 0.009:
            run = chance.choice(list(active.values()))
            with suppress(Exception):
                await records.set_run_state(run.id, "stopped", "Somebody stopped it.", now)
                await journal.end_mandate(MandateEnd(mandate_id=run.mandate_id or "", at=now, reason="stopped"))
                agreed = next(one for one in self._agreed if one.run_id == run.id)
                agreed.ended_at = agreed.ended_at or now
            self.report.people["stop"] += 1
        elif what < 0.011 and not self._halted_until:
            self._halt.halt("chaos", now)
            for record in await journal.agreed_mandates():
                await journal.end_mandate(MandateEnd(mandate_id=record.mandate.id, at=now, reason="halted"))
            for agreed in self._agreed:
                if agreed.ends > now:
                    agreed.ended_at = agreed.ended_at or now
            self._halted_until = time.monotonic() + chance.uniform(0.5, 2)
            self.report.people["halt"] += 1
        elif what < 0.015:
            self._clock.pass_by(chance.choice((30, 120, 600)))
            self.report.people["time passes at once"] += 1

    async def _agree(self, name: str, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        part, now = PARTS[name], self._clock()
        market, listed = self._simulator.world.market, self._simulator.world.market.instruments
        prices = {
            symbol: Decimal(market.quote(listed[symbol], now).price) * listed[symbol].price(1)
            for symbol in part.symbols
        }
        stored = await records.find(name)
        assert stored is not None
        account = Account(_NUMBER, "01")
        account_id = await journal.account_id(account)
        terms = terms_of(name, prices, now, self._chance)
        names = builtin_instruments()
        mandate = Mandate(
            id=new_ulid(now),
            at=now,
            environment=Environment.REAL,
            account=account.masked,
            account_id=account_id,
            strategy=name,
            document=stored.digest,
            symbols=tuple(MandateSymbol(symbol, names.resolve(symbol).market) for symbol in part.symbols),
            currency="KRW",
            **{each.name: getattr(terms, each.name) for each in fields(terms)},
        )
        await journal.propose_mandate(mandate)
        await journal.decide_mandate(mandate.id, _YES, now)
        run = StrategyRun(
            id=new_ulid(now),
            strategy=name,
            version=stored.version,
            digest=stored.digest,
            mandate_id=mandate.id,
            account_id=account_id,
            symbols=part.symbols,
            state="running",
            reason="Started.",
            started_at=now,
        )
        self._agreed.append(Agreed(run_id=run.id, mandate=mandate, shares=part.shares))
        for agreed in self._agreed[:-1]:
            if agreed.mandate.strategy == name:
                agreed.ended_at = agreed.ended_at or now
        await records.open_run(run)
        self.report.people["agree"] += 1

    async def _go_wrong(self) -> None:
        """KIS fails now and then."""
        chance = self._chance
        if chance.random() < 0.08:
            name = chance.choice(list(MISHAPS))
            mishap = MISHAPS[name]
            elsewhere = chance.choice((_LIST_PATH, _CANDLE_PATH, _BALANCE_PATH))
            path = elsewhere if mishap.on_lists or chance.random() < 0.2 else _ORDER_PATH
            fault = self._simulator.faults.add(
                mishap.kind,
                path,
                when=mishap.when,
                times=mishap.times,
                seconds=LATE_SECONDS if mishap.is_late else 0,
                code=mishap.code,
                status=mishap.status,
            )
            self._faults.append((name, fault))
        if chance.random() < 0.02:
            kind = chance.choice(list(LIVE_FAULTS.values()))
            fault = self._simulator.live_faults.add(kind, seconds=2.0 if kind == "silence" else 0)
            self._faults.append((f"websocket: {kind}", fault))
        if chance.random() < 0.005:
            self._simulator.faults.expire_tokens()
            self.report.mishaps["expired token"] += 1

    async def _judge(self, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        simulator, report = self._simulator, self.report
        for name, fault in self._faults:
            report.mishaps[name] += fault.struck.is_set()  # pyright: ignore[reportAttributeAccessIssue]
        simulator.faults.clear()
        simulator.live_faults.clear()
        self._halt.lift()
        for _, fault in self._faults:
            over = getattr(fault, "over", None)
            if over is not None and fault.struck.is_set():  # pyright: ignore[reportAttributeAccessIssue]
                await asyncio.to_thread(over.wait, LONGEST_SECONDS)
        self._clock.pass_by(CERTAIN_AFTER.total_seconds() + 60)
        positions = await self._positions(records)
        history = list(await journal.history(limit=1_000_000))
        findings = await journal.findings([record.intent.id for record in history])
        candidates = {
            entry.intent_id: entry.candidates
            for found in findings.values()
            for entry in found
            if isinstance(entry, Reconciliation)
        }
        for run in await records.runs(limit=10_000):
            report.runs[f"{run.state}: {' '.join(run.reason.split()[:4])}"] += 1
        ledger = simulator.ledger
        report.orders, report.filled = len(ledger.orders), len({fill.order for fill in ledger.fills})
        report.statuses = Counter(record.status.value for record in history)
        report.findings = audit(
            Evidence(
                orders=ledger.orders,
                fills=ledger.fills,
                agreed=self._agreed,
                records=history,
                candidates=candidates,
                positions=positions,
                late=ON_THE_WAY,
            )
        )

    async def _positions(self, records: SqlStrategyRecords) -> dict[tuple[str, str], int]:
        """What each run says that it holds, after it was taken up once more."""
        async with _environment(self._variables):
            settings = Settings.load()
            async with open_environments(settings, catalog(), self._clock) as environments:
                brokerage = await environments.brokerage(Environment.REAL)
                for run in await records.runs(limit=10_000):
                    composed = await compose_run(brokerage, run, TradeTicks(), None, resumes=True)
                    live = LiveRun(composed.runner._terms, RunReport())  # noqa: SLF001 # pyright: ignore[reportPrivateUsage]
                    try:
                        await live.prepare()
                    finally:
                        await live.aclose()
        runs = await records.runs(limit=10_000)
        return {(run.id, held.symbol): held.quantity for run in runs for held in await records.positions(run.id)}


@asynccontextmanager
async def _environment(variables: Mapping[str, str]) -> AsyncGenerator[None]:
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _variables(simulator: Simulator, folder: Path) -> dict[str, str]:
    return {
        "CHAOS_CLOCK": str(folder / "clock"),
        "CHAOS_TIMEOUT": str(TIMEOUT_SECONDS),
        "KIS_CONFIG_FILE": str(folder / "absent.yaml"),
        "KIS_DATA_DIR": str(folder / "data"),
        "KIS_ENV": Environment.REAL.value,
        "KIS_ALLOW_REAL_ORDERS": "1",
        "KIS_ALLOW_REAL_STRATEGIES": "1",
        "KIS_MAX_ORDER_NOTIONAL": str(_RICH),
        "KIS_MAX_ORDER_QUANTITY": "1000",
        "KIS_URL_REST": simulator.real_url,
        "KIS_URL_WS": simulator.real_ws_url,
        "KIS_RATE_LIMIT": "0",
        "KIS_APP_KEY": "app-key-of-a-test",
        "KIS_APP_SECRET": "app-secret-of-a-test",
        "KIS_ACCT_STOCK": _NUMBER,
    }
