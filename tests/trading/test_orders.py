from datetime import date
from decimal import Decimal

import pytest

from kis_mcp.catalog.arguments import validate
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.desk import OrderDesk
from kis_mcp.trading.journal import Decision
from kis_mcp.trading.limits import OrderLimits
from kis_mcp.trading.order_markets import Listing
from kis_mcp.trading.orders import cancel, listed, modify, place
from kis_mcp.trading.placed_orders import PlacedStatus
from tests.trading.fakes import CATALOG, FakeClock, FakeKis, api

SAMSUNG = Listing("005930", "KR", "krx")
APPLE = Listing("AAPL", "US", "nasdaq")
BUY: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}


@pytest.fixture
def kis(kis: FakeKis) -> FakeKis:
    """Without reservations."""
    for tool in ("domestic_stock_order_resv_ccnl", "overseas_stock_order_resv_list"):
        kis.answers[tool] = {"reservations": []}
    return kis


def us_row(kis: FakeKis, **changes: object) -> None:
    row = {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": Decimal("150.25")}
    kis.take(row)
    kis.listed[-1] |= {"exchange": "nasdaq", "currency": "USD", "original_order_id": None, **changes}


@pytest.mark.parametrize(
    ("listing", "order_type", "tool", "word"),
    [
        (SAMSUNG, "limit", "domestic_stock_order_cash", "limit"),
        (SAMSUNG, "market", "domestic_stock_order_cash", "market"),
        (SAMSUNG, "after_market_best", "domestic_stock_order_cash", "after_market_best"),
        (APPLE, "loo", "overseas_stock_order", "loo"),
        (APPLE, "moc", "overseas_stock_order", "moc"),
    ],
)
def test_an_order_becomes_a_call_of_its_markets_api(listing: Listing, order_type: str, tool: str, word: str) -> None:
    call = place(CATALOG, listing, side="sell", quantity=3, order_type=order_type)
    assert call.tool == tool
    values = validate(api(tool), call.arguments)
    assert (values["order_type"], values["exchange"]) == (word, listing.exchange)


@pytest.mark.parametrize(("listing", "order_type"), [(SAMSUNG, "loo"), (APPLE, "market")])
def test_an_order_type_of_another_market_is_refused_by_name(listing: Listing, order_type: str) -> None:
    call = place(CATALOG, listing, side="buy", quantity=1, order_type=order_type)
    with pytest.raises(BadArgument, match=order_type):
        validate(api(call.tool), call.arguments)


def test_a_stop_order_carries_its_trigger() -> None:
    call = place(
        CATALOG,
        SAMSUNG,
        side="sell",
        quantity=1,
        order_type="stop_limit",
        price=Decimal(68000),
        stop_price=Decimal(69000),
    )
    assert validate(api(call.tool), call.arguments)["stop_price"] == 69000


async def test_the_daytime_market_has_apis_of_its_own(kis: FakeKis, clock: FakeClock) -> None:
    call = place(CATALOG, APPLE, side="buy", quantity=1, price=Decimal(150), session="daytime")
    assert (call.tool, validate(api(call.tool), call.arguments)["exchange"]) == (
        "overseas_stock_daytime_order",
        "nasdaq",
    )
    us_row(kis, remaining_quantity=2)
    changed = await modify(kis, "US", "1", price=Decimal(151), session="daytime", now=clock())
    cancelled = await cancel(kis, "US", "1", session="daytime", now=clock())
    assert changed.tool == cancelled.tool == "overseas_stock_daytime_order_rvsecncl"
    with pytest.raises(BadArgument, match="no daytime session"):
        place(CATALOG, SAMSUNG, side="buy", quantity=1, session="daytime")


async def test_a_change_may_make_it_a_market_order(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    call = await modify(kis, "KR", "1", order_type="market", now=clock())
    values = validate(api(call.tool), call.arguments)
    assert (values["order_type"], values.get("price")) == ("market", None)


async def test_a_cancel_takes_everything_from_kis(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    call = await cancel(kis, "KR", "1", now=clock())
    assert validate(api(call.tool), call.arguments) == {
        "action": "cancel",
        "order_id": "0000000001",
        "order_branch": "06010",
        "exchange": "krx",
        "order_type": "limit",
        "all_remaining": True,
    }


async def test_a_part_of_an_order_is_changed(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    call = await modify(kis, "KR", "1", price=Decimal(70100), quantity=4, now=clock())
    values = validate(api(call.tool), call.arguments)
    assert (values["price"], values["quantity"], values["all_remaining"]) == (70100, 4, False)


async def test_a_us_change_concerns_what_is_open(kis: FakeKis, clock: FakeClock) -> None:
    us_row(kis, remaining_quantity=2)
    call = await modify(kis, "US", "1", price=Decimal("151.10"), now=clock())
    values = validate(api(call.tool), call.arguments)
    assert (call.tool, values["symbol"], values["exchange"], values["quantity"]) == (
        "overseas_stock_order_rvsecncl",
        "AAPL",
        "nasdaq",
        2,
    )


async def test_a_change_needs_a_price(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    with pytest.raises(BadArgument, match="price"):
        await modify(kis, "KR", "1", quantity=4, now=clock())


async def test_an_order_that_kis_does_not_list_cannot_be_changed(kis: FakeKis, clock: FakeClock) -> None:
    with pytest.raises(BadArgument, match="lists no order 5"):
        await cancel(kis, "KR", "5", now=clock())


async def test_orders_are_listed_latest_first_without_the_cancels(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    kis.take(BUY)
    clock.pass_by(seconds=5)
    kis.take(BUY | {"price": 70100})
    kis.take({"action": "cancel", "order_id": "0000000001", "quantity": 10})
    kis.listed[0] |= {"remaining_quantity": 0}
    orders, _ = await listed(kis, journal, ["KR"], clock=clock)
    assert [(order.order_id, order.status) for order in orders] == [
        ("0000000002", PlacedStatus.OPEN),
        ("0000000001", PlacedStatus.CANCELLED),
    ]
    assert [order.order_id for order in (await listed(kis, journal, ["KR"], clock=clock, status="open"))[0]] == [
        "0000000002"
    ]
    assert await listed(kis, journal, ["KR"], clock=clock, symbol="000660") == ([], [])


@pytest.mark.parametrize(
    ("filled", "remaining", "rejected", "status"),
    [
        (0, 10, 0, PlacedStatus.OPEN),
        (4, 6, 0, PlacedStatus.PARTLY_FILLED),
        (10, 0, 0, PlacedStatus.FILLED),
        (4, 0, 0, PlacedStatus.CANCELLED),
        (0, 0, 10, PlacedStatus.REJECTED),
    ],
)
async def test_the_status_follows_from_the_quantities(
    kis: FakeKis,
    journal: SqlJournal,
    clock: FakeClock,
    filled: int,
    remaining: int,
    rejected: int,
    status: PlacedStatus,
) -> None:
    kis.take(BUY)
    kis.listed[0] |= {"filled_quantity": filled, "remaining_quantity": remaining, "rejected_quantity": rejected}
    ((order,), _) = await listed(kis, journal, ["KR"], clock=clock, start=date(2026, 3, 3))
    assert order.status is status


async def test_an_order_that_was_replaced_is_amended(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    kis.take(BUY)
    kis.take(BUY | {"order_id": "0000000001", "price": 70100, "action": "modify"})
    kis.listed[0] |= {"remaining_quantity": 0}
    statuses = {order.order_id: order.status for order in (await listed(kis, journal, ["KR"], clock=clock))[0]}
    assert statuses == {"0000000001": PlacedStatus.AMENDED, "0000000002": PlacedStatus.OPEN}


async def test_us_orders_are_told_from_other_overseas_ones(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    us_row(kis)
    us_row(kis, exchange="tokyo", currency="JPY")
    ((order,), _) = await listed(kis, journal, ["US"], clock=clock)
    assert (order.symbol, order.exchange, order.price) == ("AAPL", "nasdaq", Decimal("150.25"))


async def test_the_same_number_on_another_day_is_not_ours(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    desk = OrderDesk(kis, journal, OrderLimits(), environment=Environment.SIM, clock=clock)
    proposal = await desk.propose(api("domestic_stock_order_cash"), BUY)
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    await desk.execute(proposal.intent_id)
    assert [order.ours for order in (await listed(kis, journal, ["KR"], clock=clock))[0]] == [True]
    clock.pass_by(days=1)
    kis.listed[0]["order_date"] = f"{clock():%Y-%m-%d}"
    assert [order.ours for order in (await listed(kis, journal, ["KR"], clock=clock))[0]] == [False]
