"""Several reads of one call at the same time, of which some may fail."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import anyio

from kis_mcp.errors import KisMcpError

K = TypeVar("K")
T = TypeVar("T")


async def read_at_once(jobs: Mapping[K, Callable[[], Awaitable[T]]]) -> dict[K, T | KisMcpError]:
    """What each of the reads brings, or why it failed, in their order. The rate limit decides how many go out."""
    found: dict[K, T | KisMcpError] = {}

    async def run(key: K, read: Callable[[], Awaitable[T]]) -> None:
        try:
            found[key] = await read()
        except KisMcpError as error:
            found[key] = error

    async with anyio.create_task_group() as group:
        for key, read in jobs.items():
            group.start_soon(run, key, read)
    return {key: found[key] for key in jobs}
