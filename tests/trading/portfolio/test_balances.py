"""What each market's part of the accounts is worth."""

from decimal import Decimal

import pytest

from kis_mcp.account import Account
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.portfolio.balances import Balance, read_balances
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE
from tests.trading.fakes import AccountKis, read_balance
from tests.trading.portfolio.test_holdings import ABROAD, DOWN, KOREAN, SOXL

DOLLARS = {
    "currency": "USD",
    "fx_deposit": Decimal(100),
    "fx_buy_amount_total": Decimal(0),
    "fx_sell_amount_total": Decimal(0),
    "fx_withdrawable_amount": Decimal(90),
}


async def test_a_market_abroad_is_its_holdings_and_the_cash_in_its_currency(account: AccountKis) -> None:
    second = SOXL | {"symbol": "TQQQ", "exchange": "nasdaq"}
    account.answers |= {f"{ABROAD} us": {"positions": [SOXL, second]}, PRESENT_BALANCE: {"cash": [DOLLARS]}}
    assert await read_balance(account, "US") == Balance(
        market="US",
        currency="USD",
        cash=Decimal(100),
        unsettled=Decimal(0),
        withdrawable_cash=Decimal(90),
        stock_value=Decimal(1302),
        total_value=Decimal(1402),
        purchase_amount=Decimal(1260),
        profit=Decimal(42),
        profit_rate=Decimal("3.33"),
    )


async def test_the_days_trades_are_in_the_cash_as_they_are_in_the_holdings(account: AccountKis) -> None:
    traded = DOLLARS | {"fx_deposit": Decimal(1000), "fx_buy_amount_total": Decimal(630), "fx_sell_amount_total": 20}
    account.answers |= {f"{ABROAD} us": {"positions": [SOXL]}, PRESENT_BALANCE: {"cash": [traded]}}
    (row,) = (await read_balances(account, ["US"])).rows
    assert (row.cash, row.unsettled, row.stock_value, row.total_value) == (390, -610, 651, 1041)


async def test_trades_of_the_day_that_kis_does_not_tell_are_said(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = {"cash": [DOLLARS | {"fx_buy_amount_total": None}]}
    found = await read_balances(account, ["US"])
    assert [(row.cash, row.unsettled) for row in found.rows] == [(100, None)]
    assert found.notes == ["KIS does not tell the day's trades in USD: cash is without them."]


async def test_money_in_a_currency_without_a_market_is_shown(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = {"cash": [DOLLARS | {"currency": "EUR"}]}
    rows = (await read_balances(account)).rows
    assert [(row.market, row.currency, row.cash) for row in rows] == [
        ("KR", "KRW", None),
        ("US", "USD", None),
        ("overseas", "EUR", 100),
    ]


async def test_the_sums_are_of_what_has_a_value_and_say_what_has_none(account: AccountKis) -> None:
    halted = SOXL | {"symbol": "TQQQ", "overseas_stock_valuation_amount": 0, "fx_valuation_profit_loss": None}
    account.answers |= {f"{ABROAD} us": {"positions": [SOXL, halted]}, PRESENT_BALANCE: {"cash": [DOLLARS]}}
    found = await read_balances(account, ["US"])
    (row,) = found.rows
    assert (row.cash, row.stock_value, row.total_value, row.profit) == (100, 651, 751, 21)
    assert (row.purchase_amount, row.profit_rate) == (1260, Decimal("3.33"))
    assert found.notes == ["KIS tells no current value or profit of TQQQ: not in the sums."]


async def test_cash_that_kis_does_not_tell_is_said(account: AccountKis) -> None:
    account.answers[f"{ABROAD} us"] = {"positions": [SOXL]}
    found = await read_balances(account, ["US"])
    assert [(row.cash, row.stock_value, row.total_value) for row in found.rows] == [(None, 651, None)]
    assert found.notes == ["KIS tells no cash in USD, so there cash and total_value are left out."]


async def test_every_market_with_holdings_or_cash_is_shown(account: AccountKis) -> None:
    account.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    tencent = SOXL | {"symbol": "00700", "exchange": "hong_kong", "currency": "HKD"}
    account.answers |= {
        KOREAN: {"summary": [{"provisional_settlement_amount": 5, "total_valuation_amount": 5}]},
        f"{ABROAD} hong_kong": {"positions": [tencent]},
        PRESENT_BALANCE: {
            "cash": [DOLLARS, DOLLARS | {"currency": "JPY", "fx_deposit": 7}, {"currency": "CNY", "fx_deposit": 0}]
        },
        "domestic_bond_inquire_balance": {"holdings": [{"symbol": "KR1", "balance_quantity": 5, "buy_amount": 50}]},
        "domestic_fo_inquire_balance": {"summary": {"total_deposit": 3, "estimated_deposit_asset_amount": 4}},
        "overseas_fo_inquire_deposit": {"deposit": {"deposit_balance": 1, "total_asset_valuation_amount": 2}},
    }
    found = await read_balances(account)
    assert found.complete
    assert [(row.market, row.currency, row.cash, row.total_value, row.purchase_amount) for row in found.rows] == [
        ("KR", "KRW", 5, 5, None),
        ("domestic_futureoption", "KRW", 3, 4, None),
        ("overseas_futureoption", "KRW", 1, 2, None),
        ("US", "USD", 100, 100, 0),
        ("JP", "JPY", 7, 7, 0),
        ("HK", "HKD", None, None, 630),
        ("domestic_bond", "KRW", None, None, 50),
    ]


async def test_a_part_that_cannot_be_read_is_named_and_all_of_them_are_an_error(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = {"cash": [DOLLARS]}
    account.failing[KOREAN] = DOWN
    found = await read_balances(account)
    assert ([row.market for row in found.rows], found.complete) == (["US"], False)
    assert found.notes == ["The balance of KR could not be read: KIS did not answer."]
    account.failing |= dict.fromkeys((ABROAD, PRESENT_BALANCE, "domestic_bond_inquire_balance"), DOWN)
    with pytest.raises(KisUnavailable):
        await read_balances(account)


async def test_a_list_that_cannot_be_read_leaves_the_answer_incomplete(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = {"cash": [DOLLARS]}
    account.failing[f"{ABROAD} tokyo"] = DOWN
    found = await read_balances(account)
    assert ([row.market for row in found.rows], found.complete) == (["KR", "US"], False)
    assert found.notes == ["The holdings of JP could not be read: KIS did not answer."]


async def test_cash_belongs_to_the_country_of_its_currency(account: AccountKis) -> None:
    shanghai_b = SOXL | {"symbol": "900901", "exchange": "shanghai"}
    account.answers |= {f"{ABROAD} shanghai": {"positions": [shanghai_b]}, PRESENT_BALANCE: {"cash": [DOLLARS]}}
    found = await read_balances(account)
    assert [(row.market, row.currency, row.cash, row.stock_value) for row in found.rows] == [
        ("KR", "KRW", None, None),
        ("US", "USD", 100, 0),
        ("CN", "USD", None, 651),
    ]
