"""An order whose journal fails at some step: it leaves at most once, and never without its claim on disk."""

from contextlib import suppress
from typing import Any

import pytest

from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, OrderRefused, OrderRejected, OrderStateUnknown
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.journal import Status
from tests.trading.desk.test_desk import BUY, CAPS, Desk, failing
from tests.trading.fakes import ORDER_CASH, FakeClock, FakeKis, checked

FULL = KisMcpError("The order journal cannot be used: database or disk is full.", remedy="Make room.")
LOST = failing(OrderStateUnknown("timed out", remedy="look"))


class Failure:
    """Lets one of a journal's methods fail, before or after it has written."""

    def __init__(self, journal: SqlJournal, step: str, when: str, times: int = 1) -> None:
        self._run = getattr(journal, step)
        self._when = when
        self._times = times
        setattr(journal, step, self)

    async def __call__(self, *arguments: Any, **named: Any) -> Any:
        self._times -= 1
        if self._times < 0:
            return await self._run(*arguments, **named)
        if self._when == "after":
            await self._run(*arguments, **named)
        raise FULL


@pytest.fixture
def desk(kis: FakeKis, journal: SqlJournal) -> Desk:
    return Desk(kis, journal, Environment.SIM, CAPS)


async def ordered(desk: Desk) -> None:
    await desk.desk.execute(await desk.confirmed(key="k"))


@pytest.mark.parametrize("answer", ["comes", "is lost", "is lost on the way there"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", ["find_by_key", "propose", "find", "decide", "claim", "conclude", "settle"])
async def test_whichever_step_fails_the_order_leaves_once_and_the_journal_learns_what_became_of_it(
    desk: Desk, kis: FakeKis, clock: FakeClock, step: str, when: str, answer: str
) -> None:
    if answer != "comes":
        setattr(kis, "after" if answer == "is lost" else "before", LOST)
    Failure(desk.journal, step, when)
    try:
        await ordered(desk)
    except KisMcpError as error:
        left = len(kis.posts) == 1
        assert left == isinstance(error, OrderStateUnknown), error
    for _ in range(2):  # the client asks again, and again when it is certain
        clock.pass_by(minutes=21)
        await desk.desk.reconcile()
        with suppress(OrderRefused, OrderRejected, OrderStateUnknown):
            await ordered(desk)
    assert len(kis.posts) <= 1
    (record,) = await desk.journal.history()
    assert (record.status is Status.ACCEPTED) == (len(kis.listed) == 1), record
    assert not record.status.is_unresolved
    await desk.desk.aclose()


async def test_an_answer_that_cannot_be_journaled_is_told_to_the_caller(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.confirmed()
    Failure(desk.journal, "conclude", "before")
    with pytest.raises(OrderStateUnknown, match=r"was accepted as order 0000000001, but the journal could not"):
        await desk.desk.execute(intent_id)
    assert desk.desk._sender._follow_up._task, "it is looked up later"
    await desk.desk.aclose()


async def test_where_the_claim_cannot_be_written_nothing_leaves(desk: Desk, kis: FakeKis) -> None:
    intent_id = await desk.confirmed()
    Failure(desk.journal, "claim", "before")
    with pytest.raises(KisMcpError, match="cannot be used"):
        await desk.desk.execute(intent_id)
    assert kis.posts == []
    await desk.desk.execute(intent_id)
    assert len(kis.posts) == 1


async def test_a_start_at_which_the_journal_fails_looks_again_later(desk: Desk, kis: FakeKis) -> None:
    kis.before = LOST
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(await desk.confirmed())
    restarted = Desk(kis, desk.journal, Environment.SIM, CAPS)
    Failure(desk.journal, "unresolved", "before")
    with pytest.raises(KisMcpError, match="cannot be used"):
        await restarted.desk.reconcile()
    assert restarted.desk._sender._follow_up._task
    await restarted.desk.aclose()
    await desk.desk.aclose()
    assert await restarted.desk.propose(checked(ORDER_CASH, BUY | {"price": 70100}))
