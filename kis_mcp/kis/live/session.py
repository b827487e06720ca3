"""One websocket session with KIS: it registers, answers, receives, and comes back when the link breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from typing import Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from kis_mcp.catalog import Channel, Frame, Gap, LiveReceiver, Outage, SlotUse, SlotUses
from kis_mcp.clock import Clock
from kis_mcp.errors import BadArgument, CredentialsError, InternalError, KisMcpError, KisUnavailable
from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.live.cipher import decrypt
from kis_mcp.kis.live.codes import Outcome, outcome_of
from kis_mcp.kis.live.messages import Answer, Cipher, Data, Ping, Unreadable, read_message, registration
from kis_mcp.kis.live.slots import Slot, Slots
from kis_mcp.kis.timer import Timer
from kis_mcp.library_logs import warnings_only
from kis_mcp.loopback import is_loopback

SILENT_AFTER_SECONDS: Final = 30.0
"""KIS pings about every 10 s. Three are missing by then: what it sent meanwhile was lost, though the link goes on."""

DEAD_AFTER_SECONDS: Final = 45.0
"""The fourth ping is missing by then. Others wait for 90 s; but a dead link never comes back, and one that is cut in
error costs about a second of data in a gap that is told in any case."""

ANSWERED_WITHIN_SECONDS: Final = 10.0
"""A registration without an answer by then has failed; KIS answers within a second."""

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 60.0
"""Before connecting again: doubled each time, and up to half as much again by chance, lest many come at once."""

WATCH_SECONDS: Final = 5.0
PATIENT_ATTEMPTS: Final = 3
"""So often it is tried again before it is told that another program has the session, or that KIS does not know the
approval: KIS may need a moment to notice that the last session has ended, and an approval is asked for anew."""

_MOST_DOUBLINGS = 16
_MOST_BYTES = 2**22
"""999 records, the most that a frame's head can count, of the widest table are about a million bytes."""

_OPEN_SECONDS = 10.0
_log = logging.getLogger(__name__)
_link_log = warnings_only(f"{__name__}.link")


class LiveSession:
    """Implements `kis_mcp.catalog.live.LiveGateway` for one app key, whose only session it must be.

    It connects while a channel is wanted. One task reads the link; it decrypts, counts and hands on, and waits for
    nobody. The reconnecting iterator of websockets is not used: it takes a link for good as soon as it stands, and so
    would come back without a pause where KIS accepts the link and then refuses the session.

    Args:
        url: The websocket's address, with its path.
        approval_key: Gets the key that goes into every registration; True asks for a new one.
        receiver: Takes the frames.
        clock: The time of day, for the frames.
        timer: How waits are made.
    """

    def __init__(
        self,
        url: str,
        approval_key: Callable[[bool], Awaitable[str]],
        receiver: LiveReceiver,
        *,
        clock: Clock,
        timer: Timer | None = None,
    ) -> None:
        self._url = url
        self._approval_key = approval_key
        self._receiver = receiver
        self._clock = clock
        self._timer = timer or Timer()
        self._slots = Slots()
        self._link: ClientConnection | None = None
        self._key = ""
        self._running: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._last_heard_at = clock()
        self._is_accepted = False
        self._is_silent = False
        self._outage: Outage | None = None
        self._trouble: KisMcpError | None = None
        self._gap_began_at: datetime | None = None
        self._lost: list[tuple[Channel, str]] = []

    def channels(self) -> list[Channel]:
        return list(self._slots)

    async def register(self, channel: Channel) -> None:
        """As the port says. A caller that is cancelled leaves no slot behind."""
        slot = self._slots.get(channel)
        if slot is None:
            slot = self._slots.take(channel)
            await self._ask(channel)
        try:
            if not slot.is_on:
                self._start()
                await self._answer_of(slot)
            slot.claims += 1
        except BaseException:
            if not slot.claims and not slot.is_awaited and self._slots.get(channel) is slot:
                await self.release(channel)
            raise

    async def resume(self, channel: Channel) -> None:
        """Want what an earlier session of this app key had: it is asked for until KIS takes or refuses it.

        Raises:
            BadArgument: All slots are taken.
        """
        if channel not in self._slots:
            slot = self._slots.take(channel)
            slot.was_on, slot.claims = True, 1
            await self._ask(channel)
            self._start()

    async def until_on(self, channel: Channel) -> None:
        """Return once KIS sends a channel that is wanted, however long that takes.

        Raises:
            KisMcpError: KIS refuses it, or it is wanted no more.
        """
        while slot := self._slots.get(channel):
            if slot.is_on:
                return
            answer = asyncio.get_running_loop().create_future()
            slot.answers.append(answer)
            try:
                await answer
            except KisMcpError:
                if channel not in self._slots:
                    raise
        raise BadArgument(f"KIS sends {channel.tr_id} {channel.key} no more.", remedy="Register for it again.")

    async def release(self, channel: Channel) -> None:
        slot = self._slots.pop(channel, None)
        if slot is None:
            return
        slot.fail(BadArgument(f"{channel.tr_id} was ended.", remedy="Register for it again."))
        if not self._slots:
            self._stop()
        elif slot.is_on:
            await self._send(registration(self._key, channel, ends=True))
        self._report_outage()

    async def slots(self) -> SlotUses:
        return SlotUses(len(self._slots), (SlotUse("this process", len(self._slots), is_own=True),))

    async def aclose(self) -> None:
        """End every registration with the link."""
        closing = BadArgument("Live data was ended.", remedy="Start it again.")
        self._slots.fail(closing)
        self._slots.clear()
        self._stop()
        if self._running is not None:
            await asyncio.wait({self._running})

    def _start(self) -> None:
        if self._running is None or self._running.done() or self._running.cancelling():
            self._running = asyncio.create_task(self._run(self._running), name=f"live data from {self._url}")

    def _stop(self) -> None:
        """End the link that nobody wants; what it missed concerns nobody who comes later."""
        self._gap_began_at = None
        self._lost.clear()
        if self._running is not None:
            self._running.cancel()

    async def _answer_of(self, slot: Slot) -> None:
        """Wait for KIS' answer.

        Raises:
            KisMcpError: KIS refused, could not be reached, or did not answer in time.
        """
        answer = asyncio.get_running_loop().create_future()
        slot.answers.append(answer)
        pause = asyncio.ensure_future(self._timer.sleep(ANSWERED_WITHIN_SECONDS))
        try:
            await asyncio.wait({answer, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            if not answer.done():
                answer.cancel()
        if answer.cancelled():
            raise self._trouble or KisUnavailable(
                f"KIS did not answer the registration within {ANSWERED_WITHIN_SECONDS:.0f} seconds.",
                remedy="Try again in a moment.",
            )
        answer.result()

    async def _run(self, earlier: asyncio.Task[None] | None) -> None:
        """Keep a link while channels are wanted, after the link before it has ended: KIS allows one."""
        if earlier is not None:
            await asyncio.wait({earlier})
        attempt = 0
        while self._slots:
            self._is_accepted = False
            try:
                await self._connect()
            except KisMcpError as error:
                self._note(error, attempt)
            except (OSError, TimeoutError, WebSocketException) as error:
                what = f"KIS' live data cannot be reached ({type(error).__name__})."
                self._note(KisUnavailable(what, remedy="Try again in a moment."), attempt)
            except Exception:
                _log.exception("The live session broke")
                self._note(InternalError("The live session broke.", remedy="See this server's log."), attempt)
            finally:
                self._link = None
                if self._slots.turn_off() and self._gap_began_at is None:
                    self._gap_began_at = self._last_heard_at
                self._is_silent = False
                self._report_outage()
            if self._slots:
                attempt = 0 if self._is_accepted else min(attempt + 1, _MOST_DOUBLINGS)
                pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
                await self._timer.sleep(pause * (1 + self._timer.jitter() / 2))

    async def _connect(self) -> None:
        """Open a link and use it until it breaks."""
        self._key = await self._approval_key(isinstance(self._trouble, _StaleApproval))
        async with connect(
            self._url,
            ping_interval=None,  # KIS sends PINGPONG as text and answers no pings of the protocol
            open_timeout=_OPEN_SECONDS,
            close_timeout=1,
            compression=None,
            max_size=_MOST_BYTES,
            max_queue=None,  # each message is taken at once; a queue that pauses reading would keep a close waiting
            proxy=None if is_loopback(self._url) else True,
            logger=_link_log,
        ) as link:
            await self._serve(link)

    async def _serve(self, link: ClientConnection) -> None:
        """Register for all that is wanted, and receive until the link breaks or nothing is wanted any more."""
        self._link = link
        self._heard_at = self._timer.monotonic()
        watching = asyncio.create_task(self._watch(link))
        try:
            for channel in list(self._slots):
                await self._ask(channel)
            while self._slots:
                message = await link.recv(decode=False)  # a text that is no UTF-8 must not end the link
                if self._timer.monotonic() - self._heard_at > SILENT_AFTER_SECONDS:
                    self._report_gap(Gap(self._last_heard_at, self._clock()))
                self._heard_at, self._last_heard_at = self._timer.monotonic(), self._clock()
                self._set_silent(False)
                answer = self._take(bytes(message).decode(errors="replace"))
                if answer is not None:
                    await link.send(answer)
        except ConnectionClosed:
            what = "KIS had fallen silent." if self._is_silent else "KIS closed the live connection."
            raise KisUnavailable(what, remedy="It is opened again by itself.") from None
        finally:
            watching.cancel()

    async def _watch(self, link: ClientConnection) -> None:
        """Ask again for what was not answered, and cut a link that is silent: a dead one may never report its end."""
        while (now := self._timer.monotonic()) - self._heard_at < DEAD_AFTER_SECONDS:
            self._set_silent(now - self._heard_at > SILENT_AFTER_SECONDS)
            for channel, slot in list(self._slots.items()):
                if not slot.is_on and now - slot.asked_at >= ANSWERED_WITHIN_SECONDS:
                    await self._ask(channel)
            await self._timer.sleep(WATCH_SECONDS)
        _log.warning("No live data for %.0f seconds: the link is dead", DEAD_AFTER_SECONDS)
        link.transport.abort()

    async def _ask(self, channel: Channel) -> None:
        if slot := self._slots.get(channel):
            slot.asked_at = self._timer.monotonic()
            await self._send(registration(self._key, channel))

    async def _send(self, text: str) -> None:
        if self._link is not None:
            with suppress(ConnectionClosed):
                await self._link.send(text)

    def _take(self, text: str) -> str | None:
        """Deal with a message; returns what is to be sent back."""
        match read_message(text):
            case Data() as data:
                self._take_data(data)
            case Ping(text=echo):
                return echo
            case Answer() as answer:
                return self._take_answer(answer)
            case Unreadable(why=why):
                _log.warning("A live message could not be read: %s", why)
        return None

    def _take_data(self, data: Data) -> None:
        payload = _opened(data.payload, self._slots.ciphers(data.tr_id)) if data.is_encrypted else data.payload
        if payload is None:
            _log.warning("An encrypted frame of %s could not be decrypted", data.tr_id)
            if self._slots.ciphers(data.tr_id):
                # A notice of an order was lost: whoever follows orders has to look at KIS' lists again.
                self._report_gap(Gap(self._last_heard_at, self._clock()))
            return
        frame = Frame(data.tr_id, data.count, payload, self._last_heard_at)
        try:
            self._receiver.receive(frame)
        except Exception:
            _log.exception("A live frame of %s could not be taken", data.tr_id)

    def _take_answer(self, answer: Answer) -> str | None:
        """Deal with an answer; returns the end of a registration that nobody wants any more."""
        outcome = outcome_of(answer)
        if outcome in _SESSION_ERRORS:
            kind, what, remedy = _SESSION_ERRORS[outcome]
            raise kind(what, remedy=remedy, kis_code=answer.code, kis_message=answer.message)
        if outcome is Outcome.OFF:
            return None
        channel = self._slots.find(answer)
        if channel is None:
            gone = outcome is Outcome.ON and answer.channel.key
            return registration(self._key, answer.channel, ends=True) if gone else None
        slot = self._slots[channel]
        if outcome is Outcome.ON:
            self._is_accepted, self._trouble = True, None
            slot.turn_on(answer.cipher)
        elif not slot.is_on:
            self._refuse(channel, slot, answer, passes=outcome is Outcome.PASSING)
        self._close_gap()
        self._report_outage()
        return None

    def _refuse(self, channel: Channel, slot: Slot, answer: Answer, *, passes: bool) -> None:
        what = "KIS refused the registration."
        refused = RequestError(Reaction.REFUSED, what, code=answer.code, message=answer.message).read_error()
        if passes and slot.was_on:
            _log.warning("%s is asked for again: %s", channel.tr_id, refused)
            return
        del self._slots[channel]
        if not slot.is_awaited:
            self._lost.append((channel, str(refused)))
        slot.fail(refused)

    def _note(self, error: KisMcpError, attempt: int) -> None:
        """Remember why there is no link, and tell those who wait for an answer."""
        self._trouble = error
        _log.warning("No live data: %s", error.what)
        if not isinstance(error, _StaleApproval | _InUse) or attempt >= PATIENT_ATTEMPTS:
            self._slots.fail(error)

    def _close_gap(self) -> None:
        """Report a gap once every channel is registered again."""
        if not all(slot.is_on for slot in self._slots.values()):
            return
        if self._gap_began_at is None:
            return
        gap = Gap(self._gap_began_at, self._clock(), tuple(self._lost))
        self._gap_began_at = None
        self._lost.clear()
        self._report_gap(gap)

    def _report_gap(self, gap: Gap) -> None:
        try:
            self._receiver.report_gap(gap)
        except Exception:
            _log.exception("A gap in live data could not be told")

    def _set_silent(self, is_silent: bool) -> None:
        if is_silent != self._is_silent:
            self._is_silent = is_silent
            self._report_outage()

    def _report_outage(self) -> None:
        """Tell which channels do not come for now, where that is not what was told last."""
        off = tuple(
            channel for channel, slot in self._slots.items() if slot.was_on and (self._is_silent or not slot.is_on)
        )
        outage = Outage(self._gap_began_at or self._last_heard_at, self._why_off(), off) if off else None
        if outage == self._outage:
            return
        self._outage = outage
        try:
            self._receiver.report_outage(outage)
        except Exception:
            _log.exception("An outage of live data could not be told")

    def _why_off(self) -> str:
        if self._is_silent:
            return f"KIS sends not even pings; the live link is opened again after {DEAD_AFTER_SECONDS:.0f} seconds."
        if self._trouble is None:
            return "KIS has not taken up all channels yet; they are asked for again."
        return f"{self._trouble.what} The live link is being opened again."


class _StaleApproval(CredentialsError):
    """The approval key has ended before its time."""


class _InUse(KisUnavailable):
    """Another session has the app key."""


_SESSION_ERRORS = {
    Outcome.IN_USE: (
        _InUse,
        "Another program receives live data with this app key; KIS allows one session a key.",
        "End the other program, or give it another app key.",
    ),
    Outcome.STALE: (
        _StaleApproval,
        "KIS does not know the approval of the live connection.",
        "It is asked for again by itself; check the app key if this stays.",
    ),
}


def _opened(payload: str, ciphers: list[Cipher]) -> str | None:
    """The text of an encrypted payload, by the first key that opens it; None where none does."""
    for cipher in ciphers:
        with suppress(ValueError):
            return decrypt(payload, cipher)
    return None
