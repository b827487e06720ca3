"""The regular sessions of an exchange, for strategies that run."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from kis_mcp.market import Instrument, builtin_instruments
from kis_mcp.strategies.runner import Hours, Sessions
from kis_mcp.trading.venues import Venue, regular_hours, trading_days, venues_of
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.operator import keeps_hours
from kis_mcp.wiring.reads import Reads

DAYS_AHEAD = 30
_ONE_DAY = timedelta(days=1)


class ExchangeHours:
    """Day → its regular hours, by the table of venues and the calendars; once those were looked at, in real by KIS' own
    from yesterday on. A simulator's market that never closes is open from midnight to midnight.

    Args:
        keeps_hours: Whether the environment's market opens and closes as the exchange does.
    """

    def __init__(self, reads: Reads, instrument: Instrument, *, keeps_hours: bool) -> None:
        self._reads = reads
        self._timezone = instrument.timezone
        self._keeps_hours = keeps_hours
        self._venue: Venue = venues_of(instrument.market, "krx", reads.environment)[0]
        self._days: Mapping[date, Hours | None] = {}

    def __call__(self, day: date) -> Hours | None:
        if not self._keeps_hours:
            midnight = datetime.combine(day, time.min, self._timezone)
            return midnight, datetime.combine(day + _ONE_DAY, time.min, self._timezone)
        return self._days[day] if day in self._days else regular_hours(self._venue, day)

    async def refresh(self) -> None:
        """Look at the calendars again."""
        if self._keeps_hours:
            days, _ = await trading_days(self._reads, self._venue, self._reads.clock(), ahead=DAYS_AHEAD)
            self._days = {**self._days, **days}


def next_end_of_bar(brokerage: Brokerage, reads: Reads, symbol: str, interval: str) -> datetime | None:
    """When the bar ends that goes on, or else the first of the next session, by the table of venues; None where no
    session is near."""
    instrument, now = builtin_instruments().resolve(symbol), reads.clock()
    hours = ExchangeHours(reads, instrument, keeps_hours=keeps_hours(brokerage.settings, brokerage.environment))
    sessions = Sessions(interval, instrument.market, instrument.timezone, hours)
    today = now.astimezone(instrument.timezone).date()
    openings = (each[0] for ahead in range(DAYS_AHEAD) if (each := hours(today + ahead * _ONE_DAY)) is not None)
    spans = map(sessions.span_of, (now, *(opens for opens in openings if opens > now)))
    return next((span.until for span in spans if span is not None), None)
