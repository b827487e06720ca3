"""Feeds of what happens at certain times of a day, such as auctions."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from kis_mcp.simulator.answers.live.source import Elements, written
from kis_mcp.simulator.answers.live.ticks import Find
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.world import World

_AHEAD = timedelta(minutes=15)
"""How long before a session its auction begins, at the most."""

Stretch: TypeAlias = tuple[datetime, datetime]
"""After one time until another."""

Happenings: TypeAlias = Callable[[World, Instrument, date, Stretch], Iterable[tuple[datetime, Facts]]]
"""What happens of an instrument's day in a stretch of time; more may be told, and is left out."""


def is_within(at: datetime, stretch: Stretch) -> bool:
    """Whether a time is in a stretch."""
    since, until = stretch
    return since < at <= until


@dataclass(frozen=True, slots=True)
class DayFeed:
    """A record for each thing that happens."""

    tr_id: str
    find: Find
    happenings: Happenings

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        stream = self.find(world, key)
        if stream is None or not stream.is_sent:
            return ()
        instrument = stream.instrument
        found = [
            (at, facts)
            for day in days_near(world, instrument, (since, until))
            for at, facts in self.happenings(world, instrument, day, (since, until))
            if is_within(at, (since, until))
        ]
        return [written(self.tr_id, facts) for _, facts in sorted(found, key=lambda pair: pair[0])]

    def is_known(self, world: World, key: str, now: datetime) -> bool:
        """Whether it is listed."""
        stream = self.find(world, key)
        return stream is not None and world.market.is_listed(stream.instrument, now)


def days_near(world: World, instrument: Instrument, stretch: Stretch) -> list[date]:
    """The trading days of an instrument that a stretch may touch, with that of a session about to open."""
    since, until = stretch
    calendar, zone = world.market.calendar(instrument), instrument.timezone
    days = {at.astimezone(zone).date() for at in (since, until, until + _AHEAD)}
    return [
        day
        for day in sorted(days)
        if (calendar.never_closes or calendar.trades_on(day)) and world.market.is_listed_on(instrument, day)
    ]
