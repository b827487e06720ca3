"""The cap on the loss of the day: what is held and traded, in won, whatever was paid in or taken out."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisUnavailable, OrderRefused
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.portfolio.day_result import read_loss_today
from tests.trading.desk.test_desk import BUY
from tests.trading.fakes import ORDER_CASH, AccountKis, FakeClock, FakeKis, api
from tests.trading.guard.test_lookup import desk

BALANCE = "domestic_stock_inquire_balance"
ABROAD = "overseas_stock_inquire_balance"
QUOTE = "overseas_stock_price"
SUMS = {"today_buy_amount": 0, "today_sell_amount": 0, "today_expense_amount": 0}
ORDER = Order(kis_title="주식주문(현금)", action=Action.NEW, market="KR")
NUMBERS = st.integers(0, 100)
PRICES = st.integers(1, 1000)


def holding(now: int, price: int, change: int, *, bought: int = 0, sold: int = 0) -> dict[str, object]:
    return {
        "symbol": "005930",
        "holding_quantity": now,
        "orderable_quantity": now,
        "today_buy_quantity": bought,
        "today_sell_quantity": sold,
        "price": price,
        "change": change,
    }


def apple(quantity: int) -> dict[str, list[dict[str, object]]]:
    row: dict[str, object] = {"symbol": "AAPL", "exchange": "nasdaq", "overseas_balance_quantity": quantity}
    return {"positions": [row]}


async def loss(kis: FakeKis) -> Decimal | None:
    return (await read_loss_today(kis, api(ORDER_CASH), ORDER, None, kis.clock())).value


@given(NUMBERS, NUMBERS, NUMBERS, PRICES, PRICES, PRICES)
async def test_the_result_is_what_the_day_brought(
    before: int, bought: int, sold: int, close: int, paid: int, price: int
) -> None:
    """Bought at one price and sold at the present one: each share's gain counted by itself."""
    kis, sold = FakeKis(FakeClock()), min(sold, before)
    kis.answers[BALANCE] = {
        "positions": [holding(before + bought - sold, price, price - close, bought=bought, sold=sold)],
        "summary": [SUMS | {"today_buy_amount": bought * paid, "today_sell_amount": sold * price}],
    }
    gain = before * (price - close) + bought * (price - paid)
    assert await loss(kis) == -gain


async def test_costs_count_and_deposits_do_not(kis: FakeKis) -> None:
    summary = SUMS | {"today_expense_amount": 1_500, "asset_change_amount": -9_000_000}
    kis.answers[BALANCE] = {"positions": [holding(10, 69_000, -1_000)], "summary": [summary]}
    assert await loss(kis) == 11_500


async def test_stock_that_was_sold_short_loses_when_it_rises(kis: FakeKis) -> None:
    short = holding(10, 71_000, 1_000) | {"borrowed_stock_sale_proceeds": 700_000}
    kis.answers[BALANCE] = {"positions": [short], "summary": [SUMS]}
    assert await loss(kis) == 10_000


async def test_overseas_stocks_count_in_won(kis: FakeKis, clock: FakeClock) -> None:
    """Three are held, one of them bought today at 152; one more was sold at 149. The price fell from 155 to 150."""
    clock.now = datetime(2026, 3, 4, 0, 30, tzinfo=KST)
    kis.answers |= {
        BALANCE: {"positions": [], "summary": [SUMS]},
        ABROAD: apple(3),
        QUOTE: {"price": {"price": Decimal(150), "previous_close": Decimal(155)}},
        "overseas_stock_inquire_ccnl": {"orders": [fill("1", "buy", 1, 152), fill("2", "sell", 1, 149)]},
        "overseas_stock_inquire_present_balance": {"cash": [{"currency": "USD", "first_posted_exchange_rate": 1400}]},
    }
    gain = 3 * 150 + 149 - 3 * 155 - 152
    assert await loss(kis) == -gain * 1400


async def test_at_the_weekend_the_day_is_friday(kis: FakeKis, clock: FakeClock) -> None:
    """One was bought on Friday at 152 and another in the week before; the price went from 155 to 150."""
    clock.now = datetime(2026, 3, 1, 20, 0, tzinfo=KST)
    bought = fill("1", "buy", 1, 152) | {"korea_order_date": "2026-02-27"}
    earlier = fill("2", "buy", 1, 140) | {"korea_order_date": "2026-02-20"}
    kis.answers |= {
        BALANCE: {"positions": [], "summary": [SUMS]},
        ABROAD: apple(2),
        QUOTE: {"price": {"price": Decimal(150), "previous_close": Decimal(155)}},
        "overseas_stock_inquire_ccnl": {"orders": [bought, earlier]},
        "overseas_stock_inquire_present_balance": {"cash": [{"currency": "USD", "first_posted_exchange_rate": 1400}]},
    }
    assert await loss(kis) == ((152 - 150) + (155 - 150)) * 1400


def fill(order_id: str, side: str, quantity: int, price: int) -> dict[str, object]:
    return {
        "order_id": order_id,
        "symbol": "AAPL",
        "exchange": "nasdaq",
        "currency": "USD",
        "side": side,
        "order_quantity": quantity,
        "filled_quantity": quantity,
        "remaining_quantity": 0,
        "fill_price": price,
        "korea_order_date": "2026-03-03",
        "broker_order_time": "23:45:00",
    }


@pytest.mark.parametrize(
    "missing",
    [
        {"summary": [{}], "positions": []},
        {"summary": [], "positions": []},
        {"summary": [SUMS], "positions": [holding(10, 0, -70_000)]},
        {"summary": [SUMS], "positions": [holding(10, 70_000, 0) | {"change": None}]},
        {"summary": [SUMS], "positions": [holding(10, 70_000, 0) | {"today_buy_quantity": None}]},
        {"summary": [SUMS], "positions": [holding(10, 70_000, 0) | {"holding_quantity": None}]},
    ],
)
async def test_what_kis_does_not_tell_is_never_counted_as_nothing(kis: FakeKis, missing: dict[str, Any]) -> None:
    kis.answers[BALANCE] = missing
    assert await loss(kis) is None


@pytest.mark.parametrize("tool", [BALANCE, ABROAD, "overseas_stock_inquire_ccnl"])
async def test_a_part_that_cannot_be_read_leaves_the_whole_unknown(kis: FakeKis, tool: str) -> None:
    kis.answers[BALANCE] = {"positions": [], "summary": [SUMS]}
    assert await loss(kis) == 0
    kis.failing[tool] = KisUnavailable("down", remedy="wait")
    assert await loss(kis) is None


async def test_what_kis_refuses_is_left_out_by_name_but_not_the_orders_own_market(kis: FakeKis) -> None:
    kis.answers[BALANCE] = {"positions": [], "summary": [SUMS]}
    kis.failing[ABROAD] = BadArgument("no", remedy="apply", kis_code="APBK1", kis_message="no such service")
    told = await read_loss_today(kis, api(ORDER_CASH), ORDER, None, kis.clock())
    assert told.value == 0
    assert told.left_out == tuple(f"{market} (APBK1: no such service)" for market in ("US", "HK", "CN", "JP", "VN"))
    abroad = await read_loss_today(kis, api("overseas_stock_order"), replace(ORDER, market="JP"), None, kis.clock())
    assert abroad.value is None


@pytest.mark.parametrize("quote", [{"price": 0, "previous_close": 155}, {"price": 150}])
async def test_a_stock_abroad_without_price_leaves_the_whole_unknown(kis: FakeKis, quote: dict[str, object]) -> None:
    kis.answers |= {
        BALANCE: {"positions": [], "summary": [SUMS]},
        ABROAD: apple(3),
        QUOTE: {"price": quote},
    }
    assert await loss(kis) is None


@pytest.mark.parametrize("unknown", [{"overseas_balance_quantity": None}, {"exchange": None}])
async def test_a_holding_abroad_of_unknown_quantity_or_exchange_leaves_the_whole_unknown(
    account: AccountKis, unknown: dict[str, object]
) -> None:
    (row,) = apple(3)["positions"]
    account.answers |= {
        BALANCE: {"positions": [], "summary": [SUMS]},
        f"{ABROAD} us": {"positions": [row | unknown]},
        QUOTE: {"price": {"price": 150, "previous_close": 150}},
    }
    assert await loss(account) is None


async def test_where_the_orders_abroad_are_not_read_to_their_end_the_whole_is_unknown(account: AccountKis) -> None:
    account.answers[BALANCE] = {"positions": [], "summary": [SUMS]}
    assert await loss(account) == 0
    account.unfinished = {"overseas_stock_inquire_ccnl"}
    assert await loss(account) is None


async def test_the_orders_own_market_is_asked_afresh(account: AccountKis) -> None:
    account.answers[BALANCE] = {"positions": [], "summary": [SUMS]}
    await read_loss_today(account, api("overseas_stock_order"), replace(ORDER, market="HK"), None, account.clock())
    assert {f"{BALANCE} None", f"{ABROAD} hong_kong"} <= account.fresh
    assert f"{ABROAD} tokyo" not in account.fresh


async def test_from_the_cap_on_only_what_closes_positions_goes_out(kis: FakeKis, journal: SqlJournal) -> None:
    kis.answers[BALANCE] = {"positions": [holding(10, 50_000, -20_000)], "summary": [SUMS]}
    losing = desk(kis, journal, max_daily_loss=Decimal(200_000))
    with pytest.raises(OrderRefused, match="has lost 200,000 KRW today"):
        await losing.propose()
    await losing.propose(BUY | {"side": "sell"})
    assert kis.environment is Environment.SIM
