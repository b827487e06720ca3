"""What came over one channel, kept for those who read it later: undivided, and only the latest."""

import asyncio
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from kis_mcp.catalog import Api, Channel, Frame, Gap, Record, decode_frame

MOST_RECORDS = 2_000
"""Kept of one channel: about a minute of the busiest stock, and less than a megabyte."""

_MOST_GAPS = 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that came after a cursor, oldest first.

    Attributes:
        records: As the spec table types them.
        cursor: Where to go on: how many records of the channel came before.
        lost: How many came after the reader's cursor and are kept no more.
        unreadable: How many could not be read.
        gaps: Times in which nothing could be received, since the cursor.
    """

    records: Sequence[Record]
    cursor: int
    lost: int = 0
    unreadable: int = 0
    gaps: Sequence[Gap] = ()


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How a channel is doing.

    Attributes:
        records: How many came since it was subscribed.
        per_second: In the last minute of those that are kept.
        last_at: When the last came.
        unreadable: How many of those that were read could not be.
        gaps: How often the link was away.
    """

    records: int
    per_second: float
    last_at: datetime | None
    unreadable: int
    gaps: int


@dataclass(slots=True, eq=False)
class Stream:
    """One channel's records. A frame costs its receipt until somebody reads it.

    Args:
        api: Which data.
        channel: The registration.
        hide: Account numbers that no record may show.
        most: How many records are kept.
    """

    api: Api
    channel: Channel
    hide: Sequence[str] = field(default=(), repr=False)
    most: int = MOST_RECORDS
    received: int = 0
    unreadable: int = 0
    gaps: int = 0
    _frames: deque[tuple[int, Frame]] = field(default_factory=deque[tuple[int, Frame]])
    _gaps: deque[tuple[int, Gap]] = field(default_factory=lambda: deque[tuple[int, Gap]](maxlen=_MOST_GAPS))
    _kept: int = 0
    _readers: set[asyncio.Future[None]] = field(default_factory=set[asyncio.Future[None]])
    _listeners: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def append(self, frame: Frame) -> None:
        """Keep a frame, and let the oldest go."""
        self.received += frame.count
        self._frames.append((self.received, frame))
        self._kept += frame.count
        while self._kept > self.most and len(self._frames) > 1:
            self._kept -= self._frames.popleft()[1].count
        self._wake()

    def report_gap(self, gap: Gap) -> None:
        self.gaps += 1
        self._gaps.append((self.received, gap))
        self._wake()

    def read(self, cursor: int, most: int | None = None) -> Batch:
        """What came after a cursor, at most so many records; one of the future reads from now on."""
        cursor = min(max(cursor, 0), self.received)
        kept_from = self.received - self._kept
        lost, position = max(0, kept_from - cursor), max(cursor, kept_from)
        gaps = [gap for at, gap in self._gaps if at >= cursor]
        records: list[Record] = []
        unreadable = 0
        ends = [end for end, _ in self._frames]
        for end, frame in list(self._frames)[bisect_right(ends, position) :]:
            if most is not None and len(records) >= most:
                break
            begin = end - frame.count
            rows = self._decode(frame)
            unreadable += frame.count - len(rows)
            wanted = rows[max(0, position - begin) :] if len(rows) == frame.count else rows
            if most is not None and len(records) + len(wanted) > most:
                wanted = wanted[: most - len(records)]
                records += wanted
                position = max(position, begin) + len(wanted)
                break
            records += wanted
            position = end
        self.unreadable += unreadable
        return Batch(records, position, lost, unreadable, gaps)

    def frames(self, cursor: int) -> tuple[list[Frame], int]:
        """The frames that came after a cursor, undivided, and where to go on; for who reads them in another way."""
        return [frame for end, frame in self._frames if end > cursor], self.received

    def last_gap(self) -> Gap | None:
        """The latest time in which nothing could be received."""
        return self._gaps[-1][1] if self._gaps else None

    def last(self) -> Record | None:
        """The newest record, if one can be read."""
        if not self._frames:
            return None
        rows = self._decode(self._frames[-1][1])
        return rows[-1] if rows else None

    def last_at(self) -> datetime | None:
        return self._frames[-1][1].received_at if self._frames else None

    async def wait(self, cursor: int) -> None:
        """Return once there is something after a cursor: a record or a gap."""
        while self.received <= cursor and not any(at >= cursor for at, _ in self._gaps):
            reader = asyncio.get_running_loop().create_future()
            self._readers.add(reader)
            try:
                await reader
            finally:
                self._readers.discard(reader)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever something came; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def status(self, now: datetime) -> StreamStatus:
        recent = sum(frame.count for _, frame in self._frames if (now - frame.received_at).total_seconds() <= 60)
        return StreamStatus(self.received, round(recent / 60, 2), self.last_at(), self.unreadable, self.gaps)

    def _decode(self, frame: Frame) -> list[Record]:
        try:
            decoded = decode_frame(self.api, frame.payload, frame.count, hide=self.hide)
        except ValueError:
            return []
        return decoded.rows(self.api.blocks[0].name)

    def _wake(self) -> None:
        for reader in self._readers:
            if not reader.done():
                reader.set_result(None)
        for listener in self._listeners:
            listener()
