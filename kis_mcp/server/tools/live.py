"""Live data for a while: a call subscribes, collects what comes, and gives its slots back."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import anyio

from kis_mcp.catalog import FIELDS, MAX_EVENTS, SECONDS, Channel, Gap, Page, Record, read_projection
from kis_mcp.market import NOTICE_TOOLS
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.waits import missed, wait_at_most
from kis_mcp.streams import Stream, Streams, interruptions

_NO_TRADE = "it may not trade now, or its market is closed."
_NO_ORDER = "no order of the account changed, as far as this tells. get_orders shows how they stand."


@dataclass(slots=True)
class _Collected:
    """What came over the channels of one call."""

    streams: dict[Channel, Stream] = field(default_factory=dict[Channel, Stream])
    cursors: dict[Channel, int] = field(default_factory=dict[Channel, int])
    gaps_before: dict[Channel, int] = field(default_factory=dict[Channel, int])
    records: list[Record] = field(default_factory=list[Record])
    gaps: list[Gap] = field(default_factory=list[Gap])
    lost: int = 0
    unreadable: int = 0

    def take(self, most: int) -> None:
        """Take what has come since, from each channel in turn."""
        for channel, stream in self.streams.items():
            batch = stream.read(self.cursors[channel], most - len(self.records), gaps=self.gaps_before[channel])
            self.cursors[channel], self.gaps_before[channel] = batch.cursor, batch.last_gap
            self.records += batch.records
            self.gaps += [gap for gap in batch.gaps if gap not in self.gaps]
            self.lost += batch.lost
            self.unreadable += batch.unreadable


async def collect_live(call: Call) -> Page:
    """The events of a websocket API until there are enough of them, or the seconds are over."""
    brokerage, values = await call.brokerage(), call.values()
    most, seconds = values[MAX_EVENTS], values[SECONDS]
    shown = read_projection(call.api, values.get(FIELDS))
    channels = brokerage.apis.channels(call.arguments)
    streams = await brokerage.streams()
    async with AsyncExitStack() as subscribed:
        found = _Collected()
        for channel in channels:
            found.cursors[channel] = streams.received(channel)
            found.streams[channel] = stream = await streams.subscribe(call.api, channel)
            found.gaps_before[channel] = stream.last_gap
            subscribed.push_async_callback(_unsubscribe, streams, stream)

        async def collect() -> None:
            while len(found.records) < most:
                await _first(found)
                found.take(most)

        async def report(passed: int) -> None:
            if passed:
                await call.progress.report(f"{len(found.records)} of {most} events after {passed} of {seconds} s.")

        await wait_at_most(seconds, collect, report)
        found.take(most)
        interrupted = interruptions({channel.key: stream.outage for channel, stream in found.streams.items()})
    block = call.api.blocks[0].name
    silence = "" if interrupted else _NO_ORDER if call.api.tool in NOTICE_TOOLS else _NO_TRADE
    notes = [*interrupted, *_notes(found, most, seconds, silence), *filter(None, [shown.note])]
    blocks = shown.of({block: found.records})
    return Page(blocks, complete=True, next_cursor=None, notes=notes, as_of=brokerage.clock())


async def _unsubscribe(streams: Streams, stream: Stream) -> None:
    with anyio.CancelScope(shield=True):  # a cancelled call must give its slots back too
        await streams.unsubscribe(stream)


async def _first(found: _Collected) -> None:
    """Return once any of the channels has something that was not taken yet."""
    async with anyio.create_task_group() as waiting:

        async def wait(channel: Channel, stream: Stream) -> None:
            await stream.wait(found.cursors[channel], found.gaps_before[channel])
            waiting.cancel_scope.cancel()

        for channel, stream in found.streams.items():
            waiting.start_soon(wait, channel, stream)


def _notes(found: _Collected, most: int, seconds: int, silence: str) -> Sequence[str]:
    notes: list[str] = []
    if not found.records and silence:
        notes.append(f"Nothing came in {seconds} s: {silence}")
    if len(found.records) >= most:
        notes.append(f"It ended at {most} events; more may have come since.")
    if found.lost:
        notes.append(f"{found.lost} events came faster than they could be read, and are lost.")
    lost = [f"KIS sends {channel.key} no more: {why}" for gap in found.gaps for channel, why in gap.lost]
    return [*notes, *missed(found.unreadable, found.gaps), *lost]
