"""Time that jumps to the next sleeper whenever nobody has anything left to do."""

import asyncio
import heapq
from collections.abc import Awaitable
from itertools import count
from typing import TypeVar

from kis_mcp.kis.timer import Timer

T = TypeVar("T")


class VirtualTime:
    def __init__(self) -> None:
        self.seconds = 1000.0
        self.timer = Timer(monotonic=lambda: self.seconds, sleep=self._sleep, jitter=lambda: 0.0)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    async def run(self, *work: Awaitable[T]) -> list[T]:
        """Do all this, letting time pass as needed."""
        gathered = asyncio.gather(*work)
        while not gathered.done():
            await self._settle()
            if self._sleepers and not gathered.done():
                self._wake_next()
        return await gathered

    async def pass_(self, seconds: float) -> None:
        """Let so much time pass, for whoever sleeps."""
        end = self.seconds + seconds
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            self._wake_next()
            await self._settle()
        self.seconds = end

    async def _sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.seconds + seconds, next(self._numbers), future))
        await future

    def _wake_next(self) -> None:
        """Wake those who sleep the shortest, all who wake at that moment."""
        at = self._sleepers[0][0]
        while self._sleepers and self._sleepers[0][0] == at:
            _, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self.seconds = max(self.seconds, at)
                future.set_result(None)

    async def _settle(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
