"""Telling a client why its call takes long."""

from collections.abc import Awaitable, Callable

from kis_mcp.catalog import encodable


class Progress:
    """Progress of one call.

    Args:
        tell: Tells the client a message, with how many there have been.
    """

    def __init__(self, tell: Callable[[int, str], Awaitable[None]]) -> None:
        self._tell = tell
        self._reports = 0

    async def waiting(self, seconds: float) -> None:
        """Report that KIS' rate limit makes the call wait about so many seconds."""
        await self.report(f"Waiting about {max(seconds, 1):.0f} s for KIS' rate limit.")

    async def report(self, message: str) -> None:
        """Report what the call waits for."""
        self._reports += 1
        await self._tell(self._reports, encodable(message))
