"""What is told of an order just after KIS took it."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from kis_mcp.errors import KisUnavailable
from kis_mcp.storage import SqlJournal
from kis_mcp.trading.blotter import NoticeBook, look_at_first
from kis_mcp.trading.blotter.first_look import LOOK_AGAIN_AFTER
from kis_mcp.trading.blotter.state import OrderState
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.guard import OrderLimits
from kis_mcp.trading.journal import Record
from tests.trading.fakes import ORDER_CASH, RVSECNCL, FakeClock, FakeKis, checked, order_desk
from tests.trading.notice_fakes import fill

LIMIT: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "price": 70000}
MARKET: dict[str, object] = {"symbol": "005930", "side": "buy", "quantity": 10, "order_type": "market"}
LIST = "domestic_stock_inquire_daily_ccld"
FILLED = {"filled_quantity": 10, "remaining_quantity": 0, "average_fill_price": Decimal(69900)}


class Looks:
    """Looks at orders, and remembers the waits between the looks."""

    def __init__(self, kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> None:
        self.kis = kis
        self.journal = journal
        self.clock = clock
        self.waits: list[float] = []
        self.book = NoticeBook()

    async def send(self, arguments: dict[str, object], tool: str = ORDER_CASH) -> Record:
        desk = order_desk(self.kis, self.journal, OrderLimits())
        intent_id = (await desk.propose(checked(tool, arguments))).intent_id
        await desk.decide(intent_id, Decision(verdict="accepted", channel="elicitation"))
        await desk.execute(intent_id)
        record = await self.journal.find(intent_id)
        assert record is not None
        self.kis.reads.clear()
        return record

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.kis.listed[0] |= FILLED

    async def look(self, record: Record) -> tuple[OrderState, Decimal] | None:
        found = await look_at_first(self.kis, record, self.book, clock=self.clock, sleep=self.sleep)
        return None if found is None or found.placed is None else (found.state, found.placed.filled_quantity)


@pytest.fixture
def looks(kis: FakeKis, journal: SqlJournal, clock: FakeClock) -> Looks:
    return Looks(kis, journal, clock)


async def test_a_fill_is_seen_at_once(looks: Looks) -> None:
    record = await looks.send(MARKET)
    looks.kis.listed[0] |= FILLED
    assert await looks.look(record) == (OrderState.FILLED, 10)
    assert (looks.waits, looks.kis.reads) == ([], [LIST])


async def test_an_order_without_a_price_is_looked_at_twice_and_no_more(looks: Looks) -> None:
    record = await looks.send(MARKET)
    assert await looks.look(record) == (OrderState.FILLED, 10)
    assert (looks.waits, looks.kis.reads) == ([LOOK_AGAIN_AFTER], [LIST, LIST])


async def test_a_limit_order_that_rests_is_looked_at_once(looks: Looks) -> None:
    record = await looks.send(LIMIT)
    assert await looks.look(record) == (OrderState.ACCEPTED, 0)
    assert (looks.waits, looks.kis.reads) == ([], [LIST])


async def test_a_cancel_is_not_looked_for(looks: Looks) -> None:
    number = looks.kis.take(LIMIT)
    record = await looks.send({"action": "cancel", "order_id": number, "order_branch": "06010"}, RVSECNCL)
    assert await looks.look(record) is None
    assert looks.kis.reads == []


async def test_a_list_that_fails_or_hangs_takes_nothing_from_the_answer(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await looks.send(MARKET)
    looks.kis.failing[LIST] = KisUnavailable("away", remedy="later")
    assert await looks.look(record) is None
    looks.kis.failing.clear()
    looks.kis.listed.clear()
    monkeypatch.setattr("kis_mcp.trading.blotter.first_look.LONGEST_SECONDS", 0.01)

    async def hang(seconds: float) -> None:
        await asyncio.Event().wait()

    found = await look_at_first(looks.kis, record, looks.book, clock=looks.clock, sleep=hang)
    assert found is None


@pytest.mark.parametrize("wrong", [timedelta(), timedelta(minutes=-5), timedelta(minutes=5)])
async def test_a_notified_fill_counts_however_wrong_this_machines_clock_is(looks: Looks, wrong: timedelta) -> None:
    looks.kis.clock_error = -wrong
    record = await looks.send(LIMIT)
    assert record.order_id is not None
    looks.kis.listed.clear()
    looks.book.add([fill(10, looks.clock(), order_id=record.order_id)])
    assert await looks.look(record) == (OrderState.FILLED, 10)
