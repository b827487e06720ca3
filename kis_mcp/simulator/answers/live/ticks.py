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

AT_ONCE = timedelta()

Find: TypeAlias = Callable[[World, str], Instrument | None]
"""Which instrument a key names, of those that a TR is about."""

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


def always(world: World, instrument: Instrument) -> bool:  # noqa: ARG001
    """Whether the world trades an instrument in the market of a TR."""
    return True


@dataclass(frozen=True, slots=True)
class TickFeed:
    """Records of one instrument, at most one for each tick.

    Attributes:
        tell: What they say beside the quote at that tick.
        trades: Whether the world trades an instrument where the TR's records come from.
        delay: How late they are, by key.
        quotes: Whether they say the quote at all.
    """

    tr_id: str
    find: Find
    tell: Tell
    trades: Callable[[World, Instrument], bool] = always
    delay: Callable[[str], timedelta] = lambda _: AT_ONCE
    quotes: bool = True

    def __call__(self, world: World, key: str, since: datetime, until: datetime) -> Sequence[Elements]:
        instrument = self.find(world, key)
        if instrument is None:
            return ()
        late = self.delay(key)
        calendar, records = world.market.calendar(instrument), list[Elements]()
        for at in ticks_between(calendar, since - late, until - late):
            if self.trades(world, instrument) and world.market.is_listed(instrument, at):
                subject = Subject(world.market, instrument, at)
                own = self.tell(world, subject, names_of(self.tr_id))
                if own is not None:
                    quote = record(block_of(self.tr_id), subject) if self.quotes else NOTHING
                    records.append(written(self.tr_id, quote, {"realtime_symbol": key, **own}))
        return records

    def is_known(self, world: World, key: str, now: datetime) -> bool:
        """Whether the instrument is listed."""
        instrument = self.find(world, key)
        return instrument is not None and world.market.is_listed(instrument, now)
