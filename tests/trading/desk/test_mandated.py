"""A strategy's orders under its mandate, from the proposal to KIS and back."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisUnavailable, MandateExceeded, OrderRefused, OrderStateUnknown
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import MandatedOrders, Proposal
from kis_mcp.trading.desk.mandates import usual_end
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.journal import Claim, Reconciliation, Status
from kis_mcp.trading.mandate import MandateStatus
from tests.trading.desk.test_desk_limits import Switch
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, FakeKis, TellingKis, checked, order_desk
from tests.trading.mandates import YES, draft

BUY: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}
SELL = BUY | {"side": "sell"}
CANCEL: dict[str, object] = {"action": "cancel", "order_id": "1", "order_branch": "06010"}
LIMITS = OrderLimits(
    max_notional=Decimal(100_000_000),
    max_quantity=Decimal(1_000),
    allow_real_orders=True,
    allow_real_strategies=True,
    price_collar=Decimal(10),
)


class Strategy:
    """A strategy with a mandate, and the person who agreed to it."""

    def __init__(
        self,
        kis: FakeKis,
        journal: SqlJournal,
        *,
        environment: Environment = Environment.SIM,
        limits: OrderLimits = LIMITS,
        halt: Switch | None = None,
    ) -> None:
        self.halt = halt or Switch()
        self.kis = kis
        self.journal = journal
        self.desk = order_desk(kis, journal, limits, environment=environment, halt_reason=self.halt)
        self.mandates = self.desk.mandates
        self.asked: list[str] = []
        self._placed = 0

    async def start(self, decision: Decision = YES, **terms: Any) -> None:
        self.mandate = (await self.mandates.propose(draft(**terms))).mandate
        await self.mandates.decide(self.mandate.id, decision)
        self.orders = MandatedOrders(self.desk, self.mandate.id)

    def with_person(self, decision: Decision) -> None:
        async def ask(proposal: Proposal) -> Decision:
            self.asked.append(proposal.question)
            return decision

        self.orders = MandatedOrders(self.desk, self.mandate.id, ask=ask)

    async def place(
        self, arguments: Mapping[str, object] = BUY, key: str | None = None, tool: str = ORDER_CASH
    ) -> Status:
        self._placed += 1
        outcome = await self.orders.place(checked(tool, arguments), key=key or f"decision {self._placed}")
        return outcome.status

    def fill(self, index: int, quantity: int, price: int = 70_000, *, is_off: bool = False) -> None:
        row = self.kis.listed[index]
        ordered = row["order_quantity"]
        assert isinstance(ordered, int)
        row |= {
            "filled_quantity": quantity,
            "remaining_quantity": 0 if is_off else ordered - quantity,
            "cancelled_quantity": ordered - quantity if is_off else 0,
            "average_fill_price": Decimal(price),
            "average_price": Decimal(price),
        }


@pytest.fixture
def kis(clock: FakeClock) -> FakeKis:
    return TellingKis(clock)


@pytest.fixture
async def strategy(kis: FakeKis, journal: SqlJournal) -> Strategy:
    strategy = Strategy(kis, journal)
    await strategy.start()
    return strategy


async def test_an_order_within_the_mandate_goes_out_without_a_question(strategy: Strategy, kis: FakeKis) -> None:
    assert await strategy.place() is Status.ACCEPTED
    (record,) = await strategy.orders.orders()
    assert record.decision == Decision(verdict="accepted", channel="mandate")
    assert record.intent.mandate_id == strategy.mandate.id
    assert len(kis.posts) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (BUY | {"symbol": "000660"}, "not among"),
        (BUY | {"quantity": 15}, "at most 1,000,000 KRW in one"),
        (SELL, "hold 0"),
        (SELL | {"sell_kind": "borrowed"}, "says nothing of sell_kind"),
    ],
)
async def test_an_order_outside_the_mandate_is_refused_journaled_and_not_sent(
    strategy: Strategy, kis: FakeKis, arguments: dict[str, object], said: str
) -> None:
    with pytest.raises(MandateExceeded, match=said):
        await strategy.place(arguments)
    (record,) = await strategy.orders.orders()
    assert record.status is Status.REFUSED
    assert record.decision is not None
    assert record.decision.channel == "mandate"
    assert said in record.decision.reason
    assert kis.posts == []


async def test_a_market_order_is_held_to_its_mandate_at_the_highest_price_of_the_day(
    strategy: Strategy, kis: FakeKis
) -> None:
    at_market = {"symbol": "005930", "side": "buy", "order_type": "market"}
    with pytest.raises(MandateExceeded, match="worth up to 1,001,000 KRW"):
        await strategy.place(at_market | {"quantity": 11})
    assert await strategy.place(at_market | {"quantity": 10}) is Status.ACCEPTED


async def test_what_the_guard_refuses_stops_that_order_only(strategy: Strategy, kis: FakeKis) -> None:
    with pytest.raises(OrderRefused) as refused:
        await strategy.place(BUY | {"price": 70_050})
    assert not isinstance(refused.value, MandateExceeded)
    assert await strategy.place() is Status.ACCEPTED


async def test_orders_bind_in_all_what_stands_and_what_they_bought(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.start(most_in_all=Decimal(2_000_000))
    for price in (70_000, 69_900):
        await strategy.place(BUY | {"price": price})
    with pytest.raises(MandateExceeded, match="1,399,000 KRW are bound already"):
        await strategy.place(BUY | {"price": 69_800})
    strategy.fill(0, 10, 69_000)
    strategy.fill(1, 0, is_off=True)
    assert await strategy.place(BUY | {"price": 69_700}) is Status.ACCEPTED
    with pytest.raises(MandateExceeded, match="1,387,000 KRW are bound already"):
        await strategy.place(BUY | {"price": 69_600})


async def test_it_sells_what_it_bought_and_no_more_of_the_persons_own(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    with pytest.raises(MandateExceeded, match="hold 0"):
        await strategy.place(SELL)
    strategy.fill(0, 6)
    with pytest.raises(MandateExceeded, match="hold 6"):
        await strategy.place(SELL | {"quantity": 7})
    assert await strategy.place(SELL | {"quantity": 6}) is Status.ACCEPTED
    with pytest.raises(MandateExceeded, match="hold 0"):
        await strategy.place(SELL | {"quantity": 1, "price": 70_100})


async def test_where_kis_does_not_tell_fills_a_sale_is_refused_for_now_only(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    kis.failing["domestic_stock_inquire_daily_ccld"] = KisUnavailable("down", remedy="Wait.")
    with pytest.raises(OrderRefused, match="hold 0") as refused:
        await strategy.place(SELL, key="exit")
    assert not isinstance(refused.value, MandateExceeded)
    del kis.failing["domestic_stock_inquire_daily_ccld"]
    strategy.fill(0, 10)
    assert await strategy.place(SELL, key="exit") is Status.ACCEPTED


async def test_it_cancels_its_own_orders_and_no_others(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    kis.take({"symbol": "005930", "side": "buy", "quantity": 3, "price": 69_000})
    with pytest.raises(MandateExceeded, match="Order 0000000002 is not one"):
        await strategy.place(CANCEL | {"order_id": "2"}, tool=RVSECNCL)
    assert await strategy.place(CANCEL, tool=RVSECNCL) is Status.ACCEPTED


async def test_it_changes_no_order(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    with pytest.raises(MandateExceeded, match="no change"):
        await strategy.place(CANCEL | {"action": "modify", "price": 70_100}, tool=RVSECNCL)
    assert len(kis.posts) == 1


async def test_the_same_decision_is_sent_once_also_under_a_later_mandate(strategy: Strategy, kis: FakeKis) -> None:
    for _ in range(2):
        assert await strategy.place(key="bar 10:00") is Status.ACCEPTED
    await strategy.start()
    assert await strategy.place(key="bar 10:00") is Status.ACCEPTED
    assert len(kis.posts) == 1


async def test_an_unknown_order_counts_as_standing_and_is_not_sent_again(strategy: Strategy, kis: FakeKis) -> None:
    async def lose_the_answer() -> None:
        raise TimeoutError

    await strategy.start(most_in_all=Decimal(1_000_000))
    kis.before, listed = lose_the_answer, kis.listed
    for _ in range(2):
        with pytest.raises(OrderStateUnknown):
            await strategy.place(key="bar 10:00")
    assert (len(kis.posts), listed) == (1, [])
    with pytest.raises(OrderRefused, match="700,000 KRW are bound"):
        await strategy.place(BUY | {"price": 69_900})
    (lost,) = [each for each in await strategy.orders.orders() if each.status is not Status.REFUSED]
    assert (await strategy.orders.look_up(lost.intent.id)).status is Status.UNKNOWN


async def test_a_persons_order_cannot_take_up_a_strategys_nor_the_other_way_round(
    strategy: Strategy, kis: FakeKis
) -> None:
    await strategy.place(key="bar 10:00")
    with pytest.raises(BadArgument, match="used for another order"):
        await strategy.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="strategy/sma-cross/bar 10:00")
    await strategy.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="strategy/sma-cross/bar 10:01")
    with pytest.raises(BadArgument, match="used for another order"):
        await strategy.place(key="bar 10:01")


async def test_a_yes_of_a_mandate_counts_for_orders_within_one_only(strategy: Strategy) -> None:
    intent_id = (await strategy.desk.propose(checked(ORDER_CASH, BUY))).intent_id
    with pytest.raises(MandateExceeded, match="under no mandate"):
        await strategy.desk.decide(intent_id, Decision(verdict="accepted", channel="mandate"))
    within = await strategy.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="k", mandate_id=strategy.mandate.id)
    await strategy.mandates.end(strategy.mandate.id, "revoked")
    with pytest.raises(MandateExceeded, match="revoked"):
        await strategy.desk.decide(within.intent_id, Decision(verdict="accepted", channel="mandate"))


async def test_a_mandate_that_ends_between_the_claim_and_the_post_holds_the_order_back(
    strategy: Strategy, kis: FakeKis, journal: SqlJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = journal.claim

    async def claim_then_end(*arguments: Any, **named: Any) -> Claim:
        try:
            return await claim(*arguments, **named)
        finally:
            await strategy.mandates.end(strategy.mandate.id, "revoked")

    monkeypatch.setattr(journal, "claim", claim_then_end)
    with pytest.raises(MandateExceeded, match="revoked"):
        await strategy.place()
    assert kis.posts == []


async def test_a_mandate_that_ends_while_an_order_waits_its_turn_holds_it_back(
    strategy: Strategy, kis: FakeKis
) -> None:
    async def revoke() -> None:
        await strategy.mandates.end(strategy.mandate.id, "revoked")

    kis.waiting = revoke
    with pytest.raises(MandateExceeded, match="revoked"):
        await strategy.place()
    assert kis.posts == []


async def test_a_mandate_that_ends_before_the_claim_holds_the_order_back(
    strategy: Strategy, kis: FakeKis, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide = strategy.desk.decide

    async def decide_then_end(*arguments: Any) -> Status:
        status = await decide(*arguments)
        await strategy.mandates.end(strategy.mandate.id, "revoked")
        return status

    monkeypatch.setattr(strategy.desk, "decide", decide_then_end)
    with pytest.raises(MandateExceeded, match="revoked"):
        await strategy.place()
    (record,) = await strategy.orders.orders()
    assert (record.status, record.sent_at, kis.posts) == (Status.REFUSED, None, [])


async def test_a_halt_ends_every_mandate_and_lifting_it_brings_none_back(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    strategy.halt.reason = "enough"
    with pytest.raises(MandateExceeded, match="trading was halted: enough"):
        await strategy.place(BUY | {"price": 69_900})
    assert await strategy.place(CANCEL, tool=RVSECNCL) is Status.ACCEPTED
    strategy.halt.reason = None
    with pytest.raises(MandateExceeded, match="trading was halted: enough"):
        await strategy.place(BUY | {"price": 69_800})
    assert await strategy.mandates.in_force("sma-cross") is None
    await strategy.start()
    assert await strategy.place(BUY | {"price": 69_700}) is Status.ACCEPTED


async def test_nothing_is_agreed_to_while_trading_is_halted(strategy: Strategy) -> None:
    record = await strategy.mandates.propose(draft(strategy="rsi"))
    strategy.halt.reason = "enough"
    with pytest.raises(OrderRefused, match="halted"):
        await strategy.mandates.propose(draft(strategy="macd"))
    with pytest.raises(OrderRefused, match="halted"):
        await strategy.mandates.decide(record.mandate.id, YES)


async def test_at_the_loss_of_the_mandate_it_buys_no_more_and_still_sells(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    strategy.fill(0, 10)
    kis.quote["price"] = Decimal(50_000)
    with pytest.raises(MandateExceeded, match="It has lost 200,"):
        await strategy.place(BUY | {"price": 50_000})
    assert await strategy.place(SELL | {"price": 50_000}) is Status.ACCEPTED


async def test_a_loss_that_is_reached_while_a_person_thinks_holds_the_buy_back(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    real = Strategy(kis, journal, environment=Environment.REAL, limits=replace(LIMITS, allow_real_strategies=False))
    await real.start()
    real.with_person(Decision(verdict="accepted", channel="page"))
    await real.place()
    real.fill(0, 10)

    async def think(proposal: Proposal) -> Decision:
        clock.pass_by(minutes=1)
        kis.quote["price"] = Decimal(50_000)
        return Decision(verdict="accepted", channel="page")

    real.orders = MandatedOrders(real.desk, real.mandate.id, ask=think)
    with pytest.raises(OrderRefused, match="It has lost 200,"):
        await real.place(BUY | {"price": 50_000})
    assert len(kis.posts) == 1


async def test_a_loss_that_cannot_be_told_refuses_for_now_only(strategy: Strategy, kis: FakeKis) -> None:
    await strategy.place()
    strategy.fill(0, 10)
    kis.quote["price"] = None
    with pytest.raises(OrderRefused) as refused:
        await strategy.place(BUY | {"price": 69_900}, key="next")
    assert not isinstance(refused.value, MandateExceeded)
    kis.quote["price"] = Decimal(70_000)
    assert await strategy.place(BUY | {"price": 69_900}, key="next") is Status.ACCEPTED


async def test_a_sale_that_a_person_changed_holds_its_shares_until_the_next_day(
    strategy: Strategy, kis: FakeKis, clock: FakeClock
) -> None:
    await strategy.place()
    strategy.fill(0, 10)
    await strategy.place(SELL)
    strategy.fill(1, 0, is_off=True)
    kis.take({"order_id": "0000000002", "side": "sell", "quantity": 10, "price": 71_000})
    with pytest.raises(OrderRefused, match="hold 0"):
        await strategy.place(SELL | {"price": 70_100})
    clock.pass_by(hours=21)
    with pytest.raises(OrderRefused, match="hold 0"):
        await strategy.place(SELL | {"price": 70_100})
    clock.pass_by(hours=2)
    assert await strategy.place(SELL | {"price": 70_100}) is Status.ACCEPTED


async def test_the_last_order_of_a_day_is_kept_to_sell_what_was_bought(
    strategy: Strategy, kis: FakeKis, clock: FakeClock
) -> None:
    await strategy.start(orders_a_day=2)
    await strategy.place()
    strategy.fill(0, 10)
    with pytest.raises(OrderRefused, match="keeps 1 to sell") as refused:
        await strategy.place(BUY | {"price": 69_900})
    assert not isinstance(refused.value, MandateExceeded)
    assert await strategy.place(SELL) is Status.ACCEPTED
    strategy.fill(1, 10)
    with pytest.raises(OrderRefused, match="2 orders went out today"):
        await strategy.place(BUY | {"price": 69_800})
    clock.pass_by(hours=24)
    assert await strategy.place(BUY | {"price": 69_700}) is Status.ACCEPTED


async def test_a_mandate_ends_with_its_time(strategy: Strategy, clock: FakeClock) -> None:
    await strategy.start(until=clock() + timedelta(hours=1))
    clock.pass_by(hours=1)
    with pytest.raises(MandateExceeded, match="time is over"):
        await strategy.place()


@pytest.mark.parametrize(
    ("environment", "ends"), [(Environment.SIM, "2026-04-02 10:00"), (Environment.REAL, "2026-03-04 00:00")]
)
async def test_a_mandate_ends_by_itself_with_the_day_in_real_and_after_a_month_elsewhere(
    kis: FakeKis, journal: SqlJournal, environment: Environment, ends: str
) -> None:
    strategy = Strategy(kis, journal, environment=environment)
    await strategy.start()
    assert f"{strategy.mandate.until:%Y-%m-%d %H:%M}" == ends


@pytest.mark.parametrize(
    ("market", "begins", "ends"),
    [
        ("KR", "2026-03-03 15:29", "2026-03-04 00:00"),
        ("KR", "2026-03-06 15:30", "2026-03-10 00:00"),
        ("KR", "2026-12-30 16:00", "2027-01-05 00:00"),
        ("US", "2026-03-03 10:00", "2026-03-04 14:00"),
        ("US", "2026-03-04 05:59", "2026-03-04 14:00"),
        ("US", "2026-03-04 06:00", "2026-03-05 14:00"),
    ],
)
def test_in_real_it_ends_with_the_day_of_the_session_that_goes_on_or_comes_next(
    market: str, begins: str, ends: str
) -> None:
    now = datetime.fromisoformat(begins).replace(tzinfo=KST)
    assert f"{usual_end(Environment.REAL, market, now).astimezone(KST):%Y-%m-%d %H:%M}" == ends


@pytest.mark.parametrize("until", [timedelta(), timedelta(days=-1), timedelta(days=367)])
async def test_an_end_that_is_past_or_far_away_is_refused(
    strategy: Strategy, clock: FakeClock, until: timedelta
) -> None:
    with pytest.raises(BadArgument) as refused:
        await strategy.mandates.propose(draft(until=clock() + until))
    assert refused.value.field == "until"


async def test_a_yes_that_comes_too_late_agrees_to_nothing(strategy: Strategy, clock: FakeClock) -> None:
    record = await strategy.mandates.propose(draft(strategy="rsi"))
    clock.pass_by(minutes=11)
    decided = await strategy.mandates.decide(record.mandate.id, YES)
    assert decided.status(clock()) is MandateStatus.CANCELLED


async def test_the_same_draft_is_asked_about_once_and_another_by_itself(strategy: Strategy) -> None:
    first = await strategy.mandates.propose(draft(strategy="rsi"))
    assert await strategy.mandates.propose(draft(strategy="rsi")) == first
    wider = await strategy.mandates.propose(draft(strategy="rsi", orders_a_day=6))
    assert wider.mandate.id != first.mandate.id


@pytest.fixture
async def real(kis: FakeKis, journal: SqlJournal) -> Strategy:
    return Strategy(kis, journal, environment=Environment.REAL)


@pytest.mark.parametrize("channel", ["preview", "never", "guard", "mandate"])
async def test_in_real_only_a_person_agrees_to_a_mandate(real: Strategy, channel: Any) -> None:
    with pytest.raises(OrderRefused, match="person's own yes"):
        await real.start(Decision(verdict="accepted", channel=channel))


async def test_in_real_orders_within_it_go_out_where_the_operator_lets_strategies_order(
    real: Strategy, kis: FakeKis
) -> None:
    await real.start()
    assert await real.place() is Status.ACCEPTED


async def test_in_real_each_order_is_asked_about_where_the_operator_does_not(kis: FakeKis, journal: SqlJournal) -> None:
    real = Strategy(kis, journal, environment=Environment.REAL, limits=replace(LIMITS, allow_real_strategies=False))
    await real.start()
    with pytest.raises(OrderRefused, match="one by one") as refused:
        await real.place()
    assert "KIS_ALLOW_REAL_STRATEGIES" in refused.value.remedy
    real.with_person(Decision(verdict="declined", channel="page"))
    with pytest.raises(OrderRefused, match="did not agree"):
        await real.place(BUY | {"price": 69_900})
    real.with_person(Decision(verdict="accepted", channel="preview"))
    with pytest.raises(OrderRefused, match="person's confirmation"):
        await real.place(BUY | {"price": 69_800})
    assert kis.posts == []
    real.with_person(Decision(verdict="accepted", channel="page"))
    assert await real.place(BUY | {"price": 69_700}) is Status.ACCEPTED
    assert len(real.asked) == 3
    with pytest.raises(MandateExceeded):
        await real.place(BUY | {"symbol": "000660"})
    assert len(real.asked) == 3


async def test_an_exit_does_not_wait_for_an_answer_about_another_order(kis: FakeKis, journal: SqlJournal) -> None:
    real = Strategy(kis, journal, environment=Environment.REAL, limits=replace(LIMITS, allow_real_strategies=False))
    await real.start()
    real.with_person(Decision(verdict="accepted", channel="page"))
    await real.place()
    real.fill(0, 10)
    asked, answer = asyncio.Event(), asyncio.Event()

    async def think(proposal: Proposal) -> Decision:
        if proposal.order.side == "buy":
            asked.set()
            await answer.wait()
        return Decision(verdict="accepted", channel="page")

    real.orders = MandatedOrders(real.desk, real.mandate.id, ask=think)
    async with asyncio.timeout(5), asyncio.TaskGroup() as placing:
        entry = placing.create_task(real.place(BUY | {"price": 69_900}))
        await asked.wait()
        assert await real.place(SELL) is Status.ACCEPTED
        answer.set()
    assert entry.result() is Status.ACCEPTED
    assert [arguments["side"] for _, arguments in kis.posts] == ["buy", "sell", "buy"]


async def test_a_switch_that_is_turned_off_before_the_sending_holds_the_order_back(
    real: Strategy, kis: FakeKis, journal: SqlJournal
) -> None:
    await real.start()
    proposal = await real.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="k", mandate_id=real.mandate.id)
    await real.desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="mandate"))
    other = order_desk(kis, journal, replace(LIMITS, allow_real_strategies=False), environment=Environment.REAL)
    with pytest.raises(OrderRefused, match="one by one"):
        await other.execute(proposal.intent_id)
    assert kis.posts == []


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "005935"},
        {"symbol": "Q500001"},
        {"symbol": "069500"},
        {"quantity": 0},
        {"quantity": -1},
        {"quantity": "0.5"},
        {"quantity": "1e9"},
        {"price": -1},
        {"price": 0},
        {"price": "NaN"},
    ],
)
async def test_no_other_instrument_and_no_odd_number_goes_out(
    strategy: Strategy, kis: FakeKis, changes: dict[str, object]
) -> None:
    with pytest.raises((BadArgument, OrderRefused)):
        await strategy.place(BUY | changes)
    assert kis.posts == []


async def lose_a_sale(strategy: Strategy, kis: FakeKis) -> str:
    """A sale of what was bought, of which KIS never hears; its intent."""

    async def lose_the_answer() -> None:
        raise TimeoutError

    await strategy.place()
    strategy.fill(0, 10)
    before, kis.before = kis.before, lose_the_answer
    with pytest.raises(OrderStateUnknown):
        await strategy.place(SELL)
    kis.before = before
    (lost,) = [each.intent.id for each in await strategy.orders.orders() if each.status is Status.UNKNOWN]
    return lost


@pytest.mark.parametrize(("held", "sellable", "is_free"), [(50, 50, True), (50, 40, False), (9, 9, False)])
async def test_a_sale_that_kis_does_not_list_frees_its_shares_once_the_account_shows_that_none_stands(
    strategy: Strategy, kis: FakeKis, clock: FakeClock, held: int, sellable: int, is_free: bool
) -> None:
    lost = await lose_a_sale(strategy, kis)
    holding = {"symbol": "005930", "holding_quantity": held, "orderable_quantity": sellable}
    kis.answers["domestic_stock_inquire_balance"] = {"positions": [holding], "summary": []}
    clock.pass_by(minutes=10)
    assert (await strategy.orders.look_up(lost)).status is Status.UNKNOWN
    await strategy.mandates.guard.settle_fills(strategy.mandate.id, clock())
    assert await sellable_of(strategy) == 0, "it may arrive yet"
    clock.pass_by(minutes=20)
    assert (await strategy.orders.look_up(lost)).status is Status.NOT_ACCEPTED
    await strategy.mandates.guard.settle_fills(strategy.mandate.id, clock())
    assert await sellable_of(strategy) == (10 if is_free else 0)


async def sellable_of(strategy: Strategy) -> Decimal:
    return (await strategy.journal.mandate_book(strategy.mandate.id)).sellable(("005930", "KR"))


async def test_a_sale_that_kis_never_listed_holds_its_shares_for_a_day_and_no_longer(
    strategy: Strategy, kis: FakeKis, clock: FakeClock, journal: SqlJournal
) -> None:
    lost = await lose_a_sale(strategy, kis)
    absent = Reconciliation(intent_id=lost, at=clock(), conclusion="not_accepted", message="KIS lists no such order.")
    await journal.settle(lost, since=clock(), conclude=lambda _: absent)
    for hours in (0, 23):
        clock.pass_by(hours=hours)
        with pytest.raises(OrderRefused, match="hold 0") as refused:
            await strategy.place(SELL | {"price": 69_900})
        assert not isinstance(refused.value, MandateExceeded)
    clock.pass_by(hours=1)
    assert await strategy.place(SELL | {"price": 69_900}) is Status.ACCEPTED
