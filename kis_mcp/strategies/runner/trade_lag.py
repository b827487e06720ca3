"""How late trades come by this computer's clock: where the clock is ahead, every one of them does."""

from datetime import datetime, timedelta
from typing import Final

_WINDOW: Final = timedelta(minutes=1)
_WHOLE_SECONDS: Final = timedelta(seconds=1)
"""KIS tells times in whole seconds: a trade that comes at once may seem so late."""

_NONE: Final = timedelta(0)


class TradeLag:
    """The least by which trades were late in the last one to two minutes. A bar that ended by the clock may get trades
    for so long yet."""

    def __init__(self) -> None:
        self._window_ends: datetime | None = None
        self._least: timedelta | None = None
        self._least_before: timedelta | None = None

    def note(self, traded_at: datetime, now: datetime) -> None:
        """A trade came. Where none do, the last ones count on."""
        lag = now - traded_at
        if self._window_ends is None or now >= self._window_ends:
            self._window_ends, self._least_before, self._least = now + _WINDOW, self._least, lag
        elif self._least is None or lag < self._least:
            self._least = lag

    @property
    def least(self) -> timedelta:
        """Never below zero."""
        known = [each for each in (self._least, self._least_before) if each is not None]
        return max(min(known, default=_NONE) - _WHOLE_SECONDS, _NONE)
