from decimal import Decimal

from kis_mcp.environment import Environment
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.desk import OrderDesk
from kis_mcp.trading.journal import Decision
from kis_mcp.trading.limits import OrderLimits
from tests.trading.fakes import FakeClock, FakeKis, api

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
    desk = OrderDesk(kis, journal, OrderLimits(), environment=Environment.SIM, clock=clock)
    proposal = await desk.propose(api(CREDIT), BUY)
    today = clock.now.date()
    assert f"loan_date {today}" in proposal.question
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    await desk.execute(proposal.intent_id)
    assert kis.posts[0][1]["loan_date"] == today
    await desk.aclose()
