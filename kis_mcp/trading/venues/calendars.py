"""Which days an exchange trades, and from when to when."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib import import_module
from typing import Any

from kis_mcp.catalog.fields import text
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.venues.sessions import Hours, TradingDays, Venue

KRX = "XKRX"
_DAYS_AHEAD = 10

_log = logging.getLogger(__name__)


async def trading_days(kis: Kis, venue: Venue, now: datetime) -> TradingDays:
    """The venue's days from yesterday, whose night session may go on, to a while ahead.

    Holidays, half days and late openings come from exchange_calendars; what it lacks, such as the late opening on the
    day of Korea's college entrance exam, from the table. In real KIS' own calendar overrules its holidays for Korea,
    and where neither knows, weekdays are trading days.
    """
    yesterday = now.astimezone(venue.timezone).date() - timedelta(days=1)
    days = [yesterday + timedelta(days=number) for number in range(_DAYS_AHEAD)]
    known, told = await asyncio.gather(
        asyncio.to_thread(_known_days, venue.calendar, days), _told_by_kis(kis, venue.calendar, now)
    )
    hours = {day: known.get(day, venue.usual(day)) for day in days}
    return {
        day: (venue.special(day) or usual or venue.usual(day)) if told.get(day, usual is not None) else None
        for day, usual in hours.items()
    }


def _known_days(calendar: str, days: Sequence[date]) -> dict[date, Hours | None]:
    """What the library knows. Slow at first: it is imported, and holidays of the lunar calendar are computed."""
    years = {day.year: _sessions(calendar, day.year) for day in days} if calendar else {}
    return {day: sessions.get(day) for day in days if (sessions := years.get(day.year)) is not None}


@cache
def _sessions(calendar: str, year: int) -> Mapping[date, Hours] | None:
    """The trading days of one year; None where the library does not reach so far."""
    library: Any = import_module("exchange_calendars")
    try:
        found = library.get_calendar(calendar, start=f"{year}-01-01", end=f"{year}-12-31")
    except ValueError as error:
        _log.warning("No holidays of %s are known for %s: %s", calendar, year, error)
        return None
    return {
        row.Index.date(): (row.open.to_pydatetime(), row.close.to_pydatetime()) for row in found.schedule.itertuples()
    }


async def _told_by_kis(kis: Kis, calendar: str, now: datetime) -> Mapping[date, bool]:
    """Whether Korea's market opens, day by day, as KIS has it; only the real KIS says."""
    if calendar != KRX or kis.environment is not Environment.REAL:
        return {}
    try:
        page = await kis.rows("domestic_stock_chk_holiday", {"date": now.astimezone(KST).date()})
    except KisMcpError as error:
        _log.warning("KIS' market calendar could not be read: %s", error)
        return {}
    told = ((text(row, "base_date"), row.get("market_open")) for row in page.rows("days"))
    return {date.fromisoformat(day): is_open for day, is_open in told if day and isinstance(is_open, bool)}
