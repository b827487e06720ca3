"""The ticks of the market in a stretch of time, and feeds that have a record for each of them."""

from collections.abc import Callable, Iterator, Sequence, Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from kis_mcp.simulator.answers.live.source import NOTHING, Elements, block_of, names_of, written
from kis_mcp.simulator.answers.quotes.quotations import record
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.world import World


@dataclass(frozen=True, slots=True)
class Stream:
    """What a key names.

    Attributes:
        is_sent: Whether the world trades it in the market whose records a TR sends.
        delay: How late they are.
    """

    instrument: Instrument
    is_sent: bool = True
    delay: timedelta = timedelta()


Find: TypeAlias = Callable[[World, str], Stream | None]
"""What a key names of what a TR is about."""

Tell: TypeAlias = Callable[[World, Subject, AbstractSet[str]], Facts | None]
"""What a TR says of an instrument at a tick beside its quote, by its fields' names; None where it says nothing."""


def ticks_between(calendar: Calendar, since: datetime, until: datetime) -> Iterator[datetime]:
    """When the market traded after `since` until `until`, oldest first."""
    then, now = calendar.moment(since), calendar.moment(until)
    day, first = then.day, then.ticks
    while day < now.day:
        for tick in range(first, calendar.ticks_a_day):
            yield calendar.time_of(day, tick)
        day, first = min(calendar.after(day), now.day), 0
    for tick in range(first, now.ticks):
        yield calendar.time_of(day, tick)


@dataclass(frozen=True, slots=True)
class TickFeed:
    """Records of one instrument, at most one for each tick.

    Attributes:
        tell: What they say beside the quote at that tick.
        quotes: Whether they say the quote at all.
    """

    tr_id: str
    find: Find
    tell: Tell
    quotes: bool = True

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        stream = self.find(world, key)
        if stream is None or not stream.is_sent:
            return ()
        instrument, records = stream.instrument, list[Elements]()
        ticks = ticks_between(world.market.calendar(instrument), since - stream.delay, until - stream.delay)
        for subject in (Subject(world.market, instrument, at) for at in ticks):
            is_listed = world.market.is_listed(instrument, subject.now)
            own = self.tell(world, subject, names_of(self.tr_id)) if is_listed else None
            if own is not None:
                quote = record(block_of(self.tr_id), subject) if self.quotes else NOTHING
                records.append(written(self.tr_id, quote, {"realtime_symbol": key, **own}))
        return records

    def is_known(self, world: World, key: str, now: datetime) -> bool:
        """Whether it is listed."""
        stream = self.find(world, key)
        return stream is not None and world.market.is_listed(stream.instrument, now)
