"""Venues and their hours, on the real calendars."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.venues.calendars import trading_days
from kis_mcp.trading.venues.sessions import TradingDays, venue_of, venues
from tests.trading.fakes import CATALOG, FakeClock, FakeKis, api

ORDERS = [api for api in CATALOG.apis if api.risk == "order"]


async def names(kis: FakeKis, venue: str, at: str) -> list[str]:
    now = datetime.fromisoformat(at).replace(tzinfo=KST)
    return [session.name for session in venues()[venue].open_sessions(now, await days(kis, venue, now))]


async def days(kis: FakeKis, venue: str, now: datetime) -> TradingDays:
    return (await trading_days(kis, venues()[venue], now))[0]


@pytest.mark.parametrize(
    ("venue", "at", "sessions"),
    [
        ("krx", "2026-11-20 08:10", []),
        ("krx", "2026-11-20 08:35", ["opening auction", "pre-market at the last close"]),
        ("krx", "2026-11-20 09:00", ["regular session"]),
        ("krx", "2026-11-20 15:20", ["closing auction"]),
        ("krx", "2026-11-20 15:45", ["after hours at the close"]),
        ("krx", "2026-11-20 19:59", ["after-market"]),
        ("krx", "2026-11-20 20:00", []),
        ("krx", "2026-11-21 10:00", []),
        ("krx", "2026-09-25 10:00", []),
        ("krx", "2026-12-31 10:00", []),
        ("krx", "2026-01-02 09:30", ["opening auction", "pre-market at the last close"]),
        ("nxt", "2026-11-20 08:10", ["pre-market"]),
        ("nxt", "2026-11-20 08:55", []),
        ("nxt", "2026-11-20 15:25", []),
        ("nxt", "2026-11-20 19:59", ["after-market"]),
        ("sor", "2026-11-20 15:25", ["regular session"]),
        ("us", "2026-11-20 17:59", []),
        ("us", "2026-11-20 18:00", ["pre-market"]),
        ("us", "2026-11-20 23:30", ["regular session"]),
        ("us", "2026-11-21 05:59", ["regular session"]),
        ("us", "2026-11-21 06:59", ["after-market"]),
        ("us", "2026-11-21 07:00", []),
        ("us", "2026-07-01 17:00", ["pre-market"]),
        ("us", "2026-07-01 22:30", ["regular session"]),
        ("us", "2026-07-02 06:59", ["after-market"]),
        ("us", "2026-11-26 23:45", []),
        ("us", "2026-11-28 02:59", ["regular session"]),
        ("us", "2026-11-28 03:00", ["after-market"]),
        ("us_daytime", "2026-11-20 17:59", ["daytime session"]),
        ("us_daytime", "2026-11-26 12:00", []),
        ("krx", "2026-11-19 08:59", []),
        ("krx", "2026-11-19 09:30", ["opening auction", "pre-market at the last close"]),
        ("krx", "2026-11-19 16:15", ["regular session"]),
        ("krx", "2026-11-19 16:45", ["after hours at the close"]),
        ("krx", "2026-11-19 17:05", ["after-market"]),
        ("futures_day", "2026-11-19 16:40", ["day session"]),
        ("nxt", "2026-11-20 09:00", []),
        ("nxt", "2026-11-20 09:01", ["main market"]),
        ("nxt", "2026-11-20 15:35", []),
        ("hong_kong", "2026-11-20 10:29", []),
        ("hong_kong", "2026-11-20 12:59", ["morning session"]),
        ("hong_kong", "2026-11-20 13:30", []),
        ("hong_kong", "2026-11-20 16:59", ["afternoon session"]),
        ("hong_kong", "2026-12-24 12:59", ["morning session"]),
        ("hong_kong", "2026-12-24 14:30", []),
        ("tokyo", "2026-11-20 11:45", []),
        ("china", "2026-10-01 11:00", []),
        ("tokyo", "2026-11-23 10:00", []),
        ("tokyo", "2026-11-20 15:29", ["afternoon session"]),
        ("vietnam", "2026-11-20 11:00", ["regular session"]),
        ("futures_day", "2026-11-20 08:30", ["day session"]),
        ("futures_day", "2026-11-20 15:44", ["day session"]),
        ("futures_night", "2026-11-20 18:00", ["night session"]),
        ("futures_night", "2026-11-21 05:59", ["night session"]),
        ("futures_night", "2026-11-21 18:30", []),
        ("futures_night", "2026-05-04 23:00", ["night session"]),
        ("futures_night", "2026-05-05 05:59", ["night session"]),
        ("futures_night", "2026-05-05 18:30", []),
        ("futures_night", "2025-12-30 18:00", ["night session"]),
        ("futures_night", "2026-02-13 23:00", []),
        ("futures_night", "2026-02-14 05:00", []),
        ("futures_night", "2026-11-19 18:30", []),
        ("futures_night", "2026-11-19 19:00", ["night session"]),
        ("futures_night", "2026-11-20 05:59", ["night session"]),
        ("nxt", "2026-11-19 08:30", []),
        ("nxt", "2026-11-19 09:30", []),
        ("nxt", "2026-11-19 10:01", ["main market"]),
        ("nxt", "2026-01-02 08:30", []),
        ("nxt", "2026-01-02 15:45", ["after-market"]),
        ("sor", "2026-11-19 09:30", []),
        ("sor", "2026-11-19 09:55", ["regular session"]),
        ("us_daytime", "2026-07-01 10:00", ["daytime session"]),
        ("us_daytime", "2026-07-01 18:00", []),
        ("reserved", "2026-11-20 15:39", []),
        ("reserved", "2026-11-20 15:40", ["evening before"]),
        ("reserved", "2026-11-20 23:45", []),
        ("reserved", "2026-11-21 00:05", []),
        ("reserved", "2026-11-21 12:00", ["day before"]),
        ("reserved", "2026-11-23 07:29", ["night before"]),
        ("reserved", "2026-11-23 07:30", []),
        ("us_reserved", "2026-11-20 09:59", []),
        ("us_reserved", "2026-11-20 16:29", ["day in Korea"]),
        ("us_reserved", "2026-11-20 16:35", []),
        ("us_reserved", "2026-11-20 23:19", ["evening in Korea"]),
        ("us_reserved", "2026-07-01 22:20", []),
        ("us_reserved", "2026-11-26 12:00", ["day in Korea"]),
        ("us_reserved", "2026-11-21 12:00", []),
        ("hong_kong_reserved", "2026-11-20 10:19", ["before the morning session"]),
        ("hong_kong_reserved", "2026-11-20 13:50", []),
        ("tokyo_reserved", "2026-11-20 09:05", []),
        ("vietnam_reserved", "2026-11-20 14:49", ["before the afternoon session"]),
        ("bond", "2026-11-20 15:29", ["regular session"]),
    ],
)
async def test_sessions_follow_holidays_half_days_late_openings_and_summer_time(
    kis: FakeKis, venue: str, at: str, sessions: list[str]
) -> None:
    assert await names(kis, venue, at) == sessions


@pytest.mark.parametrize(
    ("venue", "at", "unknown"),
    [
        ("china", "2026-12-28", ["2027-01-01", "2027-01-04", "2027-01-05"]),
        ("china", "2026-12-21", []),
        ("china_reserved", "2026-12-29", ["2027-01-01", "2027-01-04", "2027-01-05", "2027-01-06"]),
        ("vietnam", "2026-11-20", ["2026-11-19", "2026-11-20", *(f"2026-11-{day}" for day in range(23, 28))]),
        ("krx", "2027-11-20", []),
        ("us_reserved", "2093-10-01", []),
    ],
)
async def test_a_weekday_that_no_calendar_covers_is_unknown_and_taken_as_usual(
    kis: FakeKis, venue: str, at: str, unknown: list[str]
) -> None:
    now = datetime.fromisoformat(f"{at} 10:00").replace(tzinfo=KST)
    known, found = await trading_days(kis, venues()[venue], now)
    assert [f"{day}" for day in sorted(found)] == unknown
    assert {day: known[day] for day in found} == {day: venues()[venue].usual(day) for day in found}


async def test_a_day_beyond_the_calendar_is_known_where_kis_tells_it(kis: FakeKis) -> None:
    kis.environment = Environment.REAL
    kis.holidays = [{"base_date": "2093-10-01", "market_open": True}]
    unknown = (await trading_days(kis, venues()["krx"], datetime(2093, 10, 1, 10, 0, tzinfo=KST)))[1]
    assert date(2093, 10, 1) not in unknown
    assert date(2093, 10, 2) in unknown


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("venue", ["krx", "futures_night", "us", "hong_kong"])
async def test_only_the_real_kis_is_asked_and_only_for_korea(
    kis: FakeKis, environment: Environment, venue: str
) -> None:
    """Demo lacks the API, and the simulator's market never closes."""
    kis.environment = environment
    await days(kis, venue, datetime(2026, 11, 20, 10, 0, tzinfo=KST))
    asks = environment is Environment.REAL and venue in ("krx", "futures_night")
    assert kis.reads == (["domestic_stock_chk_holiday"] if asks else [])
    assert not api("domestic_stock_chk_holiday").in_demo


async def test_the_real_kis_knows_korean_holidays_better_than_the_table(kis: FakeKis, clock: FakeClock) -> None:
    kis.environment = Environment.REAL
    kis.holidays = [
        {"base_date": "2026-06-05", "market_open": False},
        {"base_date": "2026-06-03", "market_open": True},
        {"base_date": "2026-06-06", "market_open": True},
    ]
    assert await names(kis, "krx", "2026-06-03 10:00") == ["regular session"]
    assert await names(kis, "krx", "2026-06-05 10:00") == []
    assert await names(kis, "krx", "2026-06-04 10:00") == ["regular session"]
    assert await names(kis, "krx", "2026-06-06 10:00") == []
    kis.failing["domestic_stock_chk_holiday"] = KisUnavailable("down", remedy="wait")
    assert await names(kis, "krx", "2026-06-03 10:00") == []
    assert await names(kis, "krx", "2026-06-05 10:00") == ["regular session"]


async def test_the_next_opening_skips_holidays_and_depends_on_the_type(kis: FakeKis) -> None:
    friday = datetime(2026, 11, 20, 15, 25, tzinfo=KST)
    krx, known = venues()["krx"], await days(kis, "krx", friday)
    assert krx.next_opening("limit", friday, known) == datetime(2026, 11, 23, 8, 20, tzinfo=KST)
    assert krx.next_opening("after_market_limit", friday, known) == datetime(2026, 11, 20, 16, 0, tzinfo=KST)
    assert krx.next_opening("no_such_type", friday, known) is None


@pytest.mark.parametrize("name", venues())
def test_the_table_names_arguments_and_order_types_that_exist(name: str) -> None:
    venue, served = venues()[name], [order for order in ORDERS if order.order and name in order.order.venues]
    assert served
    for order in served:
        parameters = {parameter.name: parameter.codes or {} for parameter in order.parameters}
        for name, words in venue.when.items():
            assert words <= set(parameters[name])
        if "order_type" in parameters:
            assert set(venue.order_types) <= set(parameters["order_type"])
    assert venue.sell_only <= set(venue.order_types)


def test_every_order_api_but_those_of_futures_abroad_and_a_mere_cancel_has_its_hours() -> None:
    assert {order.tool for order in ORDERS if order.order and not order.order.venues} == {
        "overseas_fo_order",
        "overseas_fo_order_rvsecncl",
        "overseas_stock_order_resv_ccnl",
    }
    assert venue_of(api("overseas_fo_order"), {}) is None


@given(
    st.sampled_from(sorted(venues())),
    st.integers(0, 365 * 24 * 60).map(lambda minutes: datetime(2026, 1, 1, tzinfo=KST) + timedelta(minutes=minutes)),
    st.integers(0, 27),
)
def test_what_is_open_has_opened_before(name: str, now: datetime, number: int) -> None:
    """Whatever the day, a type is taken now exactly where its next opening was foreseen for no later than now."""
    venue = venues()[name]
    order_type = venue.order_types[number % len(venue.order_types)]
    local = now.astimezone(venue.timezone).date()
    calendar = {day: venue.usual(day) for day in (local + timedelta(days=offset) for offset in range(-3, 4))}
    opened = venue.next_opening(order_type, now - timedelta(days=2), calendar)
    is_open = any(session.takes(order_type) for session in venue.open_sessions(now, calendar))
    assert not is_open or (opened is not None and opened <= now)


def test_usual_hours_are_local() -> None:
    hours = venues()["us"].usual(date(2026, 7, 1))
    assert hours is not None
    assert hours[0] == datetime(2026, 7, 1, 9, 30, tzinfo=ZoneInfo("America/New_York"))
