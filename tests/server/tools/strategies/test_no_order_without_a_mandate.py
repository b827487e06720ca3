"""Whatever is called in whatever order: each order that KIS has is one that the person said yes to, or within a mandate
that they agreed to and that was in force, and in real one by one unless the operator lets strategies order there."""

import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from mcp_types import CallToolResult

from kis_mcp.environment import Environment
from tests.server.tools.strategies.documents import SENTENCE
from tests.server.tools.strategies.town import GARBAGE, Answer, Town, open_town

ALWAYS: dict[str, Any] = {**SENTENCE, "interval": "1m", "indicators": {}, "exits": {}}
ALWAYS["entry"] = {"left": "close", "is": "above", "right": 0}
EACH: dict[str, Any] = {**ALWAYS, "id": "each-bar", "sizing": {"shares": 5}, "exits": {"after_bars": 1}}
WIDER: dict[str, Any] = {**EACH, "sizing": {"shares": 11}}
KEEPS: dict[str, Any] = {**ALWAYS, "id": "keeps", "sizing": {"shares": 7}}
TWO: dict[str, Any] = {**EACH, "id": "two", "universe": {"symbols": ["005930", "000660"]}, "sizing": {"shares": 2}}
DOCUMENTS = (EACH, WIDER, KEEPS, TWO)
NAMES = ("each-bar", "each-bar", "keeps", "two")

STEPS = (
    *["pass_minutes"] * 12,
    *["start"] * 5,
    *[
        "stop",
        "pause",
        "resume",
        "resume",
        "promote",
        "promote",
        "save",
        "delete",
        "switch",
        "let_time_pass",
        "restart",
    ],
    *["order", "order", "order_twice", "change_or_cancel", "change_or_cancel", "close_positions"],
    *["ask_and_wait", "ask_and_wait", "answer_late", "answer_late", "answer_late"],
    *["halt", *["lift"] * 6],
)
BOUNDS: tuple[dict[str, Any], ...] = (
    *({},) * 3,
    {"orders_a_day": 2},
    {"orders_a_day": 3},
    {"most_per_order": 100_000, "most_in_all": 5_000_000},
    {"most_in_all": 20_000_000, "most_per_order": 20_000_000, "most_loss": 600},
    {"until": "2026-03-03"},
)
ANSWERS: tuple[Answer, ...] = ("yes", "yes", "yes", "yes", "yes", "no", "nothing", "garbage", "garbage")
ON_PAGE: tuple[Answer, ...] = ("yes", "yes", "no", "garbage", "nothing")
ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.just("005930"),
        "side": st.sampled_from(["buy", "buy", "sell"]),
        "quantity": st.sampled_from([3, 4]),
    },
    optional={"price": st.just(62_000)},
)
NEXT = {Environment.SIM: Environment.DEMO, Environment.DEMO: Environment.REAL}
T = TypeVar("T")


class Broken(BaseException):
    """Ends the search at once: threads and sockets never do quite the same again, so that hypothesis would not find
    what it has found when it tries again."""


class Calls(RuleBasedStateMachine):
    """A client that calls what it likes, a person who agrees now and then, and strategies that trade meanwhile."""

    count: Counter[str]

    def __init__(self, portal: BlockingPortal) -> None:
        super().__init__()
        self._portal = portal
        self._open = ExitStack()
        self._by_toolset = False
        self._done: list[str] = []

    @initialize(
        environment=st.sampled_from(["real", "real", "sim"]),
        allowed=st.booleans(),
        document=st.sampled_from(DOCUMENTS),
        bounds=st.sampled_from(BOUNDS),
    )
    def begin(self, environment: str, allowed: bool, document: dict[str, Any], bounds: dict[str, Any]) -> None:
        folder = Path(self._open.enter_context(tempfile.TemporaryDirectory()))
        town = open_town(folder, DOCUMENTS, env=environment, allow_real_strategies=allowed, approval_seconds=1)
        self.town: Town = self._open.enter_context(self._portal.wrap_async_context_manager(town))
        for each in (EACH, KEEPS, TWO):
            self._strategies("save", strategy=each)
        self._start(document, bounds)

    @rule(data=st.data(), step=st.sampled_from(STEPS))
    def do(self, data: st.DataObject, step: str) -> None:
        """One rule, so that each sequence has every step."""
        self.town.answer = data.draw(st.sampled_from(ANSWERS))
        self.town.garbage = data.draw(st.sampled_from(GARBAGE))
        getattr(self, step)(data)

    def pass_minutes(self, data: st.DataObject) -> None:
        self.town.on_page = data.draw(st.sampled_from(ON_PAGE))
        for _ in range(data.draw(st.integers(1, 3))):
            self._run(self.town.pass_minute)
        if data.draw(st.booleans()):
            self._run(self.town.pass_minute, settles=False)

    def let_time_pass(self, data: st.DataObject) -> None:
        passes = data.draw(st.sampled_from([timedelta(minutes=11), timedelta(hours=5), timedelta(days=31), None]))
        if passes is None:
            self._run(self.town.pass_midnight)
        else:
            self._run(self.town.jump, self.town.now + passes)

    def start(self, data: st.DataObject) -> None:
        document = data.draw(st.sampled_from([*DOCUMENTS, *DOCUMENTS, NAMES[0]]))
        if data.draw(st.booleans()):
            self._stop(_name_of(document))
        self._start(document, data.draw(st.sampled_from(BOUNDS)))

    def promote(self, data: st.DataObject) -> None:
        self._switch(NEXT.get(self.town.environment, Environment.SIM))
        name = data.draw(st.sampled_from(NAMES))
        self._strategies("promote", strategy=name, bounds=data.draw(st.sampled_from(BOUNDS)))

    def stop(self, data: st.DataObject) -> None:
        self._stop(data.draw(st.sampled_from(NAMES)))

    def _stop(self, name: str) -> None:
        if not self._strategies("stop", strategy=name).is_error:
            agreed = self.town.ledger.agreed.values()
            whose = (name, self.town.environment)
            self._run(self.town.end, [one for one in agreed if (one.strategy, one.environment) == whose])

    def pause(self, data: st.DataObject) -> None:
        self._strategies("pause", strategy=data.draw(st.sampled_from(NAMES)))

    def resume(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(NAMES))
        if not self._strategies("resume", strategy=name).is_error:
            self._run(self.town.take_up, name)

    def save(self, data: st.DataObject) -> None:
        self._strategies("save", strategy=data.draw(st.sampled_from(DOCUMENTS)))

    def delete(self, data: st.DataObject) -> None:
        self._strategies("delete", strategy=data.draw(st.sampled_from(NAMES)))

    def order(self, data: st.DataObject) -> None:
        self._call("place_order", **self._an_order(data))

    def order_twice(self, data: st.DataObject) -> None:
        self._run(self.town.call_twice, "place_order", **self._an_order(data))

    def change_or_cancel(self, data: st.DataObject) -> None:
        number = f"{max(1, self.town.place - data.draw(st.integers(0, 3))):010}"
        if data.draw(st.booleans()):
            self._call("cancel_order", order_id=number)
        else:
            self._call("modify_order", order_id=number, price=63_000)

    def close_positions(self, data: st.DataObject) -> None:
        self._call("close_positions", cancel_open_orders=data.draw(st.booleans()))

    def ask_and_wait(self, data: st.DataObject) -> None:
        if data.draw(st.booleans()):
            self._run(self.town.hold, "place_order", **self._an_order(data))
        else:
            document = data.draw(st.sampled_from(DOCUMENTS))
            bounds = data.draw(st.sampled_from(BOUNDS))
            self._run(self.town.hold, "strategies", action="start", strategy=document, bounds=bounds)

    def answer_late(self, data: st.DataObject) -> None:
        which = data.draw(st.integers(1, 3))
        if len(self.town.held) >= which:
            self._run(self.town.answer_held, self.town.held[-which])

    def halt(self, _: st.DataObject) -> None:
        self._call("halt_trading", reason="enough")
        self._run(self.town.end, list(self.town.ledger.agreed.values()))
        self.town.ledger.halted.append((self.town.place, 10**9))

    def lift(self, _: st.DataObject) -> None:
        halted = self.town.ledger.halted
        if self.town.is_halted:
            self._run(self.town.lift)
            halted[:] = [(begin, min(end, self.town.place)) for begin, end in halted]

    def restart(self, data: st.DataObject) -> None:
        """The server begins anew, and a strategy with it, maybe after its document was changed."""
        if data.draw(st.booleans()):
            self.save(data)
        self._run(self.town.restart)
        self.resume(data)
        self.pass_minutes(data)

    def switch(self, data: st.DataObject) -> None:
        self._switch(data.draw(st.sampled_from(Environment)))

    def _switch(self, environment: Environment) -> None:
        if not self._call("set_environment", environment=environment.value).is_error:
            self.town.environment = environment

    @invariant()
    def each_order_is_one_that_the_person_wanted(self) -> None:
        if hasattr(self, "town"):
            self._run(self.town.judge)

    def teardown(self) -> None:
        if hasattr(self, "town"):
            ledger = self.town.ledger
            self.count["of strategies"] += len(ledger.own)
            self.count["asked one by one"] += sum(agreed.asks_each for _, agreed in ledger.own)
            self.count["in real, unasked"] += sum(
                agreed.environment is Environment.REAL and not agreed.asks_each for _, agreed in ledger.own
            )
            self.count["of the person"] += len(self.town.ledger.orders) - len(ledger.own)
        self._open.close()

    def _an_order(self, data: st.DataObject) -> dict[str, Any]:
        wanted = data.draw(ORDERS)
        return wanted if "price" in wanted else {**wanted, "order_type": "market"}

    def _start(self, document: str | dict[str, Any], bounds: dict[str, Any]) -> None:
        if not self._strategies("start", strategy=document, bounds=bounds).is_error:
            self._run(self.town.take_up, _name_of(document))

    def _strategies(self, action: str, **arguments: Any) -> CallToolResult:
        """By the compact tool and by that of the toolset in turns."""
        self._by_toolset = not self._by_toolset
        if not self._by_toolset:
            return self._call("strategies", action=action, **arguments)
        bounds: dict[str, Any] = arguments.pop("bounds", {})
        return self._call(f"{action}_strategy", **arguments, **bounds)

    def _call(self, tool: str, **arguments: Any) -> CallToolResult:
        return self._run(self.town.call, tool, **arguments)

    def _run(self, work: Callable[..., Coroutine[Any, Any, T]], *arguments: Any, **more: Any) -> T:
        async def run() -> T:
            return await work(*arguments, **more)

        if work != self.town.judge:
            self._done.append(
                f"{self.town.now:%d %H:%M} {work.__name__} {arguments} {more}, answer: {self.town.answer}"
            )
        try:
            return self._portal.call(run)
        except Exception as error:
            raise Broken("\n".join(self._done)) from error


def _name_of(document: str | dict[str, Any]) -> str:
    return document if isinstance(document, str) else document["id"]


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.mark.parametrize(
    ("sequences", "steps"),
    [(1, 12), pytest.param(7, 36, marks=[pytest.mark.slow, pytest.mark.timeout(400)])],
    ids=["few", "many"],
)
def test_no_sequence_of_calls_orders_what_nobody_agreed_to(portal: BlockingPortal, sequences: int, steps: int) -> None:
    Calls.count = Counter()
    how = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        phases=[Phase.generate],
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    try:
        run_state_machine_as_test(lambda: Calls(portal), settings=how)  # pyright: ignore[reportArgumentType]
    except Broken as broken:
        raise AssertionError(f"{broken.__cause__!r} after\n{broken}") from broken.__cause__
    assert Calls.count["of strategies"] > sequences
