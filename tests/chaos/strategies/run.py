"""A chaos run of strategies: processes that keep them are killed, KIS fails, people revoke, halt and agree anew."""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Final

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.market import builtin_instruments
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.simulator.engine.model import Action
from kis_mcp.simulator.gate.faults import LIVE_FAULTS
from kis_mcp.storage import SqlJournal, SqlStrategyRecords
from kis_mcp.storage.halt import HaltFile
from kis_mcp.storage.sqlite import SqliteDatabase
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.journal import Reconciliation
from kis_mcp.trading.mandate import Mandate, MandateEnd, MandateSymbol
from tests.chaos.findings import CountReport
from tests.chaos.peer import LONGEST_SECONDS, ROOT
from tests.chaos.plan import MISHAPS
from tests.chaos.strategies.audit import Agreed, Evidence, Findings, audit
from tests.chaos.strategies.clock import FastClock
from tests.chaos.strategies.nursery import Nursery
from tests.chaos.strategies.person import Person
from tests.chaos.strategies.plan import PARTS, START, strategy_of, terms_of
from tests.chaos.strategies.process import INTENT_HEADER, STEPS, quick_digest

SPEED: Final = 20.0
"""A minute of the market in three seconds."""

TIMEOUT_SECONDS: Final = 1.2
LATE_SECONDS: Final = 1.8
ON_THE_WAY: Final = timedelta(seconds=10 * SPEED)
"""So long a request may take from its claim to KIS, on a busy machine too."""

_LOOK_SECONDS: Final = 0.2
_PATIENCE: Final = 60_000
"""Milliseconds for which the test itself waits for a journal that a process writes."""

_MOST_ORDERS: Final = 36
"""That KIS takes, of whichever process, until one is killed."""

_LOOKS_TO_DIE: Final = 5
_LONGEST_LIFE: Final = 240.0
_KEPT_BY_ONE: Final = 4
"""Strategies that one process keeps at most, so that each has some."""

_JUMPS: Final = (-45, -20, -5, 90, 240, 600)
"""How many seconds the servers' clock is set ahead of KIS'."""

_ACTS: Final[Mapping[str, float]] = {
    "nothing": 60,
    "trade beside": 32,
    "revoke": 2,
    "stop": 1,
    "halt": 0.4,
    "time passes at once": 1.6,
    "clock": 3,
}
"""What happens after an order, and how often of a hundred times."""

_NUMBER: Final = "87654321"
_RICH: Final = Decimal(10**15)
_ORDER_PATH: Final = "/uapi/domestic-stock/v1/trading/order-cash"
_LIST_PATH: Final = "/uapi/domestic-stock/v1/trading/inquire-daily-ccld"
_CANDLE_PATH: Final = "/uapi/domestic-stock/v1/quotations/inquire-time-dailychartprice"
_BALANCE_PATH: Final = "/uapi/domestic-stock/v1/trading/inquire-balance"
_YES: Final = Decision(verdict="accepted", channel="elicitation")


@dataclass(slots=True)
class Report(CountReport):
    """Counts, by kind.

    Attributes:
        proposed: By strategies, in the journal.
        orders: Of strategies, that KIS took.
        filled: Of those, how many were traded in part at least.
        in_parts: Of those, how many were traded at several times, or not to their end.
        processes: How many there were.
        ends: How they ended.
        mishaps: Faults of KIS' that struck.
        people: What people did, on the account beside the strategies too.
        jumps: How the servers' clock was set, in seconds ahead of KIS'.
        runs: Why runs were stopped, the first words.
        statuses: Where the journal's intents stand at the end.
        stale: Positions that the last look corrected: nobody takes a stopped run up, nor one whose process just died.
    """

    seed: int
    proposed: int = 0
    orders: int = 0
    filled: int = 0
    in_parts: int = 0
    processes: int = 0
    ends: Counter[str] = field(default_factory=Counter[str])
    mishaps: Counter[str] = field(default_factory=Counter[str])
    people: Counter[str] = field(default_factory=Counter[str])
    jumps: Counter[str] = field(default_factory=Counter[str])
    runs: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[str] = field(default_factory=Counter[str])
    stale: int = 0
    seconds: float = 0
    findings: Findings = field(default_factory=Findings)


async def run_chaos(orders: int, seed: int, folder: Path, *, most_seconds: float = 3_600) -> Report:
    """Let strategies order until KIS took ``orders`` orders, and look what is left.

    Args:
        folder: Empty; everything of the run lies in it.
        most_seconds: So long at most, on a machine that is too busy for so many.
    """
    clock = FastClock.set_to(START, SPEED, folder / "kis-clock")
    options = SimulatorOptions(clock=clock, real_rate=0, token_interval_seconds=0, starting_krw=_RICH)
    async with run_simulator(options) as simulator:
        chaos = _Chaos(simulator, clock, folder, Report(seed=seed))
        begun = time.monotonic()
        await chaos.live_through(orders, most_seconds)
        chaos.report.seconds = round(time.monotonic() - begun, 1)
        return chaos.report


class _Seat:
    """A place for one process after another, and when the one that has it is killed."""

    def __init__(self, chance: Random, nursery: Nursery, report: Report) -> None:
        self._chance = chance
        self._nursery = nursery
        self._report = report
        self._process: int | None = None
        self._crash = ""
        self._orders_left = 0
        self._dies_at = 0.0

    async def look(self, taken: int) -> None:
        """Kill it at some time after its last order; start another where none lives.

        Args:
            taken: How many orders KIS took since the last look.
        """
        now = time.monotonic()
        if self._orders_left > 0 and self._orders_left <= taken:
            self._dies_at = min(self._dies_at, now + self._chance.uniform(0, _LOOKS_TO_DIE * _LOOK_SECONDS))
        self._orders_left -= taken
        if self._process is not None and now < self._dies_at and await self._nursery.end_of(self._process) is None:
            return
        await self.end("SIGKILL")
        await self._start()

    async def end(self, how: str) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        code = await self._nursery.end_of(process)
        if code is None:
            os.kill(process, signal.SIGKILL)
            await self._nursery.wait(process)
        elif code == -signal.SIGKILL:
            how = f"SIGKILL {self._crash.rpartition(':')[0]}"
        else:
            how = f"by itself, {code}"
        self._report.ends[how] += 1

    async def _start(self) -> None:
        chance = self._chance
        step = f"{chance.choice(tuple(STEPS))}:{chance.choice(('before', 'after'))}:{chance.randint(1, 12)}"
        self._crash = step if chance.random() < 0.6 else ""
        self._orders_left = chance.randint(1, _MOST_ORDERS)
        self._dies_at = time.monotonic() + _LONGEST_LIFE
        self._report.processes += 1
        self._process = await self._nursery.start(CHAOS_CRASH=self._crash)


class _Chaos:
    def __init__(self, simulator: Simulator, clock: FastClock, folder: Path, report: Report) -> None:
        self.report = report
        self._simulator = simulator
        self._clock = clock
        self._servers = FastClock.set_to(clock(), SPEED, folder / "clock")
        self._clocks = [(clock(), timedelta(0))]
        self._leaps: list[tuple[datetime, timedelta]] = []
        self._data = folder / "data"
        self._chance = Random(f"{report.seed}:strategies")
        symbols = tuple(symbol for part in PARTS.values() for symbol in part.symbols)
        self._person = Person(simulator, _NUMBER, symbols, Random(f"{report.seed}:person"))
        self._log = folder / "processes.log"
        self._nursery = Nursery(_variables(simulator, folder), self._log, ROOT)
        self._seats = [_Seat(Random(f"{report.seed}:{number}"), self._nursery, report) for number in range(2)]
        self._halt = HaltFile(self._data)
        self._halted_until = 0.0
        self._agreed: list[Agreed] = []
        self._faults: list[tuple[str, object]] = []

    async def live_through(self, orders: int, most_seconds: float) -> None:
        """Let all of it happen, kill what is left, and let another process find out where everything stands."""
        path = self._data / Environment.REAL.value
        path.mkdir(parents=True, mode=0o700)
        journal = await SqlJournal.on(SqliteDatabase(path / "journal.db", busy_milliseconds=_PATIENCE))
        records = SqlStrategyRecords(journal.database)
        try:
            await self._nursery.open()
            for name in PARTS:
                await records.save(strategy_of(name), at=self._servers())
            until = time.monotonic() + most_seconds
            taken = before = 0
            while taken < orders and time.monotonic() < until:
                accepted = self._simulator.ledger.accepted
                taken, before = sum(one.request.path == _ORDER_PATH for one in accepted), taken
                await self._agree_anew(journal, records)
                for _ in range(taken - before):
                    await self._act(journal, records)
                    self._go_wrong()
                for seat in self._seats:
                    await seat.look(taken - before)
                await asyncio.sleep(_LOOK_SECONDS)
            for seat in self._seats:
                await seat.end("SIGKILL at the end")
            await self._judge(journal, records)
        finally:
            await self._nursery.aclose()
            await journal.aclose()

    async def _agree_anew(self, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        """People agree anew where a strategy was stopped."""
        if self._halted_until and time.monotonic() < self._halted_until:
            return
        if self._halted_until:
            self._halted_until = 0.0
            self._halt.lift()
        active = {run.strategy for run in await records.active_runs()}
        for name in PARTS:
            if name not in active and self._chance.random() < 0.5:
                await self._agree(name, journal, records)

    async def _act(self, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        """After an order people revoke, stop, halt, trade beside or set a clock now and then, or time passes."""
        chance = self._chance
        runs = await records.active_runs()
        match chance.choices(list(_ACTS), list(_ACTS.values()))[0]:
            case "revoke" if runs:
                await self._end(journal, chance.choice(runs), "revoked")
            case "stop" if runs:
                run = chance.choice(runs)
                with suppress(Exception):
                    await records.set_run_state(run.id, "stopped", "Somebody stopped it.", self._servers())
                    await self._end(journal, run, "stopped")
            case "halt" if not self._halted_until:
                self._halt.halt("chaos", self._servers())
                for run in runs:
                    await self._end(journal, run, "halted")
                self._halted_until = time.monotonic() + chance.uniform(0.5, 2)
            case "time passes at once":
                seconds = chance.choice((30, 120, 600))
                self._leaps.append((self._clock(), timedelta(seconds=seconds)))
                self._clock.pass_by(seconds)
                self._servers.pass_by(seconds)
                self.report.people["time passes at once"] += 1
            case "clock":
                await self._set_clock()
            case "trade beside":
                self.report.people[f"beside: {self._person.act() or 'nothing'}"] += 1
            case _:
                pass

    async def _end(self, journal: SqlJournal, run: StrategyRun, reason: str) -> None:
        """Somebody ends the mandate of a run."""
        agreed = next(one for one in self._agreed if one.run_id == run.id)
        end = MandateEnd(mandate_id=agreed.mandate.id, at=self._servers(), reason=reason)
        await journal.end_mandate(end)
        agreed.ended_at = agreed.ended_at or self._clock()
        self.report.people[reason] += 1

    async def _set_clock(self) -> None:
        """Somebody sets the servers' clock, between two lives of the processes or in the middle of them."""
        chance = self._chance
        ahead = self._clocks[-1][1]
        wanted = timedelta(seconds=0 if ahead and chance.random() < 0.7 else chance.choice(_JUMPS))
        while_they_live = chance.random() < 0.3
        if not while_they_live:
            for seat in self._seats:
                await seat.end("SIGKILL while the clock is set")
        self._servers.pass_by((wanted - ahead).total_seconds())
        self._clocks.append((self._clock(), wanted))
        self.report.jumps[f"{wanted.total_seconds():+.0f}{', while they live' if while_they_live else ''}"] += 1

    async def _agree(self, name: str, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        part, now = PARTS[name], self._servers()
        market, listed = self._simulator.world.market, self._simulator.world.market.instruments
        prices = {
            symbol: Decimal(market.quote(listed[symbol], self._clock()).price) * listed[symbol].price(1)
            for symbol in part.symbols
        }
        stored = await records.find(name)
        assert stored is not None
        account = Account(_NUMBER, "01")
        account_id = quick_digest(account, await journal._salt())  # pyright: ignore[reportPrivateUsage]
        earlier = [one.mandate.id for one in self._agreed if one.mandate.strategy == name]
        bound = (await journal.mandate_book(earlier[-1])).bound if earlier else Decimal(0)
        terms = terms_of(name, prices, bound, now, self._chance)
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
        for agreed in self._agreed:
            if agreed.mandate.strategy == name:
                agreed.ended_at = agreed.ended_at or self._clock()
        self._agreed.append(Agreed(run_id=run.id, mandate=mandate, shares=part.shares, since=self._clock()))
        await records.open_run(run)
        self.report.people["agree"] += 1

    def _go_wrong(self) -> None:
        """After an order KIS fails now and then."""
        chance = self._chance
        if chance.random() < 0.3:
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
        if chance.random() < 0.08:
            kind = chance.choice(list(LIVE_FAULTS.values()))
            fault = self._simulator.live_faults.add(kind, seconds=2.0 if kind == "silence" else 0)
            self._faults.append((f"websocket: {kind}", fault))
        if chance.random() < 0.02:
            self._simulator.faults.expire_tokens()
            self.report.mishaps["expired token"] += 1

    async def _judge(self, journal: SqlJournal, records: SqlStrategyRecords) -> None:
        simulator, report = self._simulator, self.report
        for name, fault in self._faults:
            report.mishaps += Counter([name] if fault.struck.is_set() else [])  # pyright: ignore[reportAttributeAccessIssue]
        simulator.faults.clear()
        simulator.live_faults.clear()
        self._halt.lift()
        for _, fault in self._faults:
            over = getattr(fault, "over", None)
            if over is not None and fault.struck.is_set():  # pyright: ignore[reportAttributeAccessIssue]
                await asyncio.to_thread(over.wait, LONGEST_SECONDS)
        for clock in (self._clock, self._servers):
            clock.pass_by(CERTAIN_AFTER.total_seconds() + 60)
        kept = await _kept_positions(records)
        await self._look_at_all()
        positions = await _kept_positions(records)
        report.stale = sum(kept.get(key, 0) != held for key, held in positions.items())
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
        sent = {one.number: one.request.headers.get(INTENT_HEADER, "") for one in ledger.accepted}
        own = [order for order in ledger.orders if order.number in sent and order.action is Action.NEW]
        times = Counter(order for order, _ in {(fill.order, fill.at) for fill in ledger.fills})
        report.proposed, report.orders = len(history), len(own)
        report.filled = sum(order.filled > 0 for order in own)
        report.in_parts = sum(times[order.number] > 1 or 0 < order.filled < order.quantity for order in own)
        report.statuses = Counter(record.status.value for record in history)
        (account,) = (each for each in simulator.kis.accounts() if each.number == _NUMBER)
        report.findings = audit(
            Evidence(
                orders=ledger.orders,
                fills=ledger.fills,
                account={symbol: position.quantity for symbol, position in account.positions.items()},
                sent=sent,
                others=self._person.orders,
                agreed=self._agreed,
                records=history,
                candidates=candidates,
                positions=positions,
                clocks=self._clocks,
                late=ON_THE_WAY,
                leaps=self._leaps,
            )
        )

    async def _look_at_all(self) -> None:
        """Let a last process take every run up, as far as what it holds."""
        process = await self._nursery.start(CHAOS_LOOKS="1")
        assert await self._nursery.wait(process) == 0, f"see {self._log}"


async def _kept_positions(records: SqlStrategyRecords) -> dict[tuple[str, str], int]:
    """What each run says that it holds."""
    runs = await records.runs(limit=10_000)
    return {(run.id, held.symbol): held.quantity for run in runs for held in await records.positions(run.id)}


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
        "KIS_MAX_STRATEGIES": str(_KEPT_BY_ONE),
        "KIS_URL_REST": simulator.real_url,
        "KIS_URL_WS": simulator.real_ws_url,
        "KIS_RATE_LIMIT": "0",
        "KIS_APP_KEY": "app-key-of-a-test",
        "KIS_APP_SECRET": "app-secret-of-a-test",
        "KIS_ACCT_STOCK": _NUMBER,
    }
