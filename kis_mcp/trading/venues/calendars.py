"""Which days an exchange trades, from when to when: ``resources/calendars.toml``, and for Korea KIS' own calendar."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

import tomli

from kis_mcp.catalog import resources_folder, text
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.venues.sessions import TradingDays, Venue, clocks

KRX = "XKRX"
DAYS_AHEAD = 10

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
        special = calendar.hours.get(day) if calendar else None
        usual = venue.at(day, special) if special else venue.usual(day)
        is_holiday = calendar is not None and day in calendar.closed
        trading[day] = usual if is_open.get(day, not is_holiday) else None
        is_known = not venue.calendar or day in is_open or (calendar is not None and calendar.covers(day))
        if usual and not is_known:
            unknown.add(day)
    return trading, frozenset(unknown)


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
