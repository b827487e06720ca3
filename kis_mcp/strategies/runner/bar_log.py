"""The bars upon which a run decided, as they are written down."""

import asyncio
import logging
from collections.abc import Sequence

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.records import BarsDiffer, StoredBar
from kis_mcp.strategies.runner.terms import RunTerms

_log = logging.getLogger(__name__)


class BarLog:
    """Writes them, those of a moment together."""

    def __init__(self, terms: RunTerms) -> None:
        self._terms = terms
        self._bars: list[tuple[str, Bar, bool]] = []

    def add(self, symbol: str, bar: Bar, *, is_live: bool) -> None:
        self._bars.append((symbol, bar, is_live))

    async def write(self) -> None:
        """Write down what was added. One that differs from what is kept is left out."""
        added, self._bars = self._bars, []
        if not added:
            return
        await asyncio.sleep(0)  # strategies that heard the same trades decide first
        bars = [self._stored(*each) for each in added]
        try:
            await self._terms.records.add_bars(bars)
        except BarsDiffer:
            await self._write_each(bars)

    def _stored(self, symbol: str, bar: Bar, is_live: bool) -> StoredBar:
        return StoredBar(
            symbol=symbol,
            interval=self._terms.strategy.interval,
            ends_at=bar.ends_at,
            open=bar.open,
            high=bar.high,
            low=bar.low,
            close=bar.close,
            volume=bar.volume,
            source="live" if is_live else "history",
        )

    async def _write_each(self, bars: Sequence[StoredBar]) -> None:
        for bar in bars:
            try:
                await self._terms.records.add_bars([bar])
            except BarsDiffer as error:
                _log.info("%s", error)
