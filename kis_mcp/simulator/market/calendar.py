"""Trading days and sessions."""

from dataclasses import dataclass
from datetime import date, datetime, time

from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.places import Home

TICK_SECONDS = 20
"""The market trades once in so many seconds."""

_ALL_DAY = (time(0), 1440)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as one market sees it: its trading day and how many ticks of that day have happened, at least 1."""

    day: date
    ticks: int
    is_open: bool


class Calendar:
    """When one country's market trades.

    By default it never closes: each session lasts from midnight to midnight, and today is a trading day even at a
    weekend or on a holiday. With ``keep_hours`` it keeps the exchange's regular hours on the days on which it trades,
    and between sessions the last one's end still stands. The history is made of those days in both cases.
    """

    def __init__(self, home: Home, *, keep_hours: bool = False) -> None:
        self._home = home
        self._keep_hours = keep_hours
        opens, minutes = (home.opens, _minutes(home.closes) - _minutes(home.opens)) if keep_hours else _ALL_DAY
        self._opening = _minutes(opens) * 60
        self.minutes_a_day = minutes
        self.ticks_a_day = minutes * 60 // TICK_SECONDS

    @property
    def never_closes(self) -> bool:
        """Whether it keeps no hours."""
        return not self._keep_hours

    def moment(self, now: datetime) -> Moment:
        """Where the market stands."""
        local = now.astimezone(self._home.timezone)
        day, seconds = local.date(), local.hour * 3600 + local.minute * 60 + local.second
        ticks = (seconds - self._opening) // TICK_SECONDS + 1
        if self._keep_hours and (ticks < 1 or not self.trades_on(day)):
            return Moment(self.before(day), self.ticks_a_day, is_open=False)
        return Moment(day, min(ticks, self.ticks_a_day), is_open=ticks <= self.ticks_a_day)

    def time_of(self, day: date, tick: int) -> datetime:
        """When a tick of a day (0 is its first) happens, in the market's own time."""
        seconds = self._opening + tick * TICK_SECONDS
        clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        return datetime.combine(day, clock, self._home.timezone)

    def trades_on(self, day: date) -> bool:
        """Whether the exchange trades on a day; on any weekday of a year whose holidays are not known."""
        return trades_on(self._home.country, day)

    def before(self, day: date) -> date:
        """The trading day before a day."""
        return trading_day(self._home.country, day, -1)

    def after(self, day: date, count: int = 1) -> date:
        """The trading day ``count`` days after a day."""
        return trading_day(self._home.country, day, count)


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
