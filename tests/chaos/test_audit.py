"""The audit of a chaos run finds what it is there to find."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.trading.decision import Channel, Decision
from kis_mcp.trading.journal import Intent, Record, Status
from kis_mcp.trading.order import Action, Order
from tests.chaos.audit import Content, Taken, audit

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
CONTENT: Content = ("domestic_stock_order_cash", "005930", "buy", 3, Decimal(60000))
TAKEN = Taken("0000000001", CONTENT, {"PDNO": "005930"})
OTHER = replace(TAKEN, number="0000000002")


def record(
    status: Status = Status.ACCEPTED, *, order_id: str | None = "0000000001", channel: Channel = "elicitation"
) -> Record:
    order = Order(
        kis_title="주식주문(현금)",
        action=Action.NEW,
        market="KR",
        symbol="005930",
        side="buy",
        quantity=Decimal(3),
        price=Decimal(60000),
    )
    intent = Intent(
        id="one",
        at=NOW,
        environment=Environment.REAL,
        account="",
        account_id="",
        tool="domestic_stock_order_cash",
        arguments={},
        order=order,
        fingerprint="f",
    )
    decision = Decision(verdict="accepted", channel=channel)
    return Record(intent=intent, status=status, decision=decision, sent_at=NOW, order_id=order_id)


def found(
    taken: list[Taken],
    records: list[Record],
    *,
    wanted: int = 1,
    agreed: str = "Send it?",
    sent: str = "005930",
    candidates: tuple[str, ...] = (),
) -> set[str]:
    findings = audit(
        taken,
        records,
        {"one": agreed},
        wanted=Counter({CONTENT: wanted}),
        question=lambda record: "Send it?",
        elements=lambda record: {"PDNO": sent},
        candidates={"one": candidates},
    )
    return set(findings.all)


def test_an_order_that_a_person_agreed_to_is_in_order() -> None:
    assert found([TAKEN], [record()]) == set()


@pytest.mark.parametrize(
    ("status", "is_wrong"),
    [
        (Status.NOT_ACCEPTED, False),
        (Status.REJECTED, False),
        (Status.NOT_SENT, False),
        (Status.NEEDLESS, False),
        (Status.ACCEPTED, True),
        (Status.UNKNOWN, True),
    ],
)
def test_without_an_order_the_journal_says_so(status: Status, is_wrong: bool) -> None:
    assert bool(found([], [record(status)])) is is_wrong


def test_each_fault_has_its_name() -> None:
    assert found([TAKEN, OTHER], [record()]) == {"doubled", "denied"}
    assert found([TAKEN], [record()], wanted=0) == {"unwanted"}
    assert "unwanted" in found([TAKEN], [record()], agreed="Send something else?")
    assert "unwanted" in found([TAKEN], [record(channel="never")])
    assert "unwanted" in found([TAKEN], [replace(record(), decision=Decision(verdict="declined", channel="page"))])
    assert "missing" in found([TAKEN], [])
    assert found([TAKEN], [record()], sent="000660") == {"altered"}
    assert found([TAKEN], [record(Status.NOT_ACCEPTED)]) == {"denied"}
    assert found([TAKEN], [record(Status.NEEDLESS)]) == set()
    assert found([TAKEN], [record(order_id="0000000007")]) == {"imagined"}
    assert found([TAKEN], [record(Status.UNKNOWN)]) == {"unsettled"}
    assert found([TAKEN], [record(Status.UNKNOWN)], candidates=("0000000001",)) == set()
    assert found([TAKEN], [record(Status.UNKNOWN)], candidates=("0000000002",)) == {"unsettled"}
