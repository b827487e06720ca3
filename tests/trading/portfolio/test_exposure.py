"""How much is at stake where."""

from decimal import Decimal

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE
from kis_mcp.trading.portfolio.exposure import InstrumentExposure, read_exposure
from tests.trading.fakes import AccountKis
from tests.trading.portfolio.test_exchange_rates import ABROAD
from tests.trading.portfolio.test_holdings import ABROAD as ABROAD_BY_EXCHANGE, SOXL

DEPOSITS = {"provisional_settlement_amount": 30_000_000, "total_deposit": 30_000_000, "securities_valuation_amount": 0}


async def test_an_amount_without_a_rate_is_in_no_sum(account: AccountKis) -> None:
    account.answers[PRESENT_BALANCE] = ABROAD
    found = await read_exposure(account)
    total = Decimal(6_619_549 + 9_811 + 7_000)
    assert found.summary.total.total == total
    share = (Decimal(6_619_549) / total * 100).quantize(Decimal("0.01"))
    assert [(row.symbol, row.value_krw, row.share) for row in found.instruments] == [("4689", 6_619_549, share)]
    currencies = {row.currency: row for row in found.currencies}
    assert (currencies["USD"].cash_krw, currencies["HKD"].cash, currencies["HKD"].cash_krw) == (7000, 7, None)
    assert any("no exchange rate for HKD" in note for note in found.summary.notes)
    assert not found.summary.complete


async def test_what_has_no_value_has_no_worth_and_no_share(account: AccountKis) -> None:
    account.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures")}
    short = {"symbol": "101W12", "side_name": "매도", "balance_quantity": 2, "valuation_amount": Decimal(170_000_000)}
    written = short | {"symbol": "201W12350", "valuation_amount": Decimal(1_000_000)}
    account.answers |= {
        PRESENT_BALANCE: {"positions": ABROAD["positions"]},
        "domestic_stock_inquire_balance": {"summary": [DEPOSITS]},
        "domestic_fo_inquire_balance": {
            "positions": [short, written],
            "summary": {"total_deposit": 4_000_000, "estimated_deposit_asset_amount": 3_380_451, "total_margin": 3},
        },
        "domestic_bond_inquire_balance": {"holdings": [{"symbol": "KR1", "balance_quantity": 5, "buy_amount": 50}]},
    }
    found = await read_exposure(account)
    assert found.summary.total.total == 40_000_000
    assert [(row.market, row.value_krw, row.share) for row in found.markets] == [
        ("JP", 6_619_549, Decimal("16.55")),
        ("domestic_bond", None, None),
        ("domestic_futureoption", -1_000_000, Decimal("2.50")),
    ]
    assert next(row for row in found.instruments if row.symbol == "101W12") == InstrumentExposure(
        account="12****78-01",
        market="domestic_futureoption",
        symbol="101W12",
        name=None,
        currency="KRW",
        quantity=Decimal(-2),
        value=None,
        value_krw=None,
        share=None,
        notional=Decimal(-170_000_000),
        notional_krw=Decimal(-170_000_000),
    )
    won = next(row for row in found.currencies if row.currency == "KRW")
    assert (won.value, won.cash, won.futures_deposit, won.share) == (None, 30_000_000, 3_380_451, Decimal("83.45"))
    assert any("no current value of KR1:" in note for note in found.summary.notes)


async def test_where_the_cash_cannot_be_read_the_holdings_are_shown_and_the_answer_is_not_complete(
    account: AccountKis,
) -> None:
    account.answers["domestic_bond_inquire_balance"] = {"holdings": [{"symbol": "KR1", "balance_quantity": 5}]}
    down = KisUnavailable("KIS did not answer.", remedy="Try again.")
    account.failing |= {PRESENT_BALANCE: down, "domestic_stock_inquire_balance": down}
    found = await read_exposure(account)
    assert ([row.symbol for row in found.instruments], found.summary.complete) == (["KR1"], False)
    for said in ("holdings of KR, overseas", "cash abroad", "balance of KR", "current value of KR1"):
        assert any(said in note for note in found.summary.notes)


async def test_without_exchange_rates_the_answer_is_not_complete(account: AccountKis) -> None:
    account.environment = Environment.DEMO
    account.answers[ABROAD_BY_EXCHANGE] = {"positions": [SOXL]}
    account.failing["overseas_stock_inquire_psamount"] = KisUnavailable("KIS did not answer.", remedy="Try again.")
    found = await read_exposure(account)
    assert ([row.value for row in found.instruments], found.summary.complete) == ([651], False)
    assert "The exchange rates could not be read: KIS did not answer." in found.summary.notes
