"""The end of a simulator: at once, and no connection is left open."""

import socket
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

from kis_mcp.simulator.loopback import simulate


def test_connections_that_were_just_taken_are_closed_at_the_end() -> None:
    with ExitStack() as open_still:
        for _ in range(5):
            with simulate() as simulator:
                address = urlsplit(simulator.real_url)
                clients = [
                    open_still.enter_context(socket.create_connection((address.hostname, address.port), timeout=5))
                    for _ in range(8)
                ]
            for client in clients:
                with suppress(ConnectionResetError):
                    assert client.recv(1) == b""
