"""What makes a process fit for a chaos run: it dies where it is told, and never waits long for KIS."""

import os
import signal
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final

from kis_mcp.kis import connection

POST: Final = "post"
"""The step in which an order leaves for KIS."""


def die_where_told(steps: Mapping[str, type]) -> None:
    """Let this process kill itself, as by SIGKILL, where ``CHAOS_CRASH`` says: ``<step>:<before|after>:<which>``.

    Args:
        steps: Step → whose asynchronous method of that name it is; of `POST` the transport.
    """
    if not (crash := os.environ.get("CHAOS_CRASH")):
        return
    step, when, which = crash.split(":")
    owner, name = steps[step], "send" if step == POST else step
    run: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    async def dies(*arguments: Any, **more: Any) -> Any:
        counts = step != POST or (arguments[1] == "POST" and "/trading/order" in arguments[2])
        its_turn = counts and next(calls) == int(which)
        if its_turn and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await run(*arguments, **more)
        if its_turn:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dies)


def hurry(seconds: float) -> None:
    """Wait for KIS only so long, and never for a token."""
    patient = connection.Connection

    def hasty(*arguments: Any, **more: Any) -> connection.Connection:
        return patient(*arguments, **{**more, "timeout_seconds": seconds, "token_interval_seconds": 0})

    connection.Connection = hasty  # pyright: ignore[reportAttributeAccessIssue]
