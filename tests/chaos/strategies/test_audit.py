"""The audit of a chaos run of strategies finds what it is there to find."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.simulator.engine.model import Auction, Fill, InForce, Order, Side
from kis_mcp.trading.journal import Intent, Record, Status
from kis_mcp.trading.order import Action
from kis_mcp.trading.order import Order as Wanted
from tests.chaos.strategies.audit import Agreed, Evidence, audit
from tests.trading.mandates import mandate

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
SOON = timedelta(seconds=1)
LATE = timedelta(seconds=10)
AGREED = Agreed(
    run_id="R",
    mandate=mandate(id="M", at=NOW - timedelta(hours=1), until=NOW + timedelta(hours=1)),
    shares=10,
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
    wanted = Wanted(kis_title="", action=Action.NEW, market="KR", **{**said, **changes})
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
        agreed=[agreed],
        records=records,
        candidates=more.get("candidates", {}),
        positions={("R", "005930"): held},
        late=LATE,
    )
    return set(audit(evidence).all)


def under(**terms: Any) -> Agreed:
    return replace(AGREED, mandate=replace(AGREED.mandate, **terms))


def test_an_order_within_its_mandate_is_in_order() -> None:
    assert found([order()], [record()], [fill()], 10) == set()


def test_an_order_that_no_intent_explains_is_found() -> None:
    assert found([order(), order(2)], [record()], [fill()], 10) == {"unknown_to_us"}


def test_more_shares_than_the_document_ever_holds_are_a_second_order() -> None:
    both = [order(), order(2)], [record(), record(2)], [fill(), fill(2)]
    assert found(*both, 20, replace(AGREED, shares=20)) == set()
    assert found(*both, 20) == {"doubled"}


def test_two_intents_of_one_decision_are_found() -> None:
    twin = record(2, Status.REJECTED)
    twin = replace(twin, intent=replace(twin.intent, idempotency_key="key 1"))
    assert found([order()], [record(), twin], [fill()], 10) == {"doubled"}


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"symbols": ()}, "outside"),
        ({"sides": frozenset({"sell"})}, "outside"),
        ({"most_per_order": Decimal(699_999)}, "outside"),
        ({"most_in_all": Decimal(699_999)}, "too_much"),
        ({"orders_a_day": 0}, "too_many"),
        ({"until": NOW - SOON}, "after_the_end"),
        ({"at": NOW + 5 * SOON}, "after_the_end"),
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


def test_an_order_after_somebody_ended_the_mandate_is_found() -> None:
    ended = replace(AGREED, ended_at=NOW - SOON)
    assert found([order()], [record()], [fill()], 10, ended) == {"after_the_end"}
    on_its_way = replace(AGREED, ended_at=NOW + SOON / 2)
    assert found([order()], [record()], [fill()], 10, on_its_way) == set()
    assert found([order(placed_at=NOW + 2 * LATE)], [record()], [fill()], 10, on_its_way) == {"after_the_end"}


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


@pytest.mark.parametrize("held", [0, 9, 11])
def test_a_position_that_is_not_what_kis_filled_is_found(held: int) -> None:
    assert found([order()], [record()], [fill()], held) == {"position"}
