"""Auctions, interruptions and after-hours trading agree with quotes, candles and one another."""

from decimal import Decimal

import pytest

from kis_mcp.catalog.decode import Record
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of

FRIDAY = "2026-06-12"
DAYS = ("2026-05-22", "2026-06-01", "2026-06-10")
STOCKS = ("005930", "247540", "069500")


def number(value: object) -> Decimal:
    return Decimal(str(value))


def numbers(rows: list[Record], name: str) -> list[Decimal]:
    return [number(row[name]) for row in rows]


def two(direct: Direct, tool: str, **arguments: object) -> tuple[Record, list[Record]]:
    one, rows = blocks_of(direct, tool, **arguments).values()
    assert isinstance(one, dict)
    assert isinstance(rows, list)
    return one, rows


def fridays_candle(direct: Direct, symbol: str) -> Record:
    _, candles = two(
        direct, "domestic_stock_inquire_daily_itemchartprice", symbol=symbol, start_date=FRIDAY, end_date=FRIDAY
    )
    return candles[0]


def interruptions(direct: Direct, day: str, **arguments: object) -> list[Record]:
    return rows_of(direct, "domestic_stock_inquire_vi_status", "interruptions", date=day, **arguments)


@pytest.mark.parametrize("symbol", STOCKS)
def test_an_opening_auction_ends_with_the_days_first_trade(direct: Direct, symbol: str):
    expected, times = two(direct, "domestic_stock_exp_price_trend", symbol=symbol)
    quote = record_of(direct, "domestic_stock_inquire_price", symbol=symbol)
    assert expected["expected_price"] == times[0]["price"] == quote["open"]
    assert expected["expected_change"] == number(quote["open"]) - number(quote["base_price"])
    rate = (number(quote["open"]) - number(quote["base_price"])) * 100 / number(quote["base_price"])
    assert expected["expected_change_rate"] == times[0]["change_rate"] == round(rate, 2)
    assert expected["expected_volume"] == times[0]["volume"]
    assert expected["expected_turnover"] == number(quote["open"]) * number(expected["expected_volume"])
    assert 0 < number(expected["expected_volume"]) < number(quote["volume"])
    volumes = numbers(times, "volume")
    assert volumes == sorted(volumes, reverse=True)
    assert len(times) == 30
    for price in numbers(times, "price"):
        assert number(quote["lower_limit_price"]) <= price <= number(quote["upper_limit_price"])
        assert price % number(quote["tick_size"]) == 0


def test_the_same_expected_price_stands_beside_the_book_and_in_the_watchlist(direct: Direct):
    expected, _ = two(direct, "domestic_stock_exp_price_trend", symbol="005930")
    book = blocks_of(direct, "domestic_stock_inquire_asking_price_exp_ccn", symbol="005930")["expected"]
    assert isinstance(book, dict)
    (watched,) = rows_of(direct, "domestic_stock_intstock_multprice", "stocks", symbols=["005930"])
    for name in ("expected_change", "expected_change_rate", "expected_price_direction", "expected_volume"):
        assert expected[name] == book[name] == watched[name]


@pytest.mark.parametrize(
    ("sort", "column", "greatest_first"),
    [
        ("rise_rate", "change_rate", True),
        ("fall", "change", False),
        ("volume", "trade_volume", True),
        ("traded_value", "expected_turnover", True),
    ],
)
def test_expected_movers_are_in_the_order_of_their_column_and_open_there(
    direct: Direct, sort: str, column: str, greatest_first: bool
):
    rows = rows_of(direct, "domestic_stock_exp_trans_updown", "stocks", sort=sort)
    assert numbers(rows, column) == sorted(numbers(rows, column), reverse=greatest_first)
    for row in rows[:3]:
        quote = record_of(direct, "domestic_stock_inquire_price", symbol=row["symbol"])
        assert (row["price"], row["base_price"]) == (quote["open"], quote["base_price"])
        assert number(row["bid_price"]) < number(row["ask_price"])
        assert row["expected_turnover"] == number(row["price"]) * number(row["trade_volume"])


def test_expected_movers_keep_to_the_bounds_in_thousand_won(direct: Direct):
    rows = rows_of(
        direct, "domestic_stock_exp_trans_updown", "stocks", sort="rise_rate", auction="closing", min_price=500_000
    )
    assert len(rows) < 30
    middle = sorted(numbers(rows, "expected_turnover"))[len(rows) // 2]
    least = int(middle) // 1_000
    kept = rows_of(
        direct,
        "domestic_stock_exp_trans_updown",
        "stocks",
        sort="rise_rate",
        auction="closing",
        min_price=500_000,
        min_traded_value=least,
    )
    assert [row["symbol"] for row in kept] == [
        row["symbol"] for row in rows if number(row["expected_turnover"]) >= least * 1_000
    ]


def test_a_closing_auction_ends_with_the_last_close(direct: Direct):
    rows = rows_of(direct, "domestic_stock_exp_closing_price", "stocks", universe="kosdaq")
    assert {row["symbol"] for row in rows} >= {"086520", "247540", "196170"}
    for row in rows[:3]:
        candle = fridays_candle(direct, str(row["symbol"]))
        assert (row["price"], row["change"]) == (candle["close"], candle["change"])
        assert number(row["trade_volume"]) < number(candle["volume"])
    up = rows_of(direct, "domestic_stock_exp_closing_price", "stocks", sort="biggest_rise")
    rates = numbers(up, "change_from_base_price_rate")
    assert rates == sorted(rates, reverse=True)


def test_an_expected_index_opens_where_the_index_opens_and_counts_its_members(direct: Direct):
    summary, sectors = two(direct, "domestic_stock_exp_total_index", auction="opening")
    index = record_of(direct, "domestic_stock_inquire_index_price", index="0001")
    trend = rows_of(direct, "domestic_stock_exp_index_trend", "levels", index="kospi", auction="opening")
    assert summary["index_price"] == index["index_open"] == trend[0]["index_price"]
    assert number(summary["index_price"]) - number(summary["index_change"]) == number(index["index_price"]) - number(
        index["index_change"]
    )
    members = sum(int(str(summary[f"{way}_count"])) for way in ("advancing", "declining", "unchanged"))
    assert members == sum(int(str(index[f"{way}_count"])) for way in ("advancing", "declining", "unchanged"))
    assert "코스닥" in {str(row["name"])[:3] for row in sectors} or len(sectors) > 3
    only = two(direct, "domestic_stock_exp_total_index", auction="opening", market="kosdaq")[1]
    assert 0 < len(only) < len(sectors)
    tens = rows_of(direct, "domestic_stock_exp_index_trend", "levels", index="kospi", auction="opening", interval="10m")
    assert len(tens) < len(trend) <= 30


@pytest.mark.parametrize("symbol", STOCKS)
def test_after_hours_prices_stay_within_ten_percent_of_the_close_that_the_chart_has(direct: Direct, symbol: str):
    price = record_of(direct, "domestic_stock_inquire_overtime_price", symbol=symbol)
    candle = fridays_candle(direct, symbol)
    base = number(candle["close"])
    assert price["after_hours_base_price"] == base
    low, high = number(price["after_hours_lower_limit_price"]), number(price["after_hours_upper_limit_price"])
    assert base * Decimal("0.9") <= low < base < high <= base * Decimal("1.1")
    prices = [number(price[f"after_hours_{name}"]) for name in ("low", "open", "price", "high", "expected_price")]
    assert low <= min(prices)
    assert max(prices) <= high
    assert prices[0] <= prices[1] <= prices[3]
    assert price["after_hours_change"] == number(price["after_hours_price"]) - base
    assert 0 < number(price["after_hours_volume"]) < number(candle["volume"]) / 100


@pytest.mark.parametrize("symbol", STOCKS)
def test_the_apis_of_after_hours_trading_tell_one_session(direct: Direct, symbol: str):
    price = record_of(direct, "domestic_stock_inquire_overtime_price", symbol=symbol)
    session, trades = two(direct, "domestic_stock_inquire_time_overtimeconclusion", symbol=symbol)
    summary, days = two(direct, "domestic_stock_inquire_daily_overtimeprice", symbol=symbol)
    assert session["after_hours_volume"] == price["after_hours_volume"] == sum(numbers(trades, "trade_volume"))
    assert trades[0]["volume"] == session["after_hours_volume"]
    turnover = sum(number(row["price"]) * number(row["trade_volume"]) for row in trades)
    assert turnover == price["after_hours_turnover"]
    assert (max(numbers(trades, "price")), min(numbers(trades, "price"))) == (
        price["after_hours_high"],
        price["after_hours_low"],
    )
    assert trades[-1]["price"] == price["after_hours_open"]
    assert trades[0]["price"] == price["after_hours_price"] == days[0]["after_hours_price"]
    assert days[0]["trade_date"] == FRIDAY
    assert len(days) == 30
    assert summary["after_hours_volume"] == days[0]["after_hours_volume"]
    candle = fridays_candle(direct, symbol)
    assert (days[0]["close"], days[0]["volume"]) == (candle["close"], candle["volume"])
    book = record_of(direct, "domestic_stock_inquire_overtime_asking_price", symbol=symbol)
    asks = [number(book[f"after_hours_ask_quantity_{n}"]) for n in range(1, 11)]
    assert book["after_hours_total_ask_quantity"] == sum(asks)
    assert number(book["after_hours_bid_price_1"]) < number(book["after_hours_ask_price_1"])
    last = price["after_hours_price"]
    assert last in (book["after_hours_bid_price_1"], book["after_hours_ask_price_1"])


def test_after_hours_rankings_keep_their_order_their_side_and_their_sums(direct: Direct):
    everything: set[object] = set()
    for way in ("rise", "fall", "unchanged", "limit_up", "limit_down"):
        session, rows = two(direct, "domestic_stock_overtime_fluctuation", direction=way)
        rates = numbers(rows, "after_hours_change_rate")
        assert rates == sorted(rates, reverse=way != "fall")
        assert all((rate > 0) == (way in ("rise", "limit_up")) for rate in rates)
        everything |= {row["symbol"] for row in rows}
    session, rows = two(direct, "domestic_stock_overtime_volume", sort="volume")
    assert numbers(rows, "after_hours_volume") == sorted(numbers(rows, "after_hours_volume"), reverse=True)
    for row in rows[:3]:
        own = record_of(direct, "domestic_stock_inquire_overtime_price", symbol=row["symbol"])
        assert row["after_hours_volume"] == own["after_hours_volume"]
        share = number(row["after_hours_volume"]) * 100 / number(row["volume"])
        assert abs(number(row["after_hours_volume_share"]) - share) < Decimal("0.01")
    whole, _ = two(direct, "domestic_stock_overtime_fluctuation", direction="rise")
    for unit in ("volume", "turnover"):
        assert whole[f"after_hours_cumulative_{unit}"] == sum(
            number(session[f"after_hours_{market}_{unit}"]) for market in ("exchange", "kosdaq")
        )
    assert number(whole["after_hours_exchange_volume"]) >= max(numbers(rows, "after_hours_volume"))


def test_what_is_left_at_the_close_is_the_same_in_the_book_and_in_the_ranking(direct: Direct):
    for sort, column in (
        ("after_close_volume", "post_market_closing_price_volume"),
        ("asks", "extended_hours_total_ask_quantity"),
    ):
        rows = rows_of(direct, "domestic_stock_after_hour_balance", "stocks", sort=sort)
        assert numbers(rows, column) == sorted(numbers(rows, column), reverse=True)
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    row = rows_of(direct, "domestic_stock_after_hour_balance", "stocks", sort="bids")[0]
    book = blocks_of(direct, "domestic_stock_inquire_asking_price_exp_ccn", symbol=row["symbol"])["order_book"]
    assert isinstance(book, dict)
    for name in ("extended_hours_total_ask_quantity", "extended_hours_total_bid_quantity"):
        assert row[name] == book[name]
    candle = fridays_candle(direct, str(row["symbol"]))
    assert (row["price"], row["change"]) == (candle["close"], candle["change"])
    assert number(row["post_market_closing_price_volume"]) < number(candle["volume"])


def test_expected_after_hours_movers_are_in_order_and_above_the_least_volume(direct: Direct):
    rows = rows_of(direct, "domestic_stock_overtime_exp_trans_fluct", "stocks", sort="fall_rate")
    rates = numbers(rows, "after_hours_expected_change_rate")
    assert rates == sorted(rates)
    least = int(sorted(numbers(rows, "after_hours_expected_trade_volume"))[len(rows) // 2])
    kept = rows_of(direct, "domestic_stock_overtime_exp_trans_fluct", "stocks", sort="rise_rate", min_volume=least)
    assert kept
    assert all(volume >= least for volume in numbers(kept, "after_hours_expected_trade_volume"))


def test_interruptions_are_where_the_minute_candles_of_the_day_cross_the_bounds(direct: Direct):
    rows = [row for day in DAYS for row in interruptions(direct, day)]
    assert rows
    for row in rows:
        trigger = number(row["vi_trigger_price"])
        static, dynamic = number(row["static_vi_base_price"]), number(row["dynamic_vi_base_price"])
        assert (static > 0) == (row["vi_type"] in ("static", "static_and_dynamic"))
        if static:
            assert abs(number(row["static_vi_divergence_rate"])) >= 10
            assert row["static_vi_divergence_rate"] == round((trigger - static) * 100 / static, 2)
        if dynamic:
            assert abs(number(row["dynamic_vi_divergence_rate"])) >= 3
        assert row["vi_active"] is False
        start, end = str(row["vi_trigger_time"]), str(row["vi_release_time"])
        candles = rows_of(
            direct,
            "domestic_stock_inquire_time_dailychartprice",
            "candles",
            symbol=row["symbol"],
            date=row["trade_date"],
            time=end,
        )
        by_minute = {str(candle["trade_time"])[:5]: candle for candle in candles}
        crossed = by_minute[start[:5]]
        assert number(crossed["low"]) <= trigger <= number(crossed["high"])
        minute = int(start[3:5]) + 1
        if minute < 59 and start[6:] != "00":
            between = by_minute[f"{start[:3]}{minute:02}"]
            assert number(between["trade_volume"]) == 0
            assert between["high"] == between["low"] == row["vi_trigger_price"]


def test_interruptions_keep_to_the_kind_direction_and_market_that_were_asked_for(direct: Direct):
    for day in DAYS:
        every = interruptions(direct, day)
        for kind in ("static", "dynamic"):
            rows = interruptions(direct, day, kind=kind)
            assert rows == [row for row in every if row["vi_type"] == kind]
        parts = [interruptions(direct, day, **part) for part in ({"direction": "up"}, {"direction": "down"})]
        assert sum(map(len, parts)) == len(every)
        parts = [interruptions(direct, day, market=market) for market in ("kospi", "kosdaq")]
        assert sum(map(len, parts)) == len(every)
