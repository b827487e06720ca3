"""A web server on loopback that keeps what it is sent and answers as it is told."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any


@dataclass
class Post:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Answers with ``statuses`` in turn, then with 200; 0 is no answer at all, -1 a connection that breaks."""

    url: str = ""
    posts: list[Post] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    location: str = ""
    came: asyncio.Event = field(default_factory=asyncio.Event)
    serving: list[asyncio.Task[None]] = field(default_factory=list)

    async def until(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.posts) < count:
                self.came.clear()
                await self.came.wait()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.append(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (each.split(": ", 1) for each in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.posts.append(Post(line.split()[1], headers, body))
        self.came.set()
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            await reader.read()
        elif status > 0:
            extra = f"Location: {self.location}\r\n" if self.location else ""
            answer = (
                f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{extra}Content-Length: 0\r\nConnection: close\r\n"
            )
            writer.write(f"{answer}\r\n".encode())
            await writer.drain()


@asynccontextmanager
async def run_receiver() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.accept, "127.0.0.1", 0)
    try:
        receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield receiver
    finally:
        server.close()
        for serving in receiver.serving:
            serving.cancel()
        await asyncio.gather(*receiver.serving, return_exceptions=True)
