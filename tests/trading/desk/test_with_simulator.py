"""The order path over a real socket, against the simulator's own ledger."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog.apis import KisApis
from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRejected, OrderStateUnknown
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.rest import HttpGateway
from kis_mcp.market.instrument import Instrument
from kis_mcp.simulator import Simulator, SimulatorOptions, run_simulator
from kis_mcp.storage.cache import DiskReplyCache
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.shared import shared_files
from kis_mcp.trading.blotter.listing import list_orders
from kis_mcp.trading.blotter.placed_order import PlacedStatus
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.desk import OrderDesk
from kis_mcp.trading.desk.drafts import OrderCall, draft_cancel, draft_change, draft_order
from kis_mcp.trading.desk.outcomes import OrderOutcome
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.journal import Status
from kis_mcp.trading.portfolio.buying_power import read_buying_power
from kis_mcp.trading.portfolio.holdings import read_holdings
from kis_mcp.trading.venues.markets import Listing
from tests.trading.fakes import CATALOG, FakeClock, checked, order_desk, read_balance

SAMSUNG = Instrument("005930", "KR", "krx")
APPLE = Instrument("AAPL", "US", "nasdaq")
ORDER_PATHS = ("/uapi/domestic-stock/v1/trading/order-cash", "/uapi/overseas-stock/v1/trading/order")


def new(instrument: Instrument, **terms: Any) -> OrderCall:
    """A new order for an instrument."""
    return draft_order(CATALOG, Listing(instrument.symbol, instrument.market, instrument.exchange), **terms)


@dataclass
class Floor:
    """A desk, the accounts behind it, and the KIS that they are connected to."""

    simulator: Simulator
    kis: KisApis
    journal: SqlJournal
    desk: OrderDesk
    clock: FakeClock

    async def confirmed(self, call: OrderCall, key: str | None = None) -> str:
        proposal = await self.desk.propose(checked(call.tool, call.arguments), idempotency_key=key)
        await self.desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
        return proposal.intent_id

    async def send(self, call: OrderCall, key: str | None = None) -> OrderOutcome:
        return await self.desk.execute(await self.confirmed(call, key))

    async def away_from_the_market(self, instrument: Instrument) -> OrderCall:
        """A buy that will rest: far below the market, on tick."""
        power = await read_buying_power(self.kis, instrument)
        assert power.price is not None
        step = Decimal(1000) if instrument.market == "KR" else Decimal("0.01")
        price = power.price * Decimal("0.9") // step * step
        return new(instrument, side="buy", quantity=3, price=price)

    @property
    def posts(self) -> int:
        return sum(request.path in ORDER_PATHS for request in self.simulator.received)


@pytest.fixture
def environment() -> Environment:
    return Environment.SIM


@pytest.fixture
async def floor(tmp_path: Path, clock: FakeClock, environment: Environment) -> AsyncIterator[Floor]:
    options = SimulatorOptions(clock=clock, real_rate=0, demo_rate=0, token_interval_seconds=0)
    async with run_simulator(options) as simulator:
        connection = Connection(
            environment,
            rest_url=simulator.demo_url if environment is Environment.DEMO else simulator.real_url,
            app_key="key",
            app_secret="secret",
            requests_per_second=0,
        )
        gateway = HttpGateway(connection, shared_files(tmp_path, connection.digest), clock=clock)
        cache = DiskReplyCache(tmp_path / "cache")
        kis = KisApis(
            CATALOG,
            gateway,
            cache,
            environment=environment,
            accounts={"stock": Account("12345678", "01")},
            clock=clock,
        )
        journal = await SqlJournal.open(tmp_path / "journal.sqlite3")
        desk = order_desk(kis, journal, OrderLimits(), environment=environment)
        yield Floor(simulator, kis, journal, desk, clock)
        await desk.aclose()
        await journal.aclose()
        await gateway.aclose()
        cache.close()


IN_SIM_AND_DEMO = pytest.mark.parametrize("environment", [Environment.SIM, Environment.DEMO])


@IN_SIM_AND_DEMO
@pytest.mark.parametrize("instrument", [SAMSUNG, APPLE], ids=["KR", "US"])
async def test_an_order_is_placed_changed_and_cancelled(floor: Floor, instrument: Instrument) -> None:
    market = instrument.market
    call = await floor.away_from_the_market(instrument)
    placed = await floor.send(call)
    assert placed.order_id is not None
    ((order,), _) = await list_orders(floor.kis, floor.journal, [market], clock=floor.clock)
    assert (order.order_id, order.status, order.ours) == (placed.order_id, PlacedStatus.OPEN, True)
    assert (order.side, order.quantity, order.price) == ("buy", 3, call.arguments["price"])
    assert order.ordered_at is not None
    assert abs((order.ordered_at - floor.clock()).total_seconds()) < 2

    lower = Decimal(str(call.arguments["price"])) - (1000 if market == "KR" else Decimal("0.01"))
    changed = await floor.send(await draft_change(floor.kis, market, placed.order_id, price=lower, now=floor.clock()))
    assert changed.order_id is not None
    orders, _ = await list_orders(floor.kis, floor.journal, [market], clock=floor.clock)
    standing = {order.order_id: (order.status, order.price) for order in orders}
    assert standing[changed.order_id] == (PlacedStatus.OPEN, lower)
    assert standing[placed.order_id][0] is PlacedStatus.AMENDED

    await floor.send(await draft_cancel(floor.kis, market, changed.order_id, now=floor.clock()))
    orders, _ = await list_orders(floor.kis, floor.journal, [market], clock=floor.clock, status="open")
    assert orders == []


async def test_a_market_order_fills_and_becomes_a_position(floor: Floor) -> None:
    before = await read_balance(floor.kis, "KR")
    outcome = await floor.send(new(SAMSUNG, side="buy", quantity=3, order_type="market"))
    ((order,), _) = await list_orders(floor.kis, floor.journal, ["KR"], clock=floor.clock)
    assert (order.order_id, order.status, order.filled_quantity) == (outcome.order_id, PlacedStatus.FILLED, 3)
    (position,) = (await read_holdings(floor.kis, ["KR"])).positions
    assert (position.symbol, position.quantity, position.currency) == ("005930", 3, "KRW")
    assert position.average_price == order.average_fill_price
    after = await read_balance(floor.kis, "KR")
    assert before.cash is not None
    assert after.cash is not None
    assert after.cash < before.cash
    assert after.total_value == after.cash + (after.stock_value or 0)


@IN_SIM_AND_DEMO
async def test_a_us_position_and_balance_are_in_dollars(floor: Floor) -> None:
    power = await read_buying_power(floor.kis, APPLE)
    assert power.price is not None
    assert power.max_quantity
    dearer = (power.price * Decimal("1.05")).quantize(Decimal("0.01"))
    await floor.send(new(APPLE, side="buy", quantity=2, price=dearer))
    (position,) = (await read_holdings(floor.kis, ["US"])).positions
    assert (position.symbol, position.exchange, position.currency, position.quantity) == ("AAPL", "nasdaq", "USD", 2)
    worth = await read_balance(floor.kis, "US")
    assert worth.currency == "USD"
    assert worth.stock_value == position.value
    assert worth.cash is not None
    assert worth.withdrawable_cash is not None


async def test_a_us_question_says_the_amount_in_both_currencies(floor: Floor) -> None:
    call = await floor.away_from_the_market(APPLE)
    proposal = await floor.desk.propose(checked(call.tool, call.arguments))
    assert proposal.order.amount_krw is not None
    assert "KRW)" in proposal.question


@pytest.mark.parametrize("instrument", [SAMSUNG, APPLE], ids=["KR", "US"])
@pytest.mark.parametrize("kind", ["drop", "empty_error", "not_json"])
async def test_an_order_whose_answer_is_lost_is_found_and_stands_once(
    floor: Floor, instrument: Instrument, kind: str
) -> None:
    intent_id = await floor.confirmed(await floor.away_from_the_market(instrument))
    for path in ORDER_PATHS:
        floor.simulator.faults.add(kind, path, when="after")  # pyright: ignore[reportArgumentType]
    outcomes = await asyncio.gather(*(floor.desk.execute(intent_id) for _ in range(5)))
    (order,) = floor.simulator.ledger.orders
    assert {outcome.order_id for outcome in outcomes} == {order.number}
    assert floor.posts == 1


async def test_an_order_that_never_arrived_is_unknown_until_kis_list_proves_it(floor: Floor) -> None:
    intent_id = await floor.confirmed(await floor.away_from_the_market(SAMSUNG))
    floor.simulator.faults.add("drop", ORDER_PATHS[0], when="before")
    with pytest.raises(OrderStateUnknown):
        await floor.desk.execute(intent_id)
    floor.clock.pass_by(minutes=20)
    assert [record.status for record in await floor.desk.reconcile()] == [Status.NOT_ACCEPTED]
    with pytest.raises(OrderRejected):
        await floor.desk.execute(intent_id)
    assert (floor.simulator.ledger.orders, floor.posts) == ([], 1)


async def test_a_cancel_whose_answer_is_lost_is_settled(floor: Floor) -> None:
    placed = await floor.send(await floor.away_from_the_market(SAMSUNG))
    assert placed.order_id is not None
    call = await draft_cancel(floor.kis, "KR", placed.order_id, now=floor.clock())
    floor.simulator.faults.add("drop", "/uapi/domestic-stock/v1/trading/order-rvsecncl", when="after")
    assert (await floor.send(call)).status is Status.ACCEPTED


async def test_an_order_that_kis_rejects_is_told_in_kis_words(floor: Floor) -> None:
    with pytest.raises(OrderRejected) as caught:
        await floor.send(new(SAMSUNG, side="buy", quantity=3, price=Decimal(1000)))
    assert caught.value.kis_code
