"""What an order has come to by notices: never more than was told, whatever comes twice or in another order."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.market import OrderNotice
from kis_mcp.trading.blotter.after_notices import after_notices, moment_of, notes_on_notices, notified_order
from kis_mcp.trading.blotter.notice_book import NoticeBook
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus, order_key
from tests.trading.blotter.test_reconcile import PLACED
from tests.trading.notice_fakes import fill, notice

AT = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
KEY = order_key("KR", "1", "005930")
NO_ERROR = timedelta()


def seconds(passed: int) -> datetime:
    return AT + timedelta(seconds=passed)


OPEN = replace(PLACED, order_id="0000000001", branch="06010", ordered_at=AT)


def stand(*notices: OrderNotice, placed: PlacedOrder = OPEN) -> tuple[PlacedStatus, int, int]:
    after = after_notices(placed, notices)
    return after.status, int(after.filled_quantity), int(after.remaining_quantity)


def cancel(quantity: int, order_id: str = "0000000002", action: str = "cancel") -> OrderNotice:
    return notice("confirmed", AT, order_id, action=action, original_order_id="0000000001", quantity=quantity)


@pytest.mark.parametrize(
    ("notices", "expected"),
    [
        ((), (PlacedStatus.OPEN, 0, 10)),
        ((notice("accepted", AT),), (PlacedStatus.OPEN, 0, 10)),
        ((fill(4, AT),), (PlacedStatus.PARTLY_FILLED, 4, 6)),
        ((fill(4, AT), fill(4, AT)), (PlacedStatus.PARTLY_FILLED, 4, 6)),
        ((fill(4, AT), fill(6, seconds(1))), (PlacedStatus.FILLED, 10, 0)),
        ((fill(4, AT), cancel(6)), (PlacedStatus.CANCELLED, 4, 0)),
        ((cancel(6), fill(4, AT)), (PlacedStatus.CANCELLED, 4, 0)),
        ((cancel(6),), (PlacedStatus.OPEN, 0, 4)),
        ((cancel(6), cancel(6)), (PlacedStatus.OPEN, 0, 4)),
        ((cancel(10, action="modify"),), (PlacedStatus.AMENDED, 0, 0)),
        ((replace(cancel(10), event="accepted"),), (PlacedStatus.OPEN, 0, 10)),
        ((replace(cancel(10), event="rejected"),), (PlacedStatus.OPEN, 0, 10)),
        ((notice("rejected", AT),), (PlacedStatus.REJECTED, 0, 0)),
        ((fill(4, AT), notice("lapsed", AT)), (PlacedStatus.CANCELLED, 4, 0)),
        ((fill(1, AT, filled_so_far=7),), (PlacedStatus.PARTLY_FILLED, 7, 3)),
        ((fill(4, AT, order_id="0000000009"),), (PlacedStatus.OPEN, 0, 10)),
        ((replace(fill(10, AT), quantity=Decimal(30)),), (PlacedStatus.PARTLY_FILLED, 10, 10)),
    ],
)
def test_an_open_order_moves_as_its_notices_say(
    notices: tuple[OrderNotice, ...], expected: tuple[PlacedStatus, int, int]
) -> None:
    assert stand(*notices) == expected


def test_what_the_list_says_more_stays() -> None:
    listed = replace(OPEN, filled_quantity=Decimal(7), remaining_quantity=Decimal(3), status=PlacedStatus.PARTLY_FILLED)
    listed = replace(listed, average_fill_price=Decimal(69950))
    assert after_notices(listed, [fill(4, AT)]) is listed
    ended = replace(OPEN, remaining_quantity=Decimal(0), status=PlacedStatus.CANCELLED)
    assert after_notices(ended, [fill(10, AT)]) is ended


def test_the_average_price_is_of_the_fills_that_were_told_and_of_none_without_a_price() -> None:
    after = after_notices(OPEN, [fill(4, AT, 69900), fill(2, seconds(1), 70000)])
    assert after.average_fill_price == Decimal("69933.3333")
    assert after.notified_at == seconds(1)
    unpriced = replace(fill(2, seconds(1)), fill_price=None)
    assert after_notices(OPEN, [fill(4, AT), unpriced]).average_fill_price is None


def test_an_order_placed_elsewhere_is_told_from_its_notices_and_said_to_be() -> None:
    order = notified_order(KEY, [fill(4, seconds(30)), notice("accepted", seconds(1))], NO_ERROR)
    assert order is not None
    assert (order.key, order.side, order.quantity, order.price) == (KEY, "buy", 10, 70000)
    assert (order.status, order.filled_quantity, order.ordered_at) == (PlacedStatus.PARTLY_FILLED, 4, seconds(1))
    assert not order.in_kis_list
    assert notes_on_notices([order]) == [
        "As KIS notified them, newer than its list of orders: 0000000001 at 10:00:01.",
        "Placed elsewhere, as far as this server's journal tells: 0000000001.",
    ]
    assert notified_order(KEY, [replace(fill(4, AT), quantity=None)], NO_ERROR) is None


def test_the_moment_is_the_time_that_kis_says_nearest_to_when_it_came() -> None:
    midnight = datetime(2026, 3, 4, 0, 0, 1, tzinfo=KST)
    late = replace(notice("accepted", midnight), kis_time=time(23, 59, 59))
    assert moment_of(late, NO_ERROR) == midnight - timedelta(seconds=2)
    assert moment_of(replace(late, kis_time=None), timedelta(seconds=5)) == midnight + timedelta(seconds=5)


def test_a_notice_of_yesterdays_order_with_the_same_number_does_not_count_today() -> None:
    book = NoticeBook()
    yesterday = AT - timedelta(hours=17)
    book.add([fill(10, yesterday), fill(3, AT)])
    assert book.of(KEY, AT) == [fill(3, AT)]
    assert len(book.add([fill(10, AT + timedelta(hours=20))])) == 1


ORDERED = 10


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[OrderNotice], PlacedStatus]:
    """All that KIS tells of an order from its acceptance to its end, and how it ends."""
    fills = draw(st.lists(st.integers(1, 5), max_size=5))
    while sum(fills) > ORDERED:
        fills.pop()
    told = [notice("accepted", AT), notice("confirmed", AT), *(fill(one, seconds(n)) for n, one in enumerate(fills))]
    rest = ORDERED - sum(fills)
    if rest == 0:
        return told, PlacedStatus.FILLED
    end = draw(st.sampled_from(["cancel", "modify", "lapsed"] + (["rejected"] if not fills else [])))
    if end in ("lapsed", "rejected"):
        told.append(notice(end, seconds(99)))
        return told, PlacedStatus.CANCELLED if end == "lapsed" else PlacedStatus.REJECTED
    told += [replace(cancel(rest, action=end), event="accepted"), cancel(rest, action=end)]
    return told, PlacedStatus.CANCELLED if end == "cancel" else PlacedStatus.AMENDED


@given(lives(), st.data())
def test_no_notice_lost_told_twice_or_out_of_order_leads_to_a_wrong_end_or_to_more_than_was_filled(
    life: tuple[list[OrderNotice], PlacedStatus], data: st.DataObject
) -> None:
    told, end = life
    came = data.draw(st.lists(st.sampled_from(told), max_size=20))
    book = NoticeBook()
    most = 0
    for one in came:
        book.add([one])
        after = after_notices(OPEN, book.of(KEY, AT))
        assert most <= after.filled_quantity <= sum(int(each.fill_quantity or 0) for each in told) <= ORDERED
        assert after.filled_quantity + after.remaining_quantity <= ORDERED
        assert after.status.is_open or after.status is end
        most = int(after.filled_quantity)
    if {each.digest for each in told} == {each.digest for each in came}:
        assert after_notices(OPEN, book.of(KEY, AT)).status is end
    everything = data.draw(st.permutations(told))
    book.add(everything)
    assert after_notices(OPEN, book.of(KEY, AT)).status is end
