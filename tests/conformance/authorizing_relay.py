"""Adds the bearer token to what a judge sends that cannot: each connection carries one request."""

from contextlib import suppress

import anyio
from anyio.abc import SocketStream

_HEAD_END = b"\r\n\r\n"


class AuthorizingRelay:
    """Passes on, byte by byte, but for two headers.

    Args:
        port: Where the server listens on this machine.
        token: Its bearer token.
    """

    def __init__(self, port: int, token: str) -> None:
        self._port = port
        self._headers = b"\r\nAuthorization: Bearer %s\r\nConnection: close" % token.encode()

    async def serve(self, client: SocketStream) -> None:
        """One connection, to its end."""
        async with client:
            received = await _head(client)
            if not received:
                return
            async with await anyio.connect_tcp("127.0.0.1", self._port) as server, anyio.create_task_group() as tasks:
                tasks.start_soon(_copy, server, client)
                await server.send(self._with_headers(received))
                # The client closes, never the server: Node's own HTTP client (undici) breaks off where a connection
                # ends that it has not read to its end.
                await _copy(client, server)
                tasks.cancel_scope.cancel()

    def _with_headers(self, received: bytes) -> bytes:
        head, end, body = received.partition(_HEAD_END)
        kept = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join(kept) + self._headers + end + body


async def _head(client: SocketStream) -> bytes:
    """What came until the end of a request's head; empty where the client closed before."""
    received = b""
    while _HEAD_END not in received:
        try:
            received += await client.receive()
        except anyio.EndOfStream:
            return b""
    return received


async def _copy(source: SocketStream, target: SocketStream) -> None:
    """Until either side closes."""
    with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):
        async for part in source:
            await target.send(part)
