"""The server as a process of its own, over stdio, with a test's clock, short time-outs and a point to die at.

    CHAOS_CLOCK=<file of a SharedClock>   CHAOS_TIMEOUT=<seconds>   CHAOS_CRASH=<step>:<before|after>:<which>
    CHAOS_BUSY=<milliseconds to wait for a locked journal>   CHAOS_TOOLS=<tools beside the core tools>

``CHAOS_CRASH=claim:after:2`` kills the process, as by SIGKILL, right after it has claimed its second order.
"""

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import anyio

from kis_mcp.clock import system_clock
from kis_mcp.kis import connection
from kis_mcp.kis.transport import Transport
from kis_mcp.server.app import build_server
from kis_mcp.server.stdio_guard import guarded_stdio
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.sqlite import SqliteDatabase
from tests.chaos.clock import SharedClock

JOURNAL_STEPS = ("propose", "decide", "claim", "conclude")
POST = "post"
CRASH_STEPS = (*JOURNAL_STEPS, POST)


def _is_order(path: str) -> bool:
    return "/trading/order" in path


def _die_at(step: str, when: str, which: int) -> None:
    """Let the process kill itself before or after the given call of one step of an order's way."""
    owner, name = (Transport, "send") if step == POST else (SqlJournal, step)
    run: Callable[..., Any] = getattr(owner, name)
    calls = count(1)

    async def dies(*arguments: Any, **more: Any) -> Any:
        counts = step != POST or (arguments[1] == "POST" and _is_order(arguments[2]))
        its_turn = counts and next(calls) == which
        if its_turn and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = await run(*arguments, **more)
        if its_turn:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, dies)


def _hurry(seconds: float) -> None:
    """Wait for KIS only so long, and never for a token."""
    patient = connection.Connection

    def hasty(*arguments: Any, **more: Any) -> connection.Connection:
        return patient(*arguments, **{**more, "timeout_seconds": seconds, "token_interval_seconds": 0})

    connection.Connection = hasty  # pyright: ignore[reportAttributeAccessIssue]


async def main() -> None:
    if crash := os.environ.get("CHAOS_CRASH"):
        step, when, which = crash.split(":")
        _die_at(step, when, int(which))
    if seconds := os.environ.get("CHAOS_TIMEOUT"):
        _hurry(float(seconds))
    if busy := os.environ.get("CHAOS_BUSY"):
        (SqliteDatabase.__init__.__kwdefaults__ or {})["busy_milliseconds"] = int(busy)
    file = os.environ.get("CHAOS_CLOCK")
    clock = SharedClock(Path(file)) if file else system_clock
    server = build_server(
        Settings.load(), SurfaceOptions(tools=tuple(os.environ.get("CHAOS_TOOLS", "").split())), clock=clock
    )
    async with guarded_stdio() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


if __name__ == "__main__":
    anyio.run(main)
