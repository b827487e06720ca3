"""How waits are measured and made, as values that are passed in."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timer:
    """Time for waiting, apart from the time of day.

    Attributes:
        monotonic: Seconds that never run backwards, the same for every process of the machine.
        sleep: Waits so many seconds without blocking.
        jitter: A number from 0 to 1, a different one each time.
    """

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
