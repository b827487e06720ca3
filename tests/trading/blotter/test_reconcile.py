from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog.decode import Decoded
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.transport import CONNECT_SECONDS
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedOrders, PlacedStatus
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER, DOUBTFUL, EARLIEST, LATEST, Reconciler, match
from kis_mcp.trading.desk.sending import ORDER_LEAVES_WITHIN
from kis_mcp.trading.journal import Intent, Outcome, Record, Send, Status
from kis_mcp.trading.order import Action, Order
from tests.trading.fakes import CATALOG, FakeClock, FakeKis

SENT = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
LATER = SENT + CERTAIN_AFTER
INTENT = Intent(
    id="1",
    at=SENT,
    environment=Environment.SIM,
    account="12****78-01",
    account_id="a",
    tool="domestic_stock_order_cash",
    arguments={},
    order=Order(
        kis_title="주식주문(현금)",
        action=Action.NEW,
        market="KR",
        symbol="005930",
        side="buy",
        quantity=Decimal(10),
        price=Decimal(70000),
    ),
    fingerprint="f",
)
PLACED = PlacedOrder(
    order_id="0000000007",
    market="KR",
    exchange="krx",
    currency="KRW",
    symbol="005930",
    name="삼성전자",
    side="buy",
    quantity=Decimal(10),
    filled_quantity=Decimal(0),
    remaining_quantity=Decimal(10),
    price=Decimal(70000),
    average_fill_price=None,
    status=PlacedStatus.OPEN,
    ordered_at=SENT + timedelta(seconds=1),
)
CANCEL = replace(INTENT, order=replace(INTENT.order, action=Action.CANCEL, price=None, original_order_id="7"))


EIGHT = replace(PLACED, order_id="0000000008", ordered_at=SENT + timedelta(seconds=2))


def other(
    status: Status, order_id: str | None = None, *, sent_at: datetime = SENT, fingerprint: str = "f", id: str = "2"
) -> Record:
    """Another intent for the same order."""
    intent = replace(INTENT, id=id, fingerprint=fingerprint)
    return Record(intent=intent, status=status, sent_at=sent_at, order_id=order_id)


def lost(intent: Intent = INTENT) -> Record:
    return Record(intent=intent, status=Status.UNKNOWN, sent_at=SENT)


def conclusion(
    *orders: PlacedOrder,
    intent: Intent = INTENT,
    others: tuple[Record, ...] = (),
    complete: bool = True,
    now: datetime = LATER,
) -> tuple[str, str | None]:
    found = match(CATALOG, lost(intent), PlacedOrders(orders, complete), others=others, now=now)
    return found.conclusion, found.order_id


def test_the_one_order_that_fits_is_it_at_once() -> None:
    assert conclusion(PLACED, now=SENT) == ("accepted", "0000000007")
    assert conclusion(PLACED, complete=False) == ("accepted", "0000000007")


@pytest.mark.parametrize(
    "change",
    [
        {"symbol": "000660"},
        {"side": "sell"},
        {"quantity": Decimal(11)},
        {"price": Decimal(70100)},
        {"action": Action.MODIFY},
        {"ordered_at": SENT - DOUBTFUL - timedelta(seconds=1)},
    ],
)
def test_an_order_that_differs_is_not_it(change: dict[str, object]) -> None:
    assert conclusion(replace(PLACED, **change)) == ("not_accepted", None)  # pyright: ignore[reportArgumentType]


def test_several_that_fit_leave_it_open() -> None:
    assert conclusion(PLACED, EIGHT) == ("unresolved", None)


def test_an_order_of_another_intent_does_not_count() -> None:
    assert conclusion(PLACED, EIGHT, others=(other(Status.ACCEPTED, "8"),)) == ("accepted", "0000000007")
    assert conclusion(PLACED, others=(other(Status.ACCEPTED, "0000000007"),)) == ("not_accepted", None)


@pytest.mark.parametrize("status", [Status.SENT, Status.UNKNOWN])
def test_an_order_that_may_be_another_intents_is_left_open_while_that_one_may_be_on_its_way(status: Status) -> None:
    just_sent = other(status, sent_at=LATER - CERTAIN_AFTER + timedelta(seconds=1))
    assert conclusion(PLACED, others=(just_sent,)) == ("unresolved", None)
    assert conclusion(PLACED, EIGHT, others=(just_sent,)) == ("unresolved", None)


def unknown_at(seconds: float, id: str = "2") -> Record:
    return other(Status.UNKNOWN, sent_at=SENT + timedelta(seconds=seconds), id=id)


def placed_at(seconds: int) -> PlacedOrder:
    return replace(PLACED, order_id=str(seconds), ordered_at=SENT + timedelta(seconds=seconds))


def test_of_unknown_intents_for_the_same_order_each_takes_its_own() -> None:
    def own(*orders: PlacedOrder, rival: float) -> str | None:
        return conclusion(*orders, others=(unknown_at(rival),), now=LATER + timedelta(minutes=5))[1]

    told = match(
        CATALOG, lost(INTENT), PlacedOrders((PLACED,), True), others=(unknown_at(0),), now=LATER + timedelta(minutes=5)
    ).message
    assert told.endswith("which of them this is, only their times tell.")
    assert own(PLACED, EIGHT, rival=0) == own(EIGHT, PLACED, rival=0) == "0000000007"
    assert own(PLACED, rival=0) == "0000000007"
    assert own(placed_at(1), rival=-150) == "1", "it was sent just before the order"
    assert own(placed_at(1), rival=30) == "1", "the other was sent after the order"
    assert own(placed_at(31), rival=30) is None, "the other was sent just before the order"
    assert own(placed_at(0), rival=0.5) is None, "KIS writes whole seconds: the other may be the last before the order"
    assert own(placed_at(1), placed_at(31), rival=30) == "1"
    assert own(placed_at(-40), rival=10) == "-40", "this machine's clock was wrong"
    assert own(placed_at(-40), placed_at(30), rival=70) == "-40"


def test_like_intents_stay_open_where_an_order_must_be_somebody_elses() -> None:
    both = unknown_at(170), unknown_at(172, "3")
    much_later = LATER + timedelta(minutes=5)
    assert conclusion(placed_at(1), placed_at(2), placed_at(3), others=both[:1], now=much_later)[0] == "unresolved"
    orders = placed_at(1), placed_at(2), placed_at(175)
    assert conclusion(*orders, others=both, now=much_later)[0] == "unresolved", "one intent alone was sent before two"
    assert conclusion(PLACED, others=(other(Status.UNKNOWN, fingerprint="g"),))[0] == "unresolved"


def test_like_intents_stay_open_while_one_that_a_rival_has_for_a_rival_may_be_on_its_way() -> None:
    orders, others = (placed_at(150), placed_at(320)), (unknown_at(170), unknown_at(330, "3"))
    last = SENT + timedelta(seconds=330) + CERTAIN_AFTER
    assert conclusion(*orders, others=others, now=last - timedelta(seconds=1)) == ("unresolved", None)
    assert conclusion(*orders, others=others, now=last) == ("accepted", "150")


@st.composite
def lost_answers(draw: st.DrawFn) -> tuple[list[Record], dict[str, PlacedOrder]]:
    """Like intents whose answers were lost, and the orders that some of them became, by intent."""
    ahead = timedelta(seconds=draw(st.integers(-4_000, 4_000)))
    records, sent = list[Record](), dict[str, PlacedOrder]()
    longest = ORDER_LEAVES_WITHIN // timedelta(milliseconds=1)
    for number, at in enumerate(draw(st.lists(st.integers(0, 400_000), min_size=1, max_size=5, unique=True))):
        sent_at = SENT + timedelta(milliseconds=at)
        intent = replace(INTENT, id=str(number))
        records.append(Record(intent=intent, status=Status.UNKNOWN, sent_at=sent_at + ahead, kis_sent_at=sent_at))
        if draw(st.booleans()):
            came = sent_at + timedelta(milliseconds=draw(st.integers(0, longest)))
            sent[intent.id] = replace(PLACED, order_id=str(number + 1), ordered_at=came.replace(microsecond=0))
    return records, sent


def may_have_sent(record: Record, order: PlacedOrder) -> bool:
    assert record.kis_sent_at is not None and order.ordered_at is not None
    return record.kis_sent_at.replace(microsecond=0) <= order.ordered_at <= record.kis_sent_at + ORDER_LEAVES_WITHIN


@given(lost_answers(), st.randoms(use_true_random=False))
def test_each_order_is_given_to_the_intent_that_sent_it_wherever_times_tell(
    lost_ones: tuple[list[Record], dict[str, PlacedOrder]], chance: Random
) -> None:
    records, sent = lost_ones
    now = SENT + timedelta(seconds=400) + CERTAIN_AFTER
    settled = {record.intent.id: record for record in records}
    for _ in records:
        for intent in chance.sample(sorted(settled), len(settled)):
            if (record := settled[intent]).status is Status.UNKNOWN:
                others = [other for other in settled.values() if other is not record and other.status.may_stand]
                found = match(CATALOG, record, PlacedOrders(tuple(sent.values()), True), others=others, now=now)
                status = Status.UNKNOWN if found.conclusion == "unresolved" else Status(found.conclusion)
                settled[intent] = replace(record, status=status, order_id=found.order_id)
    given_to = {record.order_id: record for record in settled.values() if record.status is Status.ACCEPTED}
    assert Counter(record.status for record in settled.values()) == Counter(
        {Status.ACCEPTED: len(sent), Status.NOT_ACCEPTED: len(records) - len(sent)}
    )
    assert set(given_to) == {order.order_id for order in sent.values()}, "each to one, and all of them"
    ways = [
        way
        for way in permutations(records, len(sent))
        if all(may_have_sent(record, order) for record, order in zip(way, sent.values(), strict=True))
    ]
    for place, order in enumerate(sent.values()):
        assert may_have_sent(given_to[order.order_id], order)
        assert given_to[order.order_id].intent.id in {way[place].intent.id for way in ways}


@pytest.mark.parametrize(
    "ordered_at", [SENT - EARLIEST - timedelta(seconds=1), SENT + LATEST + timedelta(seconds=1), None]
)
def test_an_order_outside_the_window_is_neither_it_nor_proof_of_absence(ordered_at: datetime | None) -> None:
    assert conclusion(replace(PLACED, ordered_at=ordered_at)) == ("unresolved", None)
    assert conclusion(PLACED, replace(PLACED, order_id="8", ordered_at=ordered_at)) == ("accepted", "0000000007")


def test_absence_counts_only_from_a_whole_list_read_late_enough() -> None:
    assert conclusion() == ("not_accepted", None)
    assert conclusion(complete=False) == ("unresolved", None)
    assert conclusion(now=LATER - timedelta(seconds=1)) == ("unresolved", None)


def test_absence_is_certain_only_when_the_order_can_leave_no_more() -> None:
    slowest = timedelta(seconds=CONNECT_SECONDS + 2 * Connection(Environment.REAL, "", "k", "s", 0).timeout_seconds)
    assert ORDER_LEAVES_WITHIN + slowest < CERTAIN_AFTER


def test_a_cancel_is_found_by_its_own_row() -> None:
    row = replace(PLACED, order_id="0000000009", original_order_id="0000000007", action=Action.CANCEL, price=None)
    assert conclusion(PLACED, row, intent=CANCEL) == ("accepted", "0000000009")
    assert conclusion(PLACED, intent=CANCEL) == ("not_accepted", None)


def test_an_order_that_has_ended_is_no_proof_that_our_cancel_was_taken_and_leaves_it_nothing_to_do() -> None:
    ended = replace(PLACED, status=PlacedStatus.CANCELLED, remaining_quantity=Decimal(0))
    found = match(CATALOG, lost(CANCEL), PlacedOrders((ended,), True), others=(), now=SENT)
    assert (found.conclusion, found.order_id) == ("needless", None)
    assert "Order 0000000007 has ended" in found.message
    assert conclusion(ended, intent=CANCEL, complete=False) == ("unresolved", None), "another row may tell more"
    row = replace(PLACED, order_id="0000000009", original_order_id="0000000007", action=Action.CANCEL, price=None)
    late = replace(row, ordered_at=SENT + LATEST + timedelta(minutes=5))
    assert conclusion(ended, late, intent=CANCEL) == ("needless", None)
    assert conclusion(ended, row, intent=CANCEL, others=(other(Status.ACCEPTED, "9"),)) == ("needless", None)
    assert conclusion(ended, row, intent=CANCEL) == ("accepted", "0000000009")


def test_an_order_that_lives_on_under_another_number_has_not_ended() -> None:
    old = replace(PLACED, status=PlacedStatus.CANCELLED, remaining_quantity=Decimal(0))
    change = replace(EIGHT, action=Action.MODIFY, original_order_id="7")
    placed = PlacedOrders.of([old, change])
    assert [order.status for order in placed.orders] == [PlacedStatus.AMENDED, PlacedStatus.OPEN]
    assert conclusion(*placed.orders, intent=CANCEL) == ("not_accepted", None)
    elsewhere = PlacedOrders.of([old, replace(change, symbol="000660")])
    assert elsewhere.orders[0].status is PlacedStatus.CANCELLED


@pytest.mark.parametrize("status", [PlacedStatus.FILLED, PlacedStatus.AMENDED, PlacedStatus.REJECTED])
def test_a_cancel_of_an_order_that_was_filled_or_changed_waits_for_certainty(status: PlacedStatus) -> None:
    ended = replace(PLACED, status=status, remaining_quantity=Decimal(0))
    assert conclusion(ended, intent=CANCEL, now=SENT) == ("unresolved", None)
    assert conclusion(ended, intent=CANCEL) == ("not_accepted", None)


def test_a_reservations_cancel_is_ours_if_kis_got_it_just_then() -> None:
    cancel = replace(CANCEL, tool="domestic_stock_order_resv_rvsecncl")
    ended = replace(PLACED, session="reserved", status=PlacedStatus.CANCELLED)
    for seconds, verdict in ((2, "accepted"), (-90, "needless"), (400, "needless")):
        at = SENT + timedelta(seconds=seconds)
        assert conclusion(replace(ended, cancelled_at=at), intent=cancel, now=SENT) == (verdict, None)
    assert conclusion(ended, intent=cancel, now=SENT) == ("needless", None), "KIS gives no time"


def test_a_cancel_is_not_taken_for_that_of_an_order_with_the_same_number_elsewhere() -> None:
    elsewhere = replace(PLACED, symbol="00700", status=PlacedStatus.CANCELLED)
    assert conclusion(elsewhere, PLACED, intent=CANCEL) == ("not_accepted", None)
    cancelled = replace(PLACED, status=PlacedStatus.CANCELLED)
    assert conclusion(replace(elsewhere, status=PlacedStatus.OPEN), cancelled, intent=CANCEL)[0] == "needless"


def test_a_cancel_is_not_taken_for_that_of_another_days_order_with_the_same_number() -> None:
    earlier = replace(PLACED, status=PlacedStatus.CANCELLED, ordered_at=SENT - timedelta(days=11))
    later = replace(PLACED, status=PlacedStatus.CANCELLED, ordered_at=SENT + timedelta(days=1))
    assert conclusion(earlier, PLACED, later, intent=CANCEL) == ("not_accepted", None)
    cancelled = replace(PLACED, status=PlacedStatus.CANCELLED)
    assert conclusion(replace(earlier, status=PlacedStatus.OPEN), cancelled, intent=CANCEL)[0] == "needless"


def test_a_reservations_cancel_is_known_by_its_day() -> None:
    february = SENT - timedelta(days=11)
    old = replace(PLACED, status=PlacedStatus.CANCELLED, order_date=date(2026, 2, 20), ordered_at=february)
    new = replace(PLACED, order_date=date(2026, 3, 3))
    cancel = replace(CANCEL, arguments={"reservation_date": "2026-03-03"})
    assert conclusion(old, new, intent=cancel) == ("not_accepted", None)
    booked_that_day = replace(old, order_date=date(2026, 3, 9), ordered_at=SENT - timedelta(hours=1))
    ours = replace(PLACED, order_date=date(2026, 3, 3), ordered_at=february)
    assert conclusion(booked_that_day, ours, intent=cancel) == ("not_accepted", None), "the other of that number ended"


def test_a_change_of_all_that_is_open_is_found_though_some_of_it_was_filled_meanwhile() -> None:
    changed = replace(CANCEL.order, action=Action.MODIFY, price=Decimal(69900))
    change = replace(CANCEL, order=changed, arguments={"all_remaining": True})
    row = replace(
        PLACED,
        order_id="0000000009",
        original_order_id="0000000007",
        action=Action.MODIFY,
        price=Decimal(69900),
        quantity=Decimal(4),
    )
    assert conclusion(PLACED, row, intent=change) == ("accepted", "0000000009")
    assert conclusion(PLACED, row, intent=replace(change, arguments={"quantity": "10"})) == ("not_accepted", None)


placed_orders = st.builds(
    lambda number, seconds, quantity: replace(
        PLACED, order_id=f"{number:010}", ordered_at=SENT + timedelta(seconds=seconds), quantity=Decimal(quantity)
    ),
    st.integers(1, 5),
    st.integers(-4000, 400),
    st.sampled_from([10, 11]),
)


@given(st.lists(placed_orders, max_size=5, unique_by=lambda order: order.order_id), st.booleans())
def test_whatever_is_listed_an_absent_order_is_never_called_present_nor_a_present_one_absent(
    orders: list[PlacedOrder], complete: bool
) -> None:
    verdict, order_id = conclusion(*orders, complete=complete)
    like = [
        order for order in orders if order.quantity == 10 and order.ordered_at and order.ordered_at >= SENT - DOUBTFUL
    ]
    if verdict == "accepted":
        assert order_id in {order.order_id for order in like}
    elif verdict == "not_accepted":
        assert complete
        assert like == []


class _BlankKis(FakeKis):
    """Lists nothing, as demo was measured to do."""

    totals: Mapping[str, object] = {}

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        self.asked = arguments
        return Decoded({"orders": self.listed, "totals": dict(self.totals)})


async def _unknown(journal: SqlJournal, sent_at: datetime, kis_sent_at: datetime | None) -> Record:
    order = replace(INTENT, at=sent_at, account_id=await journal.account_id(Account("12345678", "01")))
    await journal.propose(order)
    await journal.claim(Send(intent_id=order.id, at=sent_at, kis_at=kis_sent_at), same_since=sent_at)
    return await journal.conclude(Outcome(intent_id=order.id, at=sent_at, state="unknown"))


async def test_a_list_whose_total_contradicts_its_rows_proves_nothing(journal: SqlJournal, clock: FakeClock) -> None:
    kis = _BlankKis(clock)
    kis.totals = {"total_order_quantity": 1}
    record = await _unknown(journal, clock(), clock())
    clock.pass_by(hours=3)
    assert (await Reconciler(kis, journal, clock=clock).settle(record)).status is Status.UNKNOWN
    kis.totals = {}
    assert (await Reconciler(kis, journal, clock=clock).settle(record)).status is Status.NOT_ACCEPTED


async def test_demos_day_list_never_proves_absence(journal: SqlJournal, clock: FakeClock) -> None:
    kis = _BlankKis(clock, environment=Environment.DEMO)
    record = await _unknown(journal, clock(), clock())
    clock.pass_by(hours=3)
    assert (await Reconciler(kis, journal, clock=clock).settle(record)).status is Status.UNKNOWN


@pytest.mark.parametrize("wrong", [timedelta(hours=hours) for hours in (-72, -25, -1, 1, 25, 72)], ids=str)
async def test_a_wrong_clock_neither_hides_an_order_nor_hurries_its_absence(
    journal: SqlJournal, clock: FakeClock, wrong: timedelta
) -> None:
    at_kis, clock.now = clock(), clock() + wrong
    kis = _BlankKis(clock, clock_error=-wrong)
    record = await _unknown(journal, clock(), at_kis)
    reconciler = Reconciler(kis, journal, clock=clock)
    clock.pass_by(seconds=CERTAIN_AFTER.total_seconds() - 1)
    assert (await reconciler.settle(record)).status is Status.UNKNOWN
    assert kis.asked["end_date"] == (at_kis + CERTAIN_AFTER).date()
    clock.now = at_kis
    kis.take({"price": Decimal(70000), "quantity": Decimal(10)})
    clock.now = at_kis + wrong + timedelta(minutes=2)
    settled = await reconciler.settle(record)
    assert (settled.status, settled.order_id) == (Status.ACCEPTED, "0000000001")


async def test_absence_never_counts_where_kis_told_no_time(journal: SqlJournal, clock: FakeClock) -> None:
    record = await _unknown(journal, clock(), None)
    clock.pass_by(hours=3)
    assert (await Reconciler(_BlankKis(clock), journal, clock=clock).settle(record)).status is Status.UNKNOWN


async def test_an_order_that_turns_up_late_is_reopened_loudly(journal: SqlJournal, clock: FakeClock) -> None:
    kis = _BlankKis(clock)
    record = await _unknown(journal, clock(), clock())
    reconciler = Reconciler(kis, journal, clock=clock)
    sent_at = clock()
    clock.pass_by(seconds=CERTAIN_AFTER.total_seconds())
    record = await reconciler.settle(record)
    assert record.status is Status.NOT_ACCEPTED
    assert [found.intent.id for found in await reconciler.called_absent()] == [record.intent.id]
    clock.now, later = sent_at, clock()
    kis.take({"price": Decimal(70000), "quantity": Decimal(10)})
    clock.now = later
    reopened = await reconciler.settle(record)
    assert (reopened.status, reopened.order_id) == (Status.ACCEPTED, "0000000001")
    assert "STANDS AT KIS" in reopened.message
