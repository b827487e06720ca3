from datetime import date

import pytest

from tests.simulator.answers.test_every_api import Direct, record_of, rows_of

WEEKEND = ("saturday", "sunday")


@pytest.fixture(scope="module")
def direct() -> Direct:
    return Direct()


def test_koreas_holidays_are_the_exchanges_own(direct: Direct):
    days = rows_of(direct, "domestic_stock_chk_holiday", "days", date="2026-09-21")
    closed = [day["base_date"] for day in days if not day["market_open"] and day["weekday"] not in WEEKEND]
    assert closed == ["2026-09-24", "2026-09-25", "2026-10-05", "2026-10-09"]
    assert [day["base_date"] for day in days][:2] == ["2026-09-21", "2026-09-22"]
    assert all(day["weekday"] == date.fromisoformat(str(day["base_date"])).strftime("%A").lower() for day in days)


def test_the_years_last_weekday_is_a_banking_day_without_trading(direct: Direct):
    (day, *_) = rows_of(direct, "domestic_stock_chk_holiday", "days", date="2026-12-31")
    assert (day["business_day"], day["market_open"], day["settlement_day"]) == (True, False, False)


def test_nothing_is_said_of_days_that_no_calendar_knows(direct: Direct):
    assert rows_of(direct, "domestic_stock_chk_holiday", "days", date="2035-01-01") == []


def test_the_market_time_names_business_days_around_today(direct: Direct):
    days = record_of(direct, "domestic_stock_market_time")
    around = [days[f"business_date_{number}"] for number in range(1, 6)]
    assert around == ["2026-06-11", "2026-06-12", "2026-06-15", "2026-06-16", "2026-06-17"]
    assert days["current_date"] == "2026-06-15"


def test_trades_abroad_settle_after_the_markets_own_holidays(direct: Direct):
    rows = rows_of(direct, "overseas_stock_countries_holiday", "markets", date="2026-06-18")
    settled = {row["market_name"]: row["local_settlement_date"] for row in rows}
    assert settled["나스닥"] == "2026-06-22"
    assert settled["동경거래소"] == "2026-06-22"
    assert "홍콩거래소" in settled


def test_a_market_on_holiday_is_not_listed(direct: Direct):
    rows = rows_of(direct, "overseas_stock_countries_holiday", "markets", date="2026-06-19")
    assert {row["country_abbreviation"] for row in rows} == {"JP"}


def test_what_settles_abroad_settles_in_korea_then_or_on_its_next_business_day(direct: Direct):
    rows = rows_of(direct, "overseas_stock_countries_holiday", "markets", date="2026-06-15")
    days = rows_of(direct, "domestic_stock_chk_holiday", "days", date="2026-06-15")
    korea = {day["base_date"]: day["settlement_day"] for day in days}
    for row in rows:
        here, there = str(row["korea_settlement_date"]), str(row["local_settlement_date"])
        assert korea[here] is True
        assert here > there if row["country_abbreviation"] == "US" else here >= there
