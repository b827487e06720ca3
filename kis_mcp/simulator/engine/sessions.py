"""When a market with hours takes orders: its regular session, and those around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.simulator.engine.model import Auction, Ticket
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.instruments import Category, Instrument
from kis_mcp.simulator.market.market import Market

_NEVER_REGULAR = frozenset(["05", "06", "27", "28", "29", "41", "42", "43", "44", "45", "46", "47"])
"""KRX' and NXT's types of the sessions around the regular one."""


@dataclass(frozen=True, slots=True)
class _Session:
    """A session around the regular one, on trading days.

    Attributes:
        venues: What stands in the orders that it takes; their end is enough.
        codes: Types that it takes; "" takes all.
        leads_in: Whether orders wait for the regular session, instead of trading at once with what lies in the book.
    """

    venues: tuple[str, ...]
    start: time
    end: time
    codes: str = ""
    leads_in: bool = False
    zone: tzinfo = KST
    end_zone: tzinfo = KST

    def takes(self, ticket: Ticket) -> bool:
        return ticket.venue.endswith(self.venues) and (not self.codes or ticket.code in self.codes.split())

    def end_of(self, now: datetime, calendar: Calendar) -> datetime | None:
        """When the one that runs now ends; None if none does, as when its day is no trading day."""
        today = now.astimezone(self.zone).date()
        for day in (today, today - timedelta(days=1)):
            start = datetime.combine(day, self.start, self.zone)
            end = datetime.combine(day, self.end, self.end_zone)
            if end <= start:
                end = datetime.combine(day + timedelta(days=1), self.end, self.end_zone)
            if calendar.trades_on(day) and start <= now < end:
                return end
        return None


_NXT_TYPES = "00 03 04 11 12 15 16"
_SESSIONS: Mapping[Category, tuple[_Session, ...]] = {
    "domestic_stock": (
        _Session(("KRX",), time(8, 20), time(9), "00 01 02", leads_in=True),
        _Session(("KRX",), time(8, 30), time(8, 40), "05"),
        _Session(("KRX",), time(15, 30), time(16), "06"),
        _Session(("KRX",), time(16), time(20), "41 42 43 44 45 46 47"),
        _Session(("NXT",), time(8), time(8, 50), f"{_NXT_TYPES} 27 28 29"),
        _Session(("SOR",), time(8), time(8, 50), _NXT_TYPES),
        _Session(("NXT", "SOR"), time(15, 30), time(20), _NXT_TYPES),
    ),
    "overseas_stock": (
        _Session(("NASD", "NYSE", "AMEX"), time(4), time(9, 30), leads_in=True, zone=NEW_YORK, end_zone=NEW_YORK),
        _Session(("NASD", "NYSE", "AMEX"), time(16), time(7), "00", zone=NEW_YORK),
        _Session(("daytime",), time(10), time(18), "00"),
    ),
    "domestic_futureoption": (
        _Session(("day",), time(8, 30), time(9), "01 02 03 04", leads_in=True),
        _Session(("day",), time(15, 30), time(15, 45)),
        _Session(("night",), time(18), time(6)),
    ),
}
_ONLY_AROUND = ("daytime", "night")
"""Venues that have no regular session."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When an order lives.

    Attributes:
        day: Its trading day.
        until: The end of its session, if that is not the regular one.
        waits: Whether it waits for the regular session to open.
    """

    day: date
    until: datetime | None = None
    waits: bool = False


def slot_of(market: Market, instrument: Instrument, ticket: Ticket, auction: Auction, now: datetime) -> Slot:
    """When an order that comes now would live.

    Raises:
        Rejected: No session takes it.
    """
    moment, calendar = market.moment(instrument, now), market.calendar(instrument)
    is_regular = instrument.category != "domestic_stock" or ticket.code not in _NEVER_REGULAR
    if moment.is_open and is_regular and not ticket.venue.endswith(_ONLY_AROUND):
        return Slot(calendar.after(moment.day) if auction is Auction.OPEN else moment.day)
    today = now.astimezone(instrument.timezone).date()
    day = today if calendar.trades_on(today) else calendar.before(today)
    for session in _SESSIONS.get(instrument.category, ()):
        end = session.end_of(now, calendar) if session.takes(ticket) else None
        if end is not None:
            return Slot(day, waits=True) if session.leads_in else Slot(day, until=end)
    raise Rejected(Problem.OUTSIDE_HOURS if calendar.trades_on(today) else Problem.MARKET_CLOSED)
