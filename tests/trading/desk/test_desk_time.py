"""Orders and time: proposals that grow old, orders that wait too long, and clocks that are set."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRefused, OrderStateUnknown
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.journal import Status
from tests.trading.desk.test_desk import BUY, CAPS, Desk, failing
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, FakeKis, TellingKis, checked, order_desk


@pytest.fixture
def desk(kis: FakeKis, journal: SqlJournal) -> Desk:
    return Desk(kis, journal, Environment.SIM, CAPS)


def later(clock: FakeClock, **time: float) -> Callable[[], Awaitable[None]]:
    async def passes() -> None:
        clock.pass_by(**time)

    return passes


async def test_an_order_that_waits_longer_than_a_minute_after_its_claim_is_not_sent(
    desk: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    kis.waiting = later(clock, seconds=61)
    intent_id = await desk.confirmed()
    for _ in range(2):
        with pytest.raises(OrderRefused, match=r"did not reach KIS.*within 60 seconds"):
            await desk.desk.execute(intent_id)
    assert kis.posts == []
    assert await desk.status(intent_id) is Status.NOT_SENT


async def test_a_clock_that_is_set_back_meanwhile_does_not_let_it_out_late(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    awake = 0.0

    async def waits() -> None:
        nonlocal awake
        awake += 61
        clock.pass_by(hours=-1)

    desk = order_desk(kis, journal, CAPS, monotonic=lambda: awake)
    kis.waiting = waits
    proposal = await desk.propose(checked(ORDER_CASH, BUY))
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    with pytest.raises(OrderRefused, match="within 60 seconds"):
        await desk.execute(proposal.intent_id)
    assert kis.posts == []


@pytest.mark.parametrize("minutes", [11, -11])
async def test_a_yes_to_a_proposal_of_another_time_sends_nothing(
    desk: Desk, kis: FakeKis, clock: FakeClock, minutes: int
) -> None:
    intent_id = await desk.confirmed()
    clock.pass_by(minutes=minutes)
    with pytest.raises(OrderRefused, match="too long ago"):
        await desk.desk.execute(intent_id)
    assert kis.posts == []


async def test_the_key_of_a_proposal_that_is_too_old_is_refused_before_anybody_is_asked(
    desk: Desk, clock: FakeClock
) -> None:
    await desk.propose(key="k")
    clock.pass_by(minutes=9)
    await desk.propose(key="k")
    clock.pass_by(minutes=2)
    with pytest.raises(OrderRefused, match="too long ago") as refused:
        await desk.propose(key="k")
    assert "new idempotency_key" in refused.value.remedy


async def test_a_key_serves_again_after_the_guards_refusal_but_not_after_a_persons(desk: Desk, kis: FakeKis) -> None:
    with pytest.raises(OrderRefused, match="KIS_MAX_ORDER_QUANTITY"):
        await desk.propose(BUY | {"quantity": 101}, key="k")
    await desk.decide(await desk.propose(key="k"), "declined")
    with pytest.raises(OrderRefused, match="did not agree"):
        await desk.propose(key="k")
    assert kis.posts == []


async def test_a_declined_order_is_asked_about_anew(desk: Desk) -> None:
    declined = await desk.propose()
    await desk.decide(declined, "declined")
    assert await desk.propose() != declined


async def test_an_order_that_another_process_is_sending_is_not_called_lost(
    desk: Desk, kis: FakeKis, journal: SqlJournal
) -> None:
    posted, release = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        posted.set()
        await release.wait()

    kis.before = hold
    other = Desk(kis, journal, Environment.SIM, CAPS)
    sending = asyncio.create_task(desk.desk.execute(await desk.confirmed(key="k")))
    await posted.wait()
    (record,) = await other.desk.reconcile()
    assert record.status is Status.UNKNOWN
    assert "still waits" in record.message
    release.set()
    assert (await sending).order_id == "0000000001"
    assert (await other.desk.propose(checked(ORDER_CASH, BUY), idempotency_key="k")).outcome
    assert len(kis.posts) == 1
    await other.desk.aclose()


async def test_an_order_leaves_only_after_kis_has_told_its_time(journal: SqlJournal, clock: FakeClock) -> None:
    kis = TellingKis(clock)
    desk = Desk(kis, journal, Environment.SIM, CAPS)
    intent_id = await desk.confirmed()
    kis.clock_error, kis.before = None, failing(OrderStateUnknown("lost", remedy="look"))
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(intent_id)
    (record,) = await journal.unresolved()
    assert record.kis_sent_at == clock()


@pytest.mark.parametrize("days", [-3, 3])
@pytest.mark.parametrize("price", [70_000, 70_100])
async def test_a_clock_that_is_set_meanwhile_hides_no_lost_order_from_the_next_question(
    journal: SqlJournal, clock: FakeClock, days: int, price: int
) -> None:
    kis = TellingKis(clock)
    desk = Desk(kis, journal, Environment.SIM, CAPS)
    kis.before = failing(OrderStateUnknown("lost", remedy="look"))
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(await desk.confirmed(key="one"))
    clock.pass_by(minutes=20)
    (record,) = await desk.desk.reconcile()
    assert record.status is Status.NOT_ACCEPTED
    clock.pass_by(days=days)
    kis.error = kis.clock_error = timedelta(days=-days)
    again = await desk.desk.propose(checked(ORDER_CASH, BUY | {"price": price}), idempotency_key="two")
    assert "its answer was lost" in again.question


@pytest.mark.parametrize("days", [-3, 3])
async def test_a_standing_order_is_found_by_kis_day_though_the_machines_clock_is_wrong(
    journal: SqlJournal, clock: FakeClock, days: int
) -> None:
    kis = TellingKis(clock, clock_error=None)
    number = kis.take(BUY)
    kis.error = timedelta(days=-days)
    clock.pass_by(days=days)
    desk = Desk(kis, journal, Environment.SIM, CAPS)
    intent_id = await desk.propose({"action": "cancel", "order_id": number, "order_branch": "06010"}, tool=RVSECNCL)
    await desk.decide(intent_id)
    assert (await desk.desk.execute(intent_id)).status is Status.ACCEPTED
