"""Time as a value that is passed in, so that tests decide what time it is."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeAlias
from zoneinfo import ZoneInfo

KST = ZoneInfo("Asia/Seoul")
NEW_YORK = ZoneInfo("America/New_York")

Clock: TypeAlias = Callable[[], datetime]
"""Returns the current time, aware, in KST."""


def system_clock() -> datetime:
    """The machine's time in KST."""
    return datetime.now(KST)


class WorldClock:
    """The clock of a simulated world: another clock until it is set, paused or sped up. Any thread may do that.

    Args:
        real: What it follows.
        at: Where it begins, aware; where the real clock stands when left out.
        speed: How many seconds pass in the world for each real one; 0 is a world that stands still.
    """

    def __init__(self, real: Clock = system_clock, *, at: datetime | None = None, speed: float = 1) -> None:
        self._real = real
        self._changing = Lock()
        self._anchor: tuple[datetime, datetime, float] | None = None
        if at is not None or speed != 1:
            self._go_on(from_=at or real(), speed=speed)

    def __call__(self) -> datetime:
        """The world's time, in KST."""
        return self.at(self._real())

    def at(self, real: datetime) -> datetime:
        """The world's time at a real one, in KST, if it goes on as it does now."""
        if self._anchor is None:
            return real
        begun, world, speed = self._anchor
        passed = (real - begun) * speed if speed else timedelta(0)
        return (world + passed).astimezone(KST)

    @property
    def speed(self) -> float:
        return 1 if self._anchor is None else self._anchor[2]

    def set(self, at: datetime) -> None:
        """Go on from another time, as fast as before."""
        with self._changing:
            self._go_on(from_=at, speed=self.speed)

    def step(self, duration: timedelta) -> None:
        """Let a duration pass at once."""
        with self._changing:
            self._go_on(from_=self() + duration, speed=self.speed)

    def run(self, speed: float = 1) -> None:
        """Go on from here at a speed; 0 stands still."""
        with self._changing:
            self._go_on(from_=self(), speed=speed)

    def pause(self) -> None:
        self.run(0)

    def _go_on(self, *, from_: datetime, speed: float) -> None:
        self._anchor = (self._real(), from_, speed)
