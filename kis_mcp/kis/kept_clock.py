"""How wrong this machine's clock is by KIS' answers, kept for those who ask without asking KIS."""

from contextlib import suppress
from datetime import datetime, timedelta

from kis_mcp.errors import StorageError
from kis_mcp.kis.shared import SharedStore

_WORTH_KEEPING = 10.0
"""Seconds by which it must have changed; KIS tells its time to the second, and answers take a while."""

_LONGEST = timedelta(days=36_500).total_seconds()
"""More is a damaged file."""


class KeptClockError:
    """KIS' clock less this machine's, as the last answer told it that told something new.

    Args:
        store: Where it is kept.
        key: Of the app key; it is kept beside the token.
    """

    def __init__(self, store: SharedStore, key: str) -> None:
        self._store = store
        self._key = f"clock-{key}"
        self._kept: float | None = None

    def keep(self, kis_time: datetime | None, now: datetime) -> None:
        """Note KIS' time. A disk that cannot be used takes nothing from KIS' answer."""
        if kis_time is None:
            return
        seconds = (kis_time - now).total_seconds()
        with suppress(StorageError):
            if self._kept is None:
                self._kept = self._read()
            if abs(seconds - self._kept) > _WORTH_KEEPING:
                self._store.put(self._key, {"seconds": seconds})
                self._kept = seconds

    def read(self) -> timedelta:
        """What is kept; zero where nothing is."""
        return timedelta(seconds=round(self._read()))

    def _read(self) -> float:
        seconds = self._store.get(self._key).get("seconds")
        return float(seconds) if isinstance(seconds, int | float) and abs(seconds) < _LONGEST else 0.0
