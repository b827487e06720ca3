"""One clock for several processes, which a test moves."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from kis_mcp.clock import KST


class SharedClock:
    """Runs as fast as the machine's clock, from whatever time it was set to. Its file tells how far it is ahead."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @classmethod
    def set_to(cls, now: datetime, file: Path) -> "SharedClock":
        clock = cls(file)
        clock.jump_to(now)
        return clock

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time() + float(self.file.read_text()), KST)

    def jump_to(self, now: datetime) -> None:
        """Somebody sets it."""
        self._write(now.timestamp() - time.time())

    def pass_by(self, seconds: float) -> None:
        self._write(float(self.file.read_text()) + seconds)

    def _write(self, ahead: float) -> None:
        new = self.file.with_suffix(".new")
        new.write_text(repr(ahead))
        new.replace(self.file)


class Minute:
    """Keeps a clock from being moved in the middle of what has to happen within a minute."""

    def __init__(self) -> None:
        self._moving = asyncio.Lock()
        self._users = 0
        self._nobody = asyncio.Event()
        self._nobody.set()

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """The clock is not moved meanwhile; any number of users at once."""
        async with self._moving:
            self._users += 1
            self._nobody.clear()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._nobody.set()

    @asynccontextmanager
    async def passing(self) -> AsyncGenerator[None]:
        """Nobody needs the minute now: the clock may be moved."""
        async with self._moving:
            await self._nobody.wait()
            yield
