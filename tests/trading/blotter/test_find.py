"""The order that is meant is the order that is touched."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kis_mcp.account import Account
from kis_mcp.errors import BadArgument, KisUnavailable
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.find import find_order
from kis_mcp.trading.blotter.history import order_history, order_of_intent, orders_of_number
from kis_mcp.trading.blotter.journaled import journaled_orders
from kis_mcp.trading.blotter.lists import EVERY_LIST, KOREAN
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.guard import OrderLimits
from kis_mcp.trading.journal import Outcome, Send
from kis_mcp.trading.order import Action, read_order_id, reservation_id
from tests.trading.blotter.test_listing import BUY, RESERVED
from tests.trading.blotter.test_reconcile import INTENT
from tests.trading.fakes import CATALOG, FakeClock, FakeKis, checked, order_desk, send_while_the_clock_is_wrong


async def found(
    kis: FakeKis, clock: FakeClock, order_id: str, journaled: tuple[PlacedOrder, ...] = (), market: str = "KR"
) -> PlacedOrder:
    return await find_order(kis, [KOREAN], order_id, clock(), market=market, journaled=journaled)


def test_a_printed_reservation_is_read_back_and_no_order_number_is_one(clock: FakeClock) -> None:
    printed = reservation_id("39447", clock().date())
    assert printed == "R20260303-39447"
    assert read_order_id(printed) == ("39447", clock().date(), True)
    assert read_order_id("0000000001") == ("0000000001", None, False)


async def test_a_shortened_number_that_is_a_waiting_reservations_too_is_refused_with_both_named(
    kis: FakeKis, clock: FakeClock
) -> None:
    number = kis.take(BUY)
    kis.answers["domestic_stock_order_resv_ccnl"] = {"reservations": [{**RESERVED, "reserved_order_id": "1"}]}
    with pytest.raises(BadArgument, match=r"order 0000000001 \(005930\) or reservation R\d{8}-1 "):
        await found(kis, clock, "1")
    assert (await found(kis, clock, number)).symbol == "005930"


async def test_waiting_orders_of_several_days_with_one_number_are_refused_with_both_named(
    kis: FakeKis, clock: FakeClock
) -> None:
    reserved = next(each for each in EVERY_LIST if each.name == "domestic_stock_reserved")
    later = {**RESERVED, "reserved_order_date": "2026-02-27", "symbol": "000660"}
    kis.answers[reserved.tool] = {"reservations": [RESERVED, later]}
    for order_id in ("39447", "R-39447"):
        with pytest.raises(BadArgument) as refused:
            await find_order(kis, [reserved], order_id, clock(), market="KR")
        assert "R20260220-39447 of 2026-02-20 (005930)" in refused.value.what
        assert "R20260227-39447 of 2026-02-27 (000660)" in refused.value.what
    for printed, symbol in (("R20260220-39447", "005930"), ("R20260227-39447", "000660")):
        assert (await find_order(kis, [reserved], printed, clock(), market="KR")).symbol == symbol


async def test_a_reservation_that_kis_does_not_list_keeps_the_id_that_no_order_has(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    desk = order_desk(kis, journal, OrderLimits())
    intent_id = (await desk.propose(checked("domestic_stock_order_resv", BUY))).intent_id
    await desk.decide(intent_id, Decision(verdict="accepted", channel="elicitation"))
    number = (await desk.execute(intent_id)).order_id
    printed, day = f"R20260304-{number}", clock().date()
    for asked in (kis, None):
        found = await order_history(journal, asked, day, day, clock(), catalog=CATALOG)
        assert [order.facts()["order_id"] for order in found.orders if order.is_ours] == [printed]
    by_number = (await orders_of_number(journal, kis, printed, day, clock())).orders
    assert [(order.record.intent.id if order.record else None) for order in by_number] == [intent_id]
    order = await journal.find(intent_id)
    assert order is not None
    (status,) = (await order_of_intent(journal, kis, order, clock())).orders
    assert status.facts()["order_id"] == printed


@pytest.mark.parametrize("days", [-3, 3])
@pytest.mark.parametrize("is_set_right", [False, True])
async def test_an_order_is_looked_for_on_kis_day_though_the_machines_clock_was_wrong_when_it_was_sent(
    journal: SqlJournal, clock: FakeClock, days: int, is_set_right: bool
) -> None:
    wrong = timedelta(days=days)
    kis, intent_id = await send_while_the_clock_is_wrong(journal, clock, wrong, BUY)
    kis.listed[0] |= {"filled_quantity": 10, "remaining_quantity": 0}
    if is_set_right:
        kis.error, clock.now = timedelta(), clock.now - wrong
    record = await journal.find(intent_id)
    assert record is not None
    (order,) = (await order_of_intent(journal, kis, record, clock(), fresh=True)).orders
    assert order.placed is not None
    assert order.placed.filled_quantity == 10


async def test_a_shortened_number_is_refused_while_the_reservations_cannot_be_read(
    kis: FakeKis, clock: FakeClock
) -> None:
    kis.take(BUY)
    kis.failing["domestic_stock_order_resv_ccnl"] = KisUnavailable("KIS is away.", remedy="Try again.")
    with pytest.raises(KisUnavailable):
        await found(kis, clock, "1")


async def test_a_reservations_number_never_leads_to_an_order(kis: FakeKis, clock: FakeClock) -> None:
    kis.take(BUY)
    with pytest.raises(BadArgument, match="is a reservation"):
        await found(kis, clock, "R20260303-1")


async def test_the_old_number_of_a_changed_order_names_the_new_one(kis: FakeKis, clock: FakeClock) -> None:
    old = kis.take(BUY)
    kis.take({**BUY, "order_id": old, "action": "modify", "price": 69_000})
    kis.listed[0] |= {"remaining_quantity": 0}
    with pytest.raises(BadArgument, match=f"{old} of 005930 was changed: it is order 0000000002"):
        await found(kis, clock, old)
    assert (await found(kis, clock, "0000000002")).action is Action.MODIFY


async def journal_order(
    journal: SqlJournal, clock: FakeClock, name: str, *, number: str, action: Action, original: str | None = None
) -> None:
    order = replace(INTENT.order, action=action, original_order_id=original)
    tool = INTENT.tool if action is Action.NEW else "domestic_stock_order_rvsecncl"
    account = await journal.account_id(Account("12345678", "01"))
    await journal.propose(
        replace(INTENT, id=name, at=clock(), order=order, tool=tool, account_id=account, fingerprint=name)
    )
    await journal.claim(Send(intent_id=name, at=clock(), kis_at=clock()), same_since=clock())
    await journal.conclude(Outcome(intent_id=name, at=clock(), state="accepted", order_id=number, order_branch="00950"))
    clock.pass_by(seconds=1)


async def test_the_journal_serves_where_kis_lists_nothing(kis: FakeKis, clock: FakeClock, journal: SqlJournal) -> None:
    await journal_order(journal, clock, "a", number="0000000007", action=Action.NEW)
    own = tuple(await journaled_orders(journal, kis, clock()))
    order = await found(kis, clock, "0000000007", own)
    assert (order.branch, order.exchange, order.remaining_quantity) == ("00950", "krx", 10)
    assert not order.in_kis_list


async def test_the_journal_leads_from_a_changed_order_to_what_replaced_it_and_ends_with_its_cancel(
    kis: FakeKis, clock: FakeClock, journal: SqlJournal
) -> None:
    await journal_order(journal, clock, "a", number="0000000007", action=Action.NEW)
    await journal_order(journal, clock, "b", number="0000000008", action=Action.MODIFY, original="0000000007")
    own = tuple(await journaled_orders(journal, kis, clock()))
    assert [(order.order_id, order.status) for order in own] == [
        ("0000000007", PlacedStatus.AMENDED),
        ("0000000008", PlacedStatus.OPEN),
    ]
    with pytest.raises(BadArgument, match="it is order 0000000008"):
        await found(kis, clock, "0000000007", own)
    await journal_order(journal, clock, "c", number="0000000009", action=Action.CANCEL, original="0000000008")
    own = tuple(await journaled_orders(journal, kis, clock()))
    assert own[-1].status is PlacedStatus.CANCELLED


async def test_another_accounts_orders_do_not_serve(kis: FakeKis, clock: FakeClock, journal: SqlJournal) -> None:
    await journal_order(journal, clock, "a", number="0000000007", action=Action.NEW)
    kis.accounts = {"stock": Account("87654321", "01")}
    assert await journaled_orders(journal, kis, clock()) == []
