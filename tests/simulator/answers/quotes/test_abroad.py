"""Charts of the world agree with the quotes of its stocks, currencies and contracts."""

from datetime import datetime
from decimal import Decimal
from typing import cast

import pytest

from kis_mcp.catalog.decode import Record
from kis_mcp.clock import KST
from tests.simulator.answers.test_every_api import Direct, blocks_of, record_of, rows_of
from tests.simulator.wire import MONDAY

DAYS, MINUTES = "overseas_stock_inquire_daily_chartprice", "overseas_stock_inquire_time_indexchartprice"
JUNE = {"start_date": "2026-06-01", "end_date": "2026-06-30"}


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def summary(direct: Direct, code: str) -> dict[str, Decimal]:
    return cast("dict[str, Decimal]", blocks_of(direct, DAYS, symbol=code, **JUNE)["summary"])


def candles(direct: Direct, code: str, **arguments: object) -> list[dict[str, Decimal]]:
    return cast("list[dict[str, Decimal]]", rows_of(direct, DAYS, "candles", symbol=code, **JUNE | arguments))


def numbers(rows: list[Record], name: str) -> list[Decimal]:
    return [Decimal(str(row[name])) for row in rows]


def before_today(stocks: list[Record]) -> list[Decimal]:
    """Previous closes; KIS sends changes abroad without their sign."""
    signs = (-1 if stock["price_direction"] == "down" else 1 for stock in stocks)
    changes = (change * sign for change, sign in zip(numbers(stocks, "change"), signs, strict=True))
    return [price - change for price, change in zip(numbers(stocks, "price"), changes, strict=True)]


def total(rows: list[Record], name: str) -> Decimal:
    return sum(numbers(rows, name), Decimal(0))


@pytest.mark.parametrize(
    ("code", "exchange"),
    [("HK#HS", "hong_kong"), ("SHANG", "shanghai"), ("CZ#399106", "shenzhen"), ("VN#VNI", "ho_chi_minh")],
)
def test_an_index_moves_as_all_the_shares_of_its_exchange(direct: Direct, code: str, exchange: str):
    index, stocks = summary(direct, code), rows_of(direct, "overseas_stock_market_cap", "stocks", exchange=exchange)
    now = total(stocks, "market_cap")
    shares = numbers(stocks, "listed_shares")
    before = sum((price * count for price, count in zip(before_today(stocks), shares, strict=True)), Decimal(0))
    assert abs(index["price"] / index["previous_close"] - now / before) < Decimal("0.0001")
    assert index["volume"] == total(stocks, "volume") // 1000


def test_the_nikkei_moves_as_the_sum_of_prices(direct: Direct):
    index, stocks = (
        summary(direct, "JP#NI225"),
        rows_of(direct, "overseas_stock_market_cap", "stocks", exchange="tokyo"),
    )
    now, before = total(stocks, "price"), sum(before_today(stocks), Decimal(0))
    assert abs(index["price"] / index["previous_close"] - now / before) < Decimal("0.0001")


def test_the_dow_and_the_sp_500_hold_no_foreign_companies(direct: Direct):
    assert (
        summary(direct, "NVDA")["price"]
        == record_of(direct, "overseas_stock_price", exchange="nasdaq", symbol="NVDA")["price"]
    )
    assert summary(direct, "TSM")["price"] is None


@pytest.mark.parametrize("code", ["SPX", ".DJI", "FX@KRW", "FX@KRWJS", "NYGOLD"])
def test_where_it_stands_is_its_newest_candle_and_its_newest_minute(direct: Direct, code: str):
    now, days = summary(direct, code), candles(direct, code)
    minutes = cast("list[dict[str, Decimal]]", rows_of(direct, MINUTES, "candles", symbol=code))
    assert (now["price"], now["open"], now["high"], now["low"]) == tuple(
        days[0][name] for name in ("close", "open", "high", "low")
    )
    assert now["previous_close"] == days[1]["close"]
    assert now["change"] == now["price"] - days[1]["close"]
    assert minutes[0]["close"] == now["price"]
    assert now["low"] <= min(minute["low"] for minute in minutes)
    assert max(minute["high"] for minute in minutes) <= now["high"]


@pytest.mark.parametrize("code", ["SPX", "FX@EUR", "FX@KRWJS"])
def test_a_week_is_made_of_its_days(direct: Direct, code: str):
    days = candles(direct, code, end_date="2026-06-12")[:5]
    week = candles(direct, code, end_date="2026-06-12", interval="week")[0]
    assert (week["open"], week["close"]) == (days[-1]["open"], days[0]["close"])
    assert week["high"] == max(day["high"] for day in days)
    assert week["low"] == min(day["low"] for day in days)
    assert candles(direct, code, start_date="2026-06-10", end_date="2026-06-12", interval="week") == [week]


def test_the_won_rates_of_other_currencies_follow_from_the_dollar(direct: Direct):
    for won, dollar, yen in zip(*(candles(direct, f"FX@{code}") for code in ("KRWJS", "KRW", "JPY")), strict=True):
        for name in ("open", "close"):
            assert abs(won[name] - dollar[name] / yen[name]) <= Decimal("0.00005")
        assert won["low"] <= min(won["open"], won["close"]) <= max(won["open"], won["close"]) <= won["high"]


def test_the_rate_of_a_quote_is_the_first_of_the_day_and_moves_from_day_to_day(direct: Direct):
    quote = record_of(direct, "overseas_stock_price_detail", exchange="nasdaq", symbol="AAPL")
    days = candles(direct, "FX@KRW")
    assert (quote["exchange_rate"], quote["previous_exchange_rate"]) == (days[0]["open"], days[1]["open"])
    assert len({day["open"] for day in days}) > 5


@pytest.mark.parametrize(("code", "contract"), [("NYGOLD", "GCZ26"), ("WTIF", "CLZ26")])
def test_a_commodity_stands_where_its_nearest_future_does(direct: Direct, code: str, contract: str):
    chart, future = summary(direct, code), record_of(direct, "overseas_fo_inquire_price", symbol=contract)
    names = ("price", "open", "high", "low", "volume")
    assert [chart[name] for name in names] == [future[name] for name in names]


def test_a_days_yields_are_known_before_noon_in_seoul(direct: Direct):
    morning, noon = candles(direct, "Y0202"), candles(Direct(MONDAY.replace(hour=12)), "Y0202")
    assert (morning[0]["trade_date"], noon[0]["trade_date"]) == ("2026-06-12", "2026-06-15")
    assert noon[1:] == morning
    assert summary(direct, "Y0202")["change"] == morning[0]["close"] - morning[1]["close"]
    assert rows_of(direct, MINUTES, "candles", symbol="Y0202") == []


def test_a_holiday_in_seoul_makes_no_yields_known_in_charts_or_in_the_list_of_rates():
    noon = Direct(datetime(2026, 10, 9, 12, 0, tzinfo=KST))
    october = {"start_date": "2026-10-01", "end_date": "2026-10-31"}
    listed = rows_of(noon, "domestic_stock_comp_interest", "domestic_rates")[0]["trade_date"]
    assert (candles(noon, "Y0202", **october)[0]["trade_date"], listed) == ("2026-10-08", "2026-10-08")


@pytest.mark.parametrize("country", [("Y0203", "Y0202", "Y0201"), ("Y0104", "Y0101", "Y0106")], ids=["us", "korea"])
def test_yields_differ_by_how_long_a_bond_runs(direct: Direct, country: tuple[str, ...]):
    assert len({summary(direct, code)["price"] for code in country}) == 3


@pytest.mark.parametrize("code", ["FX@KRW", "FX@KRWJS", "JP#NI225"])
def test_minutes_reach_back_to_the_day_before_only_where_that_is_wanted(code: str):
    early = Direct(MONDAY.replace(hour=0, minute=10))
    alone = rows_of(early, MINUTES, "candles", symbol=code, include_past=False)
    both = rows_of(early, MINUTES, "candles", symbol=code, include_past=True)
    assert (len(alone), len(both)) == (11, 102)
    assert both[:11] == alone
    assert both[11]["close"] == candles(early, code)[1]["close"]


def test_nothing_is_traded_in_extended_hours(direct: Direct):
    assert rows_of(direct, MINUTES, "candles", symbol="SPX", session="extended") == []


def test_a_code_that_the_world_does_not_have_is_left_empty(direct: Direct):
    assert set(summary(direct, "GR#DAX").values()) == {None}


@pytest.mark.parametrize(
    ("code", "futures"),
    [("SPX", ("ESZ26", "MESZ26")), ("NDX", ("NQZ26", "MNQZ26")), (".DJI", ("YMZ26",)), ("HK#HS", ("HSIZ26", "MHIZ26"))],
)
def test_an_indexs_futures_stand_together_above_it_by_what_money_costs(
    direct: Direct, code: str, futures: tuple[str, ...]
):
    index = summary(direct, code)["price"]
    prices = {record_of(direct, "overseas_fo_inquire_price", symbol=symbol)["price"] for symbol in futures}
    assert len(prices) == 1
    (price,) = prices
    assert Decimal("1.01") < cast("Decimal", price) / index < Decimal("1.03")


def test_yields_are_those_of_the_list_of_interest_rates(direct: Direct):
    rates = rows_of(direct, "domestic_stock_comp_interest", "rates", kind="foreign")
    listed = {row["data_code"]: row["bond_yield"] for row in rates if row["data_code"]}
    assert listed == {code: summary(direct, str(code))["price"] for code in listed}
    assert listed
