"""The audit of a chaos run of strategies finds what it is there to find."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.simulator.engine.model import Action, Auction, Fill, InForce, Order, Side
from kis_mcp.trading.journal import Intent, Record, Status
from kis_mcp.trading.order import Action as Wish, Order as Wanted
from tests.chaos.strategies.audit import Agreed, Evidence, audit
from tests.trading.mandates import mandate

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
SOON = timedelta(seconds=1)
LATE = timedelta(seconds=10)
AGREED = Agreed(
    run_id="R",
    mandate=mandate(id="M", at=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1)),
    shares=10,
    since=NOW - timedelta(hours=1),
)


def order(number: int = 1, **changes: Any) -> Order:
    plain: dict[str, Any] = {
        "number": f"{number:010}",
        "sequence": number,
        "account": "a",
        "symbol": "005930",
        "side": Side.BUY,
        "quantity": 10,
        "code": "00",
        "price": Decimal(70_000),
        "limit": Decimal(70_000),
        "trigger": None,
        "in_force": next(iter(InForce)),
        "auction": next(iter(Auction)),
        "venue": "KRX",
        "placed_at": NOW + SOON,
        "day": NOW.date(),
    }
    return Order(**{**plain, **changes})


def fill(number: int = 1, **changes: Any) -> Fill:
    plain: dict[str, Any] = {
        "sequence": number,
        "order": f"{number:010}",
        "account": "a",
        "symbol": "005930",
        "currency": "KRW",
        "side": Side.BUY,
        "quantity": 10,
        "price": Decimal(70_000),
        "at": NOW + 2 * SOON,
        "day": NOW.date(),
        "commission": Decimal(0),
        "tax": Decimal(0),
        "cost": Decimal(0),
        "settles_on": date(2026, 3, 6),
    }
    return Fill(**{**plain, **changes})


def record(number: int = 1, status: Status = Status.ACCEPTED, sent_at: datetime = NOW, **changes: Any) -> Record:
    said: dict[str, Any] = {"side": "buy", "symbol": "005930", "quantity": Decimal(10), "price": Decimal(70_000)}
    terms: dict[str, Any] = {"action": Wish.NEW, **said, **changes}
    wanted = Wanted(kis_title="", market="KR", **terms)
    intent = Intent(
        id=f"I{number}",
        at=sent_at,
        environment=Environment.REAL,
        account="",
        account_id="",
        tool="domestic_stock_order_cash",
        arguments={},
        order=wanted,
        fingerprint="f",
        idempotency_key=f"key {number}",
        mandate_id="M",
    )
    number_at_kis = f"{number:010}" if status is Status.ACCEPTED else None
    return Record(intent=intent, status=status, sent_at=sent_at, order_id=number_at_kis)


def found(
    orders: list[Order], records: list[Record], fills: list[Fill], held: int, agreed: Agreed = AGREED, **more: Any
) -> set[str]:
    evidence = Evidence(
        orders=orders,
        fills=fills,
        account=more.get("account", {"005930": held}),
        sent=more.get("sent", {each.number: f"I{each.sequence}" for each in orders}),
        others=more.get("others", set()),
        agreed=[agreed, *more.get("more_agreed", ())],
        records=records,
        candidates=more.get("candidates", {}),
        positions={("R", "005930"): held, **more.get("positions", {})},
        clocks=more.get("clocks", [(NOW - timedelta(hours=2), timedelta(0))]),
        late=LATE,
        leaps=more.get("leaps", ()),
    )
    return set(audit(evidence).all)


def under(**terms: Any) -> Agreed:
    return replace(AGREED, mandate=replace(AGREED.mandate, **terms))


def test_an_order_within_its_mandate_is_in_order() -> None:
    assert found([order()], [record()], [fill()], 10) == set()


def test_an_order_that_no_intent_explains_is_found() -> None:
    both = [order(), order(2)]
    assert found(both, [record()], [fill()], 10) == {"unknown_to_us"}
    assert found(both, [record()], [fill()], 10, sent={both[0].number: "I1"}) == {"unknown_to_us"}
    assert found(both, [record()], [fill()], 10, others={both[1].number}) == set()


def test_a_strategy_takes_back_only_what_it_ordered() -> None:
    taken_back = record(2, action=Wish.CANCEL, original_order_id="0000000001", price=None)
    cancel = order(2, action=Action.CANCEL, original="0000000001")
    assert found([order(), cancel], [record(), taken_back], [fill()], 10) == set()
    persons: dict[str, Any] = {"others": {"0000000001"}, "account": {"005930": 10}}
    assert found([order(), cancel], [taken_back], [fill()], 0, **persons, sent={cancel.number: "I2"}) == {"outside"}
    changed = order(2, action=Action.AMEND, original="0000000001")
    assert "outside" in found([order(), changed], [record(), taken_back], [fill()], 10)
    assert found([order(), cancel], [record()], [fill()], 10, others={cancel.number}) == set()


def test_two_orders_at_kis_for_one_intent_are_found_whatever_the_journal_says() -> None:
    both = [order(), order(2)]
    sent = {one.number: "I1" for one in both}
    roomy = replace(AGREED, shares=20)
    assert found(both, [record()], [fill(), fill(2)], 20, roomy, sent=sent) == {"doubled"}


def test_more_shares_than_the_document_ever_holds_are_a_second_order() -> None:
    both = [order(), order(2)], [record(), record(2)], [fill(), fill(2)]
    assert found(*both, 20, replace(AGREED, shares=20)) == set()
    assert found(*both, 20) == {"doubled"}


def test_two_intents_of_one_decision_are_found() -> None:
    twin = record(2, Status.REJECTED)
    twin = replace(twin, intent=replace(twin.intent, idempotency_key="key 1"))
    assert found([order()], [record(), twin], [fill()], 10) == {"doubled"}
    assert found([order()], [record(), replace(twin, sent_at=None)], [fill()], 10) == set()
    without_key = replace(record(), intent=replace(record().intent, idempotency_key=None))
    assert found([order()], [without_key], [fill()], 10) == {"doubled"}


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"symbols": ()}, "outside"),
        ({"sides": frozenset({"sell"})}, "outside"),
        ({"most_per_order": Decimal(699_999)}, "outside"),
        ({"most_in_all": Decimal(699_999)}, "too_much"),
        ({"orders_a_day": 0}, "too_many"),
        ({"until": NOW - SOON}, "after_the_end"),
    ],
)
def test_each_bound_of_the_mandate_is_looked_at(terms: dict[str, Any], fault: str) -> None:
    assert found([order()], [record()], [fill()], 10, under(**terms)) == {fault}


def test_what_is_held_counts_with_what_is_ordered_until_it_is_sold() -> None:
    orders = [order(), order(2, placed_at=NOW + 4 * SOON)]
    records = [record(), record(2, sent_at=NOW + 3 * SOON)]
    tight = replace(under(most_in_all=Decimal(1_000_000)), shares=20)
    assert found(orders, records, [fill()], 10, tight) == {"too_much"}
    sale = order(3, side=Side.SELL, price=Decimal(0), limit=None, placed_at=NOW + 3 * SOON)
    sold = fill(3, side=Side.SELL, at=NOW + 3 * SOON)
    assert found([*orders, sale], [*records, record(3, side="sell", price=None)], [fill(), sold], 0, tight) == set()


def test_what_a_person_cancelled_of_a_buy_is_not_bound_any_more() -> None:
    orders = [order(), order(2, placed_at=NOW + 4 * SOON)]
    records = [record(), record(2, sent_at=NOW + 3 * SOON)]
    cancel = order(3, action=Action.CANCEL, original="0000000001", placed_at=NOW + 2 * SOON)
    tight = under(most_in_all=Decimal(1_000_000))
    assert found(orders, records, [], 0, tight) == {"too_much"}
    assert found([*orders, cancel], records, [], 0, tight, others={cancel.number}) == set()


def test_an_order_after_somebody_ended_the_mandate_is_found() -> None:
    ended = replace(AGREED, ended_at=NOW - SOON)
    assert found([order()], [record()], [fill()], 10, replace(ended, ended_at=NOW - 3 * SOON)) == {"after_the_end"}
    on_its_way = replace(AGREED, ended_at=NOW + SOON / 2)
    assert found([order()], [record()], [fill()], 10, on_its_way) == set()
    much_later = order(placed_at=NOW + 2 * LATE)
    assert found([much_later], [record()], [fill()], 10, on_its_way) == {"after_the_end", "delayed"}


def test_time_that_passes_at_once_delays_what_is_on_its_way_and_nothing_else() -> None:
    span = timedelta(minutes=10)
    delayed = order(placed_at=NOW + SOON + span)
    ended = replace(AGREED, ended_at=NOW + SOON / 2)
    for agreed in (AGREED, ended):
        assert found([delayed], [record()], [fill()], 10, agreed, leaps=[(NOW + SOON / 2, span)]) == set()
    for at in (NOW - 2 * LATE, NOW + 2 * SOON):
        assert found([delayed], [record()], [fill()], 10, leaps=[(at, span)]) == {"delayed"}


def test_an_order_before_somebody_agreed_to_its_mandate_is_found_whatever_the_servers_clock_showed_then() -> None:
    at_once = replace(under(at=NOW + timedelta(minutes=10)), since=NOW)
    assert found([order()], [record()], [fill()], 10, at_once) == set()
    later = replace(AGREED, since=NOW + 3 * SOON)
    assert found([order()], [record()], [fill()], 10, later) == {"after_the_end"}


def test_a_mandate_ends_by_the_clock_of_the_servers_and_by_a_person_at_that_moment() -> None:
    clocks = [(NOW - timedelta(hours=2), timedelta(0)), (NOW - 5 * LATE, timedelta(minutes=10))]
    ahead = record(sent_at=NOW + timedelta(minutes=10))
    over = under(until=NOW + timedelta(minutes=5))
    assert found([order()], [ahead], [fill()], 10, clocks=clocks) == set()
    assert found([order()], [ahead], [fill()], 10, over, clocks=clocks) == {"after_the_end"}
    assert found([order()], [record()], [fill()], 10, clocks=clocks) == {"delayed"}
    ended = replace(AGREED, ended_at=NOW - 3 * SOON)
    assert found([order()], [ahead], [fill()], 10, ended, clocks=clocks) == {"after_the_end"}
    on_its_way = [*clocks[:1], (NOW, timedelta(seconds=-5))]
    assert found([order()], [record()], [fill()], 10, clocks=on_its_way) == set()


def test_orders_count_by_the_day_of_the_servers_clock() -> None:
    midnight = datetime(2026, 3, 5, tzinfo=KST)
    agreed = replace(under(orders_a_day=1, until=midnight + timedelta(hours=1)), shares=20)
    orders = [order(1, placed_at=midnight + SOON), order(2, placed_at=midnight + 2 * SOON)]
    fills = [fill(1), fill(2)]
    days = [record(1, sent_at=midnight - SOON), record(2, sent_at=midnight + SOON)]
    assert found(orders, days, fills, 20, agreed) == set()
    one_day = [record(1, sent_at=midnight), record(2, sent_at=midnight + SOON)]
    assert found(orders, one_day, fills, 20, agreed) == {"too_many"}


@pytest.mark.parametrize(
    ("status", "fault"),
    [(Status.ACCEPTED, {"imagined"}), (Status.UNKNOWN, {"unsettled"}), (Status.NOT_ACCEPTED, set[str]())],
)
def test_what_the_journal_says_of_an_order_that_kis_lacks(status: Status, fault: set[str]) -> None:
    assert found([], [record(status=status)], [], 0) == fault


def test_what_the_journal_says_of_an_order_that_kis_has() -> None:
    assert found([order()], [record(status=Status.NOT_ACCEPTED)], [fill()], 10) == {"denied"}
    assert found([order()], [record(status=Status.UNKNOWN)], [fill()], 10) == {"unsettled"}
    told = {"I1": ("0000000001",)}
    assert found([order()], [record(status=Status.UNKNOWN)], [fill()], 10, candidates=told) == set()
    assert "imagined" in found([order(quantity=9)], [record()], [fill()], 10)


def test_another_order_that_the_journal_takes_for_its_own_is_found() -> None:
    persons = order(2)
    wrong = replace(record(), order_id=persons.number)
    both: dict[str, Any] = {"account": {"005930": 20}, "others": {persons.number}, "sent": {"0000000001": "I1"}}
    assert found([order(), persons], [record()], [fill(), fill(2)], 10, **both) == set()
    assert found([order(), persons], [wrong], [fill(), fill(2)], 10, **both) == {"mistaken"}


def test_which_of_two_equal_orders_arrived_nobody_can_tell() -> None:
    """KIS has the first one's order, and the journal gives it to the second."""
    one, other = record(status=Status.NOT_ACCEPTED), replace(record(2), order_id=order().number)
    sent = {"0000000001": "I1"}
    assert found([order()], [one, other], [fill()], 10, sent=sent) == set()
    unlike = replace(other, intent=replace(other.intent, fingerprint="another"))
    assert found([order()], [one, unlike], [fill()], 10, sent=sent) == {"mistaken", "denied"}
    later = replace(other, sent_at=NOW + timedelta(minutes=5))
    assert found([order()], [one, later], [fill()], 10, sent=sent) == {"mistaken", "denied"}
    both = replace(one, status=Status.ACCEPTED, order_id=order().number)
    assert found([order()], [both, other], [fill()], 10, sent=sent) == {"mistaken"}


@pytest.mark.parametrize("held", [0, 9, 11])
def test_a_position_that_is_not_what_kis_filled_is_found(held: int) -> None:
    assert found([order()], [record()], [fill()], held) == {"position"}
    assert found([order()], [record()], [fill()], 10, account={"005930": held}) == {"account"}


def test_each_of_two_strategies_on_one_instrument_holds_its_own() -> None:
    twin = Agreed(run_id="T", mandate=replace(AGREED.mandate, id="N", strategy="twin"), shares=10, since=AGREED.since)
    second = record(2)
    second = replace(second, intent=replace(second.intent, mandate_id="N"))
    orders, records = [order(), order(2, quantity=4)], [record(), second]
    records[1] = replace(second, intent=replace(second.intent, order=replace(second.intent.order, quantity=Decimal(4))))
    fills = [fill(), fill(2, quantity=4)]

    def sides(one: int, other: int) -> set[str]:
        own = {("T", "005930"): other}
        return found(orders, records, fills, one, more_agreed=[twin], positions=own, account={"005930": 14})

    assert sides(10, 4) == set()
    assert sides(4, 10) == {"position"}
    assert sides(10, 3) == {"position", "account"}
