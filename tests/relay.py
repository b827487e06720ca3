"""A relay between a server and KIS that can keep the bytes of a request and deliver them when it is told to."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Held:
    """One request that will be kept on its way.

    Attributes:
        path: Whose next POST it is.
        hangs_up: Whether the sender's connection breaks meanwhile; otherwise the sender has to give up by itself.
        came: Set when it is in the relay.
        may_go: Set it to let the request go on.
        arrived: Set when KIS has answered it.
    """

    path: str
    hangs_up: bool
    came: asyncio.Event = field(default_factory=asyncio.Event)
    may_go: asyncio.Event = field(default_factory=asyncio.Event)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self) -> None:
        """Let the request go on, and wait until KIS has dealt with it."""
        self.may_go.set()
        await self.arrived.wait()


class Relay:
    """Passes requests on, one after the other on each connection, as they came."""

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname or "", parts.port or 80
        self._ahead: list[Held] = []
        self._connections = set[asyncio.Task[None]]()
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def running(cls, target: str) -> "AsyncGenerator[Relay]":
        relay = cls(target)
        server = await asyncio.start_server(relay._accept, "127.0.0.1", 0)
        relay.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield relay
        finally:
            server.close()
            for connection in relay._connections:
                connection.cancel()
            await asyncio.gather(*relay._connections, return_exceptions=True)

    def hold(self, path: str, *, hangs_up: bool = False) -> Held:
        """Keep the next POST to a path."""
        held = Held(path, hangs_up)
        self._ahead.append(held)
        return held

    def forget(self, held: Held) -> None:
        """Keep nothing any more for a request that did not come."""
        if held in self._ahead:
            self._ahead.remove(held)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            to_kis_reader, to_kis = await asyncio.open_connection(*self._target)
            try:
                while True:
                    await self._pass_on(await _message(reader), writer, to_kis_reader, to_kis)
            finally:
                to_kis.close()
                writer.close()

    async def _pass_on(
        self,
        request: bytes,
        writer: asyncio.StreamWriter,
        to_kis_reader: asyncio.StreamReader,
        to_kis: asyncio.StreamWriter,
    ) -> None:
        method, path, *_ = request.split(b" ", 2)
        held = next((each for each in self._ahead if method == b"POST" and path == each.path.encode()), None)
        if held is not None:
            self._ahead.remove(held)
            if held.hangs_up:
                writer.transport.abort()
            held.came.set()
            await held.may_go.wait()
        try:
            to_kis.write(request)
            answer = await _message(to_kis_reader)
        finally:
            if held is not None:
                held.arrived.set()
        writer.write(answer)
        await writer.drain()


async def _message(reader: asyncio.StreamReader) -> bytes:
    """A request or an answer, whole."""
    head = await reader.readuntil(_HEAD_END)
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].partition(b":")[2]) if lengths else 0
    return head + await reader.readexactly(length)
