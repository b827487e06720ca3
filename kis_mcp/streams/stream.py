"""What came over one channel, kept for those who read it later: undivided, and only the latest."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kis_mcp.bell import Bell
from kis_mcp.catalog import Api, Channel, Frame, FrameDecoder, Gap, Outage, Record

MOST_RECORDS = 2_000
"""Kept of one channel: about a minute of the busiest stock, and less than a megabyte."""

_MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A record, when it came, and the cursor behind it."""

    record: Record
    received_at: datetime
    cursor: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that came after a cursor, oldest first.

    Attributes:
        entries: The records, as the spec table types them.
        cursor: Where to go on: how many records of the channel came before.
        lost: How many came after the reader's cursor and are kept no more.
        skipped: How many are kept and were left out, because only the latest were wanted.
        unreadable: How many could not be read.
        gaps: Times in which nothing could be received, of numbers that the reader had not heard of.
        last_gap: The number of the latest gap.
    """

    entries: Sequence[Entry]
    cursor: int
    lost: int = 0
    skipped: int = 0
    unreadable: int = 0
    gaps: Sequence[Gap] = ()
    last_gap: int = 0

    @property
    def records(self) -> list[Record]:
        return [entry.record for entry in self.entries]


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How a channel is doing.

    Attributes:
        records: How many came since it was subscribed.
        per_second: In the last minute of those that are kept.
        last_at: When the last came.
        unreadable: How many of those that were read could not be.
        gaps: How often the link was away.
        silent_since: Since when nothing can be received; None while it can.
    """

    records: int
    per_second: float
    last_at: datetime | None
    unreadable: int
    gaps: int
    silent_since: datetime | None = None


@dataclass(slots=True, eq=False)
class Stream:
    """One channel's records. A frame costs its receipt until somebody reads it.

    Args:
        api: Which data.
        channel: The registration.
        hide: Account numbers that no record may show.
        most: How many records are kept.

    Attributes:
        received: How many records came.
        unreadable: How many of those that were read could not be.
        gaps: How often the link was away.
        last_gap: The number of the latest gap, which is the same in every stream.
        lost_because: Why KIS sends it no more; "" while it does.
        outage: Why nothing comes for now; None while it does.
    """

    api: Api
    channel: Channel
    hide: Sequence[str] = field(default=(), repr=False)
    most: int = MOST_RECORDS
    received: int = 0
    unreadable: int = 0
    gaps: int = 0
    last_gap: int = 0
    lost_because: str = ""
    outage: Outage | None = None
    _frames: deque[tuple[int, Frame]] = field(default_factory=deque[tuple[int, Frame]])
    _gaps: deque[tuple[int, Gap]] = field(default_factory=lambda: deque[tuple[int, Gap]](maxlen=_MOST_GAPS))
    _kept: int = 0
    _unreadable: set[int] = field(default_factory=set[int])
    _decoders: dict[frozenset[str] | None, FrameDecoder] = field(
        default_factory=dict[frozenset[str] | None, FrameDecoder]
    )
    _bell: Bell = field(default_factory=Bell)

    def append(self, frame: Frame) -> None:
        """Keep a frame, and let the oldest go."""
        self.received += frame.count
        self._frames.append((self.received, frame))
        self._kept += frame.count
        while self._kept > self.most and len(self._frames) > 1:
            end, old = self._frames.popleft()
            self._kept -= old.count
            self._unreadable.discard(end)
        self._bell.ring()

    def report_gap(self, gap: Gap, number: int) -> None:
        """Keep a gap.

        Args:
            number: Higher than that of any gap before.
        """
        self.gaps += 1
        self.last_gap = number
        self.lost_because = dict(gap.lost).get(self.channel, self.lost_because)
        self._gaps.append((number, gap))
        self._bell.ring()

    def report_outage(self, outage: Outage | None) -> None:
        if outage != self.outage:
            self.outage = outage
            self._bell.ring()

    def read(
        self,
        cursor: int,
        most: int | None = None,
        *,
        latest: bool = False,
        gaps: int = 0,
        only: frozenset[str] | None = None,
    ) -> Batch:
        """What came after a cursor, at most so many records; one of the future reads from now on.

        Args:
            gaps: The number of the last gap that the reader has heard of.
            latest: Whether the latest are wanted instead of the first, and the cursor behind all.
            only: Readable names of the fields to read; every field where it is left out.
        """
        cursor = min(max(cursor, 0), self.received)
        kept_from = self.received - self._kept
        lost, begin = max(0, kept_from - cursor), max(cursor, kept_from)
        end = self.received if most is None else min(self.received, begin + most)
        skipped = 0
        if latest:
            skipped, begin, end = self.received - end, self.received - (end - begin), self.received
        entries: list[Entry] = []
        unreadable = 0
        for after, frame in self._frames_between(begin, end):
            rows = self._decode(frame, only)
            if not rows:
                unreadable += min(after, end) - max(after - frame.count, begin)
                self._count_unreadable(after, frame)
            entries += [
                Entry(row, frame.received_at, at)
                for at, row in enumerate(rows, start=after - frame.count + 1)
                if begin < at <= end
            ]
        return Batch(entries, end, lost, skipped, unreadable, self.gaps_after(gaps), self.last_gap)

    def _count_unreadable(self, end: int, frame: Frame) -> None:
        """Count a frame that cannot be divided, once however many read it."""
        if end not in self._unreadable:
            self._unreadable.add(end)
            self.unreadable += frame.count

    def _frames_between(self, begin: int, end: int) -> list[tuple[int, Frame]]:
        """The frames that hold records behind one cursor and up to another, each with the cursor behind it. The newest
        are looked at first: they are what a reader who keeps up wants."""
        found: list[tuple[int, Frame]] = []
        for after, frame in reversed(self._frames):
            if after <= begin:
                break
            if after - frame.count < end:
                found.append((after, frame))
        return found[::-1]

    def frames(self, cursor: int) -> tuple[list[Frame], int]:
        """The frames that came after a cursor, undivided, and where to go on; for who reads them in another way."""
        return [frame for end, frame in self._frames if end > cursor], self.received

    def gaps_after(self, number: int) -> list[Gap]:
        """The times in which nothing could be received, of higher numbers than that."""
        return [gap for each, gap in self._gaps if each > number]

    def last_at(self) -> datetime | None:
        return self._frames[-1][1].received_at if self._frames else None

    async def wait(self, cursor: int, gaps: int) -> None:
        """Return once there is a record after a cursor, or a gap of a higher number than that."""
        while self.received <= cursor and self.last_gap <= gaps:
            await self._bell.wait()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever something came; returns what ends that."""
        return self._bell.listen(listener)

    def status(self, now: datetime) -> StreamStatus:
        recent = sum(frame.count for _, frame in self._frames if (now - frame.received_at).total_seconds() <= 60)
        return StreamStatus(
            self.received,
            round(recent / 60, 2),
            self.last_at(),
            self.unreadable,
            self.gaps,
            self.outage and self.outage.since,
        )

    def _decoder(self, only: frozenset[str] | None) -> FrameDecoder:
        if only not in self._decoders:
            self._decoders[only] = FrameDecoder(self.api, hide=self.hide, only=only)
        return self._decoders[only]

    def _decode(self, frame: Frame, only: frozenset[str] | None) -> list[Record]:
        try:
            decoded = self._decoder(only).decode(frame.payload, frame.count)
        except ValueError:
            return []
        return decoded.rows(self.api.blocks[0].name)
