"""One journal, several accounts: servers with other keys may share the data folder."""

from dataclasses import replace

import pytest

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRefused, OrderStateUnknown
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.blotter.reconcile import CERTAIN_AFTER
from kis_mcp.trading.journal import Status
from tests.trading.desk.test_desk import CAPS, Desk, failing
from tests.trading.fakes import FakeClock, FakeKis

OTHERS = {"another": Account("55555566", "01"), "of an equal mask": Account("12999978", "01")}


@pytest.fixture
def desk(kis: FakeKis, journal: SqlJournal) -> Desk:
    return Desk(kis, journal, Environment.SIM, CAPS)


@pytest.fixture(params=OTHERS.values(), ids=list(OTHERS))
def other(request: pytest.FixtureRequest, clock: FakeClock, journal: SqlJournal) -> Desk:
    """A desk for another account on the same journal."""
    kis = FakeKis(clock, accounts={"stock": request.param})
    return Desk(kis, journal, Environment.SIM, CAPS)


async def test_an_unknown_order_is_not_looked_up_in_another_account(
    desk: Desk, other: Desk, kis: FakeKis, clock: FakeClock
) -> None:
    kis.after = failing(OrderStateUnknown("No answer.", remedy="Look."))
    kis.failing["domestic_stock_inquire_daily_ccld"] = OrderStateUnknown("No answer.", remedy="Look.")
    lost = await desk.confirmed()
    with pytest.raises(OrderStateUnknown):
        await desk.desk.execute(lost)
    clock.pass_by(seconds=CERTAIN_AFTER.total_seconds() + 1)
    assert await other.desk.reconcile() == []
    assert (await other.desk.look_up(lost)).status is Status.UNKNOWN
    kis.failing.clear()
    assert [record.status for record in await desk.desk.reconcile()] == [Status.ACCEPTED]


async def test_each_account_has_its_own_keys_and_duplicates(desk: Desk, other: Desk, kis: FakeKis) -> None:
    assert (await desk.desk.execute(await desk.confirmed(key="order-1"))).status is Status.ACCEPTED
    theirs = await other.confirmed(key="order-1")
    assert (await other.desk.execute(theirs)).status is Status.ACCEPTED
    assert len(kis.posts) == 1
    record = await other.journal.find(theirs)
    assert record is not None
    assert record.intent.warnings == ()


async def test_an_order_for_one_account_never_goes_out_from_another(desk: Desk, other: Desk, kis: FakeKis) -> None:
    intent_id = await desk.confirmed()
    with pytest.raises(OrderRefused, match=r"for account 12\*{4}78-01"):
        await other.desk.execute(intent_id)
    assert (await desk.desk.execute(intent_id)).status is Status.ACCEPTED
    assert len(kis.posts) == 1


async def test_the_journal_does_not_hold_the_account_number(desk: Desk, kis: FakeKis, journal: SqlJournal) -> None:
    record = await journal.find(await desk.propose())
    assert record is not None
    number = kis.accounts["stock"].number
    assert number not in repr(record)
    assert record.intent.account_id == await journal.account_id(kis.accounts["stock"])
    assert record.intent.account_id != await journal.account_id(replace(kis.accounts["stock"], product="22"))
