"""KIS' rate limit, kept together by every process that uses the same app key."""

import asyncio
import itertools
import logging
import secrets
from bisect import insort
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kis_mcp.catalog.gateway import Urgency, WaitReporter
from kis_mcp.kis.timer import Timer
from kis_mcp.kis.waiting import reported
from kis_mcp.storage.shared import LockedFile

WINDOW_SECONDS = 1.1
"""KIS counts by the second; the rest is for requests that arrive less evenly than they left."""

_LOOK_SECONDS = 0.1
_TICKET_SECONDS = 0.5
_BUSY_SECONDS = 0.001
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
        sent: When the requests of the last window went out, oldest first.
        tickets: The first in line of each waiting process: its urgency, arrival, and how long the ticket is good. It
            is renewed while its process lives, so that a dead one holds nobody up.
    """

    sent: list[float]
    tickets: dict[str, tuple[int, float, float]]

    def free_at(self, now: float, ahead: int, per_second: int) -> float:
        """When a request may go out after ``ahead`` others; not after `now` if at once."""
        must_leave = len(self.sent) + ahead - per_second
        if must_leave < 0:
            return now
        return (self.sent[must_leave] if must_leave < len(self.sent) else now) + WINDOW_SECONDS


class RateLimiter:
    """Lets at most ``per_second`` requests out in any second, counting all processes; 0 lets everything out.

    Orders go before reads, and within each the first come is the first served, across processes too: each process puts
    the first of its line into the shared file, where the lowest ticket wins. A cancelled request leaves the line.
    """

    def __init__(self, per_second: int, file: LockedFile, timer: Timer) -> None:
        self._per_second = per_second
        self._file = file
        self._timer = timer
        self._me = secrets.token_hex(4)
        self._numbers = itertools.count()
        self._line: list[_Place] = []
        self._free_at = 0.0
        self._holds_ticket = False

    async def acquire(self, urgency: Urgency, waiting: WaitReporter | None = None) -> None:
        """Wait until one request may go out.

        A wait of more than a second is reported to `waiting`.
        """
        if not self._per_second:
            return
        place = _Place(urgency, self._timer.monotonic(), next(self._numbers))
        insort(self._line, place)
        try:
            if self._goes(place):
                return
            async with reported(waiting, lambda: self._seconds_left(place), self._timer):
                while not self._goes(place):
                    await self._pause(place)
        finally:
            self._leave(place)

    async def back_off(self) -> None:
        """KIS counted more than we did: take the window as full from now, for every process."""
        while self._per_second:
            with self._shared() as window:
                if window:
                    window.sent = [self._timer.monotonic()] * self._per_second
                    return
            await self._timer.sleep(_BUSY_SECONDS)

    def status(self) -> dict[str, int]:
        """Requests sent in the last second by all processes, and those waiting in this one."""
        if not self._per_second:
            return {"sent_in_last_second": 0, "waiting": 0}
        with self._shared() as window:
            return {"sent_in_last_second": len(window.sent) if window else 0, "waiting": len(self._line)}

    def close(self) -> None:
        self._file.close()

    def _goes(self, place: _Place) -> bool:
        """Whether the place is first and a request may go out; if so, it is counted."""
        if self._line[0] is not place:
            return False
        with self._shared() as window:
            now = self._timer.monotonic()
            if window is None:
                self._free_at = now + _BUSY_SECONDS
                return False
            window.tickets.pop(self._me, None)
            ahead = sum(ticket[:2] < (place.urgency, place.arrived) for ticket in window.tickets.values())
            self._free_at = window.free_at(now, ahead, self._per_second)
            goes = self._free_at <= now
            if goes:
                window.sent.append(now)
            still_waiting = self._line[1:2] if goes else [place]
            for first in still_waiting:
                window.tickets[self._me] = (first.urgency, first.arrived, now + _TICKET_SECONDS)
            self._holds_ticket = bool(still_waiting)
        return goes

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
        elif self._holds_ticket:
            with self._shared() as window:
                if window:
                    window.tickets.pop(self._me, None)
            self._holds_ticket = False

    def _seconds_left(self, place: _Place) -> float:
        until_free = max(self._free_at - self._timer.monotonic(), 0)
        return until_free + self._line.index(place) // self._per_second * WINDOW_SECONDS

    @contextmanager
    def _shared(self) -> Generator[_Window | None]:
        """The shared window, saved at the end; None where another process has it at this moment."""
        if not self._file.try_lock():
            yield None
            return
        try:
            window = self._read()
            yield window
            self._file.write({"sent": window.sent, "tickets": window.tickets})
        finally:
            self._file.unlock()

    def _read(self) -> _Window:
        """The window without what is over. Times from before the machine restarted count as over."""
        now = self._timer.monotonic()
        content = self._file.read()
        try:
            sent = [float(at) for at in content.get("sent", ()) if now - WINDOW_SECONDS < at <= now]
            tickets = {
                str(owner): (int(urgency), float(arrived), float(until))
                for owner, (urgency, arrived, until) in content.get("tickets", {}).items()
                if now < until <= now + _TICKET_SECONDS
            }
        except (AttributeError, TypeError, ValueError):
            _log.warning("The rate limit's shared file was damaged and starts anew.")
            return _Window([now] * self._per_second, {})
        return _Window(sent, tickets)
