"""What is left of an order when the process that sends it is killed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kis_mcp.errors import OrderRefused, OrderRejected, OrderStateUnknown
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.desk.desk import OrderDesk
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.journal import Status
from tests.trading.fakes import ORDER_CASH, FakeClock, FakeKis, checked, order_desk

ROOT = Path(__file__).parents[3]
BUY: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}


@pytest.fixture
async def killed(tmp_path: Path) -> str:
    """The intent of an order whose process was killed between claim and outcome."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.trading.desk.order_and_hang",
        str(tmp_path / "journal.sqlite3"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    intent_id = (await process.stdout.readline()).decode().strip()
    process.kill()
    await process.wait()
    return intent_id


@pytest.fixture
async def journal(killed: str, tmp_path: Path) -> AsyncIterator[SqlJournal]:
    journal = await SqlJournal.open(tmp_path / "journal.sqlite3")
    yield journal
    await journal.aclose()


@pytest.fixture
def restarted(journal: SqlJournal, kis: FakeKis, clock: FakeClock) -> OrderDesk:
    return order_desk(kis, journal, OrderLimits())


async def test_an_order_that_kis_took_is_found_and_not_sent_again(
    killed: str, journal: SqlJournal, restarted: OrderDesk, kis: FakeKis
) -> None:
    (record,) = await journal.unresolved()
    assert (record.intent.id, record.status) == (killed, Status.SENT)
    kis.take(BUY)
    assert [record.status for record in await restarted.reconcile()] == [Status.ACCEPTED]
    outcome = await restarted.execute(killed)
    assert outcome.order_id == "0000000001"
    assert kis.posts == []


async def test_an_order_that_kis_does_not_list_stays_unknown_until_that_is_certain(
    killed: str, restarted: OrderDesk, kis: FakeKis, clock: FakeClock
) -> None:
    assert [record.status for record in await restarted.reconcile()] == [Status.UNKNOWN]
    with pytest.raises(OrderStateUnknown):
        await restarted.execute(killed)
    with pytest.raises(OrderRefused, match="state is unknown"):
        await restarted.propose(checked(ORDER_CASH, BUY))
    clock.pass_by(minutes=20)
    assert [record.status for record in await restarted.reconcile()] == [Status.NOT_ACCEPTED]
    with pytest.raises(OrderRejected):
        await restarted.execute(killed)
    assert kis.posts == []
