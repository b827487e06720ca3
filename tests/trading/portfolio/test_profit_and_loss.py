"""Profit and loss of every account, and what of it is unknown."""

from datetime import date
from decimal import Decimal

import pytest

from kis_mcp.account import Account
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE
from kis_mcp.trading.portfolio.profit import COSTS
from kis_mcp.trading.portfolio.profit_and_loss import CurrencyProfit, DayProfit, ProfitAndLoss, read_profit_and_loss
from tests.trading.fakes import AccountKis
from tests.trading.portfolio.test_holdings import ABROAD, DOWN, KOREAN, SOXL, samsung

START, END = date(2026, 2, 1), date(2026, 3, 3)
KOREAN_SALES = "domestic_stock_inquire_period_trade_profit"
SALES_ABROAD = "overseas_stock_inquire_period_profit"
CONTRACTS = "domestic_fo_inquire_daily_amount_fee"
CONTRACTS_ABROAD = "overseas_fo_inquire_period_ccld"
SALE = {"trade_date": "2026-03-02", "symbol": "000660", "sell_quantity": 2, "realized_profit_loss": 100, "fee": 3}
DOLLARS = {"currency": "USD", "first_posted_exchange_rate": Decimal(1400), "fx_deposit": Decimal(5)}


async def read(account: AccountKis, symbol: str | None = None) -> ProfitAndLoss:
    return await read_profit_and_loss(account, START, END, symbol=symbol, now=account.clock())


async def test_what_closed_contracts_brought_counts(account: AccountKis) -> None:
    account.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    fees = {"order_date": "2026-03-02", "symbol": "101W12", "trade_profit_loss": -40, "total_fee_sum": 2}
    only_bought = fees | {"symbol": "101W03", "trade_profit_loss": 0}
    gold = {"symbol": "GCZ26", "currency": "USD", "closed_profit_loss": Decimal(10), "fee": Decimal(2)}
    account.answers |= {
        KOREAN_SALES: {"trades": [SALE]},
        CONTRACTS: {"days": [fees, only_bought]},
        CONTRACTS_ABROAD: {"by_symbol": [gold]},
        PRESENT_BALANCE: {"cash": [DOLLARS]},
        f"{ABROAD} us": {"positions": [SOXL]},
    }
    found = await read(account)
    assert [(row.date, row.symbol, row.profit, row.profit_krw, row.costs) for row in found.realized] == [
        (date(2026, 3, 2), "101W12", -40, -40, 2),
        (date(2026, 3, 2), "000660", 100, 100, 3),
        (None, "GCZ26", 10, 14_000, 2),
    ]
    assert found.days == [DayProfit(date(2026, 3, 2), Decimal(60))]
    assert found.totals == [
        CurrencyProfit(
            currency="KRW",
            realized=Decimal(60),
            unrealized=Decimal(0),
            realized_krw=Decimal(60),
            unrealized_krw=Decimal(0),
        ),
        CurrencyProfit(
            currency="USD",
            realized=Decimal(10),
            unrealized=Decimal(21),
            realized_krw=Decimal(14_000),
            unrealized_krw=Decimal(29_400),
        ),
    ]
    assert "KIS tells the realized profit of GCZ26 only for the whole period: not in the days." in found.notes
    assert COSTS in found.notes


async def test_costs_are_explained_only_where_there_are_some(account: AccountKis) -> None:
    account.answers[KOREAN_SALES] = {"trades": [SALE | {"fee": None}]}
    assert COSTS not in (await read(account)).notes


async def test_profit_abroad_is_told_to_the_won(account: AccountKis) -> None:
    sale = {"trade_date": "2026-03-02", "symbol": "AAPL", "exchange": "nasdaq", "closed_quantity": 1}
    sale |= {"overseas_realized_profit_loss": Decimal("-9837.74")}
    account.answers[SALES_ABROAD] = {"sales": [sale]}
    (told,) = (await read(account)).realized
    assert (told.profit, told.profit_krw) == (Decimal("-9837.74"), -9838)


async def test_one_profit_that_kis_does_not_tell_leaves_the_sum_of_the_others_and_is_named(account: AccountKis) -> None:
    account.answers |= {
        KOREAN: {"positions": [samsung(), samsung(symbol="002170", valuation_profit_loss=None)]},
        KOREAN_SALES: {"trades": [SALE, SALE | {"symbol": "035420", "realized_profit_loss": None}]},
    }
    found = await read(account)
    (total,) = found.totals
    assert (total.realized, total.unrealized, found.complete) == (100, 10_000, False)
    assert found.notes[-2:] == [
        "KIS tells no profit of 002170, which is held: in no sum.",
        "KIS tells no profit of sales of 035420: in no sum.",
    ]


async def test_an_account_whose_sales_cannot_be_read_is_said_and_the_others_are_told(account: AccountKis) -> None:
    account.answers[KOREAN_SALES] = {"trades": [SALE]}
    account.failing[SALES_ABROAD] = DOWN
    found = await read(account)
    assert ([row.symbol for row in found.realized], found.complete) == (["000660"], False)
    assert f"{SALES_ABROAD} could not be read: KIS did not answer." in found.notes
    account.failing[KOREAN_SALES] = DOWN
    with pytest.raises(KisUnavailable):
        await read(account)


async def test_a_blank_row_is_no_sale(account: AccountKis) -> None:
    account.answers[KOREAN_SALES] = {"trades": [{"trade_date": None, "symbol": None, "sell_quantity": None}]}
    assert (await read(account)).realized == []
