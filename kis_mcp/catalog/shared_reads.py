"""Reads that several want at the same time, as strategies that run on the same instruments do: each is sent once."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any

from kis_mcp.catalog.gateway import KisReply


@dataclass(slots=True)
class _Reading:
    """A read under way.

    Attributes:
        readers: How many wait for it.
    """

    task: asyncio.Task[KisReply]
    readers: int = 0


class SharedReads:
    """Reads under way, by what is read."""

    def __init__(self) -> None:
        self._readings: dict[Hashable, _Reading] = {}

    async def read(self, key: Hashable, ask: Callable[[], Coroutine[Any, Any, KisReply]]) -> KisReply:
        """The reply of the read that is under way, else of a new one. Whoever is cancelled ends it only where nobody
        else waits for it.

        Raises:
            Whatever ``ask`` raises, to all who wait.
        """
        reading = self._readings.get(key)
        if reading is None or reading.task.done():
            reading = self._readings[key] = _Reading(asyncio.create_task(ask()))
        reading.readers += 1
        try:
            return await asyncio.shield(reading.task)
        finally:
            reading.readers -= 1
            if not reading.readers:
                reading.task.cancel()
                if self._readings.get(key) is reading:
                    del self._readings[key]
