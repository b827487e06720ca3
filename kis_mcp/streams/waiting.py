"""Waiting on a watch for a condition."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from kis_mcp.catalog import Gap
from kis_mcp.market import Event, EventKind
from kis_mcp.streams.condition_tests import EVENT_KINDS
from kis_mcp.streams.conditions import Condition, Evaluation, Simple
from kis_mcp.streams.watch import Watch, no_watch
from kis_mcp.streams.watch_cursor import WatchCursor

LookUp: TypeAlias = Callable[[Sequence[Simple]], Awaitable[Sequence[Event]]]
"""Tests → the events that would tell how what they look at stands."""

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
        is_new: Whether the watch was opened for this wait, which then begins with it; otherwise it begins with now.
        look_up: Tells how things are that tests look at and the watch has not told since; nothing where left out.
    """

    def __init__(
        self,
        watch: Watch,
        condition: Condition,
        cursor: WatchCursor | None,
        *,
        is_new: bool,
        look_up: LookUp | None = None,
    ) -> None:
        self.watch = watch
        self._digest = sha256(repr(condition).encode()).hexdigest()[:8]
        self._evaluation = Evaluation(condition)
        if cursor is not None and cursor.opened != watch.opened:
            cursor = None
        self.lost = 0
        self.unreadable = 0
        self.gaps: dict[Gap, None] = {}
        self._look_up = look_up
        self._has_begun = False
        self._standing = [] if is_new or cursor else watch.standing()
        self._last_gap: int = watch.last_gap
        if cursor is not None:
            positions, self._last_gap = watch.positions_of(cursor)
            self._positions = dict(positions)
            if cursor.condition == self._digest:
                self._has_begun = self._evaluation.restore(cursor.state)
        elif is_new:
            self._positions, self._last_gap = watch.start(), watch.gaps_before
        else:
            self._positions = watch.end()

    async def until_met(self) -> Met:
        """Return once the condition comes about; at once, saying so, where it holds already.

        Raises:
            BadArgument: The watch was ended meanwhile.
        """
        if not self._has_begun and (words := await self._begin()):
            return Met(words, self.cursor())
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
        if not self._has_begun:
            return str(self.watch.cursor(self._positions, self._last_gap))
        return str(self.watch.cursor(self._positions, self._last_gap, self._digest, self._evaluation.state(brief=True)))

    async def _begin(self) -> str | None:
        """Start from how things are; what meets the condition at once, in words."""
        words, held, found = None, self._evaluation.begin(self._standing), list[Event]()
        if held is None:
            unknown = self._evaluation.unknown(self.watch.standing())
            if unknown and self._look_up:
                found += await self._look_up(unknown)
            words = self._take()  # what came meanwhile did not hold already
        if held is None and words is None:
            held = self._evaluation.begin([*found, *self.watch.standing()])
        self._has_begun = True
        return words or (held and f"It held already: {held}")

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
