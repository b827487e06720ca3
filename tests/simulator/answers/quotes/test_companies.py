from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.simulator.market.companies import statement
from kis_mcp.simulator.market.instruments import Instrument, instruments
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of

COMPANIES = [company for company in instruments().values() if company.kind == "stock"]


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(value: object) -> Decimal:
    return Decimal(str(value))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(COMPANIES), st.integers(2016, 2030), st.integers(1, 5))
def test_a_years_statement_agrees_with_itself_and_with_the_year_before(company: Instrument, year: int, seed: int):
    now, before = (statement(seed, company, y) for y in (year, year - 1))
    assert now.revenue >= now.gross_profit >= now.operating_profit > 0
    assert now.non_operating_income >= 0 <= now.non_operating_expense
    assert now.total_assets == now.total_liabilities + now.total_equity
    assert now.total_assets >= now.current_assets >= now.quick_assets > 0
    assert now.total_liabilities >= now.current_liabilities
    assert now.capital + now.capital_surplus + now.retained_earnings == now.total_equity
    assert now.retained_earnings >= 0
    assert abs(now.eps * now.shares / 100_000_000 - now.net_income) <= Decimal(now.shares) / 10**10 + 1
    paid = Decimal(now.dividend) * now.shares / 100_000_000
    assert abs(before.total_equity + now.net_income - paid - now.total_equity) <= 1


def test_the_statements_ratios_and_quote_of_a_company_tell_one_story(direct: Direct):
    for symbol in ("005930", "035420", "247540"):
        income = rows_of(direct, "domestic_stock_finance_income_statement", "periods", symbol=symbol)
        balance = rows_of(direct, "domestic_stock_finance_balance_sheet", "periods", symbol=symbol)
        ratios = rows_of(direct, "domestic_stock_finance_financial_ratio", "periods", symbol=symbol)
        quote = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
        assert [row["fiscal_period"] for row in income] == ["2025-12", "2024-12", "2023-12", "2022-12", "2021-12"]
        shares = number(quote["listed_shares"])
        assert abs(number(ratios[0]["eps"]) * shares / 10**8 - number(income[0]["net_income"])) < shares / 10**10 + 1
        roe = number(income[0]["net_income"]) * 100 / number(balance[0]["total_equity"])
        assert abs(number(ratios[0]["roe"]) - roe) < Decimal("0.01")
        assert (quote["eps"], quote["bps"]) == (ratios[0]["eps"], ratios[0]["bps"])
        assert abs(number(quote["per"]) * number(quote["eps"]) - number(quote["price"])) < number(quote["eps"]) / 100
        growth = (number(income[0]["revenue"]) / number(income[1]["revenue"]) - 1) * 100
        assert abs(number(ratios[0]["revenue_growth_rate"]) - growth) < Decimal("0.01")


def test_dividends_are_what_the_payout_says_and_fall_within_the_asked_days(direct: Direct):
    asked = {"symbol": "005930", "start_date": "2023-01-01", "end_date": "2026-06-01"}
    dividends = rows_of(direct, "domestic_stock_ksdinfo_dividend", "dividends", **asked)
    assert [row["record_date"] for row in dividends] == ["2025-12-31", "2024-12-31", "2023-12-31"]
    ratios = rows_of(direct, "domestic_stock_finance_other_major_ratios", "periods", symbol="005930")
    eps = rows_of(direct, "domestic_stock_finance_financial_ratio", "periods", symbol="005930")
    for dividend, ratio, year in zip(dividends, ratios, eps, strict=False):
        paid = number(dividend["dividend_per_share"]) * 100 / number(year["eps"])
        assert abs(number(ratio["dividend_payout_ratio"]) - paid) < Decimal("0.02")


def test_a_fund_has_no_earnings(direct: Direct):
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="069500")
    assert {quote[name] for name in ("eps", "bps", "per", "pbr")} == {None}


@pytest.mark.parametrize("sort", ["net_income", "total_equity", "operating_profit"])
def test_companies_are_ranked_by_what_was_asked(direct: Direct, sort: str):
    rows = rows_of(direct, "domestic_stock_profit_asset_index", "stocks", sort=sort)
    amounts = [number(row[sort]) for row in rows]
    assert amounts == sorted(amounts, reverse=True)
