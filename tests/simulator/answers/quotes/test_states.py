"""What the exchange says of a stock is the same in every answer."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from kis_mcp.catalog.loader import catalog
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.states import market_warning
from kis_mcp.simulator.wire.hosts import Host
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of
from tests.simulator.market.test_rights import evening

WEAK = "034020"


@pytest.mark.parametrize("symbol", ["005930", WEAK])
def test_prices_details_and_after_hours_say_the_same_of_a_stock(direct: Direct, symbol: str):
    price, more, after = (
        record_of(direct, f"domestic_stock_{api}", symbol=symbol)
        for api in ("inquire_price", "inquire_price_2", "inquire_overtime_price")
    )
    info = record_of(direct, "domestic_stock_search_stock_info", symbol=symbol)
    weak = symbol == WEAK
    assert [row["administrative_issue"] for row in (price, more, after, info)] == [weak] * 4
    assert (price["stock_status"] == "administrative_issue") == weak
    assert [row["credit_available"] for row in (price, more, after)] == [not weak] * 3
    for name in ("market_warning", "liquidation_trading"):
        assert price[name] == more[name] == after[name]
    assert more["trading_halted"] is after["trading_halted"] is info["trading_halted"] is False
    assert price["vi_active"] is more["vi_active"] is price["temporarily_halted"]


def test_a_ranking_by_state_holds_the_stocks_that_are_in_it(direct: Direct):
    tool = "domestic_stock_overtime_exp_trans_fluct"
    weak = rows_of(direct, tool, "stocks", sort="rise_rate", status="administrative")
    assert [(row["symbol"], row["stock_status"]) for row in weak] == [(WEAK, "administrative_issue")]
    assert rows_of(direct, tool, "stocks", sort="rise_rate", status="risk") == []


def test_no_credit_is_given_on_an_administrative_issue(direct: Direct):
    api = catalog().find("domestic_stock_order_credit")
    assert api is not None
    order = {"side": "buy", "credit_type": "broker_margin_open", "quantity": 1}
    answers = [
        direct.call(api, Host.REAL, symbol=symbol, order_type="market", **order).body for symbol in ("005930", WEAK)
    ]
    assert [isinstance(body, dict) and body["rt_cd"] for body in answers] == ["0", "7"]


def test_a_code_tells_that_the_price_is_the_highest_or_lowest_of_a_year(direct: Direct):
    for symbol in list(direct.kis.world.market.instruments)[:30]:
        price = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
        expected = {price["low_52_week"]: "2", price["high_52_week"]: "1"}.get(price["price"])
        assert price["new_high_low_code"] == expected


def test_a_stock_that_rose_by_fifteen_percent_in_three_days_is_cautioned_against_for_a_day():
    market, warnings = Market(1), list[str]()
    stocks = [i for i in market.instruments.values() if i.country == "KR" and i.kind == "stock"][:36]
    for stock in stocks:
        for number in range(60):
            day = date(2026, 3, 2) + timedelta(days=number)
            before = market.calendar(stock).before(day)
            candles = market.days(stock, evening(day), until=before, count=6)
            rise = candles[0].close / candles[3].close
            if rise >= Decimal("1.10") and candles[0].close < candles[5].close * Decimal("1.6"):
                warnings.append(market_warning(market, stock, day))
                assert warnings[-1] == ("caution" if rise >= Decimal("1.15") else "none")
    assert set(warnings) == {"caution", "none"}
