"""What KIS notifies moves the journal and the state of orders as its list of orders would, and is never needed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.account import Account
from kis_mcp.catalog import Catalog
from kis_mcp.errors import KisUnavailable, OrderStateUnknown
from kis_mcp.storage import SqlJournal
from kis_mcp.trading.blotter import (
    OrderKey,
    key_of,
    list_orders,
    notes_on_notices,
    order_history,
    order_of_intent,
    orders_of_number,
)
from kis_mcp.trading.blotter.state import OrderState
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.desk import OrderDesk
from kis_mcp.trading.guard import OrderLimits
from kis_mcp.trading.journal import Record, Status
from tests.trading.fakes import ORDER_CASH, FakeClock, FakeKis, checked, order_desk
from tests.trading.notice_fakes import FakeNotices, fill, notice

LIMIT: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}
MARKET: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "order_type": "market"}
LIST = "domestic_stock_inquire_daily_ccld"
AWAY = KisUnavailable("away", remedy="later")


class Desk:
    """A desk with a source of notices, and looks at what it made of them."""

    def __init__(self, kis: FakeKis, journal: SqlJournal) -> None:
        self.kis = kis
        self.journal = journal
        self.notices = FakeNotices()
        self.desk = self.opened()

    def opened(self) -> OrderDesk:
        async def never(seconds: float) -> None:
            await asyncio.Event().wait()

        desk = order_desk(self.kis, self.journal, OrderLimits(), notice_source=self.notices, sleep=never)
        desk._sleep = never
        return desk

    async def lose(self, arguments: dict[str, object]) -> str:
        """Send an order that KIS takes and whose answer is lost, while its list is away."""
        intent_id = await self.propose(arguments)
        self.kis.failing[LIST] = AWAY
        self.kis.after = _fail(OrderStateUnknown("lost", remedy="look"))
        with pytest.raises(OrderStateUnknown):
            await self.desk.execute(intent_id)
        return intent_id

    async def propose(self, arguments: dict[str, object], key: str | None = None) -> str:
        intent_id = (await self.desk.propose(checked(ORDER_CASH, arguments), idempotency_key=key)).intent_id
        await self.desk.decide(intent_id, Decision(verdict="accepted", channel="elicitation"))
        return intent_id

    async def send(self, arguments: dict[str, object] = LIMIT) -> str:
        intent_id = await self.propose(arguments)
        await self.desk.execute(intent_id)
        return intent_id

    async def done(self) -> None:
        await self.desk._sender.notices.finish()

    async def record(self, intent_id: str) -> Record:
        record = await self.journal.find(intent_id)
        assert record is not None
        return record

    async def state(self, intent_id: str) -> tuple[OrderState, object, list[str]]:
        """State, filled quantity and notes, as get_order_status has them."""
        found = await order_of_intent(self.journal, self.kis, await self.record(intent_id), self.kis.clock())
        (order,) = found.orders
        return order.state, order.facts().get("filled_quantity"), found.notes


@pytest.fixture
async def desk(kis: FakeKis, journal: SqlJournal) -> Desk:
    return Desk(kis, journal)


async def test_a_fill_is_in_the_journal_and_in_the_state_before_the_list_has_it(desk: Desk, clock: FakeClock) -> None:
    intent_id = await desk.send()
    desk.notices.tell(fill(4, clock()), fill(4, clock()))
    await desk.done()
    assert [each.fill_quantity for each in (await desk.journal.notices([intent_id]))[intent_id]] == [4]
    newer = ["As KIS notified them, newer than its list of orders: 0000000001 at 10:00:00."]
    assert await desk.state(intent_id) == (OrderState.PARTLY_FILLED, 4, newer)
    desk.kis.listed[0] |= {"filled_quantity": 10, "remaining_quantity": 0}
    assert await desk.state(intent_id) == (OrderState.FILLED, 10, [])


async def test_which_order_is_which_is_worked_out_once_for_all_notices(
    desk: Desk, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [await desk.send(LIMIT | {"price": 70000 + 100 * number}) for number in range(3)]
    asked: list[str] = []

    def count(catalog: Catalog, record: Record) -> OrderKey:
        asked.append(record.intent.id)
        return key_of(catalog, record)

    monkeypatch.setattr("kis_mcp.trading.desk.order_notices.key_of", count)
    for shares in (1, 2, 3):
        for number in (1, 2, 3):
            desk.notices.tell(fill(shares, clock(), order_id=f"{number:010}"))
        await desk.done()
    assert sorted(asked) == sorted(sent)
    assert [len(told) for told in (await desk.journal.notices(sent)).values()] == [3, 3, 3]


async def test_the_journal_tells_the_fill_where_no_list_can_be_read_even_after_a_restart(
    desk: Desk, clock: FakeClock
) -> None:
    intent_id = await desk.send()
    desk.notices.tell(fill(10, clock()))
    await desk.desk.aclose()
    desk.kis.failing[LIST] = AWAY
    state, filled, _ = await desk.state(intent_id)
    assert (state, filled) == (OrderState.FILLED, 10)


async def test_notices_that_come_before_the_answer_are_kept_with_their_order(desk: Desk, clock: FakeClock) -> None:
    intent_id = await desk.propose(LIMIT)

    async def tell() -> None:
        desk.notices.tell(notice("accepted", clock()), fill(10, clock()))
        await desk.done()
        assert await desk.journal.notices([intent_id]) == {}

    desk.kis.after = tell
    await desk.desk.execute(intent_id)
    kept = (await desk.journal.notices([intent_id]))[intent_id]
    assert [each.event for each in kept] == ["accepted", "filled"]
    assert (await desk.state(intent_id))[0] is OrderState.FILLED


async def test_a_notice_settles_an_order_whose_answer_was_lost_where_the_list_is_blank(
    desk: Desk, clock: FakeClock
) -> None:
    await desk.send(LIMIT | {"symbol": "000660"})
    intent_id = await desk.propose(LIMIT)

    async def lose() -> None:
        desk.kis.failing[LIST] = AWAY
        raise OrderStateUnknown("lost", remedy="look")

    desk.kis.after = lose
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(intent_id)
    assert (await desk.record(intent_id)).status is Status.UNKNOWN
    desk.notices.tell(notice("accepted", clock(), "0000000002"))
    await desk.done()
    record = await desk.record(intent_id)
    assert (record.status, record.order_id) == (Status.ACCEPTED, "0000000002")
    assert len((await desk.journal.notices([intent_id]))[intent_id]) == 1
    assert record.message == "Found in KIS' notices of orders."
    assert len(desk.kis.posts) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"quantity": 11},
        {"price": 70100},
        {"side": "sell"},
        {"symbol": "000660"},
        {"accounts": (Account("87654321", "01"),)},
    ],
)
async def test_a_notice_that_does_not_fit_settles_nothing(
    desk: Desk, clock: FakeClock, other: dict[str, object]
) -> None:
    await desk.send(LIMIT | {"symbol": "000660"})
    intent_id = await desk.lose(LIMIT)
    desk.notices.tell(notice("accepted", clock(), "0000000002", **other))
    await desk.done()
    assert (await desk.record(intent_id)).status is Status.UNKNOWN


async def test_without_its_list_an_order_is_not_settled_by_notices_of_which_some_may_be_missed(
    desk: Desk, clock: FakeClock
) -> None:
    await desk.send(LIMIT | {"symbol": "000660"})
    intent_id = await desk.lose(LIMIT)
    assert desk.notices.receiver is not None
    clock.pass_by(seconds=5)
    desk.notices.receiver.report_gap("domestic_stock", clock(), is_lost=False)
    desk.notices.tell(notice("accepted", clock(), "0000000002"))
    await desk.done()
    assert (await desk.record(intent_id)).status is Status.UNKNOWN
    del desk.kis.failing[LIST]
    desk.notices.receiver.report_gap("domestic_stock", clock(), is_lost=False)
    await desk.done()
    record = await desk.record(intent_id)
    assert (record.status, record.order_id) == (Status.ACCEPTED, "0000000002")


async def test_a_late_notice_reopens_an_order_that_was_called_not_accepted(desk: Desk, clock: FakeClock) -> None:
    intent_id = await desk.propose(LIMIT)
    desk.kis.before = _fail(OrderStateUnknown("lost", remedy="look"))
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(intent_id)
    sent_at = clock()
    clock.pass_by(minutes=21)
    await desk.desk.reconcile()
    assert (await desk.record(intent_id)).status is Status.NOT_ACCEPTED
    late = replace(notice("accepted", sent_at, "0000000002"), received_at=clock())
    desk.notices.tell(late)
    await desk.done()
    record = await desk.record(intent_id)
    assert (record.status, record.order_id) == (Status.ACCEPTED, "0000000002")
    assert "STANDS AT KIS" in record.message


async def test_what_a_gap_swallowed_reconciliation_catches_up(desk: Desk, clock: FakeClock) -> None:
    intent_id = await desk.lose(LIMIT)
    desk.kis.failing.clear()
    desk.kis.listed[0] |= {"filled_quantity": 10, "remaining_quantity": 0}
    assert desk.notices.receiver is not None
    desk.notices.receiver.report_gap("domestic_stock", clock(), is_lost=True)
    await desk.done()
    assert (await desk.record(intent_id)).status is Status.ACCEPTED
    assert (await desk.state(intent_id))[:2] == (OrderState.FILLED, 10)
    await desk.propose(LIMIT | {"quantity": 3})
    await asyncio.sleep(0)
    assert desk.notices.opened == ["domestic_stock"] * 2


async def test_an_order_placed_elsewhere_is_shown_as_such(desk: Desk, clock: FakeClock) -> None:
    await desk.send()
    other: dict[str, Any] = {"order_id": "0000000077", "quantity": 3}
    desk.notices.tell(notice("accepted", clock(), **other), fill(3, clock(), **other))
    await desk.done()
    orders, problems = await list_orders(desk.kis, desk.journal, ["KR"], clock=clock, notices=desk.desk.notices)
    assert problems == []
    assert [(order.order_id, order.ours, order.in_kis_list) for order in orders] == [
        ("0000000077", False, False),
        ("0000000001", True, True),
    ]
    assert notes_on_notices(orders)[1] == "Placed elsewhere, as far as this server's journal tells: 0000000077."
    found = await orders_of_number(desk.journal, desk.kis, "77", clock().date(), clock(), notices=desk.desk.notices)
    assert [(order.state, order.is_ours) for order in found.orders] == [(OrderState.FILLED, False)]
    history = await order_history(
        desk.journal,
        desk.kis,
        clock().date(),
        clock().date(),
        clock(),
        catalog=desk.kis.catalog,
        notices=desk.desk.notices,
    )
    facts = [order.facts() for order in history.orders]
    assert [one["ours"] for one in facts if one["order_id"] == "0000000077"] == [False]


async def test_the_first_look_ends_with_the_notice_and_says_the_fill(desk: Desk, clock: FakeClock) -> None:
    intent_id = await desk.send(MARKET)
    looking = asyncio.create_task(desk.desk.look_at_first(intent_id))
    await asyncio.sleep(0)
    desk.notices.tell(fill(6, clock()))
    desk.notices.tell(fill(4, clock() + timedelta(seconds=1), 70000))
    found = await looking
    assert found is not None
    assert (found.state, found.facts()["average_fill_price"]) == (OrderState.FILLED, Decimal(69940))
    assert found.placed is not None
    assert notes_on_notices([found.placed]) == [
        "As KIS notified them, newer than its list of orders: 0000000001 at 10:00:01."
    ]


async def test_an_order_goes_out_and_is_told_of_where_no_notices_can_be_had(desk: Desk) -> None:
    desk.notices.failures = [AWAY, AWAY]
    intent_id = await desk.send()
    assert (await desk.state(intent_id))[:2] == (OrderState.ACCEPTED, 0)
    await desk.propose(LIMIT | {"quantity": 3})
    await desk.propose(LIMIT | {"quantity": 4})
    await asyncio.sleep(0)
    assert desk.notices.opened == ["domestic_stock"]


async def test_a_source_that_hangs_delays_no_order_and_no_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(*_: object) -> bool:
        await asyncio.Event().wait()
        return True

    monkeypatch.setattr(desk.notices, "open", hang)
    await desk.send()
    await desk.desk.aclose()


def _fail(error: Exception) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise error

    return fail
