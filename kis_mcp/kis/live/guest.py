"""A process that gets its live data from another one of the same user, which holds the session with KIS."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from typing import Any, Self

from kis_mcp.catalog import Channel, LiveReceiver, SlotUses
from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.kis.live.loopback import HOST, LONGEST_LINE, PROVEN_WITHIN_SECONDS, Message, Peer, introduce
from kis_mcp.kis.live.shared_messages import (
    BEAT_SECONDS,
    SILENT_SECONDS,
    read_error,
    read_frame,
    read_gap,
    read_outage,
    read_slots,
)
from kis_mcp.kis.timer import Timer

_log = logging.getLogger(__name__)


class HolderLost(Exception):
    """The process that held the session is gone, or hangs."""


class Guest:
    """A connection to the holder, for as long as it lasts.

    Attributes:
        last_heard_at: When the holder last said something.
    """

    def __init__(self, peer: Peer, receiver: LiveReceiver, *, clock: Clock, timer: Timer) -> None:
        self._peer = peer
        self._receiver = receiver
        self._clock = clock
        self._timer = timer
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._heard_at = timer.monotonic()
        self.last_heard_at = clock()

    @classmethod
    async def connect(
        cls, port: int, secret: bytes, name: str, receiver: LiveReceiver, *, clock: Clock, timer: Timer
    ) -> Self:
        """Come to the holder at a port.

        Raises:
            HolderLost: Nobody is there, or it is another, or it does not answer.
        """
        peer = None
        try:
            async with asyncio.timeout(PROVEN_WITHIN_SECONDS):
                peer = Peer(*await asyncio.open_connection(HOST, port, limit=LONGEST_LINE))
            if not await introduce(peer, secret):
                raise HolderLost
        except (OSError, TimeoutError, HolderLost):
            if peer is not None:
                peer.close()
            raise HolderLost from None
        peer.send("name", name)
        return cls(peer, receiver, clock=clock, timer=timer)

    async def listen(self) -> None:
        """Take what the holder sends, until it is gone or hangs."""
        watching = asyncio.create_task(self._watch())
        try:
            async for message in self._peer.messages():
                self._heard_at, self.last_heard_at = self._timer.monotonic(), self._clock()
                self._take(message)
        finally:
            watching.cancel()
            self.close()

    def close(self) -> None:
        self._peer.close()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(HolderLost())

    async def register(self, channel: Channel) -> None:
        """As the port says.

        Raises:
            HolderLost: The holder went without an answer.
        """
        try:
            await self._ask("register", channel.tr_id, channel.key)
        except asyncio.CancelledError:
            await self.release(channel)
            raise

    async def release(self, channel: Channel) -> None:
        self._peer.send("release", channel.tr_id, channel.key)

    async def slots(self) -> SlotUses:
        """As the port says; raises as `register`."""
        return read_slots(await self._ask("slots"))

    def resume(self, channels: Sequence[Channel], began_at: datetime) -> None:
        """Have what an earlier holder sent; the gap is told when all are back."""
        self._peer.send("resume", began_at.isoformat(), [[channel.tr_id, channel.key] for channel in channels])

    async def _ask(self, what: str, *more: object) -> Any:
        """What the holder answers."""
        if self._peer.writer.is_closing():
            raise HolderLost
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._peer.send(what, number, *more)
        try:
            return await answer
        finally:
            del self._answers[number]

    def _answer(self, number: int, result: object = None, error: KisMcpError | None = None) -> None:
        answer = self._answers.get(number)
        if answer is not None and not answer.done():
            if error is None:
                answer.set_result(result)
            else:
                answer.set_exception(error)

    def _take(self, message: Message) -> None:
        try:
            match message[0]:
                case "frame":
                    self._receiver.receive(read_frame(message))
                case "gap":
                    self._receiver.report_gap(read_gap(message))
                case "outage":
                    self._receiver.report_outage(read_outage(message))
                case "answer":
                    _, number, facts = message
                    self._answer(number, error=None if facts is None else read_error(facts))
                case "slots":
                    self._answer(message[1], message)
                case _:  # a beat
                    pass
        except Exception:
            _log.exception("A message of the process that holds the live session could not be taken")

    async def _watch(self) -> None:
        """Show that this process runs, and end the connection to a holder that does not."""
        while self._timer.monotonic() - self._heard_at <= SILENT_SECONDS:
            self._peer.send("beat")
            await self._timer.sleep(BEAT_SECONDS)
        _log.warning("The process that holds the live session has said nothing for %.0f seconds", SILENT_SECONDS)
        self._peer.close()
