"""Trades of a strategy's instruments, live, from watches of its own, so that no tool ends what it needs."""

from collections.abc import Mapping
from typing import Final

import anyio

from kis_mcp.clock import Clock
from kis_mcp.market import EventKind, Instrument, Interest, Trade
from kis_mcp.strategies.runner import Heard, Tick
from kis_mcp.streams import AT_ONCE, News, Watch, Watches

_READ: Final[Mapping[EventKind, int | None]] = AT_ONCE


class StrategyFeed:
    """Implements `kis_mcp.strategies.runner.ports.Feed`.

    Args:
        watches: Of this strategy alone.
        instruments: By symbol.
        clock: The environment's.
    """

    def __init__(self, watches: Watches, instruments: Mapping[str, Instrument], clock: Clock) -> None:
        self._watches = watches
        self._interests = frozenset(
            Interest(each.symbol, "trade", each.market, "" if each.market == "KR" else each.exchange)
            for each in instruments.values()
        )
        self._symbols = frozenset(instruments)
        self._clock = clock
        self._watch: Watch | None = None
        self._positions: Mapping[str, int] = {}
        self._last_gap = 0
        self._read_at = clock()
        self._arrived = anyio.Event()

    async def open(self) -> None:
        watch = self._watch = await self._watches.watch(self._interests)
        self._positions, self._last_gap = watch.end(), watch.last_gap
        self._read_at = self._clock()
        watch.listen(self._hear)

    def _hear(self) -> None:
        self._arrived.set()

    async def read(self, seconds: float) -> Heard:
        watch = self._watch
        assert watch is not None, "it was opened"
        if dict(self._positions) == watch.end() and watch.last_gap <= self._last_gap:
            self._arrived = anyio.Event()
            with anyio.move_on_after(seconds):
                await self._arrived.wait()
        news = watch.read(self._positions, _READ, latest=False, gaps=self._last_gap)
        self._positions, self._last_gap = news.positions, max(news.last_gap, self._last_gap)
        heard = self._heard(watch, news)
        self._read_at = self._clock()
        watch.read_at = self._read_at
        return heard

    async def close(self) -> None:
        watch, self._watch = self._watch, None
        if watch is not None and not watch.why_ended:
            await self._watches.unwatch(watch.id)

    def _heard(self, watch: Watch, news: News) -> Heard:
        ticks = [
            (event.symbol, Tick(event.time, event.price, event.size, event.volume))
            for event in news.events
            if isinstance(event, Trade) and event.symbol in self._symbols
        ]
        missed = [(symbol, gap.began_at, gap.ended_at) for gap in news.gaps for symbol in self._symbols]
        if news.lost or news.unreadable:
            missed += [(symbol, self._read_at, self._clock()) for symbol in self._symbols]
        outages = [feed.outage.since for feed in watch.outages() if feed.outage]
        lost = [feed.lost_because for feed in watch.feeds if feed.lost_because]
        return Heard(ticks, missed, min(outages, default=None), watch.why_ended or "; ".join(lost))
