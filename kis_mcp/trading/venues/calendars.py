"""Which days an exchange trades, from when to when: ``resources/calendars.toml``, and for Korea KIS' own calendar."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import tomli

from kis_mcp.catalog import resources_folder, text
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.venues.sessions import Hours, TradingDays, Venue, clocks

KRX = "XKRX"
DAYS_AHEAD = 10
_DAYS_BACK = 15
"""In which an exchange has traded: the longest holidays are nine days."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Calendar:
    """An exchange's days from ``first`` to ``last``; of others nothing is known.

    Attributes:
        closed: Weekdays without trading.
        hours: When it opens and closes, local, on days with other hours than usual.
    """

    first: date
    last: date
    closed: frozenset[date]
    hours: Mapping[date, tuple[time, time]]

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


@cache
def calendars() -> Mapping[str, Calendar]:
    """Every calendar, by its exchange's market identifier code."""
    table = tomli.loads((resources_folder() / "calendars.toml").read_text(encoding="utf-8"))
    return {
        name: Calendar(
            first=row["first"],
            last=row["last"],
            closed=frozenset(map(date.fromisoformat, row["closed"].split())),
            hours={date.fromisoformat(day): clocks(hours) for day, hours in row.get("hours", {}).items()},
        )
        for name, row in table.items()
    }


async def trading_days(
    kis: KisReads, venue: Venue, now: datetime, *, ahead: int = DAYS_AHEAD
) -> tuple[TradingDays, frozenset[date]]:
    """The venue's days from yesterday, whose night session may go on, to a while ahead.

    In real KIS' own calendar overrules the table's holidays for Korea.

    Args:
        ahead: How many days, yesterday included.

    Returns:
        The days, and those weekdays among them that may be holidays, for all that is known; they are taken as usual.
    """
    yesterday = now.astimezone(venue.timezone).date() - timedelta(days=1)
    days = [yesterday + timedelta(days=number) for number in range(ahead)]
    is_open = await _days_of_kis(kis, venue.calendar, now)
    calendar = calendars().get(venue.calendar)
    trading: dict[date, tuple[datetime, datetime] | None] = {}
    unknown = set[date]()
    for day in days:
        usual = _hours(venue, calendar, day)
        is_holiday = calendar is not None and day in calendar.closed
        trading[day] = usual if is_open.get(day, not is_holiday) else None
        is_known = not venue.calendar or day in is_open or (calendar is not None and calendar.covers(day))
        if usual and not is_known:
            unknown.add(day)
    return trading, frozenset(unknown)


def regular_hours(venue: Venue, day: date) -> Hours | None:
    """A day's regular hours by the table; as usual where nothing is known of the day, None where it is closed."""
    calendar = calendars().get(venue.calendar)
    return None if calendar is not None and day in calendar.closed else _hours(venue, calendar, day)


def latest_session_day(venues: Iterable[Venue], clock: time, now: datetime) -> date | None:
    """The Korean day on which it last was this Korean time of day within a session of one of the venues; None where no
    calendar here tells.

    Args:
        clock: Aware, in KST.
    """
    places = list(venues)
    today = now.astimezone(KST).date()
    for day in (today - timedelta(days=number) for number in range(_DAYS_BACK)):
        moment = datetime.combine(day, clock)
        if moment <= now and any(_is_in_session(venue, moment) for venue in places):
            return day
    return None


def _is_in_session(venue: Venue, moment: datetime) -> bool:
    """Whether a venue has a session at a moment, its end included: closing auctions are traded then."""
    calendar = calendars().get(venue.calendar)
    local = moment.astimezone(venue.timezone).date()
    if calendar is None or not calendar.covers(local):
        return False
    days = {day: regular_hours(venue, day) for day in (local - timedelta(days=1), local)}
    return any(start <= moment <= end for _, (start, end) in venue.spans(days))


def _hours(venue: Venue, calendar: Calendar | None, day: date) -> Hours | None:
    """A day's hours, were it no holiday."""
    special = calendar.hours.get(day) if calendar else None
    return venue.at(day, special) if special else venue.usual(day)


async def _days_of_kis(kis: KisReads, calendar: str, now: datetime) -> Mapping[date, bool]:
    """Whether Korea's market opens, day by day, as KIS has it; only the real KIS says."""
    if calendar != KRX or kis.environment is not Environment.REAL:
        return {}
    try:
        page = await kis.rows("domestic_stock_chk_holiday", {"date": now.astimezone(KST).date()})
    except KisMcpError as error:
        _log.warning("KIS' market calendar could not be read: %s", error)
        return {}
    days = ((text(row, "base_date"), row.get("market_open")) for row in page.rows("days"))
    return {date.fromisoformat(day): is_open for day, is_open in days if day and isinstance(is_open, bool)}
