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
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import HUMAN_CHANNELS, Channel, Decision, Verdict
from kis_mcp.trading.desk import MandatedOrders, OrderDesk, Proposal
from kis_mcp.trading.mandate import Mandate, MandateDraft
from tests.trading.desk.test_desk_limits import Switch
from tests.trading.desk.test_mandated import CANCEL, LIMITS
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, TellingKis, checked, order_desk
from tests.trading.mandates import draft

STEPS = (
    *["order"] * 14,
    *["sell_something"] * 6,
    *["fill"] * 9,
    *["agree", "propose", "answer", "let_time_pass", "cancel_or_change", "restart"],
    *["revoke", "halt_and_resume", "order_as_a_person_without_one", "lose_the_next_answer"],
)
CHANNELS: tuple[Channel, ...] = ("elicitation", "page", "preview", "never", "guard", "mandate")
DRAFTS = st.builds(
    draft,
    strategy=st.sampled_from(["a", "b"]),
    sides=st.sampled_from([frozenset({"buy", "sell"})] * 4 + [frozenset({"buy"})]),
    most_per_order=st.sampled_from([Decimal(500_000), Decimal(1_000_000)]),
    most_in_all=st.sampled_from([Decimal(1_000_000), Decimal(2_500_000)]),
    orders_a_day=st.sampled_from([2, 5, 5]),
    until=st.none(),
)
ORDERS = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from([*["005930"] * 9, "000660"]),
        "side": st.sampled_from(["buy", "buy", "sell"]),
        "quantity": st.sampled_from([1, 3, 5, 7, 7, 7, 12]),
        "price": st.integers(650, 705).map(lambda step: step * 100),
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

    @initialize(allowed=st.sampled_from([True, True, True, False]), wanted=DRAFTS)
    def begin(self, allowed: bool, wanted: MandateDraft) -> None:
        self.allowed = allowed
        self.journal = self._run(SqlJournal.open(Path(self._folder.name) / "journal.db"))
        self.desk = self._open()
        self._agree(wanted)

    def _open(self) -> OrderDesk:
        limits = replace(LIMITS, allow_real_strategies=self.allowed)
        return order_desk(
            self.kis, self.journal, limits, environment=self.environment, halt_reason=self.halt, sleep=_for_ever
        )

    @rule(data=st.data(), step=st.sampled_from(STEPS))
    def do(self, data: st.DataObject, step: str) -> None:
        """One rule, so that each run has every step."""
        getattr(self, step)(data)

    def propose(self, data: st.DataObject) -> None:
        self._propose(data.draw(DRAFTS))

    def agree(self, data: st.DataObject) -> None:
        self._agree(data.draw(DRAFTS))

    def answer(self, data: st.DataObject) -> None:
        mandate = data.draw(st.sampled_from(self.proposed))
        verdict: Verdict = data.draw(st.sampled_from(["accepted", "accepted", "declined"]))
        self._answer(mandate, verdict, data.draw(st.sampled_from(CHANNELS)))

    def revoke(self, data: st.DataObject) -> None:
        if self.agreed:
            mandate_id = data.draw(st.sampled_from(list(self.agreed)))
            self._try(self.desk.mandates.end(mandate_id, "revoked"))
            self.over.add(mandate_id)

    def let_time_pass(self, data: st.DataObject) -> None:
        day = self.clock().date()
        self.clock.pass_by(minutes=data.draw(st.sampled_from([11, 11, 60, 60, 60 * 24, 60 * 24 * 31])))
        for one in self.sent if self.clock().date() > day else ():  # no order outlives its day
            one.row |= {"cancelled_quantity": one.open(), "remaining_quantity": 0}

    def halt_and_resume(self, _: st.DataObject) -> None:
        """As the commands do: whoever halts or resumes ends the mandates, or an order finds the halt."""
        self.halt.reason = "enough"
        self._try(self.desk.mandates.in_force("a"))
        self.over |= self.agreed.keys()
        self.halt.reason = None

    def restart(self, _: st.DataObject) -> None:
        self._run(self.desk.aclose())
        self._run(self.journal.aclose())
        self.journal = self._run(SqlJournal.open(Path(self._folder.name) / "journal.db"))
        self.desk = self._open()
        self._try(self.desk.reconcile())

    def order(self, data: st.DataObject) -> None:
        self._place(data, data.draw(ORDERS), ORDER_CASH)

    def sell_something(self, data: st.DataObject) -> None:
        self._place(data, data.draw(ORDERS) | {"symbol": "005930", "side": "sell"}, ORDER_CASH)

    def cancel_or_change(self, data: st.DataObject) -> None:
        action = data.draw(st.sampled_from(["cancel", "modify"]))
        wanted = {**CANCEL, "action": action, "order_id": str(data.draw(st.integers(1, 6)))}
        self._place(data, wanted | ({"price": 70_000} if action == "modify" else {}), RVSECNCL)

    def order_as_a_person_without_one(self, data: st.DataObject) -> None:
        """A plain order whose yes is said to be a mandate's."""
        order = data.draw(ORDERS)

        async def act() -> None:
            proposal = await self.desk.propose(checked(ORDER_CASH, order))
            await self.desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="mandate"))
            await self.desk.execute(proposal.intent_id)

        self._placing = ("", False)
        self._try(act())

    def fill(self, data: st.DataObject) -> None:
        waiting = [one for one in self.sent if one.open()]
        if not waiting:
            return
        one = data.draw(st.sampled_from(waiting))
        filled, is_over = one.filled() + data.draw(st.integers(0, one.open())), data.draw(st.booleans())
        one.row |= {
            "filled_quantity": filled,
            "remaining_quantity": 0 if is_over else one.quantity - filled,
            "cancelled_quantity": one.quantity - filled if is_over else 0,
            "average_price": Decimal(one.price),
        }

    def lose_the_next_answer(self, _: st.DataObject) -> None:
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
        if "sell" in mandate.sides:
            assert len(same_day) + 2 <= mandate.orders_a_day, "no order is left to sell it"
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

    def teardown(self) -> None:
        if hasattr(self, "journal"):
            self._run(self.desk.aclose())
            self._run(self.journal.aclose())
        self._runner.close()
        self._folder.cleanup()

    def _propose(self, wanted: MandateDraft) -> Mandate | None:
        record = self._try(self.desk.mandates.propose(wanted))
        if record is None:
            return None
        if record.mandate not in self.proposed:
            self.proposed.append(record.mandate)
        return record.mandate

    def _agree(self, wanted: MandateDraft) -> None:
        if mandate := self._propose(wanted):
            self._answer(mandate, "accepted", "elicitation")

    def _answer(self, mandate: Mandate, verdict: Verdict, channel: Channel) -> None:
        """Pass an answer on, and keep whether it counts: the first that is not refused does."""
        record = self._try(self.desk.mandates.decide(mandate.id, Decision(verdict=verdict, channel=channel)))
        if record is None or mandate.id in self.decided:
            return
        self.decided.add(mandate.id)
        strong = HUMAN_CHANNELS if self.environment is Environment.REAL else set(CHANNELS) - {"guard", "mandate"}
        in_time = self.clock() - mandate.at <= timedelta(minutes=10)
        if verdict == "accepted" and channel in strong and in_time:
            self.over |= {other for other, one in self.agreed.items() if one.strategy == mandate.strategy}
            self.agreed[mandate.id] = mandate

    def _living(self) -> list[Mandate]:
        return [one for one in self.agreed.values() if one.id not in self.over and self.clock() < one.until]

    def _place(self, data: st.DataObject, wanted: Mapping[str, object], tool: str) -> None:
        """Have a strategy order under a mandate, mostly one that is in force; also again what it did before."""
        living = self._living()
        if not living and data.draw(st.booleans()):
            self._agree(data.draw(DRAFTS))
            living = self._living()
        mandate = data.draw(st.sampled_from([*living * 5, *self.proposed]))
        person: Verdict | None = data.draw(st.sampled_from([None, None, "accepted", "declined"]))

        async def ask(proposal: Proposal) -> Decision:
            assert person is not None
            self._placing = (mandate.id, person == "accepted")
            return Decision(verdict=person, channel="page")

        self._count += data.draw(st.integers(0, 3)) > 0
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


async def _for_ever(_: float) -> None:
    """Nothing is looked up by the machine's own clock: on a slow machine that would be between other steps."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("machine", [Strategies, RealStrategies])
@pytest.mark.parametrize("sequences", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_no_sequence_sends_an_order_that_nobody_agreed_to(machine: type[Strategies], sequences: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=sequences,
            stateful_step_count=40,
            deadline=None,
            phases=[Phase.generate],
            derandomize=True,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
