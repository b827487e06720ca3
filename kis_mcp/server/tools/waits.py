"""What the tools have in common that wait for live data."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

import anyio

from kis_mcp.catalog import Gap
from kis_mcp.errors import KisMcpError

_REPORT_SECONDS = 5

T = TypeVar("T")


async def wait_at_most(
    seconds: int, work: Callable[[], Awaitable[T]], report: Callable[[int], Awaitable[None]]
) -> T | None:
    """What ``work`` returns; None once the seconds are over.

    Args:
        report: Tells the client how many seconds have passed, every few seconds, so that it does not give up.

    Raises:
        KisMcpError: As ``work`` does.
    """
    found: T | None = None
    failure: KisMcpError | None = None

    async def report_on() -> None:
        for passed in range(0, seconds, _REPORT_SECONDS):
            await report(passed)
            await anyio.sleep(_REPORT_SECONDS)

    with anyio.move_on_after(seconds):
        async with anyio.create_task_group() as reporting:
            reporting.start_soon(report_on)
            try:
                found = await work()
            except KisMcpError as error:  # a task group would wrap it, and nobody know it again
                failure = error
            reporting.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return found


def missed(unreadable: int, gaps: Iterable[Gap]) -> list[str]:
    """Notes on what could not be read, and on times in which nothing could be received."""
    notes = [f"{unreadable:,} events could not be read."] if unreadable else []
    return notes + [
        f"Nothing could be received from {gap.began_at:%H:%M:%S} to {gap.ended_at:%H:%M:%S} KST." for gap in gaps
    ]
