"""What quotes of one instrument say, against other answers about it."""

from decimal import Decimal

import pytest

from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def number(value: object) -> Decimal:
    return Decimal(str(value))


def test_the_years_high_and_low_are_of_this_year(direct: Direct):
    quote = record_of(direct, "domestic_stock_inquire_price", symbol="005930")
    asked = {"symbol": "005930", "start_date": "2026-01-01", "end_date": "2026-06-15"}
    days = rows_of(direct, "domestic_stock_inquire_daily_itemchartprice", "candles", **asked)
    assert str(quote["year_high_date"]).startswith("2026")
    assert number(quote["year_high"]) >= max(number(day["high"]) for day in days)
    assert number(quote["year_low"]) <= min(number(day["low"]) for day in days)
    assert number(quote["high_250_day"]) >= number(quote["year_high"])
    assert number(quote["low_250_day"]) <= number(quote["year_low"])


def test_minutes_abroad_carry_their_own_volume(direct: Direct):
    asked = {"exchange": "nasdaq", "symbol": "AAPL", "interval_minutes": 60, "count": 24}
    candles = rows_of(direct, "overseas_stock_inquire_time_itemchartprice", "candles", **asked)
    today = [candle for candle in candles if candle["local_date"] == candles[0]["local_date"]]
    quote = record_of(direct, "overseas_stock_price", exchange="nasdaq", symbol="AAPL")
    assert len(today) > 10
    assert sum(number(candle["volume"]) for candle in today) == quote["volume"]


def test_what_was_bought_and_sold_makes_the_volume_and_the_trade_strength(direct: Direct):
    rows = rows_of(direct, "domestic_stock_volume_power", "stocks")
    trades = rows_of(direct, "domestic_stock_inquire_ccnl", "trades", symbol=rows[0]["symbol"])
    for row in rows:
        bought, sold = number(row["buy_trade_volume_total"]), number(row["sell_trade_volume_total"])
        assert bought + sold == row["volume"]
        assert abs(number(row["trade_strength"]) - bought * 100 / sold) < Decimal("0.01")
    assert trades[0]["trade_strength"] == rows[0]["trade_strength"]


def test_an_option_names_its_future_and_splits_its_price(direct: Direct):
    board = blocks_of(direct, "domestic_fo_display_board_callput", expiry="202612")
    future = direct.kis.world.market.instruments["101W12"]
    price = direct.kis.world.market.quote(future, MONDAY).price
    for kind, sign in (("calls", 1), ("puts", -1)):
        rows = board[kind]
        assert isinstance(rows, list)
        for row in rows:
            assert number(row["intrinsic_value"]) + number(row["time_value"]) == row["price"]
            assert row["intrinsic_value"] == min(
                max((price - number(row["strike_price"])) * sign, Decimal(0)), number(row["price"])
            )
            assert 0 <= number(row["delta"]) * sign <= 1


def test_a_warrants_api_says_nothing_of_what_has_no_warrants(direct: Direct):
    assert set(record_of(direct, "domestic_stock_inquire_elw_price", symbol="57ZZZZ").values()) == {None}
    assert rows_of(direct, "elw_indicator_trend_daily", "days", symbol="57ZZZZ") == []
    assert rows_of(direct, "elw_compare_stocks", "warrants", symbol="000270") == []
