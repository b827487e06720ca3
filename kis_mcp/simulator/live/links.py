"""One client's connection: what it is registered for, and what is on its way to it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed
from websockets.protocol import State

from kis_mcp.catalog import Api
from kis_mcp.simulator.gate.faults import LiveFault, LiveFaults
from kis_mcp.simulator.live.cipher import Cipher
from kis_mcp.simulator.live.messages import Channel, frame
from kis_mcp.simulator.wire.hosts import Host

_MOST_WAITING = 20_000
"""Messages for a client that reads too slowly; it is cut off with more."""

_GARBAGE = "\x00\ufffd no frame"


@dataclass(slots=True, eq=False)
class Subscription:
    """A channel that a client is registered for.

    Attributes:
        owner: Digest of the app key.
        cipher: Told with every registration; notices of orders are encrypted with it.
        since: Until when it has been sent what happened.
    """

    channel: Channel
    owner: str
    api: Api
    cipher: Cipher
    since: datetime


class Link:
    """A client's connection to one host. All of it belongs to the event loop."""

    def __init__(self, host: Host, connection: ServerConnection, faults: LiveFaults) -> None:
        self.host = host
        self.subscriptions: dict[Channel, Subscription] = {}
        self._connection = connection
        self._faults = faults
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._kept_back: list[str] = []
        self._burst: LiveFault | None = None

    @property
    def is_open(self) -> bool:
        """Whether the client has not begun to leave."""
        return self._connection.state is State.OPEN

    def send(self, text: str, tr_id: str = "") -> None:
        """Put a message on its way; ``tr_id`` is that of a data frame."""
        if self._faults.is_silent(tr_id):
            return
        if self._waiting.qsize() >= _MOST_WAITING:
            self.cut()
            return
        self._waiting.put_nowait(text)

    def send_frame(self, tr_id: str, records: Sequence[str], cipher: Cipher | None = None) -> None:
        """Put a data frame on its way, or what a fault makes of it."""
        fault = self._faults.take("garbage", "extra_fields", "half_frame", "burst", tr_ids=[tr_id])
        kind = fault.kind if fault else None
        if fault and kind == "extra_fields":
            records = [record + "^9" * fault.count for record in records]
        text = frame(tr_id, records, cipher)
        if kind == "garbage":
            self.send(_GARBAGE, tr_id)
        if kind == "half_frame":
            text = text[: len(text) // 2]
        if kind == "burst":
            self._burst = fault
        if self._burst is None or not self._burst.concerns(tr_id):
            self.send(text, tr_id)
            return
        self._kept_back.append(text)
        self.end_burst()

    def end_burst(self) -> None:
        """Send what a burst has kept back, once it is all of it."""
        if self._burst is None or len(self._kept_back) < self._burst.count:
            return
        kept_back, self._kept_back, self._burst = self._kept_back, [], None
        for text in kept_back:
            self.send(text)

    async def write(self) -> None:
        """Send what is on its way until the connection ends."""
        with suppress(ConnectionClosed):
            while True:
                await self._connection.send(await self._waiting.get())

    def cut(self) -> None:
        """End the connection without a word."""
        self._connection.transport.abort()
