"""What KIS has not received when an answer is given up never arrives."""

import asyncio
import socket
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import pytest

from kis_mcp.environment import Environment
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.sockets import end_at_once
from kis_mcp.kis.transport import Transport

LONG = "x" * 3_000_000
"""More than the sockets of both sides hold."""


@dataclass
class SlowKis:
    """Takes one connection and reads what comes when it is told to."""

    listening: socket.socket

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def accept(self) -> socket.socket:
        connected, _ = self.listening.accept()
        connected.settimeout(10)
        return connected


@pytest.fixture
async def kis() -> AsyncGenerator[SlowKis]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        yield SlowKis(listening)


async def give_up(kis: SlowKis, elements: dict[str, str]) -> None:
    connection = Connection(Environment.REAL, kis.url, "key", "secret", 0, timeout_seconds=0.2)
    transport = Transport(connection)
    with pytest.raises(RequestError) as raised:
        await transport.send("POST", "/order", elements, {})
    assert raised.value.reaction is Reaction.UNCLEAR
    await transport.aclose()


def read_all(connected: socket.socket) -> bytes:
    received = b""
    try:
        while part := connected.recv(1 << 16):
            received += part
    except ConnectionResetError:
        received += b"(reset)"
    return received


async def test_a_connection_is_reset_when_its_answer_is_given_up(kis: SlowKis) -> None:
    await give_up(kis, {"PDNO": "005930"})
    with kis.accept() as connected:
        received = await asyncio.to_thread(read_all, connected)
    assert received.endswith(b"(reset)")


async def test_what_had_not_arrived_by_then_never_does(kis: SlowKis) -> None:
    await give_up(kis, {"PDNO": LONG})
    with kis.accept() as connected:
        received = await asyncio.to_thread(read_all, connected)
    assert received.endswith(b"(reset)")
    assert len(received) < len(LONG) / 10


@pytest.mark.skipif(sys.platform != "linux", reason="TCP_USER_TIMEOUT is Linux'")
def test_the_system_gives_up_by_itself_should_the_process_hang() -> None:
    with socket.socket() as opened:
        end_at_once(opened, 25)
        assert opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 25_000
