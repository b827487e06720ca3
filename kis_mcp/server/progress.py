"""Telling a client that asked for progress why its call takes long."""

from mcp.server.session import ServerSession

from kis_mcp.catalog import encodable


class Progress:
    """Progress of one call. Without a token from the client, reports go nowhere."""

    def __init__(self, session: ServerSession) -> None:
        self._session = session
        self._reports = 0

    async def waiting(self, seconds: float) -> None:
        """Report that KIS' rate limit makes the call wait about so many seconds."""
        await self.report(f"Waiting about {max(seconds, 1):.0f} s for KIS' rate limit.")

    async def report(self, message: str) -> None:
        """Report what the call waits for."""
        self._reports += 1
        await self._session.report_progress(self._reports, message=encodable(message))
