"""KIS' limits on how often an app key may ask."""

from collections import deque
from collections.abc import Callable


class SlidingWindow:
    """Counts requests a second by app key. What is refused does not count.

    Args:
        rate: Requests allowed within any second; 0 is unlimited.
        monotonic: Seconds.
    """

    def __init__(self, rate: int, monotonic: Callable[[], float]) -> None:
        self._rate = rate
        self._monotonic = monotonic
        self._seen: dict[str, deque[float]] = {}

    def admit(self, key: str) -> bool:
        """Whether one more request is within the limit; if so it is counted."""
        if self._rate == 0:
            return True
        now = self._monotonic()
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= now - 1:
            seen.popleft()
        if len(seen) >= self._rate:
            return False
        seen.append(now)
        return True
