"""The one session with KIS of all processes of a user: this process holds it, or gets its data from the one that does.

A lock says who holds it. The operating system takes the lock from a process that dies; whichever of the others comes
first has it then, registers for what it wants, and the rest come to it with what they want.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import Callable
from datetime import datetime

from kis_mcp.catalog import Channel, Frame, Gap, LiveReceiver, Outage, SlotUses
from kis_mcp.clock import Clock
from kis_mcp.errors import InternalError, KisMcpError, KisUnavailable
from kis_mcp.kis.live.guest import Guest, HolderLost
from kis_mcp.kis.live.holder import Holder, Owner
from kis_mcp.kis.live.session import LiveSession
from kis_mcp.kis.live.shared_messages import LANGUAGE
from kis_mcp.kis.shared import SharedLock, SharedStore
from kis_mcp.kis.timer import Timer

LOOK_SECONDS = 0.1
"""How often it is looked whether the lock has become free, or its holder is to be found."""

LOOK_AGAIN_SECONDS = 2.0
"""The same after a look that failed: a holder of another version, say, stays until somebody ends it."""

FOUND_WITHIN_SECONDS = 4.0
"""A process that runs is found at once, and the next one holds the session within two seconds of a holder's death."""

_SECRET_BYTES = 32
_MOVING = "The process that held the live session of this app key is gone; another one takes it over."
_log = logging.getLogger(__name__)


class _OwnPlace:
    """The holder's own way to what it holds, in the words of a guest."""

    def __init__(self, holder: Holder, owner: Owner) -> None:
        self._holder = holder
        self._owner = owner

    async def register(self, channel: Channel) -> None:
        await self._holder.register(self._owner, channel)

    async def release(self, channel: Channel) -> None:
        await self._holder.release(self._owner, channel)

    async def slots(self) -> SlotUses:
        return self._holder.slots(self._owner)

    def resume(self, channels: list[Channel], began_at: datetime) -> None:
        self._holder.resume(self._owner, channels, began_at)


class SharedSession:
    """Implements `kis_mcp.catalog.live.LiveGateway`, and `LiveReceiver` for what it gets its data from.

    Args:
        open_session: Opens a session with KIS.
        lock: Held by the process that has the session.
        places: Where that process writes down how it is reached.
        digest: Which key it is.
        receiver: Takes what comes.
        clock: The time of day, for gaps.
        timer: How waits are made.
    """

    def __init__(
        self,
        open_session: Callable[[LiveReceiver], LiveSession],
        lock: SharedLock,
        places: SharedStore,
        digest: str,
        receiver: LiveReceiver,
        *,
        clock: Clock,
        timer: Timer | None = None,
    ) -> None:
        self._open_session = open_session
        self._lock = lock
        self._places = places
        self._digest = digest
        self._receiver = receiver
        self._clock = clock
        self._timer = timer or Timer()
        self._name = f"process {os.getpid()}"
        self._channels: dict[Channel, None] = {}
        self._registering = 0
        self._place: _OwnPlace | Guest | None = None
        self._trouble: KisMcpError | None = None
        self._away_since: datetime | None = None
        self._outage: Outage | None = None
        self._changed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def register(self, channel: Channel) -> None:
        if channel in self._channels:
            return
        self._registering += 1
        self._start()
        try:
            await self._register(channel)
            self._channels[channel] = None
        finally:
            self._registering -= 1
            self._changed.set()

    async def release(self, channel: Channel) -> None:
        if channel in self._channels:
            del self._channels[channel]
            if not self._channels:
                self._away_since = None
            self._changed.set()
            if self._place is not None:
                await self._place.release(channel)

    async def slots(self) -> SlotUses | None:
        """As the port says."""
        try:
            if not self._is_running and self._lock.try_lock():
                self._lock.unlock()
                return SlotUses()
            if self._place is not None:
                return await self._place.slots()
            return await self._ask_for_slots()
        except (HolderLost, KisMcpError):
            return None

    async def aclose(self) -> None:
        self._channels.clear()
        self._trouble = KisUnavailable("Live data was ended.", remedy="Start the server again.")
        self._changed.set()
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})

    def receive(self, frame: Frame) -> None:
        self._receiver.receive(frame)

    def report_gap(self, gap: Gap) -> None:
        for channel, _ in gap.lost:
            self._channels.pop(channel, None)
        self._changed.set()
        self._receiver.report_gap(gap)
        if self._away_since is not None and gap.began_at <= self._away_since:
            self._away_since = None
            self._report_outage()

    def report_outage(self, outage: Outage | None) -> None:
        self._outage = outage
        self._report_outage()

    def _report_outage(self) -> None:
        """Tell what KIS does not send for now; or, until what came from an earlier holder comes again, that nothing
        does."""
        outage, away_since = self._outage, self._away_since
        if away_since is not None:
            trouble = f"{self._trouble.what} It is tried again." if self._trouble else _MOVING
            why, since = (outage.why, outage.since) if outage else (trouble, away_since)
            outage = Outage(min(since, away_since), why, tuple(self._channels))
        self._receiver.report_outage(outage)

    @property
    def _is_wanted(self) -> bool:
        return bool(self._channels or self._registering)

    @property
    def _is_running(self) -> bool:
        return self._running is not None and not self._running.done()

    def _start(self) -> None:
        if not self._is_running:
            self._trouble = None
            self._running = asyncio.create_task(self._run(), name="shared live session")

    async def _register(self, channel: Channel) -> None:
        """Register where the session is; elsewhere when it moves meanwhile."""
        while True:
            place = await self._find_place()
            try:
                return await place.register(channel)
            except HolderLost:
                self._leave(place)

    async def _find_place(self) -> _OwnPlace | Guest:
        try:
            async with asyncio.timeout(FOUND_WITHIN_SECONDS):
                while self._place is None:
                    if self._trouble is not None:
                        raise self._trouble
                    self._changed.clear()
                    await self._changed.wait()
                return self._place
        except TimeoutError:
            raise KisUnavailable(
                f"Another process holds the live session of this app key and does not answer: {self._lock.holder()}.",
                remedy="End that process if it hangs, and try again.",
            ) from None

    def _leave(self, place: _OwnPlace | Guest) -> None:
        if self._place is place:
            self._place = None

    async def _run(self) -> None:
        """Be where the session is, while it is wanted."""
        lost_at: datetime | None = None
        while self._is_wanted:
            pause = LOOK_SECONDS
            try:
                lost_at = await self._be_somewhere(lost_at)
            except KisMcpError as error:
                self._trouble, lost_at = error, lost_at or self._clock()
                pause = LOOK_AGAIN_SECONDS
            except Exception:
                _log.exception("The shared live session broke")
                self._trouble = InternalError("The live session broke.", remedy="See this server's log.")
                lost_at, pause = lost_at or self._clock(), LOOK_AGAIN_SECONDS
            self._changed.set()
            if lost_at is not None and self._channels:
                self._away_since, self._outage = lost_at, None
                self._report_outage()
            if self._is_wanted:
                await self._timer.sleep(pause)

    async def _be_somewhere(self, lost_at: datetime | None) -> datetime | None:
        """Hold the session, or get its data, until that ends; returns since when nothing could come.

        Args:
            lost_at: Since when nothing could come before.
        """
        if self._lock.try_lock():
            try:
                await self._hold(lost_at)
            finally:
                self._lock.unlock()
            return None
        try:
            return await self._visit(lost_at)
        except HolderLost:
            return lost_at

    async def _hold(self, lost_at: datetime | None) -> None:
        secret = secrets.token_bytes(_SECRET_BYTES)
        holder = Holder(self._open_session, secret, clock=self._clock, timer=self._timer, changed=self._changed.set)
        try:
            port = await holder.open()
            place = {"language": LANGUAGE, "port": port, "secret": secret.hex(), "process": os.getpid()}
            self._places.put(self._digest, place)
            self._settle(_OwnPlace(holder, Owner(self, self._name)), lost_at)
            while self._is_wanted or holder.has_guests:
                self._changed.clear()
                await self._changed.wait()
        finally:
            self._place = None
            await holder.aclose()

    async def _visit(self, lost_at: datetime | None) -> datetime:
        """Be a guest; returns when the holder was last heard.

        Raises:
            HolderLost: There is none to be found.
        """
        guest = await self._find_holder()
        listening = asyncio.create_task(guest.listen())
        try:
            self._settle(guest, lost_at)
            while self._is_wanted and not listening.done():
                self._changed.clear()
                changed = asyncio.ensure_future(self._changed.wait())
                await asyncio.wait({listening, changed}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
        finally:
            self._place = None
            guest.close()
            listening.cancel()
        return guest.last_heard_at

    async def _ask_for_slots(self) -> SlotUses:
        """Visit the holder for an answer only."""
        guest = await self._find_holder()
        listening = asyncio.create_task(guest.listen())
        try:
            return await guest.slots()
        finally:
            guest.close()
            listening.cancel()

    async def _find_holder(self) -> Guest:
        place = self._places.get(self._digest)
        match place:
            case {"language": int(language)} if language != LANGUAGE:
                raise KisUnavailable(
                    f"Process {place.get('process')} holds the live session of this app key in another version.",
                    remedy="Restart that process, so that both run the same version.",
                )
            case {"port": int(port), "secret": str(secret)}:
                return await Guest.connect(
                    port, bytes.fromhex(secret), self._name, self, clock=self._clock, timer=self._timer
                )
            case _:
                raise HolderLost

    def _settle(self, place: _OwnPlace | Guest, lost_at: datetime | None) -> None:
        """Take a place, and have there what came from the last one."""
        self._place, self._trouble = place, None
        self._changed.set()
        if lost_at is not None and self._channels:
            place.resume(list(self._channels), lost_at)
