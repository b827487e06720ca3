"""KIS' rate limit, kept together by every process that uses the same app key."""

import asyncio
import itertools
import logging
import secrets
from bisect import insort
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from kis_mcp.catalog import Urgency, WaitReporter
from kis_mcp.errors import StorageError
from kis_mcp.kis.shared import SharedObject
from kis_mcp.kis.timer import Timer
from kis_mcp.kis.waiting import reported

WINDOW_SECONDS = 1.01
"""KIS counts by the second; the rest is for clocks that run unevenly."""

TRANSIT_SECONDS = 0.5
"""KIS counts a request when it arrives, which is before its answer and at the latest so long after it left."""

RISE_SECONDS = 60
"""A lowered limit rises by one request a second so often."""

_LOOK_SECONDS = 0.1
_LINE_SECONDS = 0.5
_BUSY_SECONDS = 0.001
LONGEST_BUSY_SECONDS = 2.0
"""How long the shared file, which is held for microseconds, may stay with another process."""

_log = logging.getLogger(__name__)


@dataclass(order=True, slots=True)
class _Place:
    """A request in this process' line."""

    urgency: Urgency
    arrived: float
    number: int
    turn: asyncio.Event = field(default_factory=asyncio.Event, compare=False)


@dataclass(slots=True)
class _Window:
    """What the processes know together.

    Attributes:
        taken: When each share of the limit that is taken becomes free again.
        lines: The line of each waiting process: how long the entry is good, and the urgency and arrival of each
            request. It is renewed while its process lives, so that a dead one holds nobody up.
        slowdown: To how many requests a second KIS last made them slow down, and when; None where it never did.
    """

    taken: list[float]
    lines: dict[str, tuple[float, list[tuple[int, float]]]]
    slowdown: tuple[int, float] | None = None

    def limit(self, now: float, most: int) -> int:
        """Requests a second at this moment, of at most ``most``."""
        if self.slowdown is None:
            return most
        to, at = self.slowdown
        return min(most, to + int((now - at) / RISE_SECONDS))

    def lower(self, now: float, most: int) -> None:
        """Take a quarter off, but leave one. Nothing leaves for a window then: what fails until then left before."""
        if self.slowdown is None or now - self.slowdown[1] >= 1:
            self.slowdown = max(self.limit(now, most) * 3 // 4, 1), now

    def free_at(self, now: float, ahead: int, per_second: int) -> float:
        """When a request may go out after ``ahead`` others; not after `now` if at once."""
        must_end = len(self.taken) + ahead - per_second
        if must_end < 0:
            return now
        return sorted(self.taken)[must_end] if must_end < len(self.taken) else now + WINDOW_SECONDS


class RateLimiter:
    """Lets at most ``per_second`` requests reach KIS in any second, counting all processes; 0 lets everything out.

    Orders go before reads, and within each the first come is the first served, across processes too: each process puts
    its line into the shared file for the others to see. A cancelled request leaves the line.

    A request's share is free again a second after its answer, because only then is it certain when KIS counted it: a
    first burst opens connections and arrives later than it left, and the next one must not catch up with it.

    Where KIS counts more than the processes do, because another program uses the key or a customer's first days allow
    less, the limit of all processes goes down by a quarter and rises again slowly, up to ``per_second``.
    """

    def __init__(self, per_second: int, shared: SharedObject, timer: Timer) -> None:
        self._per_second = per_second
        self._limit = per_second
        self._object = shared
        self._timer = timer
        self._me = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._line: list[_Place] = []
        self._free_at = 0.0
        self._is_in_file = False
        self._busy_since: float | None = None
        self._own = _Window([], {})

    @asynccontextmanager
    async def turn(self, urgency: Urgency, waiting: WaitReporter | None = None) -> AsyncGenerator[None]:
        """Wait until one request may go out; it is sent and answered inside this block.

        A wait of more than a second is reported to `waiting`.
        """
        if not self._per_second:
            yield
            return
        share = await self._take(urgency, waiting)
        try:
            yield
        finally:
            self._answered(share)

    async def back_off(self) -> None:
        """KIS counted more than we did: take the window as full from now and lower the limit, for every process."""
        give_up_at = self._timer.monotonic() + LONGEST_BUSY_SECONDS
        while self._per_second and self._timer.monotonic() < give_up_at:
            with self._shared() as window:
                if window:
                    now = self._timer.monotonic()
                    window.taken = [now + WINDOW_SECONDS] * self._per_second
                    window.lower(now, self._per_second)
                    return
            await self._timer.sleep(_BUSY_SECONDS)

    def status(self) -> dict[str, int]:
        """The limit at this moment, its shares that all processes have taken, and requests that wait in this one."""
        if not self._per_second:
            return {"limit_now": 0, "taken": 0, "waiting": 0}
        with self._shared() as window:
            if window:
                self._limit = window.limit(self._timer.monotonic(), self._per_second)
            taken = len(window.taken) if window else 0
            return {"limit_now": self._limit, "taken": taken, "waiting": len(self._line)}

    def close(self) -> None:
        self._object.close()

    async def _take(self, urgency: Urgency, waiting: WaitReporter | None) -> float:
        place = _Place(urgency, self._timer.monotonic(), next(self._numbers))
        insort(self._line, place)
        try:
            if share := self._share_for(place):
                return share
            async with reported(waiting, lambda: self._seconds_left(place), self._timer):
                while not (share := self._share_for(place)):
                    await self._pause(place)
            return share
        finally:
            self._leave(place)

    def _share_for(self, place: _Place) -> float:
        """A share of the limit, if the place is first and one is free: when it ends at the latest; else 0."""
        if self._line[0] is not place:
            return 0
        with self._shared() as window:
            now = self._timer.monotonic()
            if window is None:
                self._free_at = now + _BUSY_SECONDS
                return self._share_of_held_file(now)
            self._busy_since = None
            window.lines.pop(self._me, None)
            others = (request for _, line in window.lines.values() for request in line)
            ahead = sum(request < (place.urgency, place.arrived) for request in others)
            self._limit = window.limit(now, self._per_second)
            self._free_at = window.free_at(now, ahead, self._limit)
            share = now + TRANSIT_SECONDS + WINDOW_SECONDS if self._free_at <= now else 0
            if share:
                window.taken.append(share)
            waiting = (self._line[1:] if share else self._line)[: self._per_second]
            if waiting:
                window.lines[self._me] = (now + _LINE_SECONDS, [(other.urgency, other.arrived) for other in waiting])
            self._is_in_file = bool(waiting)
        return share

    def _share_of_held_file(self, now: float) -> float:
        """0 while the file may yet come free; after that a share of this process' own count, for neither a cancel nor
        a halt may hang on a process that does. KIS itself refuses what is too much."""
        if self._busy_since is None:
            self._busy_since = now
        if now - self._busy_since < LONGEST_BUSY_SECONDS:
            return 0
        if not self._own.taken:
            _log.warning("The rate limit is counted by this process alone: %s.", self._object.holder())
        self._own.taken = [end for end in self._own.taken if end > now]
        self._free_at = self._own.free_at(now, 0, self._per_second)
        if self._free_at > now:
            return 0
        share = now + TRANSIT_SECONDS + WINDOW_SECONDS
        self._own.taken.append(share)
        return share

    def _answered(self, share: float) -> None:
        """KIS has counted the request by now, so its share ends a second from here unless it ends before.

        A full disk must not hide the answer: then the share just ends later.
        """
        ends = self._timer.monotonic() + WINDOW_SECONDS
        if ends < share:
            with suppress(StorageError), self._shared() as window:
                if window and share in window.taken:
                    window.taken.remove(share)
                    window.taken.append(ends)

    async def _pause(self, place: _Place) -> None:
        if self._line[0] is place:
            until_free = self._free_at - self._timer.monotonic()
            await self._timer.sleep(min(max(until_free, _BUSY_SECONDS), _LOOK_SECONDS))
        else:
            place.turn.clear()
            await place.turn.wait()

    def _leave(self, place: _Place) -> None:
        self._line.remove(place)
        if self._line:
            self._line[0].turn.set()
        elif self._is_in_file:
            with self._shared() as window:
                if window:
                    window.lines.pop(self._me, None)
            self._is_in_file = False

    def _seconds_left(self, place: _Place) -> float:
        until_free = max(self._free_at - self._timer.monotonic(), 0)
        return until_free + self._line.index(place) // self._limit * WINDOW_SECONDS

    @contextmanager
    def _shared(self) -> Generator[_Window | None]:
        """The shared window, saved at the end; None where another process has it at this moment."""
        if not self._object.try_lock():
            yield None
            return
        try:
            window = self._read()
            yield window
            self._object.write({"taken": window.taken, "lines": window.lines, "slowdown": window.slowdown})
        finally:
            self._object.unlock()

    def _read(self) -> _Window:
        """The window without what is over. Times from before the machine restarted count as over."""
        now = self._timer.monotonic()
        content = self._object.read()
        try:
            longest = now + TRANSIT_SECONDS + WINDOW_SECONDS
            taken = [float(end) for end in content.get("taken", ()) if now < end <= longest]
            lines = {
                str(owner): (float(until), [(int(urgency), float(arrived)) for urgency, arrived in line])
                for owner, (until, line) in content.get("lines", {}).items()
                if now < until <= now + _LINE_SECONDS
            }
            slowdown = None
            if content.get("slowdown"):
                to, at = content["slowdown"]
                slowdown = (max(int(to), 1), float(at)) if at <= now else None
        except (AttributeError, TypeError, ValueError):
            _log.warning("The rate limit's shared file was damaged and starts anew.")
            return _Window([now + WINDOW_SECONDS] * self._per_second, {})
        return _Window(taken, lines, slowdown)
