"""A scripted KIS on a real socket, and time that passes only when somebody sleeps."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from kis_mcp.clock import KST
from kis_mcp.kis.timer import Timer

TOKEN_PATH = "/oauth2/tokenP"


@dataclass
class Seen:
    """A request as it came over the socket."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: dict[str, Any]
    at: float


@dataclass
class Answered:
    body: Mapping[str, Any] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


class Break(Enum):
    """What KIS does instead of answering."""

    RESET = "resets the connection"
    HALF = "resets it in the middle of the answer"
    SILENT = "stays silent"


SUCCESS = Answered({"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "ok", "output": {"stck_prpr": "1"}})


def business_error(code: str, message: str = "refused", status: int = 500) -> Answered:
    return Answered({"rt_cd": "1", "msg_cd": code, "msg1": message}, status)


def oauth_error(code: str, message: str = "refused", status: int = 403) -> Answered:
    return Answered({"error_code": code, "error_description": message}, status)


async def at_once() -> None:
    """Any order may leave."""


class FakeKis:
    """Answers from its scripts, and with success when they are used up. Tokens are numbered from 1."""

    def __init__(self) -> None:
        self.url = ""
        self.script: deque[Answered | Break] = deque()
        self.token_script: deque[Answered | Break] = deque()
        self.seen: list[Seen] = []
        self.token_requests: list[Seen] = []
        self.asked = asyncio.Event()
        self._connections = set[asyncio.Task[Any]]()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Self]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.stop_listening = server.close
        try:
            yield self
        finally:
            server.close()
            for connection in self._connections:
                connection.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._connections.add(task)
        try:
            while request := await read_request(reader):
                answer = self._answer(request)
                if answer == Break.SILENT:
                    await asyncio.Event().wait()
                elif answer == Break.RESET:
                    writer.transport.abort()
                elif answer == Break.HALF:
                    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"rt_cd":"0"')
                    await writer.drain()
                    writer.transport.abort()
                else:
                    writer.write(encoded(answer))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(task)
            writer.close()

    def _answer(self, request: Seen) -> Answered | Break:
        if request.path != TOKEN_PATH:
            self.seen.append(request)
            self.asked.set()
            return self.script.popleft() if self.script else SUCCESS
        self.token_requests.append(request)
        if self.token_script:
            return self.token_script.popleft()
        number = len(self.token_requests)
        return Answered({"access_token": f"token-{number}", "token_type": "Bearer", "expires_in": 86400})


async def read_request(reader: asyncio.StreamReader) -> Seen | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines if ": " in line)}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Seen(method, parts.path, query, headers, json.loads(content) if content else {}, time.monotonic())


def encoded(answer: Answered) -> bytes:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body, ensure_ascii=False).encode()
    headers = {"content-length": str(len(body)), **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} X\r\n{lines}\r\n".encode() + body


class FakeTime:
    """Time that passes only in `sleep`, and there at once."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.slept: list[float] = []
        self.timer = Timer(monotonic=lambda: self.seconds, sleep=self.sleep, jitter=lambda: 0.0)

    def clock(self) -> datetime:
        return datetime(2026, 9, 1, 9, 0, tzinfo=KST) + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.seconds += seconds
