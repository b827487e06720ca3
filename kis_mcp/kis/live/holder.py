"""The process that has the session with KIS, and hands on to the others what they want of it."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from kis_mcp.catalog import MOST_CHANNELS, Channel, Frame, Gap, LiveReceiver, Outage, SlotUse, SlotUses
from kis_mcp.clock import Clock
from kis_mcp.errors import InternalError, KisMcpError
from kis_mcp.kis.live.loopback import HOST, LONGEST_LINE, Message, Peer, admit
from kis_mcp.kis.live.session import LiveSession
from kis_mcp.kis.live.shared_messages import (
    BEAT_SECONDS,
    SILENT_SECONDS,
    write_frame,
    write_gap,
    write_outage,
    write_slots,
)
from kis_mcp.kis.live.slots import no_slot
from kis_mcp.kis.timer import Timer

MOST_UNSENT_BYTES = 2**22
"""A guest that takes nothing for so long, about ten seconds of very busy channels, misses what comes then."""

_log = logging.getLogger(__name__)


class Party(Protocol):
    """A process that wants channels, as the holder sees it."""

    @property
    def name(self) -> str: ...
    def receive(self, frame: Frame) -> None: ...
    def report_gap(self, gap: Gap) -> None: ...
    def report_outage(self, outage: Outage | None) -> None: ...


@dataclass(slots=True, eq=False)
class Owner:
    """The holder itself as one of those who want channels. That its receiver breaks is nothing to the others."""

    receiver: LiveReceiver
    name: str

    def receive(self, frame: Frame) -> None:
        try:
            self.receiver.receive(frame)
        except Exception:
            _log.exception("A live frame of %s could not be taken", frame.tr_id)

    def report_gap(self, gap: Gap) -> None:
        self.receiver.report_gap(gap)

    def report_outage(self, outage: Outage | None) -> None:
        self.receiver.report_outage(outage)


@dataclass(slots=True, eq=False)
class _Visitor:
    """A guest that is connected.

    Attributes:
        heard_at: When it last said something, by the timer.
        registering: Its registrations that KIS has not answered.
        missing_since: Since when it misses frames, for not taking those before.
    """

    peer: Peer
    name: str
    heard_at: float
    registering: dict[Channel, asyncio.Task[None]] = field(default_factory=dict[Channel, asyncio.Task[None]])
    missing_since: datetime | None = None

    def receive(self, frame: Frame) -> None:
        if self.peer.unsent_bytes > MOST_UNSENT_BYTES:
            self.missing_since = self.missing_since or frame.received_at
            return
        self.end_miss(frame.received_at)
        self.peer.send(*write_frame(frame))

    def report_gap(self, gap: Gap) -> None:
        self.peer.send(*write_gap(gap))

    def report_outage(self, outage: Outage | None) -> None:
        self.peer.send(*write_outage(outage))

    def end_miss(self, now: datetime) -> None:
        """Tell it what it missed, once it takes again."""
        if self.missing_since is not None and self.peer.unsent_bytes <= MOST_UNSENT_BYTES:
            began_at, self.missing_since = self.missing_since, None
            self.report_gap(Gap(began_at, now))


class Holder:
    """Implements `LiveReceiver` for the session, and registers for whoever wants a channel, each once.

    Args:
        open_session: Opens the session with KIS.
        secret: What guests must know.
        changed: Called when a guest came or went.
    """

    def __init__(
        self,
        open_session: Callable[[LiveReceiver], LiveSession],
        secret: bytes,
        *,
        clock: Clock,
        timer: Timer,
        changed: Callable[[], None],
    ) -> None:
        self._session = open_session(self)
        self._secret = secret
        self._clock = clock
        self._timer = timer
        self._changed = changed
        self._wanted: dict[Channel, list[Party]] = {}
        self._listeners: dict[str, list[Party]] = {}
        self._visitors: set[_Visitor] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._outage: Outage | None = None

    @property
    def has_guests(self) -> bool:
        return bool(self._visitors)

    async def open(self) -> int:
        """Let guests come; returns the port."""
        self._server = await asyncio.start_server(self._welcome, HOST, 0, limit=LONGEST_LINE)
        self._spawn(self._beat())
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def aclose(self) -> None:
        """End the session, and send the guests away: one of them may hold it next."""
        if self._server is not None:
            self._server.close()
        for visitor in self._visitors:
            visitor.peer.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await self._session.aclose()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def register(self, party: Party, channel: Channel) -> None:
        """As the port says; the refusal of one channel more tells which process holds each."""
        self._want(party, channel)
        try:
            await self._session.register(channel)
        except BaseException:
            await self.release(party, channel)
            raise
        self._tell_outage(party)

    async def release(self, party: Party, channel: Channel) -> None:
        parties = self._wanted.get(channel, [])
        if party in parties:
            parties.remove(party)
            self._listeners.clear()
            if not parties:
                del self._wanted[channel]
                await self._session.release(channel)

    def resume(self, party: Party, channels: Sequence[Channel], began_at: datetime) -> None:
        """Register again for what a party had with an earlier holder, and tell it the gap when all are back."""
        self._spawn(self._resume(party, channels, began_at))

    def receive(self, frame: Frame) -> None:
        listeners = self._listeners.get(frame.tr_id)
        if listeners is None:
            parties = (each for channel, some in self._wanted.items() if channel.tr_id == frame.tr_id for each in some)
            listeners = self._listeners[frame.tr_id] = list(dict.fromkeys(parties))
        for party in listeners:
            party.receive(frame)

    def report_gap(self, gap: Gap) -> None:
        had = {channel: self._wanted.pop(channel, []) for channel, _ in gap.lost}
        self._listeners.clear()
        parties = (each for some in (*self._wanted.values(), *had.values()) for each in some)
        for party in dict.fromkeys(parties):
            lost = tuple((channel, why) for channel, why in gap.lost if party in had[channel])
            party.report_gap(Gap(gap.began_at, gap.ended_at, lost))

    def report_outage(self, outage: Outage | None) -> None:
        self._outage = outage
        for party in dict.fromkeys(each for some in self._wanted.values() for each in some):
            self._tell_outage(party)

    def slots(self, asker: Party) -> SlotUses:
        """As the port says."""
        counts = Counter(party for parties in self._wanted.values() for party in parties)
        uses = (SlotUse(party.name, count, party is asker) for party, count in counts.items())
        return SlotUses(len(self._wanted), tuple(uses))

    def _tell_outage(self, party: Party) -> None:
        """Tell a party what of its own does not come."""
        outage = self._outage
        off = tuple(each for each in outage.channels if party in self._wanted.get(each, ())) if outage else ()
        party.report_outage(replace(outage, channels=off) if outage and off else None)

    def _want(self, party: Party, channel: Channel) -> None:
        parties = self._wanted.get(channel)
        if parties is None:
            if len(self._wanted) >= MOST_CHANNELS:
                parties = dict.fromkeys(each for some in self._wanted.values() for each in some)
                names = {each: f"{each.name} (this one)" if each is party else each.name for each in parties}
                raise no_slot({names[each]: self._channels_of(each) for each in parties})
            parties = self._wanted[channel] = []
        if party not in parties:
            parties.append(party)
        self._listeners.clear()

    def _channels_of(self, party: Party) -> list[Channel]:
        return [channel for channel, parties in self._wanted.items() if party in parties]

    async def _resume(self, party: Party, channels: Sequence[Channel], began_at: datetime) -> None:
        lost: list[tuple[Channel, str]] = []

        async def get_back(channel: Channel) -> None:
            try:
                self._want(party, channel)
                await self._session.resume(channel)
                await self._session.until_on(channel)
            except KisMcpError as error:
                await self.release(party, channel)
                lost.append((channel, str(error)))

        await asyncio.gather(*map(get_back, channels))
        party.report_gap(Gap(began_at, self._clock(), tuple(lost)))

    async def _welcome(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        visitor: _Visitor | None = None
        try:
            if not await admit(peer, self._secret):
                _log.warning("A process that does not know the secret of live data was turned away")
                return
            visitor = _Visitor(peer, "another process", self._timer.monotonic())
            self._visitors.add(visitor)
            self._changed()
            async for message in peer.messages():
                visitor.heard_at = self._timer.monotonic()
                await self._hear(visitor, message)
        except TimeoutError:
            pass
        except Exception:
            _log.exception("A guest of live data said what could not be understood")
        finally:
            peer.close()
            if visitor is not None:
                await self._see_off(visitor)

    async def _see_off(self, visitor: _Visitor) -> None:
        """Give back what a guest held."""
        self._visitors.discard(visitor)
        for task in list(visitor.registering.values()):
            task.cancel()
        for channel in self._channels_of(visitor):
            await self.release(visitor, channel)
        self._changed()

    async def _hear(self, visitor: _Visitor, message: Message) -> None:
        match message:
            case ["name", str(name)]:
                visitor.name = name
            case ["register", int(number), str(tr_id), str(key)]:
                channel = Channel(tr_id, key)
                visitor.registering[channel] = self._spawn(self._answer(visitor, number, channel))
            case ["release", str(tr_id), str(key)]:
                channel = Channel(tr_id, key)
                if pending := visitor.registering.pop(channel, None):
                    pending.cancel()
                    await asyncio.wait({pending})
                await self.release(visitor, channel)
            case ["slots", int(number)]:
                visitor.peer.send(*write_slots(number, self.slots(visitor)))
            case ["resume", str(since), *_]:
                self.resume(visitor, [Channel(tr_id, key) for tr_id, key in message[2]], datetime.fromisoformat(since))
            case _:  # a beat
                pass

    async def _answer(self, visitor: _Visitor, number: int, channel: Channel) -> None:
        facts: dict[str, str] | None = None
        try:
            await self.register(visitor, channel)
        except KisMcpError as error:
            facts = error.facts()
        except Exception:
            _log.exception("A registration for a guest broke")
            facts = InternalError("The live session broke.", remedy="See the log of the server that holds it.").facts()
        finally:
            visitor.registering.pop(channel, None)
        visitor.peer.send("answer", number, facts)

    async def _beat(self) -> None:
        """Show that this process runs, and let go of guests that do not."""
        while True:
            await self._timer.sleep(BEAT_SECONDS)
            for visitor in list(self._visitors):
                if self._timer.monotonic() - visitor.heard_at > SILENT_SECONDS:
                    visitor.peer.close()
                else:
                    visitor.end_miss(self._clock())
                    visitor.peer.send("beat")

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
