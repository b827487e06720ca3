"""One watch: what somebody wants to know live of some instruments, and what came of it."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge

from kis_mcp.bell import Bell
from kis_mcp.catalog import Api, Gap, Outage
from kis_mcp.errors import BadArgument
from kis_mcp.market import Event, EventKind, Interest, Trade, read_event
from kis_mcp.streams.stream import Batch, Stream
from kis_mcp.streams.watch_cursor import WatchCursor

_KINDS: Mapping[str, EventKind] = {"trades": "trade", "books": "book", "notices": "order", "events": "status"}
"""The block of a websocket API → what it tells."""


@dataclass(slots=True, eq=False)
class Feed:
    """One channel of a watch.

    Attributes:
        api, stream: Where its records come from.
        start: The cursor of the stream at which the watch began.
        stop: Ends that the watch hears of it.
    """

    api: Api
    stream: Stream
    start: int
    stop: Callable[[], None]

    @property
    def lost_because(self) -> str:
        """Why KIS sends it no more; "" while it does."""
        return self.stream.lost_because

    @property
    def name(self) -> str:
        """Which channel, short and without the HTS id."""
        key = "" if self.kind == "order" else self.stream.channel.key
        return f"{self.stream.channel.tr_id} {key}".strip()

    @property
    def outage(self) -> Outage | None:
        """Why nothing comes for now; None while it does."""
        return self.stream.outage

    @property
    def kind(self) -> EventKind:
        return _KINDS[self.api.blocks[0].name]


@dataclass(frozen=True, slots=True)
class Arrival:
    """An event of a watch, and the cursor of its feed behind it."""

    event: Event
    feed: Feed
    cursor: int


@dataclass(frozen=True, slots=True)
class News:
    """What came over a watch since a cursor.

    Attributes:
        arrivals: Oldest first.
        positions: Where to go on, by feed.
        lost: How many events came faster than they were read, and are kept no more.
        skipped: How many are kept, but were left out because only the latest were wanted, by kind.
        unreadable: How many could not be read.
        gaps: Times in which nothing could be received.
        last_gap: The number of the latest of them, for reading on.
        is_from_start: Whether the cursor was of an earlier watch with this id, so that it told nothing.
    """

    arrivals: Sequence[Arrival]
    positions: Mapping[str, int]
    lost: int = 0
    skipped: Mapping[EventKind, int] = field(default_factory=dict[EventKind, int])
    unreadable: int = 0
    gaps: Sequence[Gap] = ()
    last_gap: int = 0
    is_from_start: bool = False

    @property
    def events(self) -> list[Event]:
        return [arrival.event for arrival in self.arrivals]


@dataclass(slots=True, eq=False)
class Watch:
    """What is watched together, under one id.

    Attributes:
        interests: What is watched.
        opened_at: When it began.
        read_at: When somebody last read it or waited on it.
        idle_after: How long nobody may read it before it ends by itself.
        gaps_before: The number of the last gap before it began.
        why_ended: Why it ended; "" while it goes on.
        bell: Rung whenever something came, or the watch ended.
    """

    id: str
    interests: frozenset[Interest]
    opened_at: datetime
    read_at: datetime
    idle_after: timedelta
    gaps_before: int = 0
    feeds: list[Feed] = field(default_factory=list[Feed])
    why_ended: str = ""
    bell: Bell = field(default_factory=Bell)

    @property
    def opened(self) -> int:
        """Tells this watch from an earlier or later one with the same id."""
        return int(self.opened_at.timestamp() * 1_000)

    def __str__(self) -> str:
        kinds: dict[str, list[str]] = {}
        for each in sorted(self.interests):
            kinds.setdefault(each.symbol or "any", []).append(each.kind)
        symbols: dict[str, list[str]] = {}
        for symbol, found in kinds.items():
            symbols.setdefault("+".join(found), []).append(symbol)
        return "; ".join(f"{', '.join(found)} {names}" for names, found in symbols.items())

    def is_idle(self, now: datetime) -> bool:
        return not self.bell.is_heard and now - self.read_at >= self.idle_after

    def require(self, interests: Collection[Interest]) -> None:
        """Refuse what this watch does not tell.

        Raises:
            BadArgument: Part of it is not watched.
        """
        missing = [each for each in sorted(interests) if not any(_covers(own, each) for own in self.interests)]
        if missing:
            wanted = ", ".join(f"{each.symbol or 'own'} {each.kind}" for each in missing)
            raise BadArgument(
                f"Watch {self.id} has no {wanted} events.",
                remedy="Leave watch_id out, so that what the condition needs is watched.",
                field="watch_id",
            )

    def start(self) -> dict[str, int]:
        """The positions at which it began."""
        return {feed.name: feed.start for feed in self.feeds}

    def end(self) -> dict[str, int]:
        """The positions behind all that came."""
        return {feed.name: feed.stream.received for feed in self.feeds}

    @property
    def last_gap(self) -> int:
        """The number of the latest gap."""
        return max((feed.stream.last_gap for feed in self.feeds), default=0)

    def outages(self) -> list[Feed]:
        """The feeds over which nothing comes for now."""
        return [feed for feed in self.feeds if feed.outage]

    def positions_of(self, cursor: WatchCursor | None) -> tuple[Mapping[str, int], int]:
        """Where a reader goes on, and the last gap that it was told; the start for one of an earlier watch."""
        start = self.start()
        if cursor is None or cursor.opened != self.opened or len(cursor.positions) != len(start):
            return start, self.gaps_before
        return dict(zip(sorted(start), cursor.positions, strict=True)), cursor.gaps

    def cursor(
        self, positions: Mapping[str, int], gaps: int, condition: str = "", state: Sequence[Sequence[object]] = ()
    ) -> WatchCursor:
        """The cursor of a reader who is there, and was told of gaps up to that number."""
        places = [positions[name] for name in sorted(positions)]
        return WatchCursor(self.id, self.opened, gaps, places, condition, state)

    def read(
        self,
        positions: Mapping[str, int],
        most: Mapping[EventKind, int | None],
        *,
        latest: bool = True,
        gaps: int | None = None,
    ) -> News:
        """What came since.

        Args:
            positions: By feed.
            gaps: The number of the last gap that the reader was told; None for the watch's beginning.
            most: How many records of each feed, by kind; None is no limit.
            latest: Whether the latest are wanted instead of the first.
        """
        told = self.gaps_before if gaps is None else gaps
        batches = [
            (feed, feed.stream.read(positions[feed.name], most[feed.kind], latest=latest, gaps=told))
            for feed in self.feeds
        ]
        skipped = Counter[EventKind]()
        for feed, batch in batches:
            skipped[feed.kind] += batch.skipped
        arrivals = merge(*(self._arrivals(*each) for each in batches), key=lambda each: each.event.received_at)
        return News(
            list(_once(arrivals)),
            {feed.name: batch.cursor for feed, batch in batches},
            sum(batch.lost for _, batch in batches),
            skipped,
            sum(batch.unreadable for _, batch in batches),
            list(dict.fromkeys(gap for _, batch in batches for gap in batch.gaps)),
            self.last_gap,
        )

    def latest(self) -> list[Event]:
        """The newest event of each kind and instrument that has any, however old."""
        events = self.read(self.start(), dict.fromkeys(_KINDS.values(), 1)).events
        return list({(event.kind, event.symbol, event.exchange): event for event in events}.values())

    def standing(self) -> list[Event]:
        """The events that tell how things are: the latest, without those after which something was missed."""
        if self.outages():
            return []
        gaps = [gap.ended_at for feed in self.feeds for gap in feed.stream.gaps_after(0)]
        return [event for event in self.latest() if all(event.received_at >= ended_at for ended_at in gaps)]

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever something came, or the watch ended; returns what ends that."""
        return self.bell.listen(listener)

    def _arrivals(self, feed: Feed, batch: Batch) -> list[Arrival]:
        """The events of a feed, without those of instruments that somebody else watched over the same link."""
        symbols = {each.symbol for each in self.interests if each.kind == feed.kind}
        found = ((read_event(feed.api, each.record, each.received_at), each.cursor) for each in batch.entries)
        return [
            Arrival(event, feed, cursor)
            for event, cursor in found
            if event is not None and not symbols.isdisjoint((event.symbol, ""))
        ]


def _once(arrivals: Iterable[Arrival]) -> Iterator[Arrival]:
    """Each trade once: of two sessions that KIS sends apart, a simulator whose market never closes tells both."""
    told: dict[object, Feed] = {}
    for arrival in arrivals:
        event = arrival.event
        if isinstance(event, Trade) and event.volume is not None:
            trade = (event.symbol, event.exchange, event.time, event.price, event.volume)
            if told.setdefault(trade, arrival.feed) is not arrival.feed:
                continue
        yield arrival


def _covers(own: Interest, other: Interest) -> bool:
    """Whether a watch of the one tells the other."""
    is_same_kind = own.kind == other.kind and other.exchange in ("", own.exchange)
    return is_same_kind and own.symbol in ("", other.symbol) and own.market in ("", other.market)


def no_watch(watch_id: str, why_ended: str = "", others: Sequence[str] = ()) -> BadArgument:
    """The error of whoever names a watch that is not, or no longer."""
    if why_ended:
        return BadArgument(
            f"Watch {watch_id} is over: {why_ended}.", remedy="Call watch again for the same symbols.", field="watch_id"
        )
    remedy = f"There are {', '.join(others)}." if others else "There are none: call watch first."
    return BadArgument(f"There is no watch {watch_id[:40]}.", remedy=remedy, field="watch_id")
