"""One websocket session with KIS: it registers, answers, receives, and comes back when the link breaks."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from kis_mcp.catalog import Channel, Frame, Gap, LiveReceiver
from kis_mcp.clock import Clock
from kis_mcp.errors import BadArgument, InternalError, KisMcpError, KisUnavailable
from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.live.cipher import decrypt
from kis_mcp.kis.live.messages import Answer, Cipher, Data, Ping, Unreadable, read_message, registration
from kis_mcp.kis.timer import Timer

MOST_CHANNELS: Final = 41
"""What KIS registers in one session; it answers the next with OPSP0008."""

DEAD_AFTER_SECONDS: Final = 90.0
"""KIS pings about every 10 s: a link that is silent for so long is dead (measured by others)."""

ANSWERED_WITHIN_SECONDS: Final = 10.0
"""A registration without an answer by then has failed; KIS answers within a second."""

FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 60.0
"""Before connecting again: doubled each time, and up to half as much again by chance, lest many come at once."""

WATCH_SECONDS = 5.0
_MOST_BYTES = 2**20
_OPEN_SECONDS = 10.0
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ALREADY_ON, _IN_USE = "OPSP0002", "OPSP8996"
_BAD_APPROVAL = frozenset({"OPSP0010", "OPSP0011"})
_log = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class _Slot:
    """What is known of a channel that is wanted.

    Attributes:
        registered: Whether KIS sends it on the present link.
        asked_at: When KIS was last asked to, by the timer.
        cipher: How its frames are decrypted, where they are encrypted.
        answers: Those who wait for KIS' answer.
    """

    registered: bool = False
    asked_at: float = 0
    cipher: Cipher | None = None
    answers: list[asyncio.Future[None]] = field(default_factory=list[asyncio.Future[None]])


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """What a report may show of a session.

    Attributes:
        is_connected: Whether the link stands.
        connects: How often it came about.
        frames, unreadable: How many data frames came, and how many messages could not be read.
        last_frame_at: When the last data frame came.
        trouble: Why there is no link, where there is none.
    """

    is_connected: bool
    connects: int
    frames: int
    unreadable: int
    last_frame_at: datetime | None
    trouble: str | None


class LiveSession:
    """Implements `kis_mcp.catalog.live.LiveGateway` for one app key, whose only session it must be.

    It connects while a channel is wanted. One task reads the link; it decrypts, counts and hands on, and waits for
    nobody.

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
        self._slots: dict[Channel, _Slot] = {}
        self._link: ClientConnection | None = None
        self._key = ""
        self._running: asyncio.Task[None] | None = None
        self._heard_at = 0.0
        self._last_heard_at = clock()
        self._last_frame_at: datetime | None = None
        self._is_accepted = False
        self._connects = self._frames = self._unreadable = 0
        self._trouble: KisMcpError | None = None
        self._gap_began_at: datetime | None = None
        self._lost: list[tuple[Channel, str]] = []

    def channels(self) -> list[Channel]:
        return list(self._slots)

    def status(self) -> LiveStatus:
        return LiveStatus(
            is_connected=self._link is not None,
            connects=self._connects,
            frames=self._frames,
            unreadable=self._unreadable,
            last_frame_at=self._last_frame_at,
            trouble=None if self._trouble is None else self._trouble.what,
        )

    async def register(self, channel: Channel) -> None:
        """As the port says. A caller that is cancelled leaves no slot behind."""
        slot = self._slots.get(channel)
        if slot is None:
            if len(self._slots) >= MOST_CHANNELS:
                raise _no_slot(self._slots)
            slot = self._slots[channel] = _Slot()
            await self._ask(channel)
        if slot.registered:
            return
        answer = asyncio.get_running_loop().create_future()
        slot.answers.append(answer)
        self._start()
        try:
            await self._first_of(answer)
        except BaseException:
            if not slot.registered and all(other.done() for other in slot.answers if other is not answer):
                self._slots.pop(channel, None)
            raise

    async def release(self, channel: Channel) -> None:
        slot = self._slots.pop(channel, None)
        if slot is None:
            return
        _fail(slot, BadArgument(f"{channel.tr_id} was ended.", remedy="Register for it again."))
        if self._link is not None and slot.registered:
            with suppress(ConnectionClosed):
                await self._link.send(registration(self._key, channel, ends=True))
        if not self._slots and self._running is not None and not self._running.done():
            self._running.cancel()

    async def aclose(self) -> None:
        """End every registration with the link."""
        self._slots.clear()
        if self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running

    def _start(self) -> None:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(), name=f"live data from {self._url}")

    async def _first_of(self, answer: asyncio.Future[None]) -> None:
        """KIS' answer, or that it took too long.

        Raises:
            KisMcpError: KIS refused, could not be reached, or did not answer.
        """
        pause = asyncio.ensure_future(self._timer.sleep(ANSWERED_WITHIN_SECONDS))
        try:
            await asyncio.wait({answer, pause}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
        if not answer.done():
            answer.cancel()
            raise self._trouble or KisUnavailable(
                f"KIS did not answer the registration within {ANSWERED_WITHIN_SECONDS:.0f} seconds.",
                remedy="Try again in a moment.",
            )
        answer.result()

    async def _run(self) -> None:
        """Keep a link while channels are wanted."""
        attempt = 0
        while self._slots:
            self._is_accepted = False
            try:
                await self._connect()
            except KisMcpError as error:
                self._note(error)
            except (OSError, TimeoutError, WebSocketException) as error:
                what = f"KIS' live data cannot be reached ({type(error).__name__})."
                self._note(KisUnavailable(what, remedy="Try again in a moment."))
            except Exception:
                _log.exception("The live session broke")
                self._note(InternalError("The live session broke.", remedy="See this server's log."))
            finally:
                self._link = None
                self._forget_registrations()
            attempt = 0 if self._is_accepted else attempt + 1
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
            proxy=None if urlsplit(self._url).hostname in _LOOPBACK else True,
        ) as link:
            await self._serve(link)

    async def _serve(self, link: ClientConnection) -> None:
        """Register for all that is wanted, and receive until the link breaks."""
        self._link, self._connects = link, self._connects + 1
        self._heard_at = self._timer.monotonic()
        watching = asyncio.create_task(self._watch(link))
        try:
            for channel in list(self._slots):
                await self._ask(channel)
            async for message in link:
                self._heard_at, self._last_heard_at = self._timer.monotonic(), self._clock()
                echo = self._take(message)
                if echo is not None:
                    await link.send(echo)
        finally:
            watching.cancel()
        raise KisUnavailable("KIS closed the live connection.", remedy="It is opened again by itself.")

    async def _watch(self, link: ClientConnection) -> None:
        """Ask again for what was not answered, and cut a link that is silent: a dead one may never report its end."""
        while (now := self._timer.monotonic()) - self._heard_at < DEAD_AFTER_SECONDS:
            for channel, slot in list(self._slots.items()):
                if not slot.registered and now - slot.asked_at >= ANSWERED_WITHIN_SECONDS:
                    await self._ask(channel)
            await self._timer.sleep(WATCH_SECONDS)
        _log.warning("No live data for %.0f seconds: the link is dead", DEAD_AFTER_SECONDS)
        link.transport.abort()

    async def _ask(self, channel: Channel) -> None:
        if self._link is not None and (slot := self._slots.get(channel)):
            slot.asked_at = self._timer.monotonic()
            with suppress(ConnectionClosed):
                await self._link.send(registration(self._key, channel))

    def _take(self, message: str | bytes) -> str | None:
        """Deal with a message; returns what is to be sent back."""
        text = message if isinstance(message, str) else message.decode(errors="replace")
        match read_message(text):
            case Data() as data:
                self._take_data(data)
            case Ping(text=echo):
                return echo
            case Answer() as answer:
                self._take_answer(answer)
            case Unreadable(why=why):
                self._unreadable += 1
                _log.warning("A live message could not be read: %s", why)
        return None

    def _take_data(self, data: Data) -> None:
        payloads = [data.payload]
        if data.is_encrypted:
            payloads = [text for cipher in self._ciphers(data.tr_id) if (text := _opened(data.payload, cipher))][:1]
        if not payloads:
            self._unreadable += 1
            _log.warning("An encrypted frame of %s could not be decrypted", data.tr_id)
            return
        self._frames += 1
        self._last_frame_at = self._clock()
        self._receiver.receive(Frame(data.tr_id, data.count, payloads[0], self._last_frame_at))

    def _ciphers(self, tr_id: str) -> list[Cipher]:
        return [slot.cipher for channel, slot in self._slots.items() if channel.tr_id == tr_id and slot.cipher]

    def _take_answer(self, answer: Answer) -> None:
        if answer.code == _IN_USE:
            raise KisUnavailable(
                "Another program receives live data with this app key; KIS allows one session a key.",
                remedy="End the other program, or give it another app key.",
                kis_code=answer.code,
                kis_message=answer.message,
            )
        if answer.code in _BAD_APPROVAL:
            raise _StaleApproval(
                "KIS does not know the approval of the live connection.",
                remedy="It is asked for again by itself; check the app key if this stays.",
                kis_code=answer.code,
                kis_message=answer.message,
            )
        channel = self._channel_of(answer)
        slot = self._slots.get(channel) if channel else None
        if channel is None or slot is None or slot.registered:
            return  # the answer to an end, or to what nobody wants any more
        if answer.is_ok or answer.code == _ALREADY_ON:
            self._is_accepted = slot.registered = True
            slot.cipher = answer.cipher or slot.cipher
            for waiting in slot.answers:
                if not waiting.done():
                    waiting.set_result(None)
            slot.answers.clear()
        else:
            error = RequestError(
                Reaction.REFUSED, "KIS refused the registration.", code=answer.code, message=answer.message
            ).read_error()
            del self._slots[channel]
            if not any(not waiting.done() for waiting in slot.answers):
                self._lost.append((channel, str(error)))
            _fail(slot, error)
        self._close_gap()

    def _channel_of(self, answer: Answer) -> Channel | None:
        """The channel that an answer is about; KIS leaves the key out of some refusals."""
        if answer.channel in self._slots:
            return answer.channel
        open_ones = [
            channel
            for channel, slot in self._slots.items()
            if not slot.registered and channel.tr_id == answer.channel.tr_id
        ]
        return open_ones[0] if len(open_ones) == 1 and not answer.channel.key else None

    def _note(self, error: KisMcpError) -> None:
        """Remember why there is no link, and tell those who wait for their first registration."""
        self._trouble = error
        _log.warning("No live data: %s", error.what)
        for slot in self._slots.values():
            _fail(slot, error)

    def _forget_registrations(self) -> None:
        if any(slot.registered for slot in self._slots.values()) and self._gap_began_at is None:
            self._gap_began_at = self._last_heard_at
        for slot in self._slots.values():
            slot.registered = False

    def _close_gap(self) -> None:
        """Report a gap once every channel is registered again."""
        if not all(slot.registered for slot in self._slots.values()):
            return
        self._trouble = None
        if self._gap_began_at is not None:
            began_at, self._gap_began_at = self._gap_began_at, None
            lost, self._lost = tuple(self._lost), []
            self._receiver.report_gap(Gap(began_at, self._clock(), lost))


class _StaleApproval(KisUnavailable):
    """The approval key has ended before its time."""


def _opened(payload: str, cipher: Cipher) -> str | None:
    try:
        return decrypt(payload, cipher)
    except ValueError:
        return None


def _fail(slot: _Slot, error: KisMcpError) -> None:
    for waiting in slot.answers:
        if not waiting.done():
            waiting.set_exception(error)
    slot.answers.clear()


def _no_slot(taken: dict[Channel, _Slot]) -> BadArgument:
    held = ", ".join(sorted(f"{channel.tr_id} {channel.key}" for channel in taken))
    return BadArgument(
        f"KIS sends at most {MOST_CHANNELS} live channels at once, and all are taken: {held}.",
        remedy="End a watch that is not needed any more (unwatch), then try again.",
    )
