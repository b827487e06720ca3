"""Profit worked out from fills."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRate, ExchangeRates
from kis_mcp.trading.portfolio.holdings import read_holdings
from kis_mcp.trading.portfolio.profit import read_realized_profit, sales_of
from tests.trading.fakes import AccountKis
from tests.trading.portfolio.test_holdings import KOREAN, samsung

AT = datetime(2026, 3, 3, 10, 0, tzinfo=KST)
RATES = ExchangeRates({"USD": ExchangeRate("USD", Decimal(1400), "a test", AT)})
ORDER = PlacedOrder(
    order_id="1",
    market="KR",
    exchange="krx",
    currency="KRW",
    symbol="005930",
    name="삼성전자",
    side="buy",
    quantity=Decimal(10),
    filled_quantity=Decimal(10),
    remaining_quantity=Decimal(0),
    price=None,
    average_fill_price=Decimal(100),
    status=PlacedStatus.FILLED,
    ordered_at=AT,
)


def traded(side: Any, quantity: int, price: int, days: int = 0, **changes: Any) -> PlacedOrder:
    filled = Decimal(quantity)
    at = AT + timedelta(days=days)
    return replace(
        ORDER, side=side, filled_quantity=filled, average_fill_price=Decimal(price), ordered_at=at, **changes
    )


def test_a_sale_is_measured_by_the_average_cost() -> None:
    orders = [traded("buy", 10, 100), traded("buy", 10, 200), traded("sell", 5, 180, days=1)]
    (sale,) = sales_of(orders, Decimal(15), RATES) or []
    assert (sale.date, sale.quantity, sale.profit, sale.profit_krw) == (date(2026, 3, 4), 5, 150, 150)
    assert sale.profit_rate == 20


def test_a_sale_abroad_is_of_the_exchanges_day_and_in_both_currencies() -> None:
    us: dict[str, Any] = {"market": "US", "currency": "USD", "exchange": "nasdaq", "symbol": "AAPL"}
    night = AT.replace(hour=3)
    orders = [traded("buy", 1, 100, **us), replace(traded("sell", 1, 110, **us), ordered_at=night)]
    (sale,) = sales_of(orders, Decimal(0), RATES) or []
    assert (sale.date, sale.profit, sale.profit_krw) == (date(2026, 3, 2), 10, 14_000)


@pytest.mark.parametrize("orders", [[traded("sell", 5, 100)], [traded("sell", 5, 100), traded("buy", 10, 100)]])
def test_what_was_bought_before_the_list_begins_has_no_profit(orders: list[PlacedOrder]) -> None:
    assert sales_of(orders, Decimal(5), RATES) is None


trades = st.lists(st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 50), st.integers(1, 1000)), max_size=12)


@given(trades)
def test_profit_and_cost_add_up_to_the_money_that_moved(wanted: list[tuple[str, int, int]]) -> None:
    held, orders = 0, list[PlacedOrder]()
    for side, quantity, price in wanted:
        quantity = min(quantity, held) if side == "sell" else quantity
        if quantity:
            held += quantity if side == "buy" else -quantity
            orders.append(traded(side, quantity, price))
    if held:
        orders.append(traded("sell", held, 500))
    sales = sales_of(orders, Decimal(0), RATES)
    assert sales is not None
    moved = sum(
        (
            order.filled_quantity * (order.average_fill_price or 0) * (1 if order.side == "sell" else -1)
            for order in orders
        ),
        Decimal(0),
    )
    assert abs(sum((sale.profit or Decimal(0) for sale in sales), Decimal(0)) - moved) < Decimal("0.1")


def listed(order_id: str, side: str, price: int) -> dict[str, object]:
    """A row of KIS' list of the day's orders; all were taken in the same second."""
    return {
        "order_date": "2026-03-03",
        "order_time": "10:00:00",
        "order_id": order_id,
        "symbol": "005930",
        "side": side,
        "order_quantity": 10,
        "filled_quantity": 10,
        "average_fill_price": price,
        "exchange_id_code": "KRX",
    }


async def test_orders_of_one_second_count_in_the_order_of_their_numbers(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    account.answers["domestic_stock_inquire_daily_ccld"] = {
        "orders": [listed("10", "sell", 120), listed("9", "buy", 100)]
    }
    day = AT.date()
    found = await read_realized_profit(account, day, day, held=[], rates=RATES, now=AT)
    assert [(sale.symbol, sale.quantity, sale.profit) for sale in found.sales] == [("005930", 10, 200)]


async def test_where_it_is_unknown_how_many_are_held_the_profit_is_too(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    account.answers |= {
        KOREAN: {"positions": [samsung(holding_quantity=None)]},
        "domestic_stock_inquire_daily_ccld": {"orders": [listed("9", "buy", 100), listed("10", "sell", 120)]},
    }
    held = (await read_holdings(account)).positions
    found = await read_realized_profit(account, AT.date(), AT.date(), held=held, rates=RATES, now=AT)
    assert found.sales == []
    assert found.notes[-1] == "005930 is held in an unknown quantity, so its profit cannot be told."
