"""Trading days and sessions."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

TICK_SECONDS = 20
"""The market trades once in so many seconds."""

_ONE_DAY = timedelta(days=1)
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
    weekend. With ``hours``, from and to, it keeps the exchange's regular hours on weekdays, and between sessions the
    last one's end still stands. The history is made of weekdays in both cases.
    """

    def __init__(self, timezone: tzinfo, hours: tuple[time, time] | None = None) -> None:
        self._timezone = timezone
        self._keep_hours = hours is not None
        opens, minutes = (hours[0], _minutes(hours[1]) - _minutes(hours[0])) if hours else _ALL_DAY
        self._opening = _minutes(opens) * 60
        self.ticks_a_day = minutes * 60 // TICK_SECONDS

    def moment(self, now: datetime) -> Moment:
        """Where the market stands."""
        local = now.astimezone(self._timezone)
        day, seconds = local.date(), local.hour * 3600 + local.minute * 60 + local.second
        ticks = (seconds - self._opening) // TICK_SECONDS + 1
        if self._keep_hours and (ticks < 1 or day.weekday() > 4):
            return Moment(self.before(day), self.ticks_a_day, is_open=False)
        return Moment(day, min(ticks, self.ticks_a_day), is_open=ticks <= self.ticks_a_day)

    def time_of(self, day: date, tick: int) -> datetime:
        """When a tick of a day (0 is its first) happens, in the market's own time."""
        seconds = self._opening + tick * TICK_SECONDS
        clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        return datetime.combine(day, clock, self._timezone)

    @staticmethod
    def before(day: date) -> date:
        """The trading day before a day."""
        day -= _ONE_DAY
        while day.weekday() > 4:
            day -= _ONE_DAY
        return day

    @staticmethod
    def after(day: date, count: int = 1) -> date:
        """The trading day ``count`` days after a day."""
        for _ in range(count):
            day += _ONE_DAY
            while day.weekday() > 4:
                day += _ONE_DAY
        return day


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute
