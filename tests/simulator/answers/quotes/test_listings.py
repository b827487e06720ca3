"""What is told of a stock abroad agrees with its quote, its book, its exchange's hours and its candles."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

import pytest

from kis_mcp.catalog.decode import Record
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY

APPLE = {"exchange": "nasdaq", "symbol": "AAPL"}
TENCENT = {"exchange": "hong_kong", "symbol": "00700"}
BOOK = "overseas_stock_inquire_asking_price"


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def amount(record: Record, name: str) -> Decimal:
    return cast("Decimal", record[name])


@pytest.mark.parametrize("stock", [APPLE, TENCENT], ids=["us", "asia"])
def test_a_listing_is_that_of_the_quote(direct: Direct, stock: dict[str, object]):
    listing = record_of(direct, "overseas_stock_search_info", **stock)
    quote = record_of(direct, "overseas_stock_price_detail", **stock)
    names = ("currency", "listed_shares", "price", "par_value")
    assert {name: listing[name] for name in names} == {name: quote[name] for name in names}
    assert listing["buy_unit_quantity"] == quote["trading_unit"]
    assert quote["capital"] == amount(quote, "par_value") * amount(quote, "listed_shares")
    assert quote["market_cap"] == amount(quote, "price") * amount(quote, "listed_shares")
    assert amount(quote, "per") == (amount(quote, "price") / amount(quote, "eps")).quantize(Decimal("0.01"))
    assert listing["daytime_tradable"] is (listing["country_code"] == "840")


def test_the_won_change_of_yesterday_is_that_of_its_candles_at_its_rate(direct: Direct):
    quote = record_of(direct, "overseas_stock_price_detail", **APPLE)
    days = rows_of(direct, "overseas_stock_dailyprice", "candles", **APPLE)
    rate = amount(quote, "previous_exchange_rate")
    change = amount(days[1], "close") - amount(days[2], "close")
    assert amount(quote, "previous_krw_price") == (amount(days[1], "close") * rate).quantize(Decimal(1))
    assert amount(quote, "previous_krw_change") == abs(change * rate).quantize(Decimal(1))
    assert quote["previous_krw_price_direction"] == ("up" if change > 0 else "down")


def test_a_book_tells_how_it_changed_since_the_tick_before(direct: Direct):
    now = blocks_of(direct, BOOK, **APPLE)
    then = blocks_of(Direct(MONDAY - timedelta(seconds=20)), BOOK, **APPLE)
    order_book, before = cast("Record", now["order_book"]), cast("Record", then["order_book"])
    for side in ("ask", "bid"):
        for level in range(1, 11):
            change = amount(order_book, f"{side}_quantity_{level}") - amount(before, f"{side}_quantity_{level}")
            assert order_book[f"{side}_quantity_change_{level}"] == change
        total, past = (amount(cast("Record", part["summary"]), f"total_{side}_quantity") for part in (now, then))
        assert cast("Record", now["summary"])[f"total_{side}_quantity_change"] == total - past


def test_a_book_in_asia_has_one_level(direct: Direct):
    order_book = cast("Record", blocks_of(direct, BOOK, **TENCENT)["order_book"])
    assert {name for name, value in order_book.items() if value is not None} == {
        f"{side}_{what}_1" for side in ("bid", "ask") for what in ("price", "quantity", "quantity_change")
    }


def test_each_trade_lies_between_its_bid_and_ask_and_the_newest_are_the_quotes(direct: Direct):
    trades = rows_of(direct, "overseas_stock_quot_inquire_ccnl", "trades", **APPLE)
    book = cast("Record", blocks_of(direct, BOOK, **APPLE)["order_book"])
    assert (trades[0]["bid_price"], trades[0]["ask_price"]) == (book["bid_price_1"], book["ask_price_1"])
    for trade in trades:
        assert trade["price"] in (trade["bid_price"], trade["ask_price"])
        assert amount(trade, "bid_price") < amount(trade, "ask_price")
    assert len({trade["bid_price"] for trade in trades}) > 1


def test_yesterdays_trades_end_at_its_close(direct: Direct):
    days = rows_of(direct, "overseas_stock_dailyprice", "candles", **APPLE)
    trades = rows_of(direct, "overseas_stock_quot_inquire_ccnl", "trades", **APPLE, day="previous")
    assert (trades[0]["price"], trades[0]["volume"]) == (days[1]["close"], days[1]["volume"])
    assert amount(trades[0], "change") == abs(amount(days[1], "close") - amount(days[2], "close"))


@pytest.mark.parametrize(
    ("hour", "session"), [(20, "pre_market"), (23, "regular"), (10, "after_market")], ids=["8:00", "11:00", "22:00"]
)
def test_a_trade_tells_the_part_of_its_exchanges_day(hour: int, session: str):
    at = Direct(MONDAY.replace(hour=hour - 1, minute=59))
    trades = rows_of(at, "overseas_stock_quot_inquire_ccnl", "trades", **APPLE)
    assert {trade["market_session"] for trade in trades} == {session}


def test_the_hours_of_a_chart_are_the_exchanges_in_both_times(direct: Direct):
    hours = cast("Record", blocks_of(direct, "overseas_stock_inquire_time_itemchartprice", **APPLE)["session"])
    assert [hours[f"market_{end}_{where}_time"] for where in ("local", "korea") for end in ("open", "close")] == [
        "09:30:00",
        "16:00:00",
        "22:30:00",
        "05:00:00",
    ]


def test_a_chart_that_says_so_goes_on_before_its_oldest_minute(direct: Direct):
    chart = blocks_of(direct, "overseas_stock_inquire_time_itemchartprice", **APPLE, count=3)
    oldest = cast("list[Record]", chart["candles"])[-1]
    assert cast("Record", chart["session"])["has_next"] is True
    at = datetime.fromisoformat(f"{oldest['local_date']}T{oldest['local_time']}") - timedelta(minutes=1)
    before = {"before": f"{at:%Y%m%d%H%M%S}", "include_previous_day": True, "count": 3}
    more = rows_of(direct, "overseas_stock_inquire_time_itemchartprice", "candles", **APPLE, **before)
    assert more[0]["local_time"] == at.time().isoformat()


def test_a_fund_is_told_from_a_stock(direct: Direct):
    fund = {"exchange": "nasdaq", "symbol": "QQQ"}
    listing, stock = (record_of(direct, "overseas_stock_search_info", **each) for each in (fund, APPLE))
    assert (listing["overseas_stock_type"], stock["overseas_stock_type"]) == ("etf", "stock")
    assert record_of(direct, "overseas_stock_price_detail", **fund)["etp_type_name"] == "ETF"
    assert record_of(direct, "overseas_stock_price_detail", **fund)["eps"] is None
