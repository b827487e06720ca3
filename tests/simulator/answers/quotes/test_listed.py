from decimal import Decimal

import pytest

from kis_mcp.simulator.market.indices import indices
from kis_mcp.simulator.market.instruments import instruments
from kis_mcp.simulator.market.listings import listings
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of


def number(value: object) -> Decimal:
    return Decimal(str(value))


def test_preferred_gaps_are_those_of_the_quotes_the_widest_first(direct: Direct):
    rows = rows_of(direct, "domestic_stock_prefer_disparate_ratio", "stocks")
    gaps = [number(row["divergence_rate"]) for row in rows]
    assert gaps == sorted(gaps, reverse=True)
    assert {str(row["preferred_symbol"])[1:] for row in rows} == {s for s, each in listings().items() if each.common}
    for row in rows:
        preferred = str(row["preferred_symbol"])[1:]
        assert listings()[preferred].common == row["symbol"]
        one, other = (record_of(direct, "domestic_stock_inquire_price", symbol=s) for s in (row["symbol"], preferred))
        assert (row["price"], row["preferred_price"]) == (one["price"], other["price"])
        difference = number(one["price"]) - number(other["price"])
        assert number(row["price_difference"]) == difference
        assert abs(number(row["divergence_rate"]) - difference * 100 / number(one["price"])) < Decimal("0.01")


def test_preferred_gaps_keep_to_the_bounds_that_were_asked(direct: Direct):
    rows = rows_of(direct, "domestic_stock_prefer_disparate_ratio", "stocks", min_price=100_000)
    assert rows
    assert all(number(row["preferred_price"]) >= 100_000 for row in rows)


@pytest.mark.parametrize("symbol", ["005930", "005385", "247540"])
def test_what_the_list_of_stocks_says_is_what_the_quote_and_the_statement_say(direct: Direct, symbol: str):
    listed = record_of(direct, "domestic_stock_search_stock_info", symbol=symbol)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
    (balance, *_) = rows_of(direct, "domestic_stock_finance_balance_sheet", "periods", symbol=symbol)
    stock = instruments()[symbol]
    assert number(listed["capital"]) == number(quote["capital"]) * 10**8 == number(balance["capital"]) * 10**8
    assert listed["kospi200_member"] is (stock in indices()["2001"].members)
    assert listed["isin"] == listings()[symbol].isin
    assert stock.symbol[:5] in str(listed["isin"])
    code = str(listed["index_industry_medium_code"])
    if not listings()[symbol].common:
        assert stock in indices()[code].members
    assert indices()[code].name_ko == quote["industry_name"]
    assert number(quote["margin_rate"]) == listings()[symbol].margin_percent


def test_every_share_and_fund_of_korea_has_its_listing():
    korean = {i.symbol for i in instruments().values() if i.country == "KR"}
    assert set(listings()) == korean
    stocks = [i for i in instruments().values() if i.country == "KR" and i.kind == "stock"]
    assert len(stocks) >= 200
    for stock in stocks:
        common = listings()[stock.symbol].common
        assert not common or instruments()[common].sector == stock.sector
