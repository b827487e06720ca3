from decimal import Decimal

import pytest

from kis_mcp.catalog.decode import Record
from tests.simulator.answers.test_every_api import Direct, rows_of
from tests.simulator.wire import MONDAY

SHOWN = 30
"""Stocks that KIS shows of a ranking at home."""


def numbers(rows: list[Record], name: str) -> list[Decimal]:
    return [Decimal(str(row[name])) for row in rows]


@pytest.mark.parametrize(
    ("tool", "arguments", "column", "greatest_first"),
    [
        ("domestic_stock_volume_rank", {"sort": "volume"}, "volume", True),
        ("domestic_stock_volume_rank", {"sort": "traded_value"}, "turnover", True),
        ("domestic_stock_volume_rank", {"sort": "volume_growth"}, "volume_growth_rate", True),
        ("domestic_stock_fluctuation", {"sort": "rise"}, "change_rate", True),
        ("domestic_stock_fluctuation", {"sort": "fall"}, "change_rate", False),
        ("domestic_stock_fluctuation", {"sort": "rise", "days": 5}, "period_change_rate", True),
        ("domestic_stock_fluctuation", {"sort": "fall_from_high"}, "change_from_high_rate", False),
        ("domestic_stock_fluctuation", {"sort": "rise_from_low"}, "change_from_low_rate", True),
        ("domestic_stock_market_cap", {}, "market_cap", True),
        ("domestic_stock_volume_power", {}, "trade_strength", True),
        ("domestic_stock_quote_balance", {"sort": "net_bids"}, "total_net_bid_quantity", True),
        ("domestic_stock_quote_balance", {"sort": "net_asks"}, "total_net_bid_quantity", False),
        ("domestic_stock_quote_balance", {"sort": "ask_ratio"}, "ask_quantity_rate", True),
        ("domestic_stock_disparity", {"sort": "highest", "days": "60"}, "disparity_60_day", True),
        ("domestic_stock_disparity", {"sort": "lowest", "days": "5"}, "disparity_5_day", False),
        ("domestic_stock_market_value", {"sort": "pbr"}, "pbr", True),
        ("domestic_stock_finance_ratio", {"sort": "growth"}, "revenue_growth_rate", True),
        (
            "domestic_stock_foreign_institution_total",
            {"investor": "foreign", "direction": "buy", "sort": "quantity"},
            "foreign_net_buy_quantity",
            True,
        ),
        (
            "domestic_stock_foreign_institution_total",
            {"investor": "institution", "direction": "sell", "sort": "value"},
            "institution_net_buy_turnover",
            False,
        ),
        ("domestic_stock_dividend_rate", {}, "dividend_rate", True),
        ("overseas_stock_updown_rate", {"direction": "down"}, "change_rate", False),
        ("overseas_stock_updown_rate", {"direction": "up", "period": "20d"}, "change_from_base_price_rate", True),
        ("overseas_stock_price_fluct", {"direction": "up"}, "change_from_base_price_rate", True),
        ("overseas_stock_trade_vol", {}, "volume", True),
        ("overseas_stock_trade_pbmn", {}, "turnover", True),
        ("overseas_stock_trade_growth", {"period": "5d"}, "volume_growth_rate", True),
        ("overseas_stock_trade_turnover", {}, "volume_turnover_rate", True),
        ("overseas_stock_volume_surge", {}, "volume_growth_rate", True),
        ("overseas_stock_volume_power", {}, "trade_strength", True),
        ("overseas_stock_market_cap", {}, "market_cap", True),
    ],
)
def test_a_ranking_is_in_the_order_of_its_own_column(
    direct: Direct, tool: str, arguments: dict[str, object], column: str, greatest_first: bool
):
    rows = rows_of(direct, tool, "stocks", **{"exchange": "nasdaq"} | arguments if "overseas" in tool else arguments)
    values = numbers(rows, column)
    assert len(values) > 10
    assert values == sorted(values, reverse=greatest_first)
    if "rank" in rows[0]:
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))


def test_a_ranking_keeps_to_the_market_and_the_bounds_that_were_asked_for(direct: Direct):
    market = direct.kis.world.market
    kosdaq = rows_of(direct, "domestic_stock_market_cap", "stocks", universe="kosdaq")
    assert len(kosdaq) == SHOWN
    assert {market.instruments[str(row["symbol"])].board for row in kosdaq} == {"kosdaq"}
    dear = rows_of(direct, "domestic_stock_fluctuation", "stocks", sort="rise", min_price=300_000, max_price=500_000)
    expected = {
        i.symbol
        for i in market.instruments.values()
        if i.category == "domestic_stock" and 300_000 <= market.quote(i, MONDAY).price <= 500_000
    }
    assert {row["symbol"] for row in dear} == expected
    assert 0 < len(expected) < SHOWN
    funds = {i.symbol for i in market.instruments.values() if i.kind in ("etf", "etn")}
    without = rows_of(direct, "domestic_stock_volume_rank", "stocks", sort="volume", exclude="funds")
    assert not {row["symbol"] for row in without} & funds
    sector = rows_of(direct, "domestic_stock_volume_rank", "stocks", sort="volume", sector="0020")
    assert {row["symbol"] for row in sector} == {"017670", "030200", "032640"}
    busy = rows_of(direct, "overseas_stock_trade_vol", "stocks", exchange="nyse", min_volume="10m")
    assert busy
    assert all(volume >= 10_000_000 for volume in numbers(busy, "volume"))


def test_a_search_finds_what_lies_within_all_its_bounds(direct: Direct):
    rows = rows_of(
        direct, "overseas_stock_inquire_search", "stocks", exchange="nasdaq", min_price=150, max_price=300, max_per=20
    )
    assert rows
    for row in rows:
        assert 150 <= Decimal(str(row["price"])) <= 300
        assert Decimal(str(row["per"])) <= 20


def test_an_industrys_stocks_are_those_of_the_industry_list(direct: Direct):
    industries = rows_of(direct, "overseas_stock_industry_price", "industries", exchange="nasdaq")
    found = {
        row["symbol"]: industry["industry_name"]
        for industry in industries
        for row in rows_of(
            direct,
            "overseas_stock_industry_theme",
            "stocks",
            exchange="nasdaq",
            industry_code=industry["industry_code"],
        )
    }
    listed = direct.kis.world.market.instruments.values()
    assert found == {i.symbol: i.sector for i in listed if i.exchange == "nasdaq" and i.kind == "stock"}


def test_the_market_shares_of_all_listed_stocks_make_the_whole(direct: Direct):
    rows = rows_of(direct, "overseas_stock_market_cap", "stocks", exchange="nyse")
    assert abs(sum(numbers(rows, "market_cap_share")) - 100) < Decimal("0.2")
