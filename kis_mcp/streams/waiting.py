"""Waiting on a watch for a condition."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from kis_mcp.catalog import Gap
from kis_mcp.market import EventKind
from kis_mcp.streams.condition_tests import EVENT_KINDS
from kis_mcp.streams.conditions import Condition, Evaluation
from kis_mcp.streams.watch import Watch, no_watch
from kis_mcp.streams.watch_cursor import WatchCursor

AT_ONCE: Mapping[EventKind, int | None] = dict.fromkeys(EVENT_KINDS, 500)
"""Records of a feed that a wait looks at before others get their turn."""


@dataclass(frozen=True, slots=True)
class Met:
    """A condition that came about: what met it, in words, and where to go on."""

    words: str
    cursor: str


class Waiting:
    """Waits on a watch for a condition. It may be given up at any time: `cursor` then says where to go on.

    Args:
        cursor: Where to go on, with what an earlier wait for the same condition saw; None to begin.
        is_new: Whether the watch was opened for this wait, which then begins with it; otherwise it begins with how
            things are, and what happened before does not count.
    """

    def __init__(self, watch: Watch, condition: Condition, cursor: WatchCursor | None, *, is_new: bool) -> None:
        self.watch = watch
        self._digest = sha256(repr(condition).encode()).hexdigest()[:8]
        self._evaluation = Evaluation(condition)
        if cursor is not None and cursor.opened != watch.opened:
            cursor = None
        self.lost = 0
        self.unreadable = 0
        self.gaps: dict[Gap, None] = {}
        self._words: str | None = None
        self._last_gap: int = watch.last_gap
        if cursor is not None:
            positions, self._last_gap = watch.positions_of(cursor)
            self._positions = dict(positions)
            if cursor.condition == self._digest:
                self._evaluation.restore(cursor.state)
        elif is_new:
            self._positions, self._last_gap = watch.start(), watch.gaps_before
        else:
            self._positions = watch.end()
            self._words = self._evaluation.begin(watch.latest())

    async def until_met(self) -> Met:
        """Return once the condition comes about; at once where the latest events say that it holds.

        Raises:
            BadArgument: The watch was ended meanwhile.
        """
        if self._words:
            return Met(self._words, self.cursor())
        while True:
            if words := self._take():
                return Met(words, self.cursor())
            if self.watch.why_ended:
                raise no_watch(self.watch.id, self.watch.why_ended)
            if self._positions == self.watch.end():
                await self.watch.bell.wait()
            else:
                await asyncio.sleep(0)

    def cursor(self) -> str:
        """Where the wait stands, its condition included."""
        return str(self.watch.cursor(self._positions, self._last_gap, self._digest, self._evaluation.state()))

    def _take(self) -> str | None:
        """Look at what came since, up to the event that meets the condition."""
        news = self.watch.read(self._positions, AT_ONCE, latest=False, gaps=self._last_gap)
        self._last_gap = news.last_gap
        self.lost += news.lost
        self.unreadable += news.unreadable
        self.gaps |= dict.fromkeys(news.gaps)
        for arrival in news.arrivals:
            self._positions[arrival.feed.name] = arrival.cursor
            if words := self._evaluation.take(arrival.event):
                return words
        self._positions = dict(news.positions)
        return None
