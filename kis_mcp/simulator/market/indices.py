"""Stock indices: what their members are worth, against a base."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from kis_mcp.simulator.market.candle import Candle
from kis_mcp.simulator.market.history import DayBar
from kis_mcp.simulator.market.index_members import Index, indices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.rights import price_factor
from kis_mcp.simulator.market.session import Bar

if TYPE_CHECKING:
    from kis_mcp.simulator.market.market import Market

__all__ = ["Index", "IndexMarket", "indices"]


class IndexMarket:
    """Where indices stand, from the same ticks as their members.

    The high and low of a stretch are those of the members together, whether or not they came at the same moment:
    exchanges call them theoretical. They are never within what the index touched.
    """

    def __init__(self, market: "Market") -> None:
        self._market = market
        self._past: dict[tuple[str, date], Candle] = {}

    def today(self, index: Index, day: date, ticks: int) -> Candle:
        """The first ticks of a day."""
        return self._joined(index, day, 0, [self._market.session(m, day).until(ticks) for m in index.members])

    def stretch(self, index: Index, day: date, start: int, end: int) -> Candle:
        """The ticks of a day from ``start`` up to and without ``end``."""
        return self._joined(index, day, start, [self._market.session(m, day).bar(start, end) for m in index.members])

    def days(self, index: Index, day: date, ticks: int, *, until: date, count: int) -> list[Candle]:
        """Up to ``count`` daily candles, newest first; that of ``day``, today, holds its first ticks."""
        today = [self.today(index, day, ticks)] if until >= day else []
        until = self._market.calendar(index.members[0]).before(day) if today else until
        past = self._market.history(index.members[0]).until(until, count - len(today))
        return today + [self._whole(index, bar.day) for bar in reversed(past)]

    def _whole(self, index: Index, day: date) -> Candle:
        key = (index.code, day)
        if key not in self._past:
            bars = [self._market.history(member).bar(day) for member in index.members]
            self._past[key] = self._joined(index, day, 0, [bar for bar in bars if bar is not None])
        return self._past[key]

    def _joined(self, index: Index, day: date, tick: int, bars: Sequence[Bar | DayBar]) -> Candle:
        bars = [_before_splits(member, day, bar) for member, bar in zip(index.members, bars, strict=True)]
        return Candle(
            start=self._market.calendar(index.members[0]).time_of(day, tick),
            open=index.level(bar.open for bar in bars),
            high=index.level(bar.high for bar in bars),
            low=index.level(bar.low for bar in bars),
            close=index.level(bar.close for bar in bars),
            volume=sum(bar.volume for bar in bars),
            turnover=Decimal(sum(bar.turnover for bar in bars)),
        )


def _before_splits(member: Instrument, day: date, bar: Bar | DayBar) -> Bar | DayBar:
    """A bar of a day at the prices that go with the member's weight, so that what splits shares moves no index."""
    factor = price_factor(member, day)
    if factor == 1:
        return bar
    opening, high, low, close = (round(units / factor) for units in (bar.open, bar.high, bar.low, bar.close))
    return replace(bar, open=opening, high=high, low=low, close=close)
