"""A person agrees to a mandate: by form, by page, by a preview's token, and for these very terms only."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, InputRequiredResult

from kis_mcp.catalog import Page
from kis_mcp.environment import Environment
from kis_mcp.server.tools import registry
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.strategies.mandates import agree_on_mandate
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.mandate import MandateRecord, MandateStatus
from kis_mcp.wiring.brokerage import JOURNAL
from tests.client import BUY, NOW, Person, blocks, connected, error, settings_for, text
from tests.server.test_confirmation_table import Page as ApprovalPage, approve, reject, set_pin
from tests.trading.mandates import draft

START = BUY
"""A call of place_order, in whose place a tool stands that starts a strategy: its quantity is the orders a day."""
TOKEN = "confirmation_token"


async def start(call: Call) -> Page:
    """A tool that does nothing but have its mandate agreed to."""
    wanted = draft(orders_a_day=call.values()["quantity"], results={"backtest": "+12 %"})
    agreed = await agree_on_mandate(call, wanted)
    if isinstance(agreed, Page):
        return replace(agreed, blocks={"order": agreed.blocks["mandate"]})
    return page(call.now(), order={"intent_id": agreed.mandate.id, "status": agreed.status(call.now()).value})


@pytest.fixture(autouse=True)
def a_tool_that_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.CORE_TOOLS, "place_order", start)  # pyright: ignore[reportArgumentType]


class Investor(Person):
    """A person who types the most in all."""

    def __init__(self, types: object = 3_000_000, **more: Any) -> None:
        super().__init__(**more)
        self.typed = types
        self.forms: list[dict[str, Any]] = []

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        self.forms.append(dict(params.requested_schema["properties"]))
        if self.action != "accept":
            return ElicitResult(action=self.action)
        typed: dict[str, Any] = {"amount": self.typed} if "amount" in params.requested_schema["properties"] else {}
        return ElicitResult(action="accept", content={"confirm": self.ticks, **typed})


async def mandates(settings: Settings) -> list[MandateRecord]:
    journal = await SqlJournal.open(settings.data_dir / Environment(settings.env or "sim").value / JOURNAL)
    try:
        return list(await journal.mandates())
    finally:
        await journal.aclose()


def real(simulator: Simulator, **more: Any) -> Settings:
    return settings_for(simulator, "real", allow_real_orders=True, **more)


async def test_a_person_agrees_by_form_and_types_the_most_in_all_where_money_is_real(
    simulator: Simulator, era: str
) -> None:
    settings, person = real(simulator, allow_real_strategies=True), Investor()
    async with connected(settings, era=era, person=person) as client:
        started = blocks(await client.call_tool("place_order", START))["order"]
    (record,) = await mandates(settings)
    assert started == {"intent_id": record.mandate.id, "status": "in_force"}
    assert record.decision is not None
    assert (record.decision.verdict, record.decision.channel) == ("accepted", "elicitation")
    assert person.asked[0].splitlines() == [
        "[REAL] MANDATE: let the strategy sma-cross order by itself",
        "Orders within this mandate go out WITHOUT another question.",
        "Strategy: sma-cross (dddddddddddd)",
        "Instruments: 삼성전자 (005930, KR)",
        "Sides: buy, and sell only what its own orders bought",
        "Most per order to buy: 1,000,000 KRW",
        "Most in all, held at cost and open orders to buy: 3,000,000 KRW",
        "Most orders a day: 3",
        "Most loss, at which it stops and what it holds stays: 200,000 KRW",
        "Until: 2026-03-05 00:00 KST",
        "Account: 87****21-01",
        "Result, backtest: +12 %",
        f"Agree to this mandate? (mandate {record.mandate.id})",
    ]
    assert person.forms[0]["amount"]["title"] == "Type the most in all"


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (Investor(action="decline"), "declined"),
        (Investor(action="cancel"), "cancelled"),
        (Investor(ticks=False), "the box was not ticked"),
        (Investor(types=30_000_000), "another amount was typed"),
        (Investor(types=None), "another amount was typed"),
        (Person(), "another amount was typed"),
    ],
)
async def test_anything_but_a_whole_yes_agrees_to_nothing(
    simulator: Simulator, era: str, person: Person, reason: str
) -> None:
    settings = real(simulator)
    async with connected(settings, era=era, person=person) as client:
        facts = error(await client.call_tool("place_order", START))
    assert facts["class"] == "order_refused"
    assert reason in facts["what"]
    (record,) = await mandates(settings)
    assert record.status(NOW) in (MandateStatus.DECLINED, MandateStatus.CANCELLED)


async def test_a_person_agrees_or_not_on_the_page_with_the_pin(simulator: Simulator, era: str) -> None:
    settings = real(simulator)
    set_pin(settings)
    async with connected(settings, era=era) as client:
        facts = error(await client.call_tool("place_order", START, progress_callback=ApprovalPage(reject)))
        started = blocks(
            await client.call_tool("place_order", {**START, "quantity": 4}, progress_callback=ApprovalPage(approve))
        )
    assert "rejected on the page" in facts["what"]
    assert started["order"]["status"] == "in_force"
    answers = {(one.mandate.orders_a_day, one.decision) for one in await mandates(settings)}
    assert answers == {
        (3, Decision(verdict="declined", channel="page", reason="rejected on the page")),
        (4, Decision(verdict="accepted", channel="page")),
    }


async def test_without_a_way_to_a_person_nothing_is_agreed_to_in_real(simulator: Simulator, era: str) -> None:
    async with connected(real(simulator), era=era) as client:
        facts = error(await client.call_tool("place_order", START))
    assert "setup-pin" in facts["next_step"]


async def test_real_mandates_need_the_operators_permission_before_any_question(simulator: Simulator) -> None:
    person = Investor()
    async with connected(settings_for(simulator, "real"), person=person) as client:
        facts = error(await client.call_tool("place_order", START))
    assert facts["field"] == "KIS_ALLOW_REAL_ORDERS"
    assert person.asked == []


@pytest.mark.parametrize("environment", ["sim", "demo"])
async def test_a_previews_token_agrees_in_practice_once_and_to_its_own_terms_only(
    simulator: Simulator, era: str, environment: str
) -> None:
    settings = settings_for(simulator, environment)
    async with connected(settings, era=era) as client:
        first = blocks(await client.call_tool("place_order", START))["order"]
        other = error(await client.call_tool("place_order", {**START, "quantity": 9, TOKEN: first[TOKEN]}))
        answers = [blocks(await client.call_tool("place_order", {**START, TOKEN: first[TOKEN]})) for _ in range(3)]
    assert first["preview"].startswith(f"[{environment.upper()}] MANDATE: let the strategy sma-cross order by itself")
    assert other["field"] == TOKEN
    assert answers == [{"order": {"intent_id": first["mandate_id"], "status": "in_force"}}] * 3
    (record,) = await mandates(settings)
    assert record.decision is not None
    assert (record.decision.channel, record.mandate.orders_a_day) == ("preview", 3)


async def test_confirm_never_agrees_in_practice_without_a_question(simulator: Simulator) -> None:
    settings = settings_for(simulator, "sim", confirm="never")
    async with connected(settings) as client:
        assert blocks(await client.call_tool("place_order", START))["order"]["status"] == "in_force"
    (record,) = await mandates(settings)
    assert record.decision is not None
    assert record.decision.channel == "never"


@asynccontextmanager
async def asked(settings: Settings) -> AsyncGenerator[tuple[Client, InputRequiredResult]]:
    """A modern client, with a question that it holds."""
    async with connected(settings, person=Investor()) as client:
        question = await client.session.call_tool("place_order", START, allow_input_required=True)
        assert isinstance(question, InputRequiredResult)
        yield client, question


async def repeat(client: Client, question: InputRequiredResult, arguments: dict[str, Any] = START) -> CallToolResult:
    yes = ElicitResult(action="accept", content={"confirm": True, "amount": 3_000_000})
    result = await client.session.call_tool(
        "place_order",
        arguments,
        input_responses={"confirm": yes},
        request_state=question.request_state,
        allow_input_required=True,
    )
    assert isinstance(result, CallToolResult)
    return result


async def test_an_answer_that_is_sent_again_makes_no_second_mandate(
    simulator: Simulator,
) -> None:
    settings = real(simulator)
    async with asked(settings) as (client, question):
        answers = [text(await repeat(client, question)) for _ in range(3)]
        assert len(set(answers)) == 1
        assert len(await mandates(settings)) == 1


async def test_an_answer_to_terms_that_the_tool_has_changed_since_agrees_to_nothing(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = real(simulator)
    async with asked(settings) as (client, question):

        async def start_wider(call: Call) -> Page:
            await agree_on_mandate(call, draft(most_in_all=Decimal(9_000_000)))
            raise AssertionError("it was agreed to")

        monkeypatch.setitem(registry.CORE_TOOLS, "place_order", start_wider)  # pyright: ignore[reportArgumentType]
        facts = error(await repeat(client, question))
        assert "other terms" in facts["what"]
        (record,) = await mandates(settings)
        assert record.decision is None


async def test_a_halt_in_between_leaves_the_mandate_without_force(
    simulator: Simulator,
) -> None:
    settings = real(simulator)
    async with asked(settings) as (client, question):
        await client.call_tool("halt_trading", {"reason": "enough"})
        facts = error(await repeat(client, question))
        assert "halted" in facts["what"]
        (record,) = await mandates(settings)
        assert record.status(NOW) is not MandateStatus.IN_FORCE


async def test_the_tool_that_halts_ends_what_is_in_force(
    simulator: Simulator,
) -> None:
    settings = real(simulator)
    async with asked(settings) as (client, question):
        await repeat(client, question)
        await client.call_tool("halt_trading", {"reason": "enough"})
        (record,) = await mandates(settings)
        assert record.end is not None
        assert "trading was halted: 2026-03-04 10:30:00, by the tool halt_trading: enough" in record.end.reason
