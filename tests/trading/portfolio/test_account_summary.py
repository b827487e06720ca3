"""One worth of all accounts, in won."""

from decimal import Decimal

from hypothesis import given, strategies as st

from kis_mcp.account import Account
from kis_mcp.trading.portfolio.account_summary import AccountSummary, MarketWorth, Total, read_account_summary
from kis_mcp.trading.portfolio.exchange_rates import PRESENT_BALANCE
from tests.trading.fakes import AccountKis, FakeClock
from tests.trading.portfolio.test_holdings import ABROAD, DOWN, KOREAN, SOXL, samsung

KOREAN_SUM = {
    "total_deposit": 1_000_000,
    "provisional_settlement_amount": 700_000,
    "securities_valuation_amount": 710_000,
    "total_loan_amount": 0,
}
DOLLARS = {
    "currency": "USD",
    "first_posted_exchange_rate": Decimal(1400),
    "fx_deposit": Decimal(1000),
    "fx_buy_amount_total": Decimal(630),
    "fx_sell_amount_total": Decimal(30),
}
CONTRACTS = {"total_deposit": 5, "estimated_deposit_asset_amount": 5_000_000, "total_margin": 2_000_000}


def full(account: AccountKis) -> None:
    account.accounts = {kind: Account("12345678", "01") for kind in ("stock", "futures", "overseas_futures")}
    future = {"symbol": "101W12", "balance_quantity": 1, "valuation_amount": 85_000_000}
    account.answers |= {
        KOREAN: {"positions": [samsung()], "summary": [KOREAN_SUM]},
        f"{ABROAD} us": {"positions": [SOXL]},
        PRESENT_BALANCE: {"cash": [DOLLARS]},
        "domestic_fo_inquire_balance": {"positions": [future], "summary": CONTRACTS},
        "overseas_fo_inquire_deposit": {"deposit": {"total_asset_valuation_amount": 300, "customer_margin": 100}},
    }


def worth_of(found: AccountSummary, market: str) -> MarketWorth:
    return next(row for row in found.markets if row.market == market)


async def test_the_total_is_the_sum_of_its_parts_and_a_future_counts_with_its_deposit_alone(
    account: AccountKis,
) -> None:
    full(account)
    found = await read_account_summary(account)
    assert found.total == Total(
        settled_cash=Decimal(1_000_000 + 1_400_000),
        unsettled=Decimal(-300_000 - 840_000),
        securities=Decimal(710_000 + 911_400),
        free_futures_deposit=Decimal(3_000_000 + 200),
        margin=Decimal(2_000_000 + 100),
        loans=None,
        total=Decimal(7_881_700),
    )
    assert worth_of(found, "US") == MarketWorth(
        market="US",
        currency="USD",
        settled_cash=Decimal(1000),
        unsettled=Decimal(-600),
        securities=Decimal(651),
        total=Decimal(1051),
        total_krw=Decimal(1_471_400),
        share=Decimal("18.67"),
    )
    assert (found.notes, found.complete) == ([], True)


async def test_a_loan_is_taken_off(account: AccountKis) -> None:
    full(account)
    account.answers[KOREAN] = {"summary": [KOREAN_SUM | {"total_loan_amount": 400_000}]}
    found = await read_account_summary(account)
    assert (found.total.loans, worth_of(found, "KR").total) == (-400_000, 1_010_000)


async def test_one_holding_without_value_leaves_the_total_of_the_others_and_is_named(account: AccountKis) -> None:
    full(account)
    halted = SOXL | {"symbol": "TQQQ", "overseas_stock_valuation_amount": 0, "fx_valuation_profit_loss": None}
    account.answers[f"{ABROAD} us"] = {"positions": [SOXL, halted]}
    found = await read_account_summary(account)
    assert (found.total.total, found.complete) == (7_881_700, False)
    assert any("TQQQ" in note for note in found.notes)


async def test_an_account_that_cannot_be_read_makes_the_total_incomplete(account: AccountKis) -> None:
    full(account)
    account.failing["overseas_fo_inquire_deposit"] = DOWN
    found = await read_account_summary(account)
    assert (found.total.total, found.complete) == (7_881_400, False)
    assert any("overseas_futureoption could not be read" in note for note in found.notes)


async def test_a_deposit_that_kis_leaves_blank_is_not_taken_for_nothing(account: AccountKis) -> None:
    full(account)
    account.answers["domestic_fo_inquire_balance"] = {"summary": {"total_margin": 5}}
    found = await read_account_summary(account)
    assert not found.complete
    assert "The total is without what KIS does not tell of domestic_futureoption." in found.notes


@given(
    st.lists(
        st.builds(
            lambda symbol, value: SOXL | {"symbol": symbol, "overseas_stock_valuation_amount": Decimal(value)},
            st.text("ABC", min_size=1, max_size=3),
            st.integers(1, 10**12),
        ),
        max_size=5,
        unique_by=lambda row: str(row["symbol"]),
    ),
    st.integers(-(10**12), 10**12),
)
async def test_the_shares_are_of_the_total(rows: list[dict[str, object]], cash: int) -> None:
    account = AccountKis(FakeClock())
    full(account)
    account.answers |= {
        f"{ABROAD} us": {"positions": rows},
        PRESENT_BALANCE: {"cash": [DOLLARS | {"fx_deposit": Decimal(cash)}]},
    }
    found = await read_account_summary(account)
    shares = [row.share for row in found.markets if row.share is not None]
    assert (
        shares == []
        if found.total.total <= 0
        else abs(sum(shares) - 100) <= Decimal("0.1") * max(1, *(abs(share) for share in shares))
    )
