"""The HTTP server beneath the ASGI app."""

import socket

import uvicorn

from kis_mcp.server.declared import KisServer


class HttpServer(uvicorn.Server):
    """Ends when it is told to, though clients keep streams open to be told of changes.

    Args:
        config: How it serves.
        server: Whose streams end first; uvicorn waits for every request that is still answered.
    """

    def __init__(self, config: uvicorn.Config, server: KisServer) -> None:
        super().__init__(config)
        self._server = server

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._server.end_streams()
        await super().shutdown(sockets)
