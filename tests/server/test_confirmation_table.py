"""Which clients confirm orders how, and what each answer comes to: two tables, held cell by cell by real orders.

The guide's tables are made here. ``pytest --regenerate`` rewrites them.
"""

import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Literal

import anyio
import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult, InputRequiredResult

from kis_mcp.catalog.data import resources_folder
from kis_mcp.confirm import choose_channel, preview
from kis_mcp.confirm.pin import Pin
from kis_mcp.environment import Environment
from kis_mcp.errors import SettingsError
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from kis_mcp.trading.journal import PROPOSAL_LIFETIME
from tests.client import BUY, NOW, Person, connected, settings_for
from tests.confirm.page.conftest import Visitor
from tests.server.tools.test_orders import journaled

GUIDE = resources_folder() / "guides" / "confirmation.md"
PIN = "2580"
TOKEN = "confirmation_token"

CLIENTS = {
    "2026-07-28, elicitation": ("auto", True),
    "2026-07-28, none": ("auto", False),
    "2025-11-25, elicitation": ("legacy", True),
    "2025-11-25, none": ("legacy", False),
}
SETTINGS: dict[str, tuple[Literal["ask", "never"], bool]] = {
    "no PIN": ("ask", False),
    "PIN set": ("ask", True),
    "`KIS_CONFIRM=never`, no PIN": ("never", False),
    "`KIS_CONFIRM=never`, PIN set": ("never", True),
}
WORDS = {
    "elicitation": "the client asks",
    "page": "the page asks",
    "preview": "preview and token",
    "never": "not asked",
    None: "**refused**",
}
STARTS_NOT = "does not start"


def cell(environment: Environment, client: str, setting: str) -> str:
    """How an order is confirmed, in the table's words."""
    confirm, pin_is_set = SETTINGS[setting]
    if confirm == "never" and environment is Environment.REAL:
        return STARTS_NOT
    by = choose_channel(environment, confirm=confirm, client_can_be_asked=CLIENTS[client][1], pin_is_set=pin_is_set)
    return WORDS[by]


def channel_table() -> str:
    head = ["| client | settings | sim | demo | real |", "| --- | --- | --- | --- | --- |"]
    rows = [
        f"| {client} | {setting} | {' | '.join(cell(environment, client, setting) for environment in Environment)} |"
        for client, setting in product(CLIENTS, SETTINGS)
    ]
    return "\n".join([*head, *rows])


class Page:
    """Whoever sits before the browser: does ``act`` on each page that a call's progress names."""

    def __init__(self, act: Callable[[Visitor], Any]) -> None:
        self._act = act
        self.urls = list[str]()

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+", message or "")
        if found and found[0] not in self.urls:
            self.urls.append(found[0])
            visitor = Visitor(found[0])
            async with visitor.http:
                await self._act(visitor)


async def approve(visitor: Visitor) -> None:
    await visitor.answer("approve", PIN)


def set_pin(settings: Settings) -> None:
    Pin(settings.data_dir).set(PIN)


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("client_name", CLIENTS)
@pytest.mark.parametrize("environment", Environment)
async def test_an_order_is_confirmed_as_the_table_says(
    simulator: Simulator, environment: Environment, client_name: str, setting: str
) -> None:
    expected = cell(environment, client_name, setting)
    era, can_elicit = CLIENTS[client_name]
    confirm, pin_is_set = SETTINGS[setting]
    if expected == STARTS_NOT:
        with pytest.raises(SettingsError, match="KIS_CONFIRM"):
            settings_for(simulator, environment, confirm=confirm)
        return
    settings = settings_for(simulator, environment, confirm=confirm, allow_real_orders=True)
    if pin_is_set:
        set_pin(settings)
    person, page = Person(), Page(approve)
    async with connected(settings, era=era, person=person if can_elicit else None) as client:
        result = await client.call_tool("place_order", BUY, progress_callback=page)
        if expected == WORDS["preview"]:
            assert simulator.ledger.orders == []
            token = result.structured_content["blocks"]["order"][TOKEN]
            result = await client.call_tool("place_order", {**BUY, TOKEN: token})
    assert bool(person.asked) is (expected == WORDS["elicitation"])
    assert bool(page.urls) is (expected == WORDS["page"])
    if expected == WORDS[None]:
        assert result.is_error
        assert "setup-pin" in result.structured_content["error"]["next_step"]
        assert list(simulator.received) == []
        return
    assert not result.is_error, result
    assert len(simulator.ledger.orders) == 1
    (record,) = await journaled(settings)
    assert record.decision is not None
    assert WORDS[record.decision.channel] == expected


class Situation:
    """An order's call, and the person or the client that does something about it."""

    def __init__(self, settings: Settings, era: str) -> None:
        self.settings = settings
        self.era = era
        self.now: datetime = NOW

    @asynccontextmanager
    async def client(self, person: Any = None) -> AsyncGenerator[Client]:
        async with connected(self.settings, era=self.era, person=person, clock=lambda: self.now) as client:
            yield client

    async def elicited(self, person: Any) -> None:
        async with self.client(person) as client:
            await client.call_tool("place_order", BUY)

    async def on_the_page(self, act: Callable[[Visitor], Any]) -> None:
        set_pin(self.settings)
        async with self.client() as client:
            await client.call_tool("place_order", BUY, progress_callback=Page(act))

    async def cancelled(self, person: Any = None, on_progress: Any = None) -> None:
        """The client cancels the call as soon as somebody is asked."""
        async with self.client(person) as client, anyio.create_task_group() as tasks:

            async def call() -> None:
                await client.call_tool("place_order", BUY, progress_callback=on_progress)

            self.cancel = tasks.cancel_scope.cancel
            tasks.start_soon(call)


def person(action: Literal["accept", "decline", "cancel"] = "accept", **more: Any) -> Callable[[Situation], Any]:
    return lambda situation: situation.elicited(Person(action, **more))


async def answers_too_late(situation: Situation) -> None:
    async def late(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        if situation.era == "legacy":
            await anyio.sleep_forever()
        situation.now += PROPOSAL_LIFETIME + timedelta(seconds=1)
        return await Person()(context, params)

    await situation.elicited(late)


async def cancels_the_question(situation: Situation) -> None:
    async def cancels(context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        situation.cancel()
        await anyio.sleep_forever()
        raise AssertionError

    await situation.cancelled(cancels)


async def replays_the_answer(situation: Situation) -> None:
    if situation.era == "legacy":
        await situation.elicited(Person())
        return
    async with situation.client(Person()) as client:
        asked = await client.session.call_tool("place_order", BUY, allow_input_required=True)
        assert isinstance(asked, InputRequiredResult)
        for _ in range(3):
            answered = await client.session.call_tool(
                "place_order",
                BUY,
                input_responses={
                    "confirm": ElicitResult(action="accept", content={"confirm": True, "quantity": BUY["quantity"]})
                },
                request_state=asked.request_state,
                allow_input_required=True,
            )
            assert isinstance(answered, CallToolResult)


def page(act: Callable[[Visitor], Any]) -> Callable[[Situation], Any]:
    return lambda situation: situation.on_the_page(act)


async def reject(visitor: Visitor) -> None:
    await visitor.answer("reject")


async def guess(visitor: Visitor) -> None:
    for _ in range(3):
        await visitor.answer("approve", "0000")


async def look_only(visitor: Visitor) -> None:
    await visitor.look()


async def cancels_the_page(situation: Situation) -> None:
    set_pin(situation.settings)

    async def seen(progress: float, total: float | None, message: str | None) -> None:
        situation.cancel()

    await situation.cancelled(on_progress=seen)


async def confirmed(situation: Situation, **changes: Any) -> None:
    async with situation.client() as client:
        order = (await client.call_tool("place_order", BUY)).structured_content["blocks"]["order"]
        situation.now += changes.pop("later", timedelta())
        await client.call_tool("place_order", {**BUY, TOKEN: order[TOKEN], **changes})


async def previews_only(situation: Situation) -> None:
    async with situation.client() as client:
        await client.call_tool("place_order", BUY)


async def not_asked(situation: Situation) -> None:
    async with situation.client() as client:
        await client.call_tool("place_order", BUY)


SENT, DECLINED, CANCELLED, OPEN, TOO_LATE = "sent once", "declined", "cancelled", "not sent", "not sent, too late"
ANSWERS: dict[tuple[str, str], tuple[Callable[[Situation], Any], str, str]] = {
    ("elicitation", "yes, with the quantity typed"): (person(), SENT, SENT),
    ("elicitation", "yes, and the client sends it again"): (replays_the_answer, SENT, SENT),
    ("elicitation", "yes, with another quantity"): (person(types=30), DECLINED, DECLINED),
    ("elicitation", "yes, without the tick"): (person(ticks=False), DECLINED, DECLINED),
    ("elicitation", "no"): (person("decline"), DECLINED, DECLINED),
    ("elicitation", "dismissed"): (person("cancel"), CANCELLED, CANCELLED),
    ("elicitation", "no answer in time"): (answers_too_late, TOO_LATE, CANCELLED),
    ("elicitation", "the client cancels the call"): (cancels_the_question, OPEN, CANCELLED),
    ("page", "approved with the PIN"): (page(approve), SENT, SENT),
    ("page", "rejected"): (page(reject), DECLINED, DECLINED),
    ("page", "three wrong PINs"): (page(guess), DECLINED, DECLINED),
    ("page", "no answer in time"): (page(look_only), CANCELLED, CANCELLED),
    ("page", "the client cancels the call"): (cancels_the_page, CANCELLED, CANCELLED),
    ("preview", "the token in the same call"): (confirmed, SENT, SENT),
    ("preview", "the token in another call"): (lambda one: confirmed(one, quantity=30), OPEN, OPEN),
    ("preview", "the token too late"): (lambda one: confirmed(one, later=preview.LIFETIME), OPEN, OPEN),
    ("preview", "no second call"): (previews_only, OPEN, OPEN),
    ("never", "nobody is asked"): (not_asked, SENT, SENT),
}
STATUSES = {
    SENT: ("accepted", "accepted"),
    DECLINED: ("declined", "declined"),
    CANCELLED: ("cancelled", "cancelled"),
    OPEN: ("proposed", None),
    TOO_LATE: ("confirmed", "accepted"),
}


def answer_table() -> str:
    head = ["| asked by | answer | 2026-07-28 | 2025-11-25 |", "| --- | --- | --- | --- |"]
    rows = [f"| {WORDS[by]} | {said} | {modern} | {legacy} |" for (by, said), (_, modern, legacy) in ANSWERS.items()]
    return "\n".join([*head, *rows])


@pytest.mark.parametrize(("by", "said"), ANSWERS, ids=lambda part: part)
async def test_an_answer_comes_to_what_the_table_says(simulator: Simulator, era: str, by: str, said: str) -> None:
    act, modern, legacy = ANSWERS[by, said]
    expected = modern if era == "auto" else legacy
    environment = "real" if by in ("elicitation", "page") else "demo"
    is_timed = said == "no answer in time"
    settings = settings_for(
        simulator,
        environment,
        allow_real_orders=True,
        confirm="never" if by == "never" else "ask",
        **({"approval_seconds": 1} if is_timed else {}),
    )
    await act(Situation(settings, era))
    assert len(simulator.ledger.orders) == (1 if expected == SENT else 0)
    (record,) = await journaled(settings)
    status, verdict = STATUSES[expected]
    assert record.status == status
    assert (record.decision.verdict if record.decision else None) == verdict
    if record.decision:
        assert record.decision.channel == by


@pytest.mark.parametrize("name", ["channels", "answers"])
def test_the_guide_shows_these_tables(name: str, regenerate: bool) -> None:
    table = {"channels": channel_table, "answers": answer_table}[name]()
    text = GUIDE.read_text("utf-8")
    pattern = re.compile(rf"(?<=<!-- generated: {name} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    written = pattern.sub(lambda _: table + "\n", text, count=1)
    if regenerate:
        GUIDE.write_text(written, "utf-8")
    assert f"<!-- generated: {name} -->" in text
    assert text == written or regenerate, "out of date: pytest --regenerate tests/server/test_confirmation_table.py"
