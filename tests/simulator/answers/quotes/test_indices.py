from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.indices import IndexMarket, indices
from kis_mcp.simulator.market.instruments import instruments
from kis_mcp.simulator.market.listings import listings
from kis_mcp.simulator.market.market import Market
from tests.simulator.answers.test_every_api import Direct, record_of, rows_of

MARKET = Market(3)
TIMES = st.integers(0, 3 * 86_400).map(lambda seconds: datetime(2026, 3, 4, tzinfo=KST) + timedelta(seconds=seconds))


def worth(direct: Direct, index: str, price: str) -> Decimal:
    """All shares of an index's members at a price of their quotes."""
    symbols = [member.symbol for member in indices()[index].members]
    quotes = [record_of(direct, "domestic_stock_inquire_price", symbol=symbol) for symbol in symbols]
    return sum((Decimal(str(q[price])) * int(str(q["listed_shares"])) for q in quotes), Decimal(0))


def test_an_indexs_members_are_its_boards_or_groups_stocks():
    stocks = [stock for stock in instruments().values() if stock.kind == "stock" and stock.country == "KR"]
    for index, board in (("0001", "kospi"), ("1001", "kosdaq")):
        assert set(indices()[index].members) == {stock for stock in stocks if stock.board == board}
    for index, whole, group in (("2001", "0001", "kospi200"), ("3003", "1001", "kosdaq150")):
        members = {stock for stock in stocks if group in listings()[stock.symbol].groups}
        assert set(indices()[index].members) == members < set(indices()[whole].members)
    sectors = [index.members for index in indices().values() if index.code[0] == "0" and index.code != "0001"]
    assert sorted(stock.symbol for members in sectors for stock in members) == sorted(
        stock.symbol for stock in indices()["0001"].members
    )


@pytest.mark.parametrize("index", ["0001", "1001", "2001", "3003", "5044"])
def test_an_index_moves_as_its_members_quotes_do(direct: Direct, index: str):
    level = record_of(direct, "domestic_stock_inquire_index_price", index=index)
    now, before = (
        Decimal(str(level["index_price"])),
        Decimal(str(level["index_price"])) - Decimal(str(level["index_change"])),
    )
    moved = worth(direct, index, "price") / worth(direct, index, "base_price")
    assert abs(now / before - moved) < Decimal("0.0001")


def test_an_indexs_trade_is_that_of_its_members(direct: Direct):
    level = record_of(direct, "domestic_stock_inquire_index_price", index="1001")
    symbols = [s.symbol for s in MARKET.instruments.values() if s.board == "kosdaq"]
    quotes = [record_of(direct, "domestic_stock_inquire_price", symbol=symbol) for symbol in symbols]
    assert level["volume"] == sum(int(str(quote["volume"])) for quote in quotes) // 1000
    rises = [Decimal(str(quote["change"])) for quote in quotes]
    assert level["advancing_count"] == sum(rise > 0 for rise in rises)
    assert level["declining_count"] == sum(rise < 0 for rise in rises)


def test_an_indexs_newest_candle_is_its_quote_and_the_one_before_its_previous_close(direct: Direct):
    level = record_of(direct, "domestic_stock_inquire_index_price", index="0001")
    days = rows_of(direct, "domestic_stock_inquire_index_daily_price", "days", index="0001")
    minutes = rows_of(direct, "domestic_stock_inquire_time_indexchartprice", "candles", index="0001", interval="1m")
    same = ("index_price", "index_open", "index_high", "index_low", "volume", "turnover")
    assert {name: days[0][name] for name in same} == {name: level[name] for name in same}
    assert minutes[0]["index_close"] == level["index_price"]
    assert Decimal(str(days[1]["index_price"])) == Decimal(str(level["index_price"])) - Decimal(
        str(level["index_change"])
    )


def test_a_long_range_of_an_index_is_told_fifty_days_at_once_the_newest_first(direct: Direct):
    span = {"start_date": "2025-01-02", "end_date": "2026-02-27"}
    days = rows_of(direct, "domestic_stock_inquire_daily_indexchartprice", "candles", index="0001", **span)
    assert (len(days), days[0]["trade_date"]) == (50, "2026-02-27")


def test_the_sectors_of_a_market_share_its_whole_trade(direct: Direct):
    sectors = rows_of(direct, "domestic_stock_inquire_index_category_price", "sectors", market="kospi")
    assert sectors[0]["industry_code"] == "0001"
    whole, parts = sectors[0], sectors[1:]
    assert abs(sum(Decimal(str(part["volume_share"])) for part in parts) - Decimal(100)) < Decimal("0.1")
    assert abs(sum(int(str(part["volume"])) for part in parts) - int(str(whole["volume"]))) <= len(parts)


def test_an_index_that_the_world_does_not_have_is_left_empty(direct: Direct):
    assert set(record_of(direct, "domestic_stock_inquire_index_price", index="4001").values()) == {None}


@settings(max_examples=10, deadline=None)
@given(TIMES, st.sampled_from(["0009", "0020", "1014"]))
def test_an_index_stays_between_its_high_and_its_low_and_a_closed_day_keeps_its_bar(now: datetime, code: str):
    index, market = indices()[code], IndexMarket(MARKET)
    moment = MARKET.moment(index.members[0], now)
    days = market.days(index, moment.day, moment.ticks, until=moment.day, count=20)
    for day in days:
        assert day.low <= min(day.open, day.close) <= max(day.open, day.close) <= day.high
    last = MARKET.calendar(index.members[0]).ticks_a_day
    yesterday: date = days[1].start.date()
    whole = market.today(index, yesterday, last)
    assert (whole.open, whole.high, whole.low, whole.close, whole.volume) == (
        days[1].open,
        days[1].high,
        days[1].low,
        days[1].close,
        days[1].volume,
    )
