"""No sequence of what people, strategies, clocks and crashes do sends an order that nobody agreed to."""

import asyncio
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import HUMAN_CHANNELS, Channel, Decision, Verdict
from kis_mcp.trading.desk import MandatedOrders, OrderDesk, Proposal
from kis_mcp.trading.mandate import Mandate
from tests.trading.desk.test_desk_limits import Switch
from tests.trading.desk.test_mandated import CANCEL, LIMITS
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, TellingKis, checked, order_desk
from tests.trading.mandates import draft

CHANNELS: tuple[Channel, ...] = ("elicitation", "page", "preview", "never", "guard", "mandate")
DRAFTS = st.builds(
    draft,
    strategy=st.sampled_from(["a", "b"]),
    sides=st.sampled_from([frozenset({"buy", "sell"}), frozenset({"buy"})]),
    most_per_order=st.sampled_from([Decimal(500_000), Decimal(1_000_000)]),
    most_in_all=st.sampled_from([Decimal(1_000_000), Decimal(2_500_000)]),
    orders_a_day=st.integers(1, 4),
    until=st.none(),
)
ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(["005930", "005930", "005930", "000660"]),
        "side": st.sampled_from(["buy", "buy", "sell"]),
        "quantity": st.integers(1, 20),
        "price": st.integers(600, 720).map(lambda step: step * 100),
    }
)


@dataclass
class Sent:
    """An order that reached KIS under a mandate, as the test keeps books of it."""

    mandate_id: str
    side: str
    quantity: int
    price: int
    at: datetime
    row: dict[str, object]

    def filled(self) -> int:
        said = self.row["filled_quantity"]
        assert isinstance(said, int)
        return said

    def open(self) -> int:
        said = self.row["remaining_quantity"]
        assert isinstance(said, int)
        return said


class Recorder(TellingKis):
    """Tells the machine of each order at the moment at which it leaves, under which mandate it does."""

    machine: "Strategies"

    async def order(self, arguments: Any, may_leave: Any) -> Any:
        async def leave() -> None:
            await may_leave()
            self.machine.leaves(arguments.api.tool, dict(arguments))

        found = await super().order(arguments, leave)
        self.machine.arrived(self.listed[-1])
        return found


class Strategies(RuleBasedStateMachine):
    """Strategies of one environment whose mandates a person answers, and a model that wants more than it may."""

    environment = Environment.SIM

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._folder = tempfile.TemporaryDirectory()
        self.clock, self.halt = FakeClock(), Switch()
        self.kis = Recorder(self.clock)
        self.kis.machine = self
        self.kis.clock_error = timedelta()
        self.proposed: list[Mandate] = []
        self.agreed: dict[str, Mandate] = {}
        self.decided: set[str] = set()
        self.over: set[str] = set()
        self.sent: list[Sent] = []
        self._placing: tuple[str, bool] | None = None
        self._count = 0

    @initialize(allowed=st.booleans())
    def begin(self, allowed: bool) -> None:
        self.allowed = allowed
        self.journal = self._run(SqlJournal.open(Path(self._folder.name) / "journal.db"))
        self.desk = self._open()

    def _open(self) -> OrderDesk:
        limits = replace(LIMITS, allow_real_strategies=self.allowed)
        return order_desk(self.kis, self.journal, limits, environment=self.environment, halt_reason=self.halt)

    @rule(wanted=DRAFTS)
    def propose(self, wanted: Any) -> None:
        record = self._try(self.desk.mandates.propose(wanted))
        if record is not None and record.mandate not in self.proposed:
            self.proposed.append(record.mandate)

    @rule(
        data=st.data(),
        verdict=st.sampled_from(["accepted", "accepted", "accepted", "declined"]),
        channel=st.sampled_from(("elicitation", "page", *CHANNELS)),
    )
    def answer(self, data: st.DataObject, verdict: Verdict, channel: Channel) -> None:
        if not self.proposed:
            return
        mandate = data.draw(st.sampled_from(self.proposed))
        record = self._try(self.desk.mandates.decide(mandate.id, Decision(verdict=verdict, channel=channel)))
        if record is None or mandate.id in self.decided:
            return
        self.decided.add(mandate.id)
        strong = HUMAN_CHANNELS if self.environment is Environment.REAL else set(CHANNELS) - {"guard", "mandate"}
        in_time = self.clock() - mandate.at <= timedelta(minutes=10)
        if verdict == "accepted" and channel in strong and in_time and self.halt.reason is None:
            self.over |= {other for other, one in self.agreed.items() if one.strategy == mandate.strategy}
            self.agreed[mandate.id] = mandate

    @rule(data=st.data())
    def revoke(self, data: st.DataObject) -> None:
        if self.agreed:
            mandate_id = data.draw(st.sampled_from(sorted(self.agreed)))
            self._try(self.desk.mandates.end(mandate_id, "revoked"))
            self.over.add(mandate_id)

    @rule(hours=st.sampled_from([1, 5, 24, 24 * 31]))
    def time_passes(self, hours: int) -> None:
        self.clock.pass_by(hours=hours)

    @rule()
    def minutes_pass(self) -> None:
        self.clock.pass_by(minutes=11)

    @rule()
    def halt_and_resume(self) -> None:
        """As the commands do: whoever halts or resumes ends the mandates, or an order finds the halt."""
        self.halt.reason = "enough"
        self._try(self.desk.mandates.in_force("a"))
        self.over |= self.agreed.keys()
        self.halt.reason = None

    @rule()
    def restart(self) -> None:
        self._run(self.desk.aclose())
        self._run(self.journal.aclose())
        self.journal = self._run(SqlJournal.open(Path(self._folder.name) / "journal.db"))
        self.desk = self._open()
        self._try(self.desk.reconcile())

    @rule(data=st.data(), order=ORDERS, again=st.booleans(), person=st.sampled_from([None, "accepted", "declined"]))
    def order(self, data: st.DataObject, order: Mapping[str, object], again: bool, person: Verdict | None) -> None:
        self._place(data, order, ORDER_CASH, again, person)

    @rule(data=st.data(), number=st.integers(1, 6), action=st.sampled_from(["cancel", "modify"]))
    def cancel_or_change(self, data: st.DataObject, number: int, action: str) -> None:
        wanted = {**CANCEL, "action": action, "order_id": str(number)}
        self._place(data, wanted | ({"price": 70_000} if action == "modify" else {}), RVSECNCL, False, None)

    @rule(data=st.data(), order=ORDERS)
    def order_as_a_person_without_one(self, data: st.DataObject, order: Mapping[str, object]) -> None:
        """A plain order whose yes is said to be a mandate's."""

        async def act() -> None:
            proposal = await self.desk.propose(checked(ORDER_CASH, order))
            await self.desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="mandate"))
            await self.desk.execute(proposal.intent_id)

        self._placing = ("", False)
        self._try(act())

    @rule(data=st.data(), is_over=st.booleans(), lost=st.booleans())
    def fill(self, data: st.DataObject, is_over: bool, lost: bool) -> None:
        waiting = [one for one in self.sent if one.open()]
        if not waiting:
            return
        one = data.draw(st.sampled_from(waiting))
        quantity = data.draw(st.integers(0, one.open()))
        filled = one.filled() + quantity
        one.row |= {
            "filled_quantity": filled,
            "remaining_quantity": 0 if is_over else one.quantity - filled,
            "cancelled_quantity": one.quantity - filled if is_over else 0,
            "average_price": Decimal(one.price),
        }

    @rule()
    def the_next_answer_is_lost(self) -> None:
        async def lose() -> None:
            self.kis.after = _nothing
            raise TimeoutError

        self.kis.after = lose

    def leaves(self, tool: str, values: Mapping[str, Any]) -> None:
        """What is true of every order that leaves, by the test's own books."""
        assert self._placing is not None
        mandate_id, by_person = self._placing
        mandate = self.agreed.get(mandate_id)
        assert mandate is not None, "nobody agreed"
        assert self.allowed or by_person or self.environment is not Environment.REAL, "real, and nobody was asked"
        if tool == RVSECNCL:
            assert values["action"] == "cancel"
            return
        assert tool == ORDER_CASH
        assert mandate_id not in self.over
        assert self.clock() < mandate.until
        assert values["symbol"] == "005930"
        assert values["side"] in mandate.sides
        own = [one for one in self.sent if self.agreed[one.mandate_id].strategy == mandate.strategy]
        quantity = int(values["quantity"])
        same_day = [one for one in own if one.mandate_id == mandate_id and one.at.date() == self.clock().date()]
        assert len(same_day) < mandate.orders_a_day
        buys, sells = ([one for one in own if one.side == side] for side in ("buy", "sell"))
        if values["side"] == "sell":
            bought = sum(one.filled() for one in buys)
            assert quantity <= bought - sum(one.filled() + one.open() for one in sells)
            return
        worth = quantity * int(values["price"])
        assert worth <= mandate.most_per_order
        sold, held = sum(one.filled() for one in sells), 0
        for one in buys:
            used = min(sold, one.filled())
            sold, held = sold - used, held + (one.filled() - used) * one.price
        standing = sum(one.open() * one.price for one in buys)
        assert held + standing + worth <= mandate.most_in_all

    def arrived(self, row: dict[str, object]) -> None:
        assert self._placing is not None
        values = self.kis.posts[-1][1]
        if "action" not in values:
            mandate_id, _ = self._placing
            quantity, price = int(str(values["quantity"])), int(str(values["price"]))
            self.sent.append(Sent(mandate_id, str(values["side"]), quantity, price, self.clock(), row))

    @invariant()
    def each_order_was_sent_once(self) -> None:
        assert len(self.sent) <= len(self.kis.posts)

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self._run(self.desk.aclose())
            self._run(self.journal.aclose())
        self._runner.close()
        self._folder.cleanup()

    def _place(
        self, data: st.DataObject, wanted: Mapping[str, object], tool: str, again: bool, person: Verdict | None
    ) -> None:
        if not self.proposed:
            return
        mandate = data.draw(st.sampled_from(self.proposed))
        asked = list[str]()

        async def ask(proposal: Proposal) -> Decision:
            asked.append(proposal.intent_id)
            self._placing = (mandate.id, person == "accepted")
            assert person is not None
            return Decision(verdict=person, channel="page")

        self._count += not again
        orders = MandatedOrders(self.desk, mandate.id, ask=ask if person else None)
        self._placing = (mandate.id, False)
        self._try(orders.place(checked(tool, wanted), key=f"{self._count}"))

    def _run(self, work: Any) -> Any:
        return self._runner.run(work)

    def _try(self, work: Any) -> Any:
        with suppress(KisMcpError):
            return self._run(work)
        return None


class RealStrategies(Strategies):
    environment = Environment.REAL


async def _nothing() -> None: ...


@pytest.mark.parametrize("machine", [Strategies, RealStrategies])
@pytest.mark.parametrize("sequences", [6, pytest.param(60, marks=pytest.mark.slow)])
def test_no_sequence_sends_an_order_that_nobody_agreed_to(machine: type[Strategies], sequences: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
