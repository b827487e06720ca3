"""Answers to a question about an order that come when something has happened meanwhile, in both protocol eras."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult

from kis_mcp.catalog.gateway import Urgency
from kis_mcp.kis.limiter import RateLimiter
from kis_mcp.simulator import Simulator
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.storage.halt import HaltFile
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.journal import Record, Status
from tests.client import BUY, NOW, Person, blocks, connected, error, settings_for
from tests.server.tools.test_orders import YES, answer, ask_by_hand, journaled


class Meanwhile(Person):
    """Says yes, when something else has happened."""

    def __init__(self, happens: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._happens = happens

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        await self._happens()
        return await super().__call__(context, params)


async def test_a_yes_that_comes_too_late_sends_nothing(simulator: Simulator, era: str) -> None:
    now = NOW

    async def eleven_minutes_pass() -> None:
        nonlocal now
        now += timedelta(minutes=11)

    person, settings = Meanwhile(eleven_minutes_pass), settings_for(simulator)
    async with connected(settings, era=era, person=person, clock=lambda: now) as client:
        facts = error(await client.call_tool("place_order", BUY))
    assert (facts["class"], len(person.asked)) == ("order_refused", 1)
    assert "too long ago" in facts["what"]
    assert simulator.ledger.orders == []


async def test_a_yes_after_a_halt_sends_nothing_and_the_order_is_asked_about_anew_when_it_is_over(
    simulator: Simulator, era: str
) -> None:
    settings = settings_for(simulator)
    halt = HaltFile(settings.data_dir)

    async def halted() -> None:
        if not person.asked:
            halt.halt("too many losses", NOW)

    person = Meanwhile(halted)
    async with connected(settings, era=era, person=person) as client:
        facts = error(await client.call_tool("place_order", BUY))
        assert "too many losses" in facts["what"]
        assert simulator.ledger.orders == []
        halt.lift()
        blocks(await client.call_tool("place_order", BUY))
    assert len(person.asked) == 2
    assert {record.status for record in await journaled(settings)} == {Status.ACCEPTED, Status.REFUSED}


async def test_an_answer_that_a_halt_refused_stays_refused_when_it_is_replayed_later(
    simulator: Simulator,
) -> None:
    settings = settings_for(simulator)
    halt = HaltFile(settings.data_dir)
    async with connected(settings, person=Person()) as client:
        asked = await ask_by_hand(client, BUY)
        halt.halt("stop", NOW)
        assert "halted" in error(await answer(client, asked, YES))["what"]
        halt.lift()
        assert "halted" in error(await answer(client, asked, YES))["what"]
    assert simulator.ledger.orders == []


async def test_an_answer_counts_in_the_environment_that_the_question_named(simulator: Simulator, era: str) -> None:
    asked, switched = anyio.Event(), anyio.Event()

    async def waits_for_the_switch() -> None:
        asked.set()
        await switched.wait()

    person, results = Meanwhile(waits_for_the_switch), list[Any]()
    async with connected(settings_for(simulator, switchable_envs="demo"), era=era, person=person) as client:

        async def order() -> None:
            results.append(await client.call_tool("place_order", BUY))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(order)
            await asked.wait()
            await client.call_tool("set_environment", {"environment": "demo"})
            switched.set()
    (result,) = results
    assert result.structured_content["environment"] == "sim"
    assert [accepted.request.host for accepted in simulator.ledger.accepted] == [Host.REAL], "which stands for sim"


async def test_a_call_cancelled_once_the_person_has_agreed_is_sent_and_journaled(
    simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    deciding, cancelled = anyio.Event(), anyio.Event()
    decide = SqlJournal.decide

    async def slowly(journal: SqlJournal, *arguments: Any) -> Record:
        deciding.set()
        await cancelled.wait()
        return await decide(journal, *arguments)

    monkeypatch.setattr(SqlJournal, "decide", slowly)
    settings = settings_for(simulator)
    async with connected(settings, era="legacy", person=Person()) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(client.call_tool, "place_order", BUY)
            await deciding.wait()
            tasks.cancel_scope.cancel()
        await client.call_tool("get_environment", {})  # by now the server has heard of it
        cancelled.set()
    (record,) = await journaled(settings)
    assert record.status is Status.ACCEPTED
    assert len(simulator.ledger.orders) == 1


async def test_a_halt_reaches_an_order_that_waits_for_the_rate_limit(
    simulator: Simulator, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(simulator, rate_limit_sim=1)
    turn = RateLimiter.turn

    def halted_while_it_waits(limiter: RateLimiter, urgency: Urgency, *more: Any) -> AbstractAsyncContextManager[None]:
        if urgency is Urgency.ORDER:
            HaltFile(settings.data_dir).halt("stop", NOW)
        return turn(limiter, urgency, *more)

    monkeypatch.setattr(RateLimiter, "turn", halted_while_it_waits)
    async with connected(settings, era=era, person=Person()) as client:
        assert "halted: 2026-03-04 10:30:00, stop" in error(await client.call_tool("place_order", BUY))["what"]
    assert simulator.ledger.orders == []
    (record,) = await journaled(settings)
    assert record.status is Status.REFUSED
    assert "stop" in record.message
