from decimal import Decimal

import pytest

from kis_mcp.errors import OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.guard.limits import OrderLimits
from tests.trading.fakes import FakeClock, FakeKis, checked, order_desk

CREDIT = "domestic_stock_order_credit"
BUY: dict[str, object] = {
    "symbol": "005930",
    "side": "buy",
    "credit_type": "broker_margin_open",
    "quantity": 10,
    "price": 70000,
}


async def test_the_day_of_a_loan_is_shown_and_sent_as_shown(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock
) -> None:
    kis.answers["domestic_stock_inquire_credit_psamount"] = {"buying_power": {"max_buy_quantity": Decimal(100)}}
    desk = order_desk(kis, journal, OrderLimits())
    proposal = await desk.propose(checked(CREDIT, BUY))
    today = clock.now.date()
    assert f"loan date {today}" in proposal.question
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    await desk.execute(proposal.intent_id)
    assert kis.posts[0][1]["loan_date"] == today
    await desk.aclose()


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        (CREDIT, {"credit_type": "broker_margin_repay"}),
        ("domestic_stock_order_resv", {"position_type": "collateral_loan"}),
        ("domestic_stock_order_resv", {"position_type": "lending_return"}),
    ],
)
async def test_a_buy_that_says_to_repay_is_refused(
    kis: FakeKis, journal: SqlJournal, clock: FakeClock, tool: str, words: dict[str, object]
) -> None:
    desk = order_desk(kis, journal, OrderLimits(max_open_positions=1))
    kis.answers["domestic_stock_inquire_credit_psamount"] = {"buying_power": {"max_buy_quantity": Decimal(100)}}
    buy = {name: value for name, value in BUY.items() if name != "credit_type"} | {"symbol": "000660"} | words
    with pytest.raises(OrderRefused, match=r"A buy order cannot be .*at most 1 may be"):
        await desk.propose(checked(tool, buy | {"loan_date": clock.now.date()}))
    await desk.aclose()
