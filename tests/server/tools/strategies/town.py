"""A server whose strategies trade in a simulator, a client that calls its tools, and the person behind it.

Time stands still but for `Town.pass_minute`; then strategies hear what was traded, decide, and order.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import anyio
import anyio.abc
import pytest
from mcp import MCPError
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, InputRequiredResult

from kis_mcp.clock import KST, WorldClock
from kis_mcp.confirm.pin import Pin
from kis_mcp.environment import Environment
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage import SqlJournal
from kis_mcp.strategies.document import read_strategy
from kis_mcp.strategies.records import digest_of
from kis_mcp.strategies.runner.live_run import LiveRun
from kis_mcp.strategies.runner.ports import Heard
from kis_mcp.trading.journal import Record
from kis_mcp.wiring import end_mandates, kill_switch
from kis_mcp.wiring.brokerage import JOURNAL
from tests.client import connected, settings_for
from tests.confirm.page.conftest import PIN, Visitor
from tests.server.tools.strategies.ledger import ANSWERED_WITHIN, Agreed, Consent, Ledger
from tests.server.tools.strategies.live import look_often

BEGIN: Final = datetime(2026, 3, 3, 10, 30, 3, tzinfo=KST)
"""A few seconds into a minute, so that bars have ended by the clock whenever it stands."""

MINUTE: Final = timedelta(minutes=1)
QUIET_SECONDS: Final = 2.0
TYPED: Final = SurfaceOptions(toolsets=("core", "strategies"))

Answer: TypeAlias = Literal["yes", "no", "nothing", "garbage"]
GARBAGE: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"confirm": False},
    {"confirm": "perhaps"},
    {"confirm": True, "amount": 7, "quantity": 999},
)


def settle_soon(patch: pytest.MonkeyPatch) -> None:
    """A run's waits are short, and those after a failure too."""
    look_often(patch, 0.02, (0.02, 0.05), 0.1)
    for name in ("kis_mcp.wiring.strategies.RETRY_SECONDS", "kis_mcp.strategies.runner.runner.RETRY_SECONDS"):
        patch.setattr(name, 0.1)


@dataclass(slots=True)
class Held:
    """A question that the client has not answered yet, or may answer again."""

    tool: str
    arguments: Mapping[str, Any]
    state: str
    text: str
    schema: Mapping[str, Any]
    is_answered: bool = False


@dataclass
class Town:
    """All of it.

    Attributes:
        answer: What the person says to the next question of the client.
        on_page: What they do on the approval page.
        shares: Digest of a document → the most shares of an instrument that it ever holds.
        live: The runs that hear what is traded, and what time it was when they last did.
    """

    simulator: Simulator
    settings: Settings
    tasks: anyio.abc.TaskGroup
    shares: Mapping[str, int]
    ledger: Ledger = field(default_factory=Ledger)
    answer: Answer = "yes"
    garbage: Mapping[str, Any] = field(default_factory=dict[str, Any])
    on_page: Answer = "yes"
    held: list[Held] = field(default_factory=list[Held])
    live: dict[LiveRun, datetime] = field(default_factory=dict[LiveRun, datetime])
    questions: list[str] = field(default_factory=list[str])
    environment: Environment = Environment.SIM
    journals: dict[Environment, SqlJournal] = field(default_factory=dict[Environment, SqlJournal])
    _judged: int = 0
    _asked_at: dict[str, datetime] = field(default_factory=dict[str, datetime])
    _decided: set[str] = field(default_factory=set[str])
    _end: anyio.Event = field(default_factory=anyio.Event)
    _ended: anyio.Event = field(default_factory=anyio.Event)

    @property
    def now(self) -> datetime:
        return self.simulator.clock()

    @property
    def place(self) -> int:
        """Where the next order comes in KIS' ledger."""
        return len(self.simulator.ledger.orders)

    @property
    def is_halted(self) -> bool:
        return kill_switch(self.settings.data_dir).reason() is not None

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        """Keep a server and its client until `close_server`."""
        self._end, self._ended, self.environment = anyio.Event(), anyio.Event(), self.settings.environment
        async with connected(self.settings, TYPED, person=self._person, clock=self.simulator.clock) as self.client:
            task_status.started()
            await self._end.wait()
        self._ended.set()

    async def close_server(self) -> None:
        self._end.set()
        await self._ended.wait()

    async def restart(self) -> None:
        await self.close_server()
        self.held.clear()
        await self.tasks.start(self.serve)
        await self.call("get_orders")

    async def call(self, tool: str, **arguments: Any) -> CallToolResult:
        """Call a tool; whoever it asks says what is to be said next."""
        before = len(self.ledger.consents)
        result = await self.client.call_tool(tool, arguments)
        await self._finish(before)
        return result

    async def call_twice(self, tool: str, **arguments: Any) -> None:
        """Call a tool twice at once."""
        before = len(self.ledger.consents)
        await asyncio.gather(*(self.client.call_tool(tool, arguments) for _ in range(2)))
        await self._finish(before)

    async def hold(self, tool: str, **arguments: Any) -> None:
        """Call a tool, and leave its question open."""
        asked = await self.client.session.call_tool(tool, arguments, allow_input_required=True)
        if not isinstance(asked, InputRequiredResult) or asked.request_state is None:
            return
        assert asked.input_requests is not None
        form = asked.input_requests["confirm"].params
        assert isinstance(form, ElicitRequestFormParams)
        self._asked_at.setdefault(form.message, self.now)
        self.held.append(Held(tool, arguments, asked.request_state, form.message, form.requested_schema))

    async def answer_held(self, held: Held) -> None:
        """Answer it, now or again."""
        before = len(self.ledger.consents)
        with suppress(MCPError):
            await self.client.session.call_tool(
                held.tool,
                dict(held.arguments),
                input_responses={"confirm": self._reply(held.text, held.schema)},
                request_state=held.state,
                allow_input_required=True,
            )
        await self._finish(before)

    async def end(self, agreed: Sequence[Agreed]) -> None:
        """What was agreed to holds no more, from when what is on its way has arrived."""
        await self._arrive()
        for one in agreed:
            one.until_order = min(one.until_order, self.place)

    async def lift(self) -> None:
        """As ``kis-mcp resume`` does."""
        await self._arrive()
        await end_mandates(self.settings.data_dir, "lifted", lambda _: self.simulator.clock)
        kill_switch(self.settings.data_dir).lift()

    async def pass_minute(self, *, settles: bool = True) -> None:
        """Let a minute pass; strategies do what follows from it, or just begin to."""
        await self.jump(self.now + MINUTE, settles=settles)

    async def jump(self, to: datetime, *, settles: bool = True) -> None:
        """Let time pass at once, while no order is on its way."""
        await self._arrive()
        self.simulator.kis.set_clock(to)
        if settles:
            await self.settle()

    async def pass_midnight(self) -> None:
        """On to the last minute of the day, and into the next day."""
        midnight = self.now.replace(hour=0, minute=0) + timedelta(days=1)
        for moment in (midnight - MINUTE, midnight):
            await self.jump(moment)

    async def settle(self) -> None:
        """Wait until every run that lives has heard of this minute, and what it ordered came to something."""
        await anyio.sleep(0.03)
        await _wait(lambda: all(at >= self.now for at in self.live.values()) and not self._is_ordering())

    async def take_up(self, strategy: str) -> None:
        """Wait until the run of a strategy hears what is traded."""
        await _wait(lambda: any(_run_of(run).strategy == strategy for run in self.live))

    async def judge(self) -> None:
        """Hold what is new in KIS' ledger against what the person agreed to."""
        await self._arrive()
        orders = self.simulator.ledger.orders
        if len(orders) == self._judged:
            return
        self.ledger.orders, self.ledger.fills = orders, self.simulator.ledger.fills
        records = {number: found async for number, *found in self._accepted()}
        for place in range(self._judged, len(orders)):
            number = orders[place].number.lstrip("0")
            assert number in records, f"no intent is order {number}"
            record, environment = records[number]
            self.ledger.prices = {symbol: self._price(symbol, orders[place].placed_at) for symbol in self._symbols()}
            self.ledger.judge(place, record, environment)
        self._judged = len(orders)

    def _symbols(self) -> set[str]:
        return {order.symbol for order in self.ledger.orders}

    def _price(self, symbol: str, at: datetime) -> Decimal:
        market = self.simulator.world.market
        instrument = market.instruments[symbol]
        return Decimal(market.quote(instrument, at).price) * instrument.price(1)

    async def _accepted(self) -> AsyncGenerator[tuple[str, Record, Environment]]:
        """Number at KIS, and what our journals have of it."""
        for environment in Environment:
            path = self.settings.data_dir / environment.value / JOURNAL
            if environment not in self.journals and path.exists():
                self.journals[environment] = await SqlJournal.open(path)
            if journal := self.journals.get(environment):
                for record in await journal.accepted_since(BEGIN - MINUTE):
                    yield (record.order_id or "").lstrip("0"), record, environment

    async def _finish(self, before: int) -> None:
        """A yes to an order was good for the call that it answered."""
        await self._arrive()
        for consent in self.ledger.consents[before:]:
            consent.until_order = self.place

    async def _arrive(self) -> None:
        """Wait for what the server is sending just now."""
        while sending := [task for task in asyncio.all_tasks() if task.get_name().startswith("order ")]:
            await asyncio.wait(sending)

    def _is_ordering(self) -> bool:
        """Whether a strategy is about an order; one that waits for a person who does not come is not."""
        waits = self.on_page == "nothing" and self.environment is Environment.REAL
        return not waits and any(_name(task).startswith("Errand.") for task in asyncio.all_tasks())

    async def _person(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context
        assert isinstance(params, ElicitRequestFormParams)
        self.questions.append(params.message)
        self._asked_at.setdefault(params.message, self.now)
        return self._reply(params.message, params.requested_schema)

    def _reply(self, text: str, schema: Mapping[str, Any]) -> ElicitResult:
        """What the person says, kept where it is a yes."""
        if "real account?" in text:
            return ElicitResult(action="accept", content={"confirm": True})
        needs = schema["properties"].keys() - {"confirm"}
        if self.answer == "garbage" and (needs or "amount" not in self.garbage):
            self._decided.add(text)
            return ElicitResult(action="accept", content=dict(self.garbage))
        if self.answer != "yes":
            self._decided.add(text)
            return ElicitResult(action="cancel" if self.answer == "nothing" else "decline")
        self._note_yes(text)
        return ElicitResult(action="accept", content={"confirm": True, **_typed(text, needs)})

    def _note_yes(self, text: str) -> None:
        """The first answer counts, if it comes in time; while trading is halted a yes to a mandate is none."""
        is_mandate = "] MANDATE: " in text
        if text in self._decided or (is_mandate and self.is_halted):
            return
        self._decided.add(text)
        if self.now - self._asked_at[text] > ANSWERED_WITHIN:
            return
        if not is_mandate:
            for consent in Consent.read(text):
                consent.since = self.place
                self.ledger.consents.append(consent)
            return
        agreed = Agreed.read(text)
        agreed.since, agreed.shares = self.place, self._shares_of(agreed.document)
        agreed.asks_each = agreed.environment is Environment.REAL and not self.settings.allow_real_strategies
        for one in self.ledger.agreed.values():
            if (one.strategy, one.environment) == (agreed.strategy, agreed.environment):
                one.until_order = min(one.until_order, self.place)
        self.ledger.agreed[agreed.id] = agreed

    def _shares_of(self, document: str) -> int:
        (shares,) = (count for digest, count in self.shares.items() if digest.startswith(document))
        return shares

    async def show(self, url: str, folder: Path) -> None:
        """A page comes up on the person's screen."""
        del folder
        if self.on_page == "nothing":
            return
        visitor = Visitor(url)
        async with visitor.http:
            found = dict(re.findall(r'<div class="(\w+)"><dt>.*?</dt><dd>(.*?)</dd>', (await visitor.look()).text))
            terms = {name: unescape(text) for name, text in found.items()}
            if self.on_page == "yes":
                text = "\n".join(
                    (
                        f"[REAL] {terms['side'].split()[-1]} {terms['quantity']} ",
                        f"Account: {terms['account']}",
                        f"Instrument: {terms['instrument']}",
                        f"Price: {terms['price']}",
                        terms["reference"],
                    )
                )
                (consent,) = Consent.read(text)
                self.ledger.pages[consent.intent] = consent
            pin = PIN if self.on_page == "yes" else "0000"
            with suppress(Exception):
                await visitor.answer("reject" if self.on_page == "no" else "approve", pin)


def _typed(text: str, needs: set[str]) -> dict[str, Any]:
    """What a form wants typed beside the tick, as the question tells it."""
    if not needs:
        return {}
    line = r"Most in all, .*: (\S+) KRW" if "amount" in needs else r"(?:Total quantity: |BUY |SELL )([\d,]+)"
    found = re.search(line, text)
    assert found is not None, text
    return {name: int(found[1].replace(",", "")) for name in needs}


def _name(task: asyncio.Task[Any]) -> str:
    return getattr(task.get_coro(), "__qualname__", "")


async def _wait(is_over: Callable[[], bool]) -> None:
    """Wait until it is over, but not for long."""
    with anyio.move_on_after(QUIET_SECONDS):
        while True:
            if is_over():
                return
            await anyio.sleep(0.01)


def _run_of(run: LiveRun) -> Any:
    return run._terms.run  # pyright: ignore[reportPrivateUsage]


@asynccontextmanager
async def open_town(folder: Path, documents: Sequence[Mapping[str, Any]], **settings: Any) -> AsyncGenerator[Town]:
    """A town with a world of its own.

    Args:
        documents: Strategies that may be started, each with a fixed number of shares.
        settings: Of the server.
    """
    options = SimulatorOptions(clock=WorldClock(at=BEGIN, speed=0), real_rate=0, demo_rate=0, token_interval_seconds=0)
    Pin(folder).set(PIN)
    shares = {digest_of(read_strategy(dict(each))): each["sizing"]["shares"] for each in documents}
    with pytest.MonkeyPatch.context() as patch:
        settle_soon(patch)
        async with run_simulator(options) as simulator, anyio.create_task_group() as tasks:
            configured = settings_for(
                simulator, data_dir=folder, switchable_envs="sim,demo,real", allow_real_orders=True, **settings
            )
            town = Town(simulator, configured, tasks, shares)
            patch.setattr("kis_mcp.confirm.page.approvals.open_in_browser", town.show)
            _watch_runs(patch, town.live, simulator.clock)
            await tasks.start(town.serve)
            try:
                yield town
            finally:
                await town.close_server()
                for journal in town.journals.values():
                    await journal.aclose()


def _watch_runs(patch: pytest.MonkeyPatch, live: dict[LiveRun, datetime], clock: WorldClock) -> None:
    """Keep the runs that live, and when each has heard of what was traded."""
    prepare, take, aclose = LiveRun.prepare, LiveRun.take, LiveRun.aclose

    async def note_prepared(run: LiveRun) -> None:
        began = clock()
        await prepare(run)
        live[run] = began

    async def note_heard(run: LiveRun, heard: Heard) -> None:
        began = clock()
        await take(run, heard)
        if heard.ticks and run in live:
            live[run] = began

    async def note_end(run: LiveRun) -> None:
        live.pop(run, None)
        await aclose(run)

    for name, does in {"prepare": note_prepared, "take": note_heard, "aclose": note_end}.items():
        patch.setattr(LiveRun, name, does)
