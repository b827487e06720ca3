"""One state machine for all markets."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus
from kis_mcp.trading.blotter.state import TRANSITIONS, OrderState, state_of
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import PROPOSAL_LIFETIME, Intent, Outcome, Reconciliation, Record, Send, Status
from kis_mcp.trading.order import Action, Order

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
INTENT = Intent(
    id="01J",
    at=NOW,
    environment=Environment.SIM,
    account="12****78-01",
    account_id="a",
    tool="domestic_stock_order_cash",
    arguments={},
    order=Order(
        kis_title="주식주문(현금)", action=Action.NEW, market="KR", symbol="005930", side="buy", quantity=Decimal(10)
    ),
    fingerprint="f",
)
PLACED = PlacedOrder(
    order_id="7",
    market="KR",
    exchange="krx",
    currency="KRW",
    symbol="005930",
    name=None,
    side="buy",
    quantity=Decimal(10),
    filled_quantity=Decimal(0),
    remaining_quantity=Decimal(10),
    price=None,
    average_fill_price=None,
    status=PlacedStatus.OPEN,
    ordered_at=NOW,
)


def record(status: Status, **changes: Any) -> Record:
    return replace(Record(intent=INTENT, status=status), **changes)


def test_every_state_has_its_successors_and_the_ends_have_none() -> None:
    assert set(TRANSITIONS) == set(OrderState)
    assert {state.value for state in OrderState if state.is_final} == {
        "filled",
        "cancelled",
        "amended",
        "rejected",
        "expired",
        "needless",
    }


def test_every_state_can_be_reached_from_a_proposal() -> None:
    reached = {OrderState.PROPOSED}
    while following := set[OrderState]().union(*(TRANSITIONS[state] for state in reached)) - reached:
        reached |= following
    assert reached == set(OrderState)


@pytest.mark.parametrize("status", Status)
def test_every_status_of_the_journal_is_a_state(status: Status) -> None:
    assert state_of(record(status), None, NOW) in OrderState


@pytest.mark.parametrize("status", PlacedStatus)
def test_every_status_at_kis_is_a_state_with_or_without_us(status: PlacedStatus) -> None:
    placed = replace(PLACED, status=status)
    assert state_of(record(Status.ACCEPTED), placed, NOW) is state_of(None, placed, NOW)


def test_a_proposal_that_nobody_decided_in_time_has_expired() -> None:
    late = NOW + PROPOSAL_LIFETIME + timedelta(seconds=1)
    assert state_of(record(Status.PROPOSED), None, NOW + PROPOSAL_LIFETIME) is OrderState.PROPOSED
    assert state_of(record(Status.PROPOSED), None, late) is OrderState.EXPIRED
    assert state_of(record(Status.CONFIRMED), None, late) is OrderState.EXPIRED
    assert state_of(record(Status.DECLINED, decided_at=late), None, late) is OrderState.EXPIRED
    assert state_of(record(Status.DECLINED, decided_at=NOW), None, late) is OrderState.REJECTED


@pytest.mark.parametrize(
    ("family", "later", "state"),
    [
        ("KR", timedelta(hours=13), OrderState.ACCEPTED),
        ("KR", timedelta(hours=14), OrderState.EXPIRED),
        ("overseas", timedelta(hours=24), OrderState.ACCEPTED),
        ("overseas", timedelta(hours=25), OrderState.EXPIRED),
        ("reserved KR", timedelta(days=20), OrderState.ACCEPTED),
    ],
)
def test_an_open_order_expires_with_its_session(family: str, later: timedelta, state: OrderState) -> None:
    assert state_of(None, replace(PLACED, family=family), NOW + later) is state


def test_a_cancel_that_kis_took_is_accepted() -> None:
    cancel = replace(PLACED, action=Action.CANCEL, status=PlacedStatus.CANCELLED)
    assert state_of(record(Status.ACCEPTED), cancel, NOW) is OrderState.ACCEPTED


@cache
def empty_journal() -> bytes:
    """Its file; making one anew for each example would take longer than the examples."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal.db"

        async def make() -> None:
            await (await SqlJournal.open(path)).aclose()

        asyncio.run(make())
        return path.read_bytes()


class AnOrdersLife(RuleBasedStateMachine):
    """Whatever happens to an order, in whatever sequence, its state only moves as declared."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        path = Path(self.folder.name) / "journal.db"
        path.write_bytes(empty_journal())
        self.journal: SqlJournal = self.run(SqlJournal.open(path))
        self.now = NOW
        self.placed: PlacedOrder | None = None
        self.record: Record = self.run(self.journal.propose(INTENT))
        self.state = OrderState.PROPOSED

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    @property
    def may_still_be_sent(self) -> bool:
        return self.now - NOW <= PROPOSAL_LIFETIME

    @rule(minutes=st.sampled_from([1, 11]))
    @precondition(lambda self: self.record.sent_at is None)
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(
        verdict=st.sampled_from(["accepted", "declined", "cancelled"]),
        channel=st.sampled_from(["elicitation", "page", "preview"]),
    )
    def somebody_decides(self, verdict: Any, channel: Any) -> None:
        self.record = self.run(self.journal.decide("01J", Decision(verdict=verdict, channel=channel), self.now))

    @rule()
    @precondition(lambda self: self.record.status is Status.CONFIRMED and self.may_still_be_sent)
    def it_is_claimed(self) -> None:
        self.run(self.journal.claim(Send(intent_id="01J", at=self.now), same_since=self.now))
        self.record = self.run(self.journal.find("01J"))

    @rule(state=st.sampled_from(["accepted", "rejected", "not_sent", "refused", "unknown"]))
    @precondition(lambda self: self.record.sent_at is not None)
    @precondition(lambda self: self.record.status not in (Status.NOT_ACCEPTED, Status.NEEDLESS))
    @precondition(lambda self: self.placed is None)  # KIS does not reject what it has filled
    def it_comes_to_something(self, state: Any) -> None:
        self.conclude(Outcome(intent_id="01J", at=self.now, state=state, order_id="7"))

    @rule(conclusion=st.sampled_from(["accepted", "not_accepted", "needless", "unresolved"]))
    @precondition(lambda self: self.record.status is Status.UNKNOWN)
    def it_is_looked_up(self, conclusion: Any) -> None:
        self.conclude(Reconciliation(intent_id="01J", at=self.now, conclusion=conclusion, order_id="7"))

    def conclude(self, entry: Outcome | Reconciliation) -> None:
        self.record = self.run(self.journal.conclude(entry))

    @rule(status=st.sampled_from(PlacedStatus))
    @precondition(lambda self: self.record.status is Status.ACCEPTED)
    def kis_lists_it(self, status: PlacedStatus) -> None:
        if self.placed is None or (self.placed.status.is_open and status is not PlacedStatus.OPEN):
            filled = self.placed is not None and self.placed.status is PlacedStatus.PARTLY_FILLED
            if not (filled and status is PlacedStatus.REJECTED):
                self.placed = replace(PLACED, status=status, ordered_at=self.now)

    @invariant()
    def its_state_moves_as_declared(self) -> None:
        state = state_of(self.record, self.placed, self.now)
        assert state is self.state or state in TRANSITIONS[self.state], f"{self.state} became {state}"
        self.state = state

    def teardown(self) -> None:
        self.run(self.journal.aclose())
        self.loop.close()
        self.folder.cleanup()


AnOrdersLife.TestCase.settings = settings(
    max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAnOrdersLife = AnOrdersLife.TestCase
