"""Profit worked out from fills, and amounts in won."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kis_mcp.account import Account
from kis_mcp.catalog.decode import Decoded
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRate, ExchangeRates, read_exchange_rates
from kis_mcp.trading.portfolio.exposure import read_exposure
from kis_mcp.trading.portfolio.holding_lists import LISTS
from kis_mcp.trading.portfolio.holdings import read_holdings
from kis_mcp.trading.portfolio.profit import sales_of
from tests.trading.fakes import FakeClock, FakeKis

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
ABROAD = {
    "positions": [
        {
            "symbol": "4689",
            "exchange": "tokyo",
            "buy_currency": "JPY",
            "base_exchange_rate": Decimal("981.11"),
            "unit_amount": Decimal(100),
            "holding_quantity": Decimal(1300),
            "price": Decimal("519"),
            "fx_valuation_amount": Decimal(674_700),
            "valuation_profit_loss": Decimal(-100),
        },
    ],
    "cash": [
        {"currency": "JPY", "first_posted_exchange_rate": Decimal("981.11"), "fx_deposit": Decimal(1000)},
        {"currency": "USD", "first_posted_exchange_rate": Decimal(1400), "fx_deposit": Decimal(5)},
        {"currency": "HKD", "first_posted_exchange_rate": None, "fx_deposit": Decimal(7)},
    ],
}


@dataclass
class AccountKis(FakeKis):
    """Answers account lists from what a test fills in; everything else is empty."""

    answers: dict[str, Any] = field(default_factory=dict)

    async def rows(self, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Decoded:
        self.reads.append(tool)
        if error := self.failing.get(tool):
            raise error
        return Decoded(self.answers.get(tool, {}))


@pytest.fixture
def kis(clock: FakeClock) -> AccountKis:
    return AccountKis(clock, answers={"overseas_stock_inquire_present_balance": ABROAD})


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
    assert abs(sum((sale.profit for sale in sales), Decimal(0)) - moved) < Decimal("0.1")


async def test_a_rate_is_for_one_unit_whatever_kis_quotes_it_for(kis: AccountKis) -> None:
    rates = await read_exchange_rates(kis)
    assert {rate.currency: rate.krw_rate for rate in rates.known.values()} == {
        "JPY": Decimal("9.8111"),
        "USD": Decimal(1400),
    }
    assert rates.won(Decimal(1000), "JPY") == 9811
    assert (rates.won(Decimal(7), "HKD"), rates.won(Decimal(7), "KRW"), rates.missing(["HKD", "KRW"])) == (
        None,
        7,
        ["HKD"],
    )


async def test_demo_takes_the_dollars_rate_from_what_can_be_bought(kis: AccountKis) -> None:
    kis.environment = Environment.DEMO
    kis.answers["overseas_stock_inquire_psamount"] = {"buying_power": {"exchange_rate": Decimal(1390)}}
    example = {"symbol": "AAPL", "exchange": "nasdaq", "price": Decimal(100)}
    assert (await read_exchange_rates(kis, example)).won(Decimal(2), "USD") == 2780
    assert (await read_exchange_rates(kis)).known == {}


async def test_an_amount_without_a_rate_is_in_no_sum(kis: AccountKis) -> None:
    found = await read_exposure(kis)
    assert [(row["symbol"], row["value_krw"], row["share"]) for row in found.instruments] == [("4689", 6_619_549, 100)]
    currencies = {row["currency"]: row for row in found.currencies}
    assert (currencies["USD"]["cash_krw"], currencies["HKD"]["cash_krw"]) == (7000, None)
    assert any("no exchange rate for HKD" in note for note in found.notes)


async def test_futures_and_bonds_are_held_too_and_short_positions_count_below_zero(kis: AccountKis) -> None:
    kis.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    short = {"symbol": "101W12", "side_name": "매도", "balance_quantity": 2, "valuation_amount": Decimal(170_000_000)}
    kis.answers |= {
        "domestic_fo_inquire_balance": {"positions": [short]},
        "domestic_bond_inquire_balance": {"holdings": [{"symbol": "KR1", "balance_quantity": 5, "buy_amount": 50}]},
        "overseas_fo_inquire_unpd": {
            "positions": [{"symbol": "ESZ26", "side": "buy", "currency": "USD", "open_quantity": 1}]
        },
    }
    found = await read_holdings(kis)
    assert (found.notes, found.complete) == ([], True)
    assert [(holding.market, holding.symbol, holding.quantity, holding.value) for holding in found.positions] == [
        ("JP", "4689", 1300, 674_700),
        ("domestic_bond", "KR1", 5, None),
        ("domestic_futureoption", "101W12", -2, -170_000_000),
        ("overseas_futureoption", "ESZ26", 1, None),
    ]
    exposure = await read_exposure(kis)
    shares = {row["market"]: row.get("share") for row in exposure.markets}
    assert shares == {
        "JP": Decimal("3.75"),
        "domestic_bond": None,
        "domestic_futureoption": Decimal("96.25"),
        "overseas_futureoption": None,
    }
    assert any("no current value of KR1, ESZ26" in note for note in exposure.notes)


async def test_a_borrowed_stock_that_was_sold_counts_below_zero(kis: AccountKis) -> None:
    short = {"symbol": "005930", "holding_quantity": 3, "price": 70_000, "borrowed_stock_sale_proceeds": 210_000}
    kis.answers["domestic_stock_inquire_balance"] = {"positions": [short], "summary": []}
    held = await read_holdings(kis)
    assert next(holding.quantity for holding in held.positions if holding.symbol == "005930") == -3


async def test_a_list_that_cannot_be_read_is_named_and_all_of_them_are_an_error(kis: AccountKis) -> None:
    down = KisUnavailable("KIS did not answer.", remedy="Try again.")
    kis.failing = {"domestic_bond_inquire_balance": down}
    found = await read_holdings(kis)
    assert ([holding.symbol for holding in found.positions], found.complete) == (["4689"], False)
    assert found.notes == ["The holdings of domestic_bond could not be read: KIS did not answer."]
    kis.failing |= {item.tool: down for item in LISTS}
    with pytest.raises(KisUnavailable):
        await read_holdings(kis)
