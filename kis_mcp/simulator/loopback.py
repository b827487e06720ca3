"""The embedded KIS on two loopback ports."""

import asyncio
import socket
import threading
from collections import deque
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from kis_mcp.catalog import Catalog, catalog
from kis_mcp.clock import WorldClock
from kis_mcp.simulator.address import post_address
from kis_mcp.simulator.asgi import KisApp
from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.gate.faults import Faults, LiveFaults
from kis_mcp.simulator.gate.switches import Switches
from kis_mcp.simulator.ledger import Ledger
from kis_mcp.simulator.live.channels import MARKET_CHANNELS, Channels
from kis_mcp.simulator.options import SimulatorOptions
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.received import Received
from kis_mcp.simulator.world import World

_LOOPBACK = "127.0.0.1"
_LAST_ANSWERS_SECONDS = 0.1
"""How long answers that are under way are waited for at the end."""

_TURNS = 5
"""Of its loop, in which asyncio hands a connection just taken to its protocol, or closes one; it takes three."""


class Simulator:
    """A running simulator, and what tests want to see of it.

    Attributes:
        real_url, demo_url: Where its hosts are, without a slash at the end.
        real_ws_url, demo_ws_url: Where their websockets are; they take any path.
        received: The latest requests on both sockets, oldest first.
        faults: What shall go wrong.
        live_faults: What shall go wrong on the websockets.
        switches: How it behaves.
        clock: What time it is in its world. It is set with :meth:`EmbeddedKis.set_clock`.
        kis: What answers.
    """

    def __init__(self, kis: EmbeddedKis, ports: dict[Host, int], ws_ports: dict[Host, int]) -> None:
        self.urls = {host: f"http://{_LOOPBACK}:{port}" for host, port in ports.items()}
        self.ws_urls = {host: f"ws://{_LOOPBACK}:{port}" for host, port in ws_ports.items()}
        self.real_url, self.demo_url = self.urls[Host.REAL], self.urls[Host.DEMO]
        self.real_ws_url, self.demo_ws_url = self.ws_urls[Host.REAL], self.ws_urls[Host.DEMO]
        self.received: deque[Received] = kis.received
        self.faults: Faults = kis.faults
        self.live_faults: LiveFaults = kis.live_faults
        self.switches: Switches = kis.switches
        self.clock: WorldClock = kis.clock
        self.kis = kis

    @property
    def world(self) -> World:
        return self.kis.world

    @property
    def ledger(self) -> Ledger:
        """Orders and fills."""
        return self.kis.world.ledger


@asynccontextmanager
async def run_simulator(
    options: SimulatorOptions | None = None, *, table: Catalog | None = None, channels: Channels = MARKET_CHANNELS
) -> AsyncGenerator[Simulator]:
    """:func:`simulate` for asynchronous code."""
    with simulate(options, table=table, channels=channels) as simulator:
        yield simulator


@contextmanager
def simulate(
    options: SimulatorOptions | None = None, *, table: Catalog | None = None, channels: Channels = MARKET_CHANNELS
) -> Generator[Simulator]:
    """Serve KIS on loopback, in a daemon thread with an event loop of its own, while the context lasts.

    Args:
        options: How it is set up.
        table: The APIs that it offers; by default the whole spec table.
        channels: Where the live data of markets come from.

    Raises:
        OSError: A port is taken.
        StateInUse: Another simulator holds the state file.
        OtherSeed: The world in the state file has another seed.
    """
    options = options or SimulatorOptions()
    with ExitStack() as stack:
        kis = EmbeddedKis(options, table or catalog())
        stack.callback(kis.close)
        sockets = _bind(stack, options.real_port, options.demo_port)
        ws_sockets = _bind(stack, options.real_ws_port, options.demo_ws_port)
        simulator = Simulator(kis, _ports(sockets), _ports(ws_sockets))
        if options.state_path is not None:
            posted = post_address(options.state_path, simulator.urls, simulator.ws_urls, is_shared=options.is_shared)
            stack.enter_context(posted)
        thread = _Thread(kis, sockets, ws_sockets, channels)
        thread.start()
        # Waited for in this thread: whoever is cancelled must not leave the other one behind.
        stack.callback(thread.join)
        stack.callback(thread.stop)
        yield simulator


class _Thread(threading.Thread):
    """Runs the servers of both hosts."""

    def __init__(
        self,
        kis: EmbeddedKis,
        sockets: dict[Host, socket.socket],
        ws_sockets: dict[Host, socket.socket],
        channels: Channels,
    ) -> None:
        super().__init__(name="kis-simulator", daemon=True)
        self._kis = kis
        self._ws_sockets = ws_sockets
        self._channels = channels
        self._connections: dict[Any, asyncio.Transport] = {}
        self._sockets = sockets
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._servers = {host: self._server(host) for host in Host}

    def run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    def stop(self) -> None:
        with suppress(RuntimeError):  # it ended by an error
            self._loop.call_soon_threadsafe(self._end.set)

    async def _serve(self) -> None:
        live = asyncio.create_task(self._serve_live())
        running = [server.serve([self._sockets[host]]) for host, server in self._servers.items()]
        await asyncio.gather(*running)
        for transport in self._connections.values():
            transport.abort()
        await _turns()
        live.cancel()
        with suppress(asyncio.CancelledError):
            await live

    async def _serve_live(self) -> None:
        from kis_mcp.simulator.live.server import LiveServer

        await LiveServer(self._kis, self._ws_sockets, self._channels).run()

    def _server(self, host: Host) -> uvicorn.Server:
        return _Server(_config(KisApp(self._kis, host, self._abort), self._connections), self._end)

    def _abort(self, peer: Any) -> None:
        if transport := self._connections.get(tuple(peer)):
            transport.abort()


class _JoinedWrites(asyncio.Transport):
    """Sends what is written at once, such as an answer's head and its body, in one piece: each piece costs a call."""

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._parts: list[bytes] = []
        for name in ("abort", "get_extra_info", "is_closing", "pause_reading", "resume_reading"):
            setattr(self, name, getattr(transport, name))

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(bytes(data))

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))


class _Server(uvicorn.Server):
    """Ends at once: uvicorn itself looks ten times a second whether it shall, and then waits as long again."""

    def __init__(self, config: uvicorn.Config, end: asyncio.Event) -> None:
        super().__init__(config)
        self._end = end

    async def main_loop(self) -> None:
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections; those that were just taken become the server's before it closes, or nobody closes
        them."""
        for listener in sockets or []:
            with suppress(NotImplementedError):  # on Windows
                asyncio.get_running_loop().remove_reader(listener)
        await _turns()
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_LAST_ANSWERS_SECONDS)


async def _turns() -> None:
    for _ in range(_TURNS):
        await asyncio.sleep(0)


def _config(app: KisApp, connections: dict[Any, asyncio.Transport]) -> uvicorn.Config:
    class Protocol(H11Protocol):
        """Remembers its transport, so that a fault can cut the connection."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            super().connection_made(_JoinedWrites(transport))
            connections[transport.get_extra_info("peername")] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            connections.pop(self.transport.get_extra_info("peername"), None)
            super().connection_lost(exc)

    return uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="warning",
        date_header=False,  # KIS' own time is told instead
        server_header=False,
    )


def _bind(stack: ExitStack, real_port: int, demo_port: int) -> dict[Host, socket.socket]:
    ports = {Host.REAL: real_port, Host.DEMO: demo_port}
    return {host: stack.enter_context(_listen(port)) for host, port in ports.items()}


def _ports(sockets: dict[Host, socket.socket]) -> dict[Host, int]:
    return {host: listener.getsockname()[1] for host, listener in sockets.items()}


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
