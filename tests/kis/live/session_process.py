"""A process of its own with live data: does what its input says, a line each, and prints what comes of it as JSON."""

import asyncio
import json
import sys
from pathlib import Path

from kis_mcp.catalog.live import Channel, Frame, Gap, Outage
from kis_mcp.clock import system_clock
from kis_mcp.errors import KisMcpError
from kis_mcp.kis.live.session import LiveSession
from kis_mcp.kis.live.shared_session import SharedSession
from kis_mcp.storage import shared_files


def tell(*what: object) -> None:
    print(json.dumps(what), flush=True)


class Printer:
    is_out = False

    def receive(self, frame: Frame) -> None:
        tell("frame", frame.payload)

    def report_gap(self, gap: Gap) -> None:
        tell("gap", [channel.key for channel, _ in gap.lost], gap.began_at <= gap.ended_at)

    def report_outage(self, outage: Outage | None) -> None:
        if outage is not None or self.is_out:
            tell("outage", [channel.key for channel in outage.channels] if outage else None)
        self.is_out = outage is not None


async def approve(fresh: bool) -> str:
    return "approved"


async def main(url: str, folder: str) -> None:
    shared = shared_files(Path(folder), "key")
    session = SharedSession(
        lambda receiver: LiveSession(url, approve, receiver, clock=system_clock),
        shared.live_lock,
        shared.live_places,
        "key",
        Printer(),
        clock=system_clock,
    )
    while line := await asyncio.to_thread(sys.stdin.readline):
        command, tr_id, key = line.split()
        if command == "slots":
            slots = await session.slots()
            tell(*([slots.taken, *([use.process, use.slots, use.is_own] for use in slots.uses)] if slots else []))
            continue
        try:
            await (session.register if command == "register" else session.release)(Channel(tr_id, key))
            tell(command, key)
        except KisMcpError as error:
            tell("refused", error.what)
    await session.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
