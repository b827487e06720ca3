"""The calendars' days: as the libraries have them, and Korea's as its laws and KRX' rules have them."""

from datetime import date, datetime, time, timedelta

import pytest

from kis_mcp.catalog.data import resources_folder
from kis_mcp.clock import KST
from kis_mcp.trading.venues.calendars import calendars, latest_session_day
from kis_mcp.trading.venues.sessions import venues
from tests.generate.calendars import USUAL, parts, text

LAW = {
    # Regulations on holidays of public offices, the Labor Day Act, lunar days as KASI computes them.
    "new year": "2026-01-01 2027-01-01",
    "lunar new year": "2026-02-16 2026-02-17 2026-02-18 2027-02-08 2027-02-09",
    "independence movement": "2026-03-02 2027-03-01",
    "labor": "2026-05-01 2027-05-03",
    "children": "2026-05-05 2027-05-05",
    "buddha": "2026-05-25 2027-05-13",
    "local elections": "2026-06-03",
    "constitution": "2026-07-17 2027-07-19",
    "liberation": "2026-08-17 2027-08-16",
    "chuseok": "2026-09-24 2026-09-25 2027-09-14 2027-09-15 2027-09-16",
    "foundation": "2026-10-05 2027-10-04",
    "hangul": "2026-10-09 2027-10-11",
    "christmas": "2026-12-25 2027-12-27",
    # KRX' rules on business of the securities market: the last weekday of the year.
    "year's end": "2026-12-31 2027-12-31",
}
"""Weekdays of 2026 and 2027 on which KRX is closed, written by hand."""


def test_the_file_has_what_the_libraries_have(regenerate: bool) -> None:
    path = resources_folder() / "calendars.toml"
    made = text()
    if regenerate:
        path.write_text(made, "utf-8")
    assert parts(path.read_text("utf-8")) == parts(made), "pytest --regenerate this file, and review the diff"


def test_krx_is_closed_on_the_days_that_law_and_rules_name() -> None:
    by_law = {date.fromisoformat(day) for days in LAW.values() for day in days.split()}
    assert {day for day in calendars()["XKRX"].closed if day.year in (2026, 2027)} == by_law


def test_krx_opens_late_on_the_years_first_day_and_for_the_exam() -> None:
    first, exam = (time(10), time(15, 30)), (time(10), time(16, 30))
    assert {day: hours for day, hours in calendars()["XKRX"].hours.items() if day.year in (2026, 2027)} == {
        date(2026, 1, 2): first,
        date(2026, 11, 19): exam,
        date(2027, 1, 4): first,
        date(2027, 11, 18): exam,
    }


@pytest.mark.parametrize(
    ("calendar", "closed", "short"),
    [
        ("XNYS", "2026-07-03 2026-11-26 2027-06-18 2027-12-24", {date(2026, 11, 27): time(13)}),
        ("XHKG", "2026-02-17 2026-04-07 2026-10-19", {date(2026, 12, 24): time(12), date(2026, 2, 16): time(12)}),
        ("XTKS", "2026-05-06 2026-09-22 2026-12-31 2027-03-22", {}),
        ("XSHG", "2026-02-23 2026-04-06 2026-09-25 2026-10-07", {}),
    ],
)
def test_others_keep_the_days_that_their_exchanges_published(
    calendar: str, closed: str, short: dict[date, time]
) -> None:
    days = calendars()[calendar]
    assert {date.fromisoformat(day) for day in closed.split()} <= days.closed
    assert short.items() <= {day: hours[1] for day, hours in days.hours.items()}.items()


@pytest.mark.parametrize("name", USUAL)
def test_a_calendar_is_of_weekdays_within_its_time_and_no_day_is_closed_and_open(name: str) -> None:
    calendar = calendars()[name]
    named = calendar.closed | calendar.hours.keys()
    assert all(calendar.covers(day) and day.weekday() < 5 for day in named)
    assert not calendar.closed & calendar.hours.keys()
    assert not calendar.covers(calendar.last + timedelta(days=1))


def test_venues_keep_these_calendars_and_vietnams_days_are_in_none() -> None:
    kept = {venue.calendar for venue in venues().values()}
    assert kept - {""} == calendars().keys() | {"XSTC"}
    assert {name: USUAL[name].split() for name in calendars()} == {
        venue.calendar: [f"{clock:%H:%M}" for clock in venue.usual_hours]
        for venue in venues().values()
        if venue.calendar in calendars() and venue.title != venues()["us_daytime"].title
    }


@pytest.mark.parametrize(
    ("venue", "clock", "now", "day"),
    [
        ("krx", "15:30:00", "2026-11-29 12:00", "2026-11-27"),
        ("krx", "15:29:40", "2026-11-27 15:30", "2026-11-27"),
        ("krx", "15:29:40", "2026-11-30 09:10", "2026-11-27"),
        ("krx", "10:00:01", "2026-12-26 12:00", "2026-12-24"),
        ("us", "05:59:58", "2026-11-29 12:00", "2026-11-28"),
        ("us", "23:59:58", "2026-11-28 02:00", "2026-11-27"),
        ("us", "12:00:00", "2026-11-29 13:00", None),
        ("vietnam", "12:00:00", "2026-11-29 13:00", None),
    ],
)
def test_a_time_of_day_is_of_the_latest_day_with_a_session_then(
    venue: str, clock: str, now: str, day: str | None
) -> None:
    found = latest_session_day(
        [venues()[venue]],
        time.fromisoformat(clock).replace(tzinfo=KST),
        datetime.fromisoformat(now).replace(tzinfo=KST),
    )
    assert found == (day and date.fromisoformat(day))
