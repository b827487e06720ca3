"""Trying again, for as long as that can help."""

from collections.abc import Awaitable, Callable, Mapping
from itertools import count
from typing import TypeVar

from kis_mcp.kis.errors import Reaction, RequestError
from kis_mcp.kis.timer import Timer

FIRST_DELAY_SECONDS = 0.25
LONGEST_DELAY_SECONDS = 4.0
LONGEST_RETRYING_SECONDS = 15.0

T = TypeVar("T")


async def retrying(send: Callable[[], Awaitable[T]], attempts: Mapping[Reaction, int], timer: Timer) -> T:
    """Call `send` until it succeeds or fails for good.

    Args:
        send: One attempt.
        attempts: How many attempts a failure of each kind allows; one that is not listed is final.
        timer: Waits between attempts: 0.25 s, doubled each time up to 4 s, of which a random part up to a half is
            left out so that processes that failed together do not return together.

    Raises:
        RequestError: The last one; after the attempts it allows, or 15 s after the first.
    """
    first_failed: float | None = None
    for attempt in count(1):
        try:
            return await send()
        except RequestError as failure:
            now = timer.monotonic()
            first_failed = now if first_failed is None else first_failed
            over = now - first_failed > LONGEST_RETRYING_SECONDS
            if over or attempt >= attempts.get(failure.reaction, 1):
                raise
        delay = min(FIRST_DELAY_SECONDS * 2 ** (attempt - 1), LONGEST_DELAY_SECONDS)
        await timer.sleep(delay * (1 - timer.jitter() / 2))
    raise AssertionError("unreachable")
