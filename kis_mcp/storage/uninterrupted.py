"""Work that is done to its end even if whoever waits for it is cancelled."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from types import CoroutineType
from typing import Any, ParamSpec, TypeVar

import anyio

P = ParamSpec("P")
T = TypeVar("T")


def uninterrupted(work: Callable[P, Coroutine[Any, Any, T]]) -> "Callable[P, CoroutineType[Any, Any, T]]":
    """Let a cancelled caller wait until the work is done, and only then be cancelled."""

    @wraps(work)
    async def run(*arguments: P.args, **named: P.kwargs) -> T:
        working = asyncio.create_task(work(*arguments, **named))
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([working])
            if not working.cancelled():
                working.exception()  # looked at, so that nobody is told that it never was
            raise

    return run
