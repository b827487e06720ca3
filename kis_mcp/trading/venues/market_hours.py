"""What is going on at each venue now, what comes next, and the holidays ahead."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kis_mcp.catalog import text
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError
from kis_mcp.market import KOREA
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.venues.calendars import DAYS_AHEAD, trading_days
from kis_mcp.trading.venues.contracts import KRX_CONTRACTS
from kis_mcp.trading.venues.sessions import Hours, Session, TradingDays, Venue, venues

MARKET_VENUES: Mapping[str, tuple[str, ...]] = {
    KOREA: ("krx", "nxt", "sor", "bond", "futures_day", "futures_night", "reserved"),
    "US": ("us", "us_daytime", "us_reserved"),
    "HK": ("hong_kong", "hong_kong_reserved"),
    "CN": ("china", "china_reserved"),
    "JP": ("tokyo", "tokyo_reserved"),
    "VN": ("vietnam", "vietnam_reserved"),
}
"""Country → its venues in the table, the usual one first."""

LUNCH_BREAK = "lunch break, orders are taken"

_KOREAN_VENUES: Mapping[str, tuple[str, ...]] = {"nxt": ("nxt",), "unified": ("krx", "nxt")}
_US_VENUES = ("us", "us_daytime")
"""Demo takes no daytime orders."""
_OF_OTHERS: Mapping[str, tuple[str, ...]] = {
    KRX_CONTRACTS: ("futures_day", "futures_night"),
    "domestic_bond": ("bond",),
}

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SessionHours:
    """A session of one day, or the part of one before, in or after the exchange's break."""

    session: Session
    opens: datetime
    closes: datetime

    @property
    def is_break(self) -> bool:
        """Whether the exchange rests while KIS takes orders."""
        return self.session.name == LUNCH_BREAK


@dataclass(frozen=True, slots=True)
class VenueState:
    """A venue at one moment.

    Attributes:
        sessions: Those of its days, in the order in which they open.
        days: The days that were looked at, from yesterday on.
        unknown: Those weekdays among them that may be holidays, for all that is known.
    """

    venue: Venue
    now: datetime
    sessions: Sequence[SessionHours]
    days: TradingDays
    unknown: frozenset[date]

    @property
    def going_on(self) -> list[SessionHours]:
        return [each for each in self.sessions if each.opens <= self.now < each.closes]

    @property
    def takes_orders(self) -> bool:
        return bool(self.going_on)

    @property
    def main_session(self) -> SessionHours | None:
        """What goes on, and began first: the KRX pre-market at the last close lies within the opening auction."""
        return next(iter(self.going_on), None)

    @property
    def is_trading(self) -> bool:
        """Whether the exchange matches orders, an auction's included; no reservation is matched."""
        return self.takes_orders and not self.is_paused and self.venue.order_session != "reserved"

    @property
    def is_paused(self) -> bool:
        """Whether the exchange rests while KIS takes orders."""
        return self.main_session is not None and self.main_session.is_break

    @property
    def session(self) -> str | None:
        """The name of what is going on."""
        return self.main_session.session.name if self.main_session else None

    @property
    def closes_at(self) -> datetime | None:
        """When what is going on ends."""
        return self.main_session.closes if self.main_session else None

    @property
    def following(self) -> SessionHours | None:
        """The session that begins next, or goes on after a break; None where none is known."""
        return next((each for each in self.sessions if each.opens > self.now and not each.is_break), None)

    @property
    def sessions_of_the_day(self) -> list[SessionHours]:
        """All of the day, in the venue's calendar, whose sessions are not over; of the next one, where they are."""
        day = next((self._day(each) for each in self.sessions if each.closes > self.now), None)
        return [each for each in self.sessions if self._day(each) == day]

    def _day(self, each: SessionHours) -> date:
        return each.opens.astimezone(self.venue.timezone).date()


async def read_venue_state(kis: KisReads, venue: Venue, now: datetime, *, ahead: int = DAYS_AHEAD) -> VenueState:
    """What is going on at a venue, by the table and the calendars; in real by KIS' own too, for all days of Korea, and
    abroad for a day that no calendar here has."""
    days, unknown = await trading_days(kis, venue, now, ahead=ahead)
    today = now.astimezone(venue.timezone).date()
    if today in unknown and kis.environment is Environment.REAL:
        is_open = await _is_open_by_kis(kis, venue, today)
        if is_open is not None:
            days, unknown = {**days, today: days[today] if is_open else None}, unknown - {today}
    sessions = sorted(
        (part for session, span in venue.spans(days) for part in _parts(venue, session, *span)),
        key=lambda each: each.opens,
    )
    return VenueState(venue, now, sessions, days, unknown)


def _parts(venue: Venue, session: Session, opens: datetime, closes: datetime) -> Iterator[SessionHours]:
    """A session as it is told: before, in and after the venue's pause, where it has one."""
    if venue.pause is None:
        yield SessionHours(session, opens, closes)
        return
    begins, ends = venue.at(opens.astimezone(venue.timezone).date(), venue.pause)
    yield SessionHours(session, opens, begins)
    yield SessionHours(replace(session, name=LUNCH_BREAK), begins, ends)
    yield SessionHours(session, ends, closes)


async def _is_open_by_kis(kis: KisReads, venue: Venue, day: date) -> bool | None:
    """Whether KIS lists a settlement date of that day's trades in the venue's country, as it does where markets trade;
    None where it could not be asked or lists none at all."""
    try:
        page = await kis.rows("overseas_stock_countries_holiday", {"date": day})
    except KisMcpError as error:
        _log.warning("KIS' calendar of settlement dates could not be read: %s", error)
        return None
    trading = {text(row, "country_abbreviation") for row in page.rows("markets")}
    country = next(country for country, names in MARKET_VENUES.items() if venue.name in names)
    return country in trading if trading and country != KOREA else None


def venues_of(market: str, exchange: str, environment: Environment) -> list[Venue]:
    """The venues where an instrument trades, the usual one first; empty where the table has none, as of futures abroad.

    Args:
        market: A country, or the category of a contract.
        exchange: The table's word.
    """
    if market == KOREA:
        names: Sequence[str] = _KOREAN_VENUES.get(exchange, ("krx",))
    elif market == "US":
        names = _US_VENUES[:1] if environment.uses_demo_api else _US_VENUES
    else:
        names = _OF_OTHERS.get(market) or MARKET_VENUES.get(market, ())[:1]
    return [venues()[name] for name in names]


def holidays_ahead(state: VenueState) -> list[tuple[date, Hours | None]]:
    """The weekdays from today on without trading, and those with other hours than usual."""
    today = state.now.astimezone(state.venue.timezone).date()
    return [
        (day, hours)
        for day, hours in state.days.items()
        if day >= today and day.weekday() < 5 and hours != state.venue.usual(day)
    ]
