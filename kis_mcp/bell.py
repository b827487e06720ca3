"""Telling whoever waits or listens that something came."""

import asyncio
from collections.abc import Callable


class Bell:
    """Rung when something came; what that is, whoever hears it looks up."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._listeners: list[Callable[[], None]] = []

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens or waits."""
        return bool(self._listeners or self._waiting)

    def ring(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
        for listener in list(self._listeners):
            listener()

    async def wait(self) -> None:
        """Return once it rings."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call ``listener`` whenever it rings; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None
