"""Long work beside the calls that go on meanwhile: told how far it is, and stopped with its call."""

from collections.abc import Callable, Coroutine
from functools import partial
from threading import Event
from typing import Any, Final, Protocol, TypeVar

import anyio.from_thread
import anyio.to_thread

REPORTS: Final = 20
"""Of one work: one each 5 %."""

T = TypeVar("T", covariant=True)


class Work(Protocol[T]):
    """What runs in a thread.

    Called with what to call after each step (how many are done, of how many), and what to ask before each step: whether
    nobody waits any more.
    """

    def __call__(self, *, progress: Callable[[int, int], None], is_cancelled: Callable[[], bool]) -> T: ...


async def run_aside(work: Work[T], tell: Callable[[int, int], Coroutine[Any, Any, None]]) -> T:
    """The result of work that runs in a thread. When the call is cancelled, the work ends with its current step.

    Args:
        tell: Is awaited with how many steps are done, of how many, now and then.
    """
    cancelled, told = Event(), 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        share = REPORTS * done // total
        if share > told and not cancelled.is_set():
            told = share
            anyio.from_thread.run(tell, done, total)

    try:
        return await anyio.to_thread.run_sync(
            partial(work, progress=progress, is_cancelled=cancelled.is_set), abandon_on_cancel=True
        )
    finally:
        cancelled.set()
