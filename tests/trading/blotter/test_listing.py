"""The list of orders at KIS, as get_orders shows it."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.listing import list_orders, notes_on_missing_lists
from kis_mcp.trading.blotter.placed_order import PlacedStatus
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.guard.limits import OrderLimits
from tests.trading.fakes import FakeClock, FakeKis, checked, order_desk, send_while_the_clock_is_wrong

BUY: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}


RESERVED: dict[str, object] = {
    "reserved_order_id": "39447",
    "reserved_order_date": "2026-02-20",
    "reserved_order_receipt_date": "2026-02-20",
    "reserved_order_receipt_time": "18:10:00",
    "reservation_end_date": "2026-03-10",
    "loan_date": "2026-01-05",
    "symbol": "005930",
    "side": "sell",
    "order_type_code": "00",
    "reserved_order_quantity": 10,
    "reserved_order_price": 70000,
    "filled_quantity": 0,
}


def us_row(kis: FakeKis, **changes: object) -> None:
    row = {"symbol": "AAPL", "side": "buy", "quantity": 3, "price": Decimal("150.25")}
    kis.take(row)
    kis.listed[-1] |= {"exchange": "nasdaq", "currency": "USD", "original_order_id": None, **changes}


async def test_orders_are_listed_latest_first_without_the_cancels(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    kis.take(BUY)
    clock.pass_by(seconds=5)
    kis.take(BUY | {"price": 70100})
    kis.take({"action": "cancel", "order_id": "0000000001", "quantity": 10})
    kis.listed[0] |= {"remaining_quantity": 0}
    orders, _ = await list_orders(kis, journal, ["KR"], clock=clock)
    assert [(order.order_id, order.status) for order in orders] == [
        ("0000000002", PlacedStatus.OPEN),
        ("0000000001", PlacedStatus.CANCELLED),
    ]
    assert [order.order_id for order in (await list_orders(kis, journal, ["KR"], clock=clock, status="open"))[0]] == [
        "0000000002"
    ]
    assert await list_orders(kis, journal, ["KR"], clock=clock, symbol="000660") == ([], [])


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
    ((order,), _) = await list_orders(kis, journal, ["KR"], clock=clock, start=date(2026, 3, 3))
    assert order.status is status


async def test_an_order_that_was_replaced_is_amended(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    kis.take(BUY)
    kis.take(BUY | {"order_id": "0000000001", "price": 70100, "action": "modify"})
    kis.listed[0] |= {"remaining_quantity": 0}
    statuses = {order.order_id: order.status for order in (await list_orders(kis, journal, ["KR"], clock=clock))[0]}
    assert statuses == {"0000000001": PlacedStatus.AMENDED, "0000000002": PlacedStatus.OPEN}


async def test_us_orders_are_told_from_other_overseas_ones(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    us_row(kis)
    us_row(kis, exchange="tokyo", currency="JPY")
    ((order,), _) = await list_orders(kis, journal, ["US"], clock=clock)
    assert (order.symbol, order.exchange, order.price) == ("AAPL", "nasdaq", Decimal("150.25"))


async def test_the_same_number_on_another_day_is_not_ours(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    desk = order_desk(kis, journal, OrderLimits())
    proposal = await desk.propose(checked("domestic_stock_order_cash", BUY))
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    await desk.execute(proposal.intent_id)
    assert [order.ours for order in (await list_orders(kis, journal, ["KR"], clock=clock))[0]] == [True]
    clock.pass_by(days=1)
    kis.listed[0]["order_date"] = f"{clock():%Y-%m-%d}"
    assert [order.ours for order in (await list_orders(kis, journal, ["KR"], clock=clock))[0]] == [False]


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("정상 처리 완료되었습니다.", PlacedStatus.OPEN),
        ("", PlacedStatus.OPEN),
        ("주문가능금액을 초과했습니다.", PlacedStatus.REJECTED),
    ],
)
async def test_a_reservation_is_rejected_only_where_its_reason_says_so(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock, reason: str, status: PlacedStatus
) -> None:
    kis.answers["domestic_stock_order_resv_ccnl"] = {"reservations": [RESERVED | {"rejection_reason": reason}]}
    orders, _ = await list_orders(kis, journal, ["KR"], clock=clock, start=date(2026, 2, 20))
    assert [order.status for order in orders if order.session == "reserved"] == [status]


async def test_an_order_list_that_fails_leaves_the_others(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    kis.take(BUY)
    kis.failing["domestic_stock_order_resv_ccnl"] = KisUnavailable("down", remedy="wait")
    orders, problems = await list_orders(kis, journal, ["KR"], clock=clock)
    assert (len(orders), len(problems)) == (1, 1)
    kis.failing["domestic_stock_inquire_daily_ccld"] = KisUnavailable("down", remedy="wait")
    with pytest.raises(KisUnavailable):
        await list_orders(kis, journal, ["KR"], clock=clock)


@pytest.mark.parametrize("days", [-3, 3])
async def test_todays_orders_are_those_of_kis_day_and_ours_though_the_machines_clock_is_wrong(
    journal: SqlJournal, clock: FakeClock, days: int
) -> None:
    kis, _ = await send_while_the_clock_is_wrong(journal, clock, timedelta(days=days), BUY)
    kis.clock_error = None
    orders, _ = await list_orders(kis, journal, ["KR"], clock=clock)
    assert [(order.order_id, order.ours, order.in_kis_list) for order in orders] == [("0000000001", True, True)]


def test_lists_that_are_not_read_are_named_with_the_reason(kis: FakeKis) -> None:
    kis.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    assert notes_on_missing_lists(kis, None) == []
    kis.environment = Environment.DEMO
    assert notes_on_missing_lists(kis, None) == [
        "Not in it: orders of asia_reserved, domestic_bond, domestic_fo_night, domestic_stock_reserved, overseas_fo,"
        " us_reserved, which KIS' demo does not list."
    ]
    assert notes_on_missing_lists(kis, ["US"]) == ["Not in it: orders of us_reserved, which KIS' demo does not list."]
    kis.accounts = {"stock": Account("12345678", "01")}
    kis.environment = Environment.SIM
    assert notes_on_missing_lists(kis, ["domestic_futureoption"]) == [
        "Not in it: orders of domestic_fo, domestic_fo_night, for which no account is set."
    ]
    assert notes_on_missing_lists(kis, ["KR"]) == []


async def test_an_order_whose_rest_is_left_blank_is_open(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
    kis.take(BUY)
    kis.listed[0] |= {"remaining_quantity": None, "filled_quantity": 4}
    ((order,), _) = await list_orders(kis, journal, ["KR"], clock=clock)
    assert (order.status, order.remaining_quantity) == (PlacedStatus.PARTLY_FILLED, 6)
