"""What goes on at each venue, and what comes next: held against exchange_calendars for two years of days."""

import warnings
from datetime import date, datetime, time

import exchange_calendars
import pytest

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisUnavailable
from kis_mcp.trading.venues import MARKET_VENUES, holidays_ahead, read_venue_state, venues, venues_of
from tests.trading.fakes import CATALOG, FakeKis

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
KRX_DIFFERS = {
    # The library trades on elections and holidays that were set late, and opens exams' days at nine.
    date(2026, 6, 3),
    date(2026, 7, 17),
    date(2026, 11, 19),
    date(2027, 5, 3),
    date(2027, 7, 19),
    date(2027, 11, 18),
}


async def spans(kis: FakeKis, venue: str) -> dict[date, list[tuple[datetime, datetime]]]:
    """When an exchange trades on each day of the two years, without its breaks; sessions without a break are one."""
    start = datetime.combine(FIRST, time(12), venues()[venue].timezone)
    state = await read_venue_state(kis, venues()[venue], start, ahead=(LAST - FIRST).days + 2)
    found: dict[date, list[tuple[datetime, datetime]]] = {}
    for each in state.sessions:
        day = each.opens.astimezone(state.venue.timezone).date()
        if each.session.name in ("regular session", "morning session", "afternoon session", "closing auction"):
            found.setdefault(day, []).append((each.opens, each.closes))
    return {day: joined(parts) for day, parts in found.items() if FIRST <= day <= LAST}


def joined(parts: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for opens, closes in parts:
        if found and found[-1][1] == opens:
            opens = found.pop()[0]
        found.append((opens, closes))
    return found


def by_the_library(name: str) -> dict[date, list[tuple[datetime, datetime]]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        reach = exchange_calendars.get_calendar(name, start=FIRST, end=date(2026, 3, 1)).bound_max()
        last = min(LAST, reach.date()) if reach else LAST
        schedule = exchange_calendars.get_calendar(name, start=FIRST, end=last).schedule
    rows = zip(
        schedule.index, schedule["open"], schedule["break_start"], schedule["break_end"], schedule["close"], strict=True
    )
    return {
        day.date(): [(opens, closes)] if pause is None or pause != pause else [(opens, pause), (resumes, closes)]
        for day, opens, pause, resumes, closes in rows
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("venue", "calendar", "differs"),
    [
        ("krx", "XKRX", KRX_DIFFERS),
        ("us", "XNYS", set[date]()),
        ("hong_kong", "XHKG", set[date]()),
        ("tokyo", "XTKS", set[date]()),
        ("china", "XSHG", set[date]()),
    ],
)
async def test_an_exchange_trades_when_the_library_says(
    kis: FakeKis, venue: str, calendar: str, differs: set[date]
) -> None:
    library, ours = by_the_library(calendar), await spans(kis, venue)
    until = max(library)
    days = {day for day in {*library, *ours} if day <= until}
    assert {day for day in days if ours.get(day) != library.get(day)} == differs


@pytest.mark.parametrize(
    ("venue", "at", "session", "closes", "following"),
    [
        ("krx", "2026-11-20 08:10", None, None, ("opening auction", "2026-11-20 08:20")),
        (
            "krx",
            "2026-11-20 15:25",
            "closing auction",
            "2026-11-20 15:30",
            ("after hours at the close", "2026-11-20 15:30"),
        ),
        ("krx", "2026-12-30 20:00", None, None, ("opening auction", "2027-01-04 09:20")),
        ("nxt", "2026-11-19 08:30", None, None, ("main market", "2026-11-19 10:00:30")),
        ("us", "2026-11-28 02:00", "regular session", "2026-11-28 03:00", ("after-market", "2026-11-28 03:00")),
        ("us", "2026-03-06 23:00", "pre-market", "2026-03-06 23:30", ("regular session", "2026-03-06 23:30")),
        ("us", "2026-03-09 22:00", "pre-market", "2026-03-09 22:30", ("regular session", "2026-03-09 22:30")),
        ("us_daytime", "2026-11-26 12:00", None, None, ("daytime session", "2026-11-27 10:00")),
        ("hong_kong", "2026-11-20 13:30", None, None, ("afternoon session", "2026-11-20 14:00")),
        ("china", "2026-09-30 16:00", None, None, ("regular session", "2026-10-08 10:30")),
        ("china", "2026-11-30 11:00", "regular session", "2026-11-30 12:30", ("regular session", "2026-11-30 14:00")),
        ("krx", "2026-11-30 08:35", "opening auction", "2026-11-30 09:00", ("regular session", "2026-11-30 09:00")),
        ("krx", "2027-01-04 09:35", "opening auction", "2027-01-04 10:00", ("regular session", "2027-01-04 10:00")),
        (
            "futures_night",
            "2026-11-21 05:00",
            "night session",
            "2026-11-21 06:00",
            ("night session", "2026-11-23 18:00"),
        ),
    ],
)
async def test_a_venue_tells_what_goes_on_until_when_and_what_comes_next(
    kis: FakeKis, venue: str, at: str, session: str | None, closes: str | None, following: tuple[str, str]
) -> None:
    state = await read_venue_state(kis, venues()[venue], korean(at), ahead=14)
    after = state.following
    assert after is not None
    assert (state.session, state.closes_at) == (session, closes and korean(closes))
    assert (after.session.name, after.opens) == (following[0], korean(following[1]))
    assert state.is_trading is state.takes_orders is (session is not None)


@pytest.mark.parametrize(
    ("venue", "parts"),
    [
        ("china", ["10:30", "12:30", "14:00", "16:00"]),
        ("vietnam", ["11:00", "13:30", "15:00", "17:00"]),
    ],
)
async def test_at_lunch_kis_takes_orders_though_the_exchange_rests_until_the_afternoon(
    kis: FakeKis, venue: str, parts: list[str]
) -> None:
    day, lunch = "2026-11-20", "lunch break, orders are taken"
    morning, rests, resumes, closes = (korean(f"{day} {clock}") for clock in parts)
    state = await read_venue_state(kis, venues()[venue], rests)
    after = state.following
    assert after is not None
    assert (state.is_trading, state.takes_orders, state.session, state.closes_at) == (False, True, lunch, resumes)
    assert (after.session.name, after.opens) == ("regular session", resumes)
    assert [(each.session.name, each.opens, each.closes) for each in state.sessions_of_the_day] == [
        ("regular session", morning, rests),
        (lunch, rests, resumes),
        ("regular session", resumes, closes),
    ]


async def test_a_reservation_is_taken_and_not_traded(kis: FakeKis) -> None:
    state = await read_venue_state(kis, venues()["reserved"], korean("2026-11-21 12:00"))
    assert (state.is_trading, state.takes_orders, state.session) == (False, True, "day before")


async def test_a_night_that_goes_on_is_told_on_the_day_that_it_ends_on(kis: FakeKis) -> None:
    saturday = await read_venue_state(kis, venues()["futures_night"], korean("2026-11-21 05:00"))
    assert [each.opens for each in saturday.sessions_of_the_day] == [korean("2026-11-20 18:00")]


async def test_the_day_that_is_told_is_the_next_one_once_its_sessions_are_over(kis: FakeKis) -> None:
    for at, day in (("2026-11-20 19:59", 20), ("2026-11-20 20:00", 23)):
        state = await read_venue_state(kis, venues()["krx"], korean(at))
        assert {each.opens.day for each in state.sessions_of_the_day} == {day}


async def test_holidays_ahead_are_days_without_trading_and_those_with_other_hours(kis: FakeKis) -> None:
    state = await read_venue_state(kis, venues()["krx"], korean("2026-11-18 10:00"), ahead=50)
    late = venues()["krx"].at(date(2026, 11, 19), (time(10), time(16, 30)))
    first = venues()["krx"].at(date(2027, 1, 4), (time(10), time(15, 30)))
    assert holidays_ahead(state) == [
        (date(2026, 11, 19), late),
        (date(2026, 12, 25), None),
        (date(2026, 12, 31), None),
        (date(2027, 1, 1), None),
        (date(2027, 1, 4), first),
    ]


@pytest.mark.parametrize(
    ("markets", "session", "known"),
    [
        ([{"country_abbreviation": "US"}, {"country_abbreviation": "VN"}], "regular session", True),
        ([{"country_abbreviation": "US"}], None, True),
        ([], "regular session", False),
        (None, "regular session", False),
    ],
)
async def test_in_real_kis_tells_of_the_day_whether_a_market_without_a_calendar_trades(
    kis: FakeKis, markets: list[dict[str, str]] | None, session: str | None, known: bool
) -> None:
    kis.environment, now = Environment.REAL, korean("2026-11-20 11:30")
    kis.answers["overseas_stock_countries_holiday"] = {"markets": markets}
    if markets is None:
        kis.failing["overseas_stock_countries_holiday"] = KisUnavailable("down", remedy="wait")
    state = await read_venue_state(kis, venues()["vietnam"], now)
    assert state.session == session
    assert (date(2026, 11, 20) not in state.unknown) is known
    await read_venue_state(kis, venues()["us"], now)
    assert kis.reads == ["overseas_stock_countries_holiday"]


def test_every_venue_is_of_one_market_and_has_the_session_of_the_orders_that_go_there() -> None:
    assert sorted(name for names in MARKET_VENUES.values() for name in names) == sorted(venues())
    for api in CATALOG.apis:
        for name in api.order.venues if api.order else ():
            sessions = {route.session for route in api.order.routes if api.order} if api.order else set[str]()
            assert venues()[name].order_session in sessions, (api.tool, name)


@pytest.mark.parametrize(
    ("market", "exchange", "names"),
    [
        ("KR", "krx", ["krx"]),
        ("KR", "nxt", ["nxt"]),
        ("KR", "unified", ["krx", "nxt"]),
        ("US", "nyse", ["us", "us_daytime"]),
        ("CN", "shenzhen", ["china"]),
        ("domestic_futureoption", "", ["futures_day", "futures_night"]),
        ("domestic_bond", "krx", ["bond"]),
        ("overseas_futureoption", "", []),
    ],
)
def test_an_instrument_trades_at_these_venues(market: str, exchange: str, names: list[str]) -> None:
    assert [venue.name for venue in venues_of(market, exchange, Environment.REAL)] == names


def test_demo_has_no_us_daytime_market() -> None:
    assert [venue.name for venue in venues_of("US", "nyse", Environment.DEMO)] == ["us"]


def korean(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)
