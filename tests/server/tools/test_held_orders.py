"""Bytes of an order that something on the way keeps for minutes, and delivers when our side has given up."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from mcp import Client

from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.journal import Status
from tests.client import BUY, NOW, Person, blocks, connected, error, settings_for
from tests.relay import Held, Relay
from tests.server.tools.test_orders import journaled

ORDER_PATH = "/uapi/domestic-stock/v1/trading/order-cash"


@dataclass
class Lost:
    """A server and KIS, with the relay between them that has the bytes of a first order."""

    client: Client
    simulator: Simulator
    settings: Settings
    held: Held
    now: datetime = NOW
    person: Person = field(default_factory=Person)

    async def place(self, key: str, **terms: Any) -> Any:
        said = {**BUY, "idempotency_key": key, **terms}
        return await self.client.call_tool("place_order", {name: one for name, one in said.items() if one is not None})

    async def statuses(self) -> dict[str | None, Status]:
        return {record.intent.idempotency_key: record.status for record in await journaled(self.settings)}


@asynccontextmanager
async def a_lost_order() -> AsyncGenerator[Lost]:
    person, lost = Person(), None

    def clock() -> datetime:
        return lost.now if lost else NOW

    options = SimulatorOptions(clock=clock, real_rate=0, demo_rate=0, token_interval_seconds=0)
    async with run_simulator(options) as simulator, Relay.running(simulator.real_url) as relay:
        settings = settings_for(simulator, url_rest=relay.url)
        async with connected(settings, person=person, clock=clock) as client:
            lost = Lost(client, simulator, settings, relay.hold(ORDER_PATH, hangs_up=True), person=person)
            assert error(await lost.place("first"))["class"] == "order_state_unknown"
            assert lost.held.came.is_set()
            person.action = "decline"
            yield lost


async def test_the_same_order_under_another_key_is_asked_about_with_the_one_on_its_way() -> None:
    async with a_lost_order() as lost:
        lost.now += timedelta(seconds=135)
        assert error(await lost.place("second"))["class"] == "order_refused"
        assert "The same order was sent at 2026-03-04 10:30:00 and its state is unknown." in lost.person.asked[-1]
        assert lost.simulator.ledger.orders == []
        await lost.held.deliver()
        assert blocks(await lost.place("first"))["order"]["status"] == "accepted"
        assert len(lost.simulator.ledger.orders) == 1
        assert len(lost.person.asked) == 2
        assert await lost.statuses() == {"first": Status.ACCEPTED, "second": Status.DECLINED}


@pytest.mark.parametrize(
    "terms", [{"price": 60_500}, {"quantity": 2}, {"order_type": "market", "price": None}], ids=str
)
async def test_an_order_that_is_only_alike_is_asked_about_with_the_one_on_its_way(terms: dict[str, Any]) -> None:
    async with a_lost_order() as lost:
        lost.now += timedelta(seconds=135)
        assert error(await lost.place("second", **terms))["class"] == "order_refused"
        told = "An order like this one (3 at 60,000) was sent at 2026-03-04 10:30:00 and its answer was lost: "
        assert f"{told}nobody can tell yet whether it stands at KIS." in lost.person.asked[-1]
        await lost.held.deliver()
        blocks(await lost.place("first"))
        assert error(await lost.place("third", **terms))["class"] == "order_refused"
        number = lost.simulator.ledger.orders[0].number
        assert f"{told}it was found at KIS later as order {number}." in lost.person.asked[-1]


@pytest.mark.parametrize(
    "terms", [{"price": 40_000}, {"quantity": 70}, {"symbol": "000660", "price": 200_000}], ids=str
)
async def test_one_that_differs_much_is_not_told_of(terms: dict[str, Any]) -> None:
    async with a_lost_order() as lost:
        assert error(await lost.place("second", **terms))["class"] == "order_refused"
        assert "order like this one" not in lost.person.asked[-1]


async def test_one_that_was_called_absent_is_told_of_when_the_same_is_ordered_again() -> None:
    async with a_lost_order() as lost:
        lost.now += CERTAIN_AFTER
        assert error(await lost.place("first"))["class"] == "order_rejected"
        assert error(await lost.place("second"))["class"] == "order_refused"
        assert "The same order was sent at 2026-03-04 10:30:00; its answer was lost" in lost.person.asked[-1]
        assert "this one comes in addition to it" in lost.person.asked[-1]
        assert error(await lost.place("third", price=60_500))["class"] == "order_refused"
        assert "its answer was lost: KIS' list did not show it later." in lost.person.asked[-1]
        declined = dict.fromkeys(("second", "third"), Status.DECLINED)
        assert await lost.statuses() == {"first": Status.NOT_ACCEPTED, **declined}
