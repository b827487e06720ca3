"""Looking again, with growing pauses, for orders whose state is unknown."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

PAUSES: tuple[float, ...] = (5, 10, 20, 40, 80, 160, *(300,) * 18)
"""Seconds before each look: soon at first, as most orders turn up at once, then seldom, to leave KIS' rate limit to
others. After the last, about an hour and a half on, it waits for the next start or question."""

_log = logging.getLogger(__name__)


class FollowUp:
    """A task in the background that looks until all is settled.

    Args:
        look: Looks once; tells whether anything is still unknown.
        sleep: Waits so many seconds.
        jitter: A number from 0 to 1, a different one each time, so that several servers do not look at once.
    """

    def __init__(
        self,
        look: Callable[[], Awaitable[bool]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._look = look
        self._sleep = sleep
        self._jitter = jitter
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin anew with the shortest pause."""
        if self._task is not None:
            self._task.cancel()
        self._task = asyncio.create_task(self._run(), name="look for orders in an unknown state")

    async def aclose(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        for pause in PAUSES:
            await self._sleep(pause * (0.75 + self._jitter() / 2))  # a quarter less or more
            try:
                if not await self._look():
                    return
            except Exception:
                _log.exception("Orders in an unknown state could not be looked up")
        _log.warning("Orders are still in an unknown state; they are looked up again when asked about.")
