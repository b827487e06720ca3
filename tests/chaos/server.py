"""The server as a process of its own, over stdio, with a test's clock, short time-outs and a point to die at.

    CHAOS_CLOCK=<file of a SharedClock>   CHAOS_TIMEOUT=<seconds>   CHAOS_CRASH=<step>:<before|after>:<which>
    CHAOS_BUSY=<milliseconds to wait for a locked journal>   CHAOS_TOOLS=<tools beside the core tools>

``CHAOS_CRASH=claim:after:2`` kills the process, as by SIGKILL, right after it has claimed its second order.
"""

import os
from pathlib import Path

import anyio

from kis_mcp.clock import system_clock
from kis_mcp.kis.transport import Transport
from kis_mcp.server.app import build_server
from kis_mcp.server.stdio_guard import guarded_stdio
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.storage.journal import SqlJournal
from kis_mcp.storage.sqlite import SqliteDatabase
from tests.chaos.clock import SharedClock
from tests.chaos.process import POST, die_where_told, hurry

JOURNAL_STEPS = ("propose", "decide", "claim", "conclude")
CRASH_STEPS = (*JOURNAL_STEPS, POST)


async def main() -> None:
    die_where_told({POST: Transport, **dict.fromkeys(JOURNAL_STEPS, SqlJournal)})
    if seconds := os.environ.get("CHAOS_TIMEOUT"):
        hurry(float(seconds))
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
