"""How much is at stake where."""

from decimal import Decimal

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE
from kis_mcp.trading.portfolio.exposure import read_exposure
from tests.trading.fakes import AccountKis
from tests.trading.portfolio.test_exchange_rates import ABROAD
from tests.trading.portfolio.test_holdings import ABROAD as ABROAD_BY_EXCHANGE
from tests.trading.portfolio.test_holdings import SOXL


async def test_an_amount_without_a_rate_is_in_no_sum(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = ABROAD
    found = await read_exposure(account)
    assert [(row["symbol"], row["value_krw"], row["share"]) for row in found.instruments] == [("4689", 6_619_549, 100)]
    currencies = {row["currency"]: row for row in found.currencies}
    assert (currencies["USD"]["cash_krw"], currencies["HKD"]["cash_krw"]) == (7000, None)
    assert any("no exchange rate for HKD" in note for note in found.notes)


async def test_what_has_no_value_has_no_worth_and_no_share(account: AccountKis) -> None:
    account.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures")}
    short = {"symbol": "101W12", "side_name": "매도", "balance_quantity": 2, "valuation_amount": Decimal(170_000_000)}
    account.answers |= {
        PRESENT_BALANCE: ABROAD,
        "domestic_fo_inquire_balance": {"positions": [short]},
        "domestic_bond_inquire_balance": {"holdings": [{"symbol": "KR1", "balance_quantity": 5, "buy_amount": 50}]},
    }
    found = await read_exposure(account)
    assert [(row["market"], row.get("value_krw"), row.get("share")) for row in found.markets] == [
        ("JP", 6_619_549, Decimal("3.75")),
        ("domestic_bond", None, None),
        ("domestic_futureoption", -170_000_000, Decimal("96.25")),
    ]
    assert next(row for row in found.instruments if row["symbol"] == "KR1") == {
        "account": "12****78-01",
        "market": "domestic_bond",
        "symbol": "KR1",
        "name": None,
        "currency": "KRW",
        "quantity": 5,
        "value": None,
    }
    assert any("no current value of KR1" in note for note in found.notes)


async def test_where_the_cash_cannot_be_read_the_holdings_are_shown_and_the_answer_is_not_complete(
    account: AccountKis,
) -> None:
    account.answers["domestic_bond_inquire_balance"] = {"holdings": [{"symbol": "KR1", "balance_quantity": 5}]}
    down = KisUnavailable("KIS did not answer.", remedy="Try again.")
    account.failing |= {PRESENT_BALANCE: down, "domestic_stock_inquire_balance": down}
    found = await read_exposure(account)
    assert ([row["symbol"] for row in found.instruments], found.complete) == (["KR1"], False)
    assert found.notes == [
        "The holdings of KR, overseas could not be read: KIS did not answer.",
        "The cash abroad could not be read: KIS did not answer.",
        "The cash in won could not be read: KIS did not answer.",
        "KIS tells no current value of KR1: they count for nothing here.",
    ]


async def test_without_exchange_rates_the_answer_is_not_complete(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    account.answers[ABROAD_BY_EXCHANGE] = {"positions": [SOXL]}
    account.failing["overseas_stock_inquire_psamount"] = KisUnavailable("KIS did not answer.", remedy="Try again.")
    found = await read_exposure(account)
    assert ([row["value"] for row in found.instruments], found.complete) == ([651], False)
    assert found.notes[0] == "The exchange rates could not be read: KIS did not answer."
