import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import anyio
import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import (
    BadArgument,
    KisMcpError,
    KisUnavailable,
    OrderRefused,
    OrderRejected,
    OrderStateUnknown,
    RateLimited,
    SettingsError,
    StorageError,
)
from kis_mcp.market.instrument import Instrument
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Channel, Decision, Verdict
from kis_mcp.trading.desk.question import question
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.journal import Status
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, FakeKis, checked, order_desk

BUY: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}
CAPS = OrderLimits(max_notional=Decimal(1_000_000), max_quantity=Decimal(100), allow_real_orders=True)
SAMSUNG = Instrument("005930", "KR", "krx", name_ko="Samsung Electronics", kind="stock")


class Desk:
    """An order desk with a person behind it."""

    def __init__(self, kis: FakeKis, journal: SqlJournal, environment: Environment, limits: OrderLimits) -> None:
        self.desk = order_desk(
            kis, journal, limits, environment=environment, find_instrument=lambda symbol, market: SAMSUNG
        )
        self.journal = journal

    async def propose(
        self, arguments: Mapping[str, object] = BUY, key: str | None = None, tool: str = ORDER_CASH
    ) -> str:
        return (await self.desk.propose(checked(tool, arguments), idempotency_key=key)).intent_id

    async def decide(self, intent_id: str, verdict: Verdict = "accepted", channel: Channel = "elicitation") -> Status:
        return await self.desk.decide(intent_id, Decision(verdict=verdict, channel=channel))

    async def confirmed(self, arguments: Mapping[str, object] = BUY, key: str | None = None) -> str:
        intent_id = await self.propose(arguments, key)
        await self.decide(intent_id)
        return intent_id

    async def status(self, intent_id: str) -> Status:
        record = await self.journal.find(intent_id)
        assert record is not None
        return record.status


@pytest.fixture
def desk(kis: FakeKis, journal: SqlJournal) -> Desk:
    return Desk(kis, journal, Environment.SIM, CAPS)


@pytest.fixture
def real(kis: FakeKis, journal: SqlJournal) -> Desk:
    return Desk(kis, journal, Environment.REAL, CAPS)


def failing(error: BaseException) -> Callable[[], Awaitable[None]]:
    async def fail() -> None:
        raise error

    return fail


async def test_a_confirmed_order_goes_out_with_its_arguments(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.confirmed()
    outcome = await desk.desk.execute(intent_id)
    assert outcome.order_id == "0000000001"
    assert outcome.status is Status.ACCEPTED
    ((tool, values),) = kis.posts
    assert tool == ORDER_CASH
    assert BUY.items() <= values.items()


async def test_the_question_says_everything_and_never_changes(desk: Desk, kis: FakeKis) -> None:
    first = await desk.desk.propose(checked(ORDER_CASH, BUY))
    kis.quote["upper_limit_price"] = Decimal(1)
    again = await desk.desk.propose(checked(ORDER_CASH, BUY))
    assert again.question == first.question
    assert first.question.splitlines()[:-1] == [
        "[SIM] BUY 10 Samsung Electronics",
        "Order: Buy or sell stock with cash, 주식주문(현금)",
        "Instrument: Samsung Electronics (005930), krx",
        "Type: limit",
        "Price: 70,000 KRW",
        "Estimated amount: 700,000 KRW",
        "Estimated fees and taxes: about 98 KRW",
        "Share of buying power: 1.0%",
        "Account: 12****78-01",
    ]


async def test_the_question_shows_what_else_is_sent(desk: Desk) -> None:
    stop = BUY | {"order_type": "stop_limit", "stop_price": 71000, "exchange": "nxt"}
    proposal = await desk.desk.propose(checked(ORDER_CASH, stop))
    assert "Further: stop price 71000" in proposal.question


async def test_a_market_order_is_valued_at_the_upper_limit(desk: Desk) -> None:
    market = {"symbol": "005930", "side": "buy", "quantity": 10, "order_type": "market"}
    proposal = await desk.desk.propose(checked(ORDER_CASH, market))
    assert proposal.order.amount_krw == 910_000
    assert "Estimated amount: about 700,000 KRW at the last price, at most 910,000 KRW" in proposal.question
    assert "Estimated fees and taxes: about 98 KRW at the last price, at most 128 KRW" in proposal.question
    old = replace(proposal.order, expected_amount=None, expected_fees=None)
    record = await desk.journal.find(proposal.intent_id)
    assert record is not None
    assert "Estimated amount: up to 910,000 KRW" in question(replace(record.intent, order=old))


async def test_a_sale_without_limit_tells_what_it_brings_at_the_last_price(desk: Desk) -> None:
    sale = {"symbol": "005930", "side": "sell", "quantity": 10, "order_type": "market"}
    proposal = await desk.desk.propose(checked(ORDER_CASH, sale))
    assert "Estimated amount: about 700,000 KRW at the last price; it can be less\n" in proposal.question
    assert "Estimated fees and taxes: about 1,498 KRW at the last price\n" in proposal.question
    assert "910,000" not in proposal.question


async def test_a_us_order_is_valued_in_won(desk: Desk) -> None:
    apple: dict[str, object] = {"symbol": "AAPL", "exchange": "nasdaq", "side": "buy", "quantity": 3, "price": "150.25"}
    proposal = await desk.desk.propose(checked("overseas_stock_order", apple))
    assert proposal.order.amount_krw == Decimal("150.25") * 3 * 1400
    assert "Estimated amount: 450.75 USD (about 631,050 KRW)" in proposal.question


async def test_an_unknown_exchange_rate_warns_in_sim_and_refuses_in_real(desk: Desk, real: Desk, kis: FakeKis) -> None:
    apple: dict[str, object] = {"symbol": "AAPL", "exchange": "nasdaq", "side": "buy", "quantity": 3, "price": "150"}
    kis.failing["overseas_stock_inquire_psamount"] = KisUnavailable("down", remedy="wait")
    proposal = await desk.desk.propose(checked("overseas_stock_order", apple))
    assert "value in won cannot be told" in str(proposal.warnings)
    with pytest.raises(OrderRefused, match="value in won cannot be told"):
        await real.propose(apple, tool="overseas_stock_order")


async def test_the_guard_refuses_before_anyone_is_asked_and_it_is_journaled(desk: Desk, kis: FakeKis) -> None:
    with pytest.raises(OrderRefused, match="KIS_MAX_ORDER_QUANTITY"):
        await desk.propose(BUY | {"quantity": 101})
    (record,) = await desk.journal.history()
    assert record.status is Status.REFUSED
    assert "KIS_MAX_ORDER_QUANTITY" in record.message
    with pytest.raises(OrderRefused):
        await desk.desk.execute(record.intent.id)
    assert await desk.decide(record.intent.id) is Status.REFUSED
    assert kis.posts == []


@pytest.mark.parametrize(
    ("tool", "change"),
    [
        (ORDER_CASH, {"price": 70050}),
        (ORDER_CASH, {"quantity": 101}),
        (ORDER_CASH, {"order_type": "market"}),
        ("overseas_stock_order", {"symbol": "AAPL", "exchange": "nasdaq", "price": "150.255"}),
    ],
)
async def test_what_the_arguments_alone_forbid_is_refused_without_asking_kis(
    desk: Desk, kis: FakeKis, tool: str, change: dict[str, object]
) -> None:
    with pytest.raises(OrderRefused):
        await desk.propose(BUY | change, tool=tool)
    assert kis.reads == []


async def test_nothing_goes_out_without_a_yes(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.propose()
    with pytest.raises(OrderRefused, match="not confirmed"):
        await desk.desk.execute(intent_id)
    for verdict in ("declined", "cancelled"):
        await desk.decide(intent_id, verdict)
        with pytest.raises(OrderRefused, match="did not agree"):
            await desk.desk.execute(intent_id)
    assert kis.posts == []


async def test_a_no_cannot_be_turned_into_a_yes(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.propose()
    await desk.decide(intent_id, "declined")
    assert await desk.decide(intent_id, "accepted") is Status.DECLINED
    with pytest.raises(OrderRefused):
        await desk.desk.execute(intent_id)
    assert kis.posts == []


@pytest.mark.parametrize("channel", ["never", "preview", "guard"])
async def test_in_real_only_a_person_can_say_yes(desk: Desk, real: Desk, channel: Channel) -> None:
    intent_id = await real.propose()
    with pytest.raises(OrderRefused, match="person"):
        await real.decide(intent_id, "accepted", channel)
    assert await real.status(intent_id) is Status.PROPOSED


async def test_in_real_nothing_goes_out_once_orders_are_switched_off(
    real: Desk, kis: FakeKis, journal: SqlJournal
) -> None:
    intent_id = await real.confirmed()
    switched_off = Desk(kis, journal, Environment.REAL, OrderLimits(Decimal(10**6), Decimal(100)))
    with pytest.raises(OrderRefused, match="switched off"):
        await switched_off.desk.execute(intent_id)
    assert kis.posts == []


async def test_a_stale_yes_is_not_acted_upon(desk: Desk, kis: FakeKis, clock: FakeClock) -> None:
    intent_id = await desk.confirmed()
    clock.pass_by(minutes=11)
    with pytest.raises(OrderRefused, match="too long ago"):
        await desk.desk.execute(intent_id)
    assert kis.posts == []


async def test_many_executions_post_once_and_get_one_answer(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.confirmed()
    outcomes = await asyncio.gather(*(desk.desk.execute(intent_id) for _ in range(20)))
    replayed = await desk.desk.execute(intent_id)
    assert len(kis.posts) == 1
    assert {outcome.order_id for outcome in [*outcomes, replayed]} == {"0000000001"}


async def test_two_desks_on_one_journal_post_once(kis: FakeKis, journal: SqlJournal, tmp_path: Path) -> None:
    other = await SqlJournal.open(tmp_path / "journal.sqlite3")
    desks = [Desk(kis, one, Environment.SIM, CAPS) for one in (journal, other)]
    intent_id = await desks[0].confirmed()
    answers = await asyncio.gather(*(desk.desk.execute(intent_id) for desk in desks * 5), return_exceptions=True)
    assert len(kis.posts) == 1
    assert {type(answer).__name__ for answer in answers} <= {"OrderOutcome", "OrderStateUnknown"}
    assert [(await desk.desk.execute(intent_id)).order_id for desk in desks] == ["0000000001"] * 2
    await other.aclose()


async def test_the_same_key_gives_the_same_answer_without_a_second_post(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.confirmed(key="k")
    outcome = await desk.desk.execute(intent_id)
    proposal = await desk.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="k")
    assert proposal.outcome == outcome
    assert len(kis.posts) == 1


async def test_the_same_key_for_another_order_is_a_mistake(desk: Desk) -> None:
    await desk.propose(key="k")
    with pytest.raises(BadArgument, match="another order"):
        await desk.propose(BUY | {"price": 70100}, key="k")


async def test_the_same_order_within_a_minute_is_refused_unless_its_key_differs(
    desk: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    await desk.desk.execute(await desk.confirmed())
    with pytest.raises(OrderRefused, match="same order was sent"):
        await desk.propose()
    proposal = await desk.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="second")
    assert "in addition" in proposal.warnings[0]
    clock.pass_by(seconds=60)
    await desk.desk.execute(await desk.confirmed())
    assert len(kis.posts) == 2


async def test_a_duplicate_that_was_confirmed_too_is_stopped_at_the_claim(
    desk: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    first = await desk.confirmed()
    clock.pass_by(seconds=61)
    second = await desk.confirmed()
    await desk.desk.execute(second)
    with pytest.raises(OrderRefused, match="a moment ago"):
        await desk.desk.execute(first)
    assert len(kis.posts) == 1
    assert await desk.status(first) is Status.REFUSED


async def test_an_order_that_went_out_after_another_was_proposed_stops_it_whatever_its_key(
    desk: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    first = await desk.confirmed(key="one")
    clock.pass_by(seconds=61)
    second = await desk.confirmed(key="two")
    clock.pass_by(seconds=1)
    await desk.desk.execute(first)
    clock.pass_by(seconds=70)
    with pytest.raises(OrderRefused, match="after this one was proposed"):
        await desk.desk.execute(second)
    third = await desk.confirmed(key="three")
    await desk.desk.execute(third)
    assert len(kis.posts) == 2


async def test_one_key_for_two_changes_of_an_order_is_a_mistake(desk: Desk, kis: FakeKis) -> None:
    number = kis.take(BUY)
    change = {"action": "modify", "order_id": number, "order_branch": "06010", "price": 69_900}

    async def propose(call: str, **terms: object) -> str:
        proposal = await desk.desk.propose(checked(RVSECNCL, change | terms), idempotency_key="change", call=call)
        return proposal.intent_id

    first = await propose("to 69,900")
    assert await propose("to 69,900", quantity=3, all_remaining=False) == first
    with pytest.raises(BadArgument, match="another order"):
        await propose("to 69,800", price=69_800)


async def test_a_cancel_that_did_not_go_out_is_not_taken_for_the_end_of_its_order(desk: Desk, kis: FakeKis) -> None:
    number = kis.take(BUY)
    cancel = {"action": "cancel", "order_id": number, "order_branch": "06010"}
    kis.before = failing(OrderRejected("no", remedy="look", kis_code="APBK0344"))
    intent_id = await desk.propose(cancel, tool=RVSECNCL)
    await desk.decide(intent_id)
    with pytest.raises(OrderRejected) as rejected:
        await desk.desk.execute(intent_id)
    assert f"get_order_status shows where order {number} stands" in rejected.value.remedy


async def test_a_lost_cancel_of_an_order_that_has_ended_is_final_and_says_so(desk: Desk, kis: FakeKis) -> None:
    number = kis.take(BUY)
    kis.before = failing(OrderStateUnknown("lost", remedy="look"))
    intent_id = await desk.propose({"action": "cancel", "order_id": number, "order_branch": "06010"}, tool=RVSECNCL)
    await desk.decide(intent_id)
    kis.listed[0]["remaining_quantity"] = 0
    outcome = await desk.desk.execute(intent_id)
    assert outcome.status is Status.NEEDLESS
    assert f"Order {number} has ended (cancelled or expired): nothing of it is open." in outcome.message
    assert await desk.desk.execute(intent_id) == outcome
    assert await desk.desk.reconcile() == []


async def test_an_open_proposal_is_taken_up_again(desk: Desk) -> None:
    assert await desk.propose() == await desk.propose()


async def test_a_rejection_is_told_with_kis_words_and_frees_the_order(desk: Desk, kis: FakeKis) -> None:
    kis.before = failing(OrderRejected("No cash.", remedy="Buy less.", kis_code="APBK0952", kis_message="부족"))
    intent_id = await desk.confirmed()
    for _ in range(2):
        with pytest.raises(OrderRejected, match=r"No cash.*부족") as caught:
            await desk.desk.execute(intent_id)
        assert caught.value.kis_code == "APBK0952"
    assert len(kis.posts) == 1
    assert await desk.propose() != intent_id


@pytest.mark.parametrize("error", [RateLimited, KisUnavailable, SettingsError, StorageError])
async def test_what_certainly_did_not_reach_kis_is_told_so(desk: Desk, kis: FakeKis, error: type[KisMcpError]) -> None:
    kis.before = failing(error("down", remedy="wait"))
    intent_id = await desk.confirmed()
    with pytest.raises(OrderRefused, match="did not reach KIS"):
        await desk.desk.execute(intent_id)
    assert await desk.status(intent_id) is Status.NOT_SENT


@pytest.mark.parametrize("error", [OrderStateUnknown("timed out", remedy="look"), RuntimeError("secret 12345678")])
async def test_a_lost_answer_is_found_again_in_the_list_of_orders(desk: Desk, kis: FakeKis, error: Exception) -> None:
    kis.after = failing(error)
    intent_id = await desk.confirmed()
    outcome = await desk.desk.execute(intent_id)
    assert (outcome.order_id, outcome.message) == ("0000000001", "Found in the list of orders at KIS.")
    assert len(kis.posts) == 1


async def test_an_order_that_kis_does_not_list_stays_unknown_and_is_never_resent(
    desk: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    kis.before = failing(OrderStateUnknown("timed out", remedy="look"))
    intent_id = await desk.confirmed()
    for _ in range(2):
        with pytest.raises(OrderStateUnknown, match="may or may not"):
            await desk.desk.execute(intent_id)
    with pytest.raises(OrderRefused, match="its state is unknown"):
        clock.pass_by(seconds=61)
        await desk.propose()
    clock.pass_by(minutes=20)
    assert [record.status for record in await desk.desk.reconcile()] == [Status.NOT_ACCEPTED]
    with pytest.raises(OrderRejected, match="lists no such order"):
        await desk.desk.execute(intent_id)
    assert len(kis.posts) == 1


async def test_no_secret_of_an_unexpected_failure_is_kept(desk: Desk, kis: FakeKis) -> None:
    kis.before = failing(RuntimeError("appsecret 12345678"))
    with pytest.raises(OrderStateUnknown) as caught:
        await desk.desk.execute(await desk.confirmed())
    assert "12345678" not in str(caught.value)
    (record,) = await desk.journal.history()
    assert "12345678" not in repr(record)


async def test_a_cancelled_call_leaves_the_sending_alone(desk: Desk, kis: FakeKis) -> None:
    posted, release = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        posted.set()
        await release.wait()

    kis.after = hold
    intent_id = await desk.confirmed()
    call = asyncio.create_task(desk.desk.execute(intent_id))
    await posted.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await desk.status(intent_id) is Status.SENT
    assert await desk.desk.reconcile() == [], "what is being sent is left alone"
    release.set()
    await desk.desk.aclose()
    assert await desk.status(intent_id) is Status.ACCEPTED


async def test_a_cancel_scope_around_the_call_leaves_the_sending_alone(desk: Desk, kis: FakeKis) -> None:
    posted, release = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        posted.set()
        await release.wait()

    kis.after = hold
    intent_id = await desk.confirmed()
    async with anyio.create_task_group() as calls:
        calls.start_soon(desk.desk.execute, intent_id)
        await posted.wait()
        calls.cancel_scope.cancel()
    release.set()
    await desk.desk.aclose()
    assert await desk.status(intent_id) is Status.ACCEPTED


async def test_a_sending_that_is_torn_down_is_journaled_as_unknown(desk: Desk, kis: FakeKis) -> None:
    posted = asyncio.Event()

    async def hold() -> None:
        posted.set()
        await asyncio.Event().wait()

    kis.after = hold
    intent_id = await desk.confirmed()
    call = asyncio.create_task(desk.desk.execute(intent_id))
    await posted.wait()
    (sending,) = (task for task in asyncio.all_tasks() if task.get_name() == f"order {intent_id}")
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await desk.status(intent_id) is Status.UNKNOWN
    (record,) = await desk.desk.reconcile()
    assert (record.status, record.order_id) == (Status.ACCEPTED, "0000000001")


async def test_an_original_is_taken_from_kis_not_from_the_caller(desk: Desk, kis: FakeKis) -> None:
    await desk.desk.execute(await desk.confirmed())
    proposal = await desk.desk.propose(
        checked(RVSECNCL, {"action": "cancel", "order_id": "1", "order_branch": "99999", "exchange": "nxt"})
    )
    assert re.match(r"\[SIM\] CANCEL order 0000000001: BUY 10 삼성전자\n", proposal.question)
    await desk.decide(proposal.intent_id)
    await desk.desk.execute(proposal.intent_id)
    _, values = kis.posts[-1]
    assert {name: values[name] for name in ("order_id", "order_branch", "exchange")} == {
        "order_id": "0000000001",
        "order_branch": "06010",
        "exchange": "krx",
    }


async def test_a_changes_question_tells_what_stands_and_keeps_telling_it(desk: Desk, kis: FakeKis) -> None:
    number = kis.take(BUY)
    change = {"action": "modify", "order_id": number, "order_branch": "06010", "price": 69_900}
    part = change | {"quantity": 3, "all_remaining": False}
    proposal = await desk.desk.propose(checked(RVSECNCL, part))
    assert re.match(r"\[SIM\] CHANGE order 0000000001: BUY 3 of 10 삼성전자\n", proposal.question)
    assert "Price: 70,000 KRW -> 69,900 KRW\n" in proposal.question
    assert "Further" not in proposal.question
    record = await desk.journal.find(proposal.intent_id)
    assert record is not None
    assert question(record.intent) == proposal.question


async def test_a_quantity_that_kis_would_ignore_is_refused(desk: Desk, kis: FakeKis) -> None:
    kis.take(BUY)
    with pytest.raises(BadArgument, match="all_remaining"):
        await desk.propose({"action": "cancel", "order_id": "1", "order_branch": "06010", "quantity": 1}, tool=RVSECNCL)


async def test_a_cancel_of_an_order_that_kis_does_not_list_is_refused(desk: Desk, kis: FakeKis) -> None:
    with pytest.raises(BadArgument, match="lists no order 77"):
        await desk.propose({"action": "cancel", "order_id": "77", "order_branch": "06010"}, tool=RVSECNCL)


async def test_an_order_of_nothing_that_remains_is_refused(desk: Desk, kis: FakeKis) -> None:
    kis.take(BUY)
    kis.listed[0]["remaining_quantity"] = 0
    one = {"action": "cancel", "order_id": "1", "order_branch": "06010", "all_remaining": False, "quantity": 1}
    with pytest.raises(OrderRefused, match="is cancelled, 0 of 10 filled"):
        await desk.propose(one, tool=RVSECNCL)


@pytest.mark.parametrize("bad", [{"quantity": 0}, {"side": "hold"}, {"colour": "red"}, {"price": "abc"}])
async def test_arguments_that_cannot_be_right_reach_neither_kis_nor_the_journal(
    desk: Desk, kis: FakeKis, bad: dict[str, object]
) -> None:
    with pytest.raises(BadArgument):
        await desk.propose(BUY | bad)
    assert (kis.reads, await desk.journal.history()) == ([], [])


async def test_an_unknown_order_is_looked_up_again_in_the_background(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    waiting, listed = asyncio.Event(), asyncio.Event()

    async def sleep(seconds: float) -> None:
        waiting.set()
        await listed.wait()

    desk = order_desk(kis, journal, CAPS, sleep=sleep)
    proposal = await desk.propose(checked(ORDER_CASH, BUY))
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    kis.before = failing(OrderStateUnknown("Lost.", remedy="Wait."))
    with pytest.raises(OrderStateUnknown):
        await desk.execute(proposal.intent_id)
    await waiting.wait()
    kis.take(BUY)
    listed.set()
    assert desk._sender._follow_up._task
    await desk._sender._follow_up._task
    assert (await desk.execute(proposal.intent_id)).order_id == "0000000001"
    assert len(kis.posts) == 1
    await desk.aclose()


async def test_a_price_that_the_market_left_while_the_person_thought_is_not_sent(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    desk = Desk(kis, journal, Environment.SIM, replace(CAPS, price_collar=Decimal(5)))
    intent_id = await desk.confirmed()
    kis.quote |= {"price": Decimal(50_000)}
    clock.pass_by(seconds=30)
    with pytest.raises(OrderRefused, match="above the market's 50,000"):
        await desk.desk.execute(intent_id)
    assert kis.posts == []


@pytest.mark.parametrize(("seconds", "is_looked_at"), [(30, True), (2, False)])
async def test_a_change_to_a_price_that_the_market_left_meanwhile_is_not_sent(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock, seconds: int, is_looked_at: bool
) -> None:
    desk = Desk(kis, journal, Environment.SIM, replace(CAPS, price_collar=Decimal(5)))
    change = {"action": "modify", "order_id": kis.take(BUY), "order_branch": "06010", "price": 69_900}
    intent_id = await desk.propose(change, tool=RVSECNCL)
    await desk.decide(intent_id)
    kis.quote |= {"price": Decimal(50_000)}
    clock.pass_by(seconds=seconds)
    if is_looked_at:
        with pytest.raises(OrderRefused, match="above the market's 50,000"):
            await desk.desk.execute(intent_id)
    else:
        await desk.desk.execute(intent_id)
    assert len(kis.posts) == (0 if is_looked_at else 1)


async def test_a_cancel_is_never_looked_at_again(desk: Desk, kis: FakeKis, clock: FakeClock) -> None:
    cancel = {"action": "cancel", "order_id": kis.take(BUY), "order_branch": "06010"}
    intent_id = await desk.propose(cancel, tool=RVSECNCL)
    await desk.decide(intent_id)
    kis.reads.clear()
    clock.pass_by(seconds=30)
    await desk.desk.execute(intent_id)
    assert (len(kis.posts), kis.reads) == (1, [])


async def test_funds_that_went_while_the_person_thought_are_missed(desk: Desk, kis: FakeKis, clock: FakeClock) -> None:
    intent_id = await desk.confirmed()
    kis.answers["domestic_stock_inquire_psbl_order"] = {"buying_power": {"max_buy_quantity": 1}}
    clock.pass_by(seconds=30)
    with pytest.raises(OrderRefused, match="buying power"):
        await desk.desk.execute(intent_id)
    assert kis.posts == []


async def test_a_lost_order_is_told_in_the_next_question_whatever_its_key(
    desk: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    kis.before = failing(OrderStateUnknown("timed out", remedy="look"))
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(await desk.confirmed(key="one"))
    clock.pass_by(minutes=20)
    await desk.desk.reconcile()
    again = await desk.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="two")
    assert "its answer was lost" in again.question
