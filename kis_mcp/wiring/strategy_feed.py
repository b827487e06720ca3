"""Trades of a strategy's instruments, live, from watches of its own, so that no tool ends what it needs.

A stream keeps so many records (`kis_mcp.streams`), and that is how far a strategy may fall behind: what it loses beyond
is told as missed, and bars are read from KIS. A trade is decoded once, however many strategies want it.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import anyio

from kis_mcp.catalog import Channel
from kis_mcp.clock import Clock
from kis_mcp.market import Instrument, Interest, Trade, read_event
from kis_mcp.strategies.runner import Heard, Tick
from kis_mcp.streams import Feed, Stream, Watch, Watches

MOST_KEPT: Final = 2_000
TICK_FIELDS: Final = frozenset(
    {
        *("symbol", "isin", "realtime_symbol", "price", "trade_volume", "volume"),
        *("korea_date", "korea_time", "received_date", "received_time", "trade_time"),
    }
)
"""What a tick is read from, of the fields that `read_event` looks at."""


@dataclass(slots=True)
class _Decoded:
    """The latest trades of a stream.

    Attributes:
        stream: Which; KIS may send the same channel anew.
        until: The cursor up to which it was decoded.
        cursors, trades: Of each trade, the oldest first.
        faults: Cursors behind what was lost or could not be read.
    """

    stream: Stream
    until: int
    cursors: list[int] = field(default_factory=list[int])
    trades: list[tuple[str, Tick]] = field(default_factory=list[tuple[str, Tick]])
    faults: list[int] = field(default_factory=list[int])


class TradeTicks:
    """The trades of streams as ticks, for all strategies of a process."""

    def __init__(self) -> None:
        self._decoded: dict[Channel, _Decoded] = {}

    def after(self, feed: Feed, cursor: int) -> tuple[list[tuple[str, Tick]], bool]:
        """Those behind a cursor, and whether all of them are there."""
        stream = feed.stream
        found = self._decoded.get(stream.channel)
        if found is None or found.stream is not stream:
            found = self._decoded[stream.channel] = _Decoded(stream, cursor)
        if stream.received > found.until:
            self._decode(feed, found)
        kept_all = not found.cursors or cursor >= found.cursors[0] - 1 or len(found.cursors) < MOST_KEPT
        begin = bisect_right(found.cursors, cursor)
        return found.trades[begin:], kept_all and not any(fault > cursor for fault in found.faults)

    @staticmethod
    def _decode(feed: Feed, found: _Decoded) -> None:
        batch = feed.stream.read(found.until, only=TICK_FIELDS)
        for entry in batch.entries:
            event = read_event(feed.api, entry.record, entry.received_at)
            if isinstance(event, Trade):
                found.cursors.append(entry.cursor)
                found.trades.append((event.symbol, Tick(event.time, event.price, event.size, event.volume)))
        if batch.lost or batch.unreadable:
            found.faults = [*found.faults[-9:], batch.cursor]
        found.until = batch.cursor
        if len(found.cursors) > 2 * MOST_KEPT:
            del found.cursors[:-MOST_KEPT], found.trades[:-MOST_KEPT]


class StrategyFeed:
    """Implements `kis_mcp.strategies.runner.ports.Feed`.

    Args:
        watches: Of this strategy alone.
        instruments: By symbol.
        ticks: Shared by all strategies.
        clock: The environment's.
    """

    def __init__(
        self, watches: Watches, instruments: Mapping[str, Instrument], ticks: TradeTicks, clock: Clock
    ) -> None:
        self._watches = watches
        self._interests = frozenset(
            Interest(each.symbol, "trade", each.market, "" if each.market == "KR" else each.exchange)
            for each in instruments.values()
        )
        self._symbols = frozenset(instruments)
        self._ticks = ticks
        self._clock = clock
        self._watch: Watch | None = None
        self._feeds: list[Feed] = []
        self._positions: list[int] = []
        self._last_gap = 0
        self._read_at: datetime = clock()
        self._arrived = anyio.Event()

    async def open(self) -> None:
        watch = self._watch = await self._watches.watch(self._interests)
        self._feeds, self._last_gap = list(watch.feeds), watch.last_gap
        self._positions = [each.stream.received for each in self._feeds]
        self._read_at = self._clock()
        watch.listen(self._hear)

    def _hear(self) -> None:
        self._arrived.set()

    async def read(self, seconds: float) -> Heard:
        watch = self._watch
        assert watch is not None, "it was opened"
        if not self._arrived.is_set():
            with anyio.move_on_after(seconds):
                await self._arrived.wait()
        self._arrived = anyio.Event()
        heard = self._heard(watch)
        watch.read_at = self._read_at = self._clock()
        return heard

    async def close(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and not watch.why_ended:
            await self._watches.unwatch(watch.id)

    def _heard(self, watch: Watch) -> Heard:
        now, found, missed = self._clock(), list[tuple[str, Tick]](), list[tuple[str, datetime, datetime]]()
        silent, lost, last_gap = list[datetime](), list[str](), self._last_gap
        for number, each in enumerate(self._feeds):
            stream = each.stream
            if stream.received != self._positions[number]:
                ticks, is_whole = self._ticks.after(each, self._positions[number])
                self._positions[number] = stream.received
                found += ticks
                missed += [] if is_whole else [(symbol, self._read_at, now) for symbol in self._symbols]
            if stream.outage is not None:
                silent.append(stream.outage.since)
            if stream.lost_because:
                lost.append(stream.lost_because)
            last_gap = max(last_gap, stream.last_gap)
        found = [told for told in found if told[0] in self._symbols]
        found.sort(key=lambda told: told[1].time)  # several instruments in the order in which they traded
        if last_gap > self._last_gap:
            gaps = dict.fromkeys(gap for each in self._feeds for gap in each.stream.gaps_after(self._last_gap))
            missed += [(symbol, gap.began_at, gap.ended_at) for gap in gaps for symbol in self._symbols]
            self._last_gap = last_gap
        return Heard(found, missed, min(silent, default=None), watch.why_ended or "; ".join(lost))
