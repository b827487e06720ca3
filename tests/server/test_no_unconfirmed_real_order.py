"""Whatever a client calls, in whatever order, no order with real money goes out that no person agreed to."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import anyio
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from mcp import Client, MCPError
from mcp.client.session import ClientRequestContext
from mcp_types import (
    CallToolResult,
    ElicitRequest,
    ElicitRequestParams,
    ElicitResult,
    InputRequiredResult,
    InputResponses,
)

from kis_mcp.catalog.loader import catalog
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from tests.client import BUY, NOW, SAMSUNG, Person, blocks, connected, settings_for

Arguments: TypeAlias = dict[str, Any]
Era: TypeAlias = Literal["auto", "legacy"]

Kind: TypeAlias = tuple[Era, bool]
"""A client's era, and whether it can elicit."""

LONGEST_SECONDS = 10
REAL_KEY = "app_key-of-a-test"

MODERN: Kind = ("auto", True)
OTHERS: tuple[Kind, ...] = (("legacy", True), ("auto", False), ("legacy", False))

ORDER_TOOLS: Mapping[str, Arguments] = {
    api.tool: {**api.example, **({"price": BUY["price"]} if api.example.get("symbol") == SAMSUNG else {})}
    for api in catalog().tools
    if api.risk == "order"
}
ORDERS = st.one_of(
    st.integers(1, 30).map(lambda quantity: ("place_order", {**BUY, "quantity": quantity})),
    st.sampled_from(
        [
            ("place_order", {**BUY, "idempotency_key": "the-one"}),
            ("modify_order", {"order_id": "0000000001", "price": 60_100}),
            ("cancel_order", {"order_id": "0000000001"}),
            ("place_order", {**BUY, "session": "reserved"}),
            ("place_order", {**BUY, "credit_type": "broker_margin_open"}),
            ("modify_order", {"order_id": "1", "session": "reserved", "price": 60_100, "credit_type": "cash"}),
            ("cancel_order", {"order_id": "1", "session": "reserved"}),
            ("close_positions", {}),
            ("close_positions", {"symbols": [SAMSUNG], "cancel_open_orders": True}),
            ("place_order", {"symbol": "ESZ26", "side": "buy", "quantity": 1, "price": 5_000}),
            ("cancel_order", {"order_id": "1", "market": "overseas_futureoption"}),
            ("place_order", {"symbol": "201W12350", "side": "buy", "quantity": 1, "price": 5, "session": "night"}),
            ("place_order", {"symbol": "KR6095572D81", "side": "buy", "quantity": 10, "price": 10_000}),
        ]
    ),
    st.sampled_from(list(ORDER_TOOLS.items())),
)
OTHER_CALLS = st.one_of(
    st.sampled_from(["real", "real", "sim", "demo"]).map(lambda name: ("set_environment", {"environment": name})),
    ORDERS.map(lambda order: ("call_read_tool", {"name": order[0], "arguments": order[1]})),
)
CALLS = st.one_of(ORDERS, ORDERS, ORDERS, OTHER_CALLS)
"""A tool and its arguments; mostly one that orders."""

NOES = st.sampled_from(
    ["decline", "cancel", "no tick", "wrong quantity", "wrong quantity", "tick as text", "break off"]
)


@dataclass(frozen=True)
class Standing:
    """A question to a client that repeats calls."""

    client: Kind
    tool: str
    arguments: Arguments
    asked: InputRequiredResult

    @property
    def form(self) -> Mapping[str, Any]:
        (request,) = (self.asked.input_requests or {}).values()
        assert isinstance(request, ElicitRequest)
        return request.params.requested_schema  # pyright: ignore[reportAttributeAccessIssue]


def no(word: str, form: Mapping[str, Any], arguments: Arguments) -> ElicitResult:
    """An answer that is no yes."""
    if word in ("decline", "cancel"):
        return ElicitResult(action=word)
    quantity = arguments.get("quantity", 1)
    if word == "wrong quantity" and "quantity" in form["properties"]:
        return ElicitResult(action="accept", content={"confirm": True, "quantity": quantity + 1})
    tick = "true" if word == "tick as text" else False
    return ElicitResult(action="accept", content={"confirm": tick, "quantity": quantity})


def yes(arguments: Arguments) -> ElicitResult:
    return ElicitResult(action="accept", content={"confirm": True, "quantity": arguments.get("quantity", 1)})


class Cheats(RuleBasedStateMachine):
    """Clients of several servers on one data folder, behind which nobody ever says yes."""

    def __init__(self, portal: BlockingPortal, simulator: Simulator) -> None:
        super().__init__()
        self._portal = portal
        self._simulator = simulator
        self._open = ExitStack()
        self._folder = self._open.enter_context(tempfile.TemporaryDirectory())
        self._other = MODERN
        self._clients: dict[Kind, Client] = {}
        self._questions: list[Standing] = []
        self._previews: list[tuple[str, Arguments]] = []
        self._saying = ("decline", Arguments())
        self._sent_before = real_orders(simulator)
        self.settings: Settings | None = None

    @initialize(
        allowed=st.sampled_from([True, True, True, False]),
        start=st.sampled_from(["real", "real", "real", "sim"]),
        other=st.sampled_from(OTHERS),
    )
    def set_up(self, allowed: bool, start: str, other: Kind) -> None:
        self._other = other
        self.settings = settings_for(
            self._simulator,
            start,
            allow_real_orders=allowed,
            switchable_envs="sim,demo,real",
            acct_future="87654321",
            paper_future="12345678",
            data_dir=Path(self._folder),
        )

    @rule(is_other=st.booleans(), call=CALLS, word=NOES)
    def call(self, is_other: bool, call: tuple[str, Arguments], word: str) -> None:
        tool, arguments = call
        client = self._other if is_other else MODERN
        self._saying = (word, arguments)
        result = self._call(client, tool, arguments)
        if isinstance(result, InputRequiredResult):
            self._questions.append(Standing(client, tool, arguments, result))
        elif result is not None and not result.is_error:
            found = result.structured_content["blocks"]
            told = found.get("order", {}) | found.get("confirmation", {})
            if token := told.get("confirmation_token"):
                self._previews.append((tool, {**arguments, "confirmation_token": token}))

    @precondition(lambda self: self._questions)
    @rule(data=st.data(), word=NOES, then_yes=st.booleans())
    def say_no(self, data: st.DataObject, word: str, then_yes: bool) -> None:
        question = data.draw(st.sampled_from(self._questions))
        answers = [no(word, question.form, question.arguments), *([yes(question.arguments)] if then_yes else [])]
        for answer in answers:
            result = self._repeat(question, answer)
            if question.tool in ORDER_TOOLS:
                assert isinstance(result, CallToolResult)
                assert result.is_error

    @precondition(lambda self: self._questions)
    @rule(
        data=st.data(), call=CALLS, how=st.sampled_from(["other call", "other call", "forged", "no state", "elsewhere"])
    )
    def say_yes_to_something_else(self, data: st.DataObject, call: tuple[str, Arguments], how: str) -> None:
        question = data.draw(st.sampled_from(self._questions))
        answer, state = yes(question.arguments), question.asked.request_state
        self._saying = ("decline", question.arguments)
        match how:
            case "other call":
                if call != (question.tool, question.arguments):
                    self._call(question.client, *call, state=state, answer=answer)
            case "forged":
                assert state is not None
                self._repeat(question, answer, state=state[:-8] + "AAAAAAAA")
            case "no state":
                self._call(question.client, question.tool, question.arguments, answer=answer)
            case _:
                self._call(self._other, question.tool, question.arguments, state=state, answer=answer)

    @precondition(lambda self: self._previews)
    @rule(data=st.data(), is_other=st.booleans())
    def use_a_preview(self, data: st.DataObject, is_other: bool) -> None:
        tool, arguments = data.draw(st.sampled_from(self._previews))
        self._saying = ("decline", arguments)
        self._call(self._other if is_other else MODERN, tool, arguments)

    @invariant()
    def nothing_was_ordered_with_real_money(self) -> None:
        assert real_orders(self._simulator) == self._sent_before

    def teardown(self) -> None:
        self._open.close()

    def _call(
        self,
        client: Kind,
        tool: str,
        arguments: Arguments,
        *,
        state: str | None = None,
        answer: ElicitResult | None = None,
    ) -> CallToolResult | InputRequiredResult | None:
        async def call() -> CallToolResult | InputRequiredResult | None:
            answers: InputResponses | None = None if answer is None else {"confirm": answer}
            try:
                with anyio.fail_after(LONGEST_SECONDS):
                    return await connection.session.call_tool(
                        tool, arguments, request_state=state, input_responses=answers, allow_input_required=True
                    )
            except MCPError:
                return None

        connection = self._client(client)
        return self._portal.call(call)

    def _repeat(
        self, question: Standing, answer: ElicitResult, *, state: str | None = None
    ) -> CallToolResult | InputRequiredResult | None:
        state = state or question.asked.request_state
        return self._call(question.client, question.tool, question.arguments, state=state, answer=answer)

    def _client(self, client: Kind) -> Client:
        if client not in self._clients:
            era, elicits = client
            assert self.settings is not None
            person = self._person if elicits else None
            connecting = connected(self.settings, SurfaceOptions("all"), era=era, person=person)
            self._clients[client] = self._open.enter_context(self._portal.wrap_async_context_manager(connecting))
        return self._clients[client]

    async def _person(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        word, arguments = self._saying
        if word == "break off":
            raise MCPError(code=-32000, message="the dialog crashed")
        return no(word, params.requested_schema, arguments)  # pyright: ignore[reportAttributeAccessIssue]


def real_orders(simulator: Simulator) -> int:
    """Orders that reached KIS under the key for real money."""
    received = list(simulator.received)
    return sum(request.method == "POST" and request.headers.get("appkey") == REAL_KEY for request in received)


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as portal:
        yield portal


@pytest.mark.parametrize("sequences", [8, pytest.param(30, marks=pytest.mark.slow)])
def test_no_sequence_of_calls_orders_with_real_money_unless_a_person_agrees(
    portal: BlockingPortal, sequences: int
) -> None:
    """A sequence takes half a second: the many run in the slower job."""

    async def a_person_agrees() -> None:
        async with connected(settings_for(simulator, "real", allow_real_orders=True), person=Person()) as client:
            assert blocks(await client.call_tool("place_order", BUY))["order"]["order_id"] == "0000000001"
            held = {"symbol": SAMSUNG, "side": "buy", "quantity": 3, "order_type": "market"}
            assert blocks(await client.call_tool("place_order", held))["order"]["status"] == "accepted"

    options = SimulatorOptions(clock=lambda: NOW, real_rate=0, demo_rate=0, token_interval_seconds=0)
    with portal.wrap_async_context_manager(run_simulator(options)) as simulator:
        portal.call(a_person_agrees)
        run_state_machine_as_test(
            lambda: Cheats(portal, simulator),  # pyright: ignore[reportArgumentType]
            settings=settings(
                max_examples=sequences,
                stateful_step_count=30,
                deadline=None,
                phases=[Phase.generate],
                derandomize=True,
                suppress_health_check=[HealthCheck.too_slow],
            ),
        )
