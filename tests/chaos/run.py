"""A chaos run: two servers on one data folder, a simulator that outlives them, and everything goes wrong."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from kis_mcp.account import Account
from kis_mcp.catalog.arguments import check_arguments
from kis_mcp.catalog.encode import encode
from kis_mcp.catalog.loader import catalog
from kis_mcp.environment import Environment
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.simulator.gate.faults import Fault
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.lists import lists_of
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.desk.question import question
from kis_mcp.trading.journal import Reconciliation, Record
from tests.chaos.audit import audit
from tests.chaos.caller import Caller
from tests.chaos.clock import Minute, SharedClock
from tests.chaos.locks import keep_locked
from tests.chaos.orders import Orders, ToolCall
from tests.chaos.peer import LONGEST_SECONDS, Json, ServerDied, spawned
from tests.chaos.person import Person
from tests.chaos.plan import EXPIRED_TOKEN, HELD, LOCKED, MISHAPS, Wish, wishes
from tests.chaos.report import Report
from tests.chaos.seat import Seat
from tests.chaos.taken import order_api, taken
from tests.chaos.ways import START, TYPED_TOOLS
from tests.relay import Held, Relay

TIMEOUT_SECONDS = 0.7
LATE_SECONDS = 1.1
"""Later than a server waits for KIS."""

BUSY_MILLISECONDS = 300
LOCKED_SECONDS = 0.6
"""Longer than a server waits for a locked journal."""

_AT_ONCE = 6
"""Wishes in hand at the same time."""

_ATTEMPTS = 3
"""How often a client repeats a call whose server died."""

_NUMBER = "87654321"
_ACCOUNTS: Mapping[str, Account] = {
    "stock": Account(_NUMBER, "01"),
    "futures": Account(_NUMBER, "03"),
    "overseas_futures": Account(_NUMBER, "08"),
}
_RICH = Decimal(10**15)


async def run_chaos(orders: int, seed: int, folder: Path) -> Report:
    """Live through ``orders`` wishes in ``real`` against a simulator, and look what is left.

    Args:
        folder: Empty; everything of the run lies in it.
    """
    started = time.monotonic()
    clock = SharedClock.set_to(START, folder / "kis-clock")
    options = SimulatorOptions(
        clock=clock, real_rate=0, demo_rate=0, token_interval_seconds=0, starting_krw=_RICH, starting_usd=_RICH
    )
    async with run_simulator(options) as simulator, Relay.running(simulator.real_url) as relay:
        chaos = _Chaos(simulator, relay, clock, folder, Report(seed=seed, orders=orders))
        await chaos.live_through(wishes(orders, seed))
        chaos.report.seconds = time.monotonic() - started
        return chaos.report


class _Chaos:
    """
    Args:
        relay: Between the servers and the simulator.
        clock: KIS'. The machine's is another, which is set to other times.
    """

    def __init__(self, simulator: Simulator, relay: Relay, clock: SharedClock, folder: Path, report: Report) -> None:
        self.report = report
        self._simulator = simulator
        self._relay = relay
        self._clock = clock
        self._machine = SharedClock.set_to(START, folder / "clock")
        self._data = folder / "data" / Environment.REAL.value
        self._journal = self._data / "journal.db"
        self._log = folder / "servers.log"
        self._variables = _variables(relay.url, self._machine, folder)
        self._person = Person(self._journal, Random(f"{report.seed}:person"))
        self._orders = Orders(simulator.world.market.seed, clock)
        self._caller = Caller(self._person, report)
        self._seats = [
            Seat(report.seed, number, self._variables, self._caller.answer, self._log) for number in range(2)
        ]
        self._faults: list[tuple[str, Fault]] = []
        self._held: list[Held] = []
        self._candidates: dict[str, tuple[str, ...]] = {}
        self._minute = Minute()

    async def live_through(self, planned: list[Wish]) -> None:
        """Let all of it happen, kill what is left, and let a new server find out where everything stands."""
        upcoming = iter(planned)

        async def work() -> None:
            for wish in upcoming:
                await self._fulfil(wish)

        async with asyncio.TaskGroup() as workers:
            for _ in range(_AT_ONCE):
                workers.create_task(work())
        for seat in self._seats:
            await seat.end("SIGKILL at the end")
            self.report.ends += seat.ends
            self.report.starts += seat.starts
        self._simulator.faults.clear()
        self.report.mishaps += Counter(name for name, fault in self._faults if fault.struck.is_set())
        await self._deliver()
        await self._kis_is_idle()
        self._pass_by(CERTAIN_AFTER.total_seconds() + 1)
        self.report.unknown_at_the_end = sum(record.status.is_unresolved for record in await self._records())
        async with spawned("modern", self._variables, log=self._log) as peer:
            await peer.call("get_orders", {"market": "us"})
        await self._judge()

    async def _fulfil(self, wish: Wish) -> None:
        if wish.waits:
            async with self._minute.passing():
                await self._deliver()
                await self._kis_is_idle()
                self.report.waits += 1
                self._pass_by(CERTAIN_AFTER.total_seconds() + 1)
        if wish.jump is not None:
            async with self._minute.passing():
                self.report.jumps += 1
                self._machine.jump_to(self._clock() + timedelta(hours=wish.jump))
        call = self._orders.call_of(wish)
        self._person.intends(call.content, wish.verdict)
        self._prepare_mishap(wish, call)
        locked = asyncio.create_task(self._lock(wish))
        held = self._hold(wish, call)
        async with nullcontext() if call.has_key else self._minute.kept():
            result = await self._called(wish, call)
        await locked
        if held is not None:
            self._relay.forget(held)
        if held is not None and held.came.is_set():
            async with self._minute.passing():
                await self._kis_is_idle()
                if not held.may_go.is_set():
                    self._pass_by(wish.held_for)
                await self._deliver()
        if result and not result.get("isError"):
            self._orders.stands(call, result["structuredContent"]["blocks"]["order"])

    async def _called(self, wish: Wish, call: ToolCall) -> Json | None:
        """The result of the call, or of its repetition after a server's death; without a key it is not repeated."""
        for attempt in range(_ATTEMPTS if call.has_key else 1):
            first = (wish.seat + attempt) % 2
            seats = [self._seats[first], self._seats[1 - first]]
            killing = asyncio.create_task(self._kill(seats[0], wish, call)) if attempt == 0 else None
            try:
                return await self._caller.make(seats, wish, call)
            except ServerDied:
                self.report.seen["nothing: the server died"] += 1
            finally:
                if killing:
                    await killing
        return None

    def _prepare_mishap(self, wish: Wish, call: ToolCall) -> None:
        if wish.mishap is None:
            return
        if wish.mishap == EXPIRED_TOKEN:
            self._simulator.faults.expire_tokens()
            self.report.mishaps[EXPIRED_TOKEN] += 1
        elif wish.mishap in MISHAPS:
            mishap = MISHAPS[wish.mishap]
            fault = self._simulator.faults.add(
                mishap.kind,
                _list_path(call) if mishap.on_lists else order_api(call.api).path,
                when=mishap.when,
                times=mishap.times,
                seconds=LATE_SECONDS if mishap.is_late else 0,
                code=mishap.code,
                status=mishap.status,
            )
            self._faults.append((wish.mishap, fault))

    async def _kill(self, seat: Seat, wish: Wish, call: ToolCall) -> None:
        """End the server while it has the wish in hand, if that is planned."""
        match wish.kill:
            case None:
                return
            case "hang_up" | "some_time":
                await asyncio.sleep(wish.moment)
                await seat.end(wish.kill)
            case "while_kis_decides" | "after_kis_took_it":
                when = "before" if wish.kill == "while_kis_decides" else "after"
                path = order_api(call.api).path
                fault = self._simulator.faults.add("delay", path, when=when, seconds=LATE_SECONDS)
                self._faults.append(("held while the server is killed", fault))
                if await asyncio.to_thread(fault.struck.wait, LATE_SECONDS):
                    await seat.end(wish.kill)

    def _hold(self, wish: Wish, call: ToolCall) -> Held | None:
        if wish.mishap != HELD:
            return None
        held = self._relay.hold(order_api(call.api).path)
        self._held.append(held)
        return held

    async def _deliver(self) -> None:
        """Let all that is held on the way arrive, so that nothing is held longer than is meant."""
        for held in self._held:
            if held.came.is_set() and not held.arrived.is_set():
                self.report.mishaps[HELD] += 1
                await held.deliver()

    async def _lock(self, wish: Wish) -> None:
        if wish.mishap == LOCKED:
            self._simulator.faults.expire_tokens()
            self.report.mishaps[LOCKED] += 1
            await keep_locked(self._data, LOCKED_SECONDS)

    def _pass_by(self, seconds: float) -> None:
        """Time goes by at KIS and on the machine."""
        self._clock.pass_by(seconds)
        self._machine.pass_by(seconds)

    async def _kis_is_idle(self) -> None:
        """Wait until KIS holds no order back: KIS does not take two minutes to take one."""
        while held := [fault for _, fault in self._faults if fault.struck.is_set() and not fault.over.is_set()]:
            assert await asyncio.to_thread(held[0].over.wait, LONGEST_SECONDS), f"{held[0]} never ended"

    async def _judge(self) -> None:
        records = await self._records()
        self.report.statuses = Counter(record.status.value for record in records)
        self.report.answers = Counter[str](self._person.answers.elements())
        self.report.findings.surprises += self._person.strange
        ledger = self._simulator.ledger
        apis = {api.path: api for api in catalog().apis if api.risk == "order"}
        self.report.at_kis = Counter(apis[accepted.request.path].tool for accepted in ledger.accepted)
        found = audit(
            [taken(accepted, apis) for accepted in ledger.accepted],
            records,
            self._person.agreed,
            wanted=self._orders.wanted,
            question=lambda record: question(record.intent),
            elements=_elements,
            candidates=self._candidates,
        )
        found.surprises += self.report.findings.surprises
        self.report.findings = found

    async def _records(self) -> list[Record]:
        journal = await SqlJournal.open(self._journal)
        try:
            records = list(await journal.history(limit=1_000_000))
            findings = await journal.findings([record.intent.id for record in records])
        finally:
            await journal.aclose()
        entries = [entry for found in findings.values() for entry in found if isinstance(entry, Reconciliation)]
        self.report.reconciled = Counter(entry.conclusion for entry in entries)
        self._candidates = {entry.intent_id: entry.candidates for entry in entries}
        return records


def _variables(url: str, clock: SharedClock, folder: Path) -> dict[str, str]:
    return {
        "CHAOS_BUSY": str(BUSY_MILLISECONDS),
        "CHAOS_CLOCK": str(clock.file),
        "CHAOS_TIMEOUT": str(TIMEOUT_SECONDS),
        "KIS_CONFIG_FILE": str(folder / "absent.yaml"),
        "KIS_DATA_DIR": str(folder / "data"),
        "KIS_ENV": Environment.REAL.value,
        "KIS_ALLOW_REAL_ORDERS": "1",
        "KIS_MAX_ORDER_NOTIONAL": str(_RICH),
        "KIS_MAX_ORDER_QUANTITY": "1000",
        "KIS_URL_REST": url,
        "KIS_RATE_LIMIT": "0",
        "KIS_APP_KEY": "app-key-of-a-test",
        "KIS_APP_SECRET": "app-secret-of-a-test",
        "KIS_ACCT_STOCK": _NUMBER,
        "KIS_ACCT_FUTURE": _NUMBER,
        "CHAOS_TOOLS": " ".join(TYPED_TOOLS),
    }


def _list_path(call: ToolCall) -> str:
    """The list in which the order would show."""
    order_list = lists_of(catalog(), call.api, call.arguments)[-1]
    return order_api(order_list.tool).path


def _elements(record: Record) -> Mapping[str, object]:
    """What should have been sent for an intent."""
    api = order_api(record.intent.tool)
    values = check_arguments(api, record.intent.arguments)
    return encode(api, values, demo=False, account=_ACCOUNTS[api.account or ""], today=record.intent.at.date()).elements
