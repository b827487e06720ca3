"""The websockets of both hosts, in the simulator's event loop."""

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from functools import partial

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kis_mcp.simulator.embedded import EmbeddedKis
from kis_mcp.simulator.engine.events import OrderEvent
from kis_mcp.simulator.live.channels import Channels
from kis_mcp.simulator.live.links import Link
from kis_mcp.simulator.live.messages import pingpong
from kis_mcp.simulator.live.publisher import Publisher
from kis_mcp.simulator.live.registry import Registry
from kis_mcp.simulator.wire.hosts import Host

_log = logging.getLogger("kis_mcp.simulator.live.connections")
_log.setLevel(logging.WARNING)  # the library tells of each connection


class LiveServer:
    """Serves both hosts' websockets.

    Args:
        kis: What there is to tell.
        sockets: Where each host listens.
        channels: Where the data of markets come from.
    """

    def __init__(self, kis: EmbeddedKis, sockets: Mapping[Host, socket.socket], channels: Channels) -> None:
        self._kis = kis
        self._sockets = sockets
        self._links: set[Link] = set()
        self._registry = Registry(kis, channels)
        self._publisher = Publisher(kis, self._links, channels)

    async def run(self) -> None:
        """Serve until cancelled."""
        loop = asyncio.get_running_loop()

        def hear(events: Sequence[OrderEvent]) -> None:
            loop.call_soon_threadsafe(self._hear, events)

        def wake() -> None:
            loop.call_soon_threadsafe(self._hear, ())

        self._kis.listener, self._kis.live_faults.listener = hear, wake
        try:
            async with AsyncExitStack() as servers:
                for host, listener in self._sockets.items():
                    server = serve(
                        partial(self._talk, host),
                        sock=listener,
                        compression=None,
                        ping_interval=None,  # KIS sends no pings of the protocol
                        close_timeout=0.5,
                        server_header=None,
                        logger=_log,
                    )
                    await servers.enter_async_context(server)
                await self._publisher.run()
        finally:
            self._kis.listener = self._kis.live_faults.listener = None

    def _hear(self, events: Sequence[OrderEvent]) -> None:
        self._publisher.publish_orders(events)
        self._publisher.wake()

    async def _talk(self, host: Host, connection: ServerConnection) -> None:
        """Answer one client until it goes."""
        link = Link(host, connection, self._kis.live_faults)
        self._links.add(link)
        chores = [asyncio.create_task(link.write()), asyncio.create_task(self._ping(link))]
        try:
            with suppress(ConnectionClosed):
                async for message in connection:
                    text = message if isinstance(message, str) else message.decode(errors="replace")
                    self._registry.take(link, text)
                    self._publisher.wake()
        finally:
            self._links.discard(link)
            self._registry.forget(link)
            for chore in chores:
                chore.cancel()

    async def _ping(self, link: Link) -> None:
        while True:
            await asyncio.sleep(self._kis.options.pingpong_seconds)
            link.send(pingpong(self._kis.clock()))
