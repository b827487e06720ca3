"""Rates for won, from KIS' own answers."""

from decimal import Decimal

from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE, read_exchange_rates, try_read_exchange_rates
from tests.trading.fakes import AccountKis

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
        {"currency": "VND", "first_posted_exchange_rate": Decimal("5.51"), "fx_deposit": None},
        {"currency": "USD", "first_posted_exchange_rate": Decimal(1400), "fx_deposit": Decimal(5)},
        {"currency": "HKD", "first_posted_exchange_rate": None, "fx_deposit": Decimal(7)},
    ],
}


async def test_a_rate_is_for_one_unit_whatever_kis_quotes_it_for(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = ABROAD
    rates = await read_exchange_rates(account)
    assert {rate.currency: rate.krw_rate for rate in rates.by_currency.values()} == {
        "JPY": Decimal("9.8111"),
        "VND": Decimal("0.0551"),
        "USD": Decimal(1400),
    }
    assert {rate.currency: (rate.quoted_rate, rate.quoted_units) for rate in rates.by_currency.values()} == {
        "JPY": (Decimal("981.11"), 100),
        "VND": (Decimal("5.51"), 100),
        "USD": (1400, 1),
    }
    assert rates.won(Decimal(1000), "JPY") == 9811
    assert rates.won(Decimal(0), "HKD") == 0
    assert (rates.won(Decimal(7), "HKD"), rates.won(Decimal(7), "KRW"), rates.missing(["HKD", "KRW"])) == (
        None,
        7,
        ["HKD"],
    )


async def test_demo_takes_the_dollars_rate_from_what_can_be_bought(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    account.answers["overseas_stock_inquire_psamount"] = {"buying_power": {"exchange_rate": Decimal(1390)}}
    example = {"symbol": "AAPL", "exchange": "nasdaq", "price": Decimal(100)}
    assert (await read_exchange_rates(account, example)).won(Decimal(2), "USD") == 2780
    assert (await read_exchange_rates(account)).by_currency == {}


async def test_where_kis_fails_no_rate_is_known_and_a_note_says_so(account: AccountKis) -> None:
    account.failing[PRESENT_BALANCE] = KisUnavailable("KIS did not answer.", remedy="Try again.")
    rates, notes = await try_read_exchange_rates(account)
    assert (rates.by_currency, notes) == ({}, ["The exchange rates could not be read: KIS did not answer."])
