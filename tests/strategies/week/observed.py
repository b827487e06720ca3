"""Runs that are led through time: it is known when they have done all that follows from it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from kis_mcp.clock import WorldClock
from kis_mcp.strategies.runner import Heard, Runner
from kis_mcp.strategies.runner.ports import Feed

RETRY_SECONDS: Final = 1.0
_ERRANDS: Final = ("Errand.send", "Errand.follow")


class Time:
    """A world's clock that is led, and those who wait for it."""

    def __init__(self, at: datetime) -> None:
        self.clock = WorldClock(at=at, speed=0)
        self._waiting: dict[asyncio.Task[Any] | None, tuple[datetime, asyncio.Event]] = {}

    async def sleep(self, seconds: float) -> None:
        """Wait until so much has passed in the world; a run that cannot go on for now waits in real time, in which the
        world stands still, so that it misses nothing."""
        task, event = asyncio.current_task(), asyncio.Event()
        if not _is_errand(task):
            return await asyncio.sleep(RETRY_SECONDS)
        self._waiting[task] = self.clock() + timedelta(seconds=seconds), event
        try:
            await event.wait()
        finally:
            self._waiting.pop(task, None)

    def wake(self) -> None:
        """Let those go on whose time has come."""
        now = self.clock()
        for task, (until, event) in list(self._waiting.items()):
            if until <= now:
                del self._waiting[task]
                event.set()

    def is_at_work(self) -> bool:
        """Whether an order is being sent or looked up."""
        return any(_is_errand(task) and task not in self._waiting for task in asyncio.all_tasks())


def _is_errand(task: asyncio.Task[Any] | None) -> bool:
    return task is not None and getattr(task.get_coro(), "__qualname__", "") in _ERRANDS


class ObservedFeed:
    """A run's feed, of which it is known whether all of it was taken.

    Args:
        note_opening: Called when the run begins to listen.

    Attributes:
        taken_at: The world's time at which it was last read by a run that has taken all since and waits for more.
    """

    def __init__(self, feed: Feed, clock: WorldClock, note_opening: Callable[[], None]) -> None:
        self._feed = feed
        self._clock = clock
        self._note_opening = note_opening
        self._read_at: datetime | None = None
        self.taken_at: datetime | None = None

    async def open(self) -> None:
        await self._feed.open()
        self._note_opening()

    async def read(self, seconds: float) -> Heard:
        self.taken_at, self._read_at = self._read_at, None
        heard = await self._feed.read(seconds)
        self.taken_at, self._read_at = None, self._clock()
        return heard

    async def close(self) -> None:
        await self._feed.close()


class ObservedRunner(Runner):
    """A runner of which it is known whether it has ended."""

    has_ended = False

    async def run(self) -> None:
        try:
            await super().run()
        finally:
            self.has_ended = True
