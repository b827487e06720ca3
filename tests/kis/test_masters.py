"""The download of KIS' files of instruments."""

import io
import zipfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest

from kis_mcp.errors import KisUnavailable
from kis_mcp.kis.masters import MasterHost

HEAD = b"HTTP/1.1 %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"


def packed(*members: tuple[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return archive.getvalue()


WHOLE = packed(("KOSPI_CODE.MST", b"005930 and so on\n" * 100))
TWO = packed(("a", b"1"), ("b", b"2"))
BOMB = packed(("bomb", bytes(41_000_000)))


@asynccontextmanager
async def host(body: bytes, status: bytes = b"200 OK", length: int | None = None) -> AsyncGenerator[MasterHost]:
    """A host that gives this to each request."""
    sent = HEAD % (status, len(body) if length is None else length) + body

    async def answer(stream: anyio.abc.ByteStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(sent)

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    port = listener.extra(anyio.abc.SocketAttribute.local_port)
    fetcher = MasterHost(f"http://127.0.0.1:{port}/common/master", user_agent="a-test")
    async with listener, anyio.create_task_group() as serving:
        serving.start_soon(listener.serve, answer)
        try:
            yield fetcher
        finally:
            await fetcher.aclose()
            serving.cancel_scope.cancel()


async def test_a_file_comes_unpacked() -> None:
    async with host(WHOLE) as masters:
        assert await masters.fetch("kospi_code.mst") == b"005930 and so on\n" * 100


@pytest.mark.parametrize(
    ("body", "status", "length", "why"),
    [
        (WHOLE, b"404 Not Found", len(WHOLE), "HTTP status 404"),
        (b"", b"302 Found", 0, "HTTP status 302"),
        (WHOLE[:-40], b"200 OK", len(WHOLE), "RemoteProtocolError"),
        (WHOLE[:-40], b"200 OK", len(WHOLE) - 40, "cannot be unpacked"),
        (b"", b"200 OK", 0, "cannot be unpacked"),
        (packed(), b"200 OK", len(packed()), "cannot be unpacked"),
        (TWO, b"200 OK", len(TWO), "cannot be unpacked"),
        (BOMB, b"200 OK", len(BOMB), "too long"),
    ],
)
async def test_what_is_not_one_whole_file_is_refused(body: bytes, status: bytes, length: int, why: str) -> None:
    async with host(body, status, length) as masters:
        with pytest.raises(KisUnavailable, match=why):
            await masters.fetch("kospi_code.mst")
