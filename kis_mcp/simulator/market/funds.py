"""ETF and ETN: their net asset value follows something, times their multiple day by day; their price stays near it."""

from array import array
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from zlib import crc32

from kis_mcp.simulator.market.followed import Followed, at_ticks
from kis_mcp.simulator.market.history import FIRST_DAY, DayBar, to_tick, trading_days_until, volume_around
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.listings import FundTerms

_ANCHOR = date(2026, 1, 1)
_FARTHEST = 0.0015
"""From the net asset value to the price, as a part of it, before the price step."""


class FundHistory:
    """The days of a fund, made from those of what it follows; volumes are its own.

    The net asset value of a fund without a multiple stands at its base price when what it follows stands at its own;
    that of others stood there when 2026 began, and wanders off. It has fractions of a won; KIS shows two.
    """

    def __init__(self, seed: int, fund: Instrument, terms: FundTerms, followed: Followed) -> None:
        self._seed = f"{seed}:{fund.symbol}"
        self._fund, self._terms, self._followed = fund, terms, followed
        self._growth = [1.0]
        self._before: tuple[date, float, int] | None = None

    def nav(self, day: date, level: int) -> float:
        """Of one share, in won, while what it follows stands at a level on the day that belongs to ``day``."""
        if self._before is None or self._before[0] != day:
            own = self._followed.day_of(day)
            self._before = day, self._close_before(own), self._followed.bars.previous_close(own)
        _, nav, before = self._before
        return nav * (1 + self._terms.multiple * (level / before - 1))

    def followed_before(self, day: date) -> int:
        """The close of what it follows that belongs to the trading day before."""
        return self._followed.bars.previous_close(self._after_own_before(day))

    def nav_before(self, day: date) -> float:
        """At the close of the trading day before."""
        return self._close_before(self._after_own_before(day))

    def _after_own_before(self, day: date) -> date:
        """The day after that of the market it follows which belongs to the trading day before: over a Korean holiday,
        more than one day of another market has passed."""
        return self._followed.day_of(trading_day("KR", day, -1)) + timedelta(days=1)

    def _close_before(self, own: date) -> float:
        if self._terms.multiple == 1:
            return self._fund.base_units * self._followed.bars.previous_close(own) / self._followed.base
        return self._fund.base_units * self._growth_before(own) / self._growth_before(_ANCHOR)

    def _growth_before(self, own: date) -> float:
        """What the days since the history began have made of one won."""
        levels = [self._followed.base, *self._followed.bars.closes_before(own)]
        count, known = len(levels) - 1, len(self._growth) - 1
        for old, new in pairwise(levels[known:]):
            self._growth.append(self._growth[-1] * (1 + self._terms.multiple * (new / old - 1)))
        return self._growth[count]

    def price(self, day: date, nav: float) -> int:
        """On the tick, and never nothing."""
        drawn = crc32(f"{self._seed}:{day}:premium".encode()) % 2001 - 1000
        return to_tick(self._fund, nav * (1 + _FARTHEST * drawn / 1000))

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None before the history begins."""
        bar = self._followed.bars.bar(self._followed.day_of(day))
        if bar is None or day < FIRST_DAY:
            return None
        navs = (self.nav(day, level) for level in (bar.open, bar.close, bar.high, bar.low))
        opening, close, one, other = (self.price(day, nav) for nav in navs)
        high, low = max(one, other), min(one, other)
        random = Random(f"{self._seed}:{day}:volume")  # noqa: S311
        volume = volume_around(random, self._fund.daily_volume, least=1_000)
        return DayBar.of(day, opening, high, low, close, volume)

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        return self.price(trading_day("KR", day, -1), self.nav_before(day))

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        return [bar for each in trading_days_until("KR", day, count) if (bar := self.bar(each))]

    def path(self, day: date, ticks: int) -> "array[int]":
        """The price at each tick of a day."""
        levels = at_ticks(self._followed.traded(self._followed.day_of(day)), ticks)
        prices = {level: self.price(day, self.nav(day, level)) for level in set(levels)}
        return array("q", map(prices.__getitem__, levels))

    def levels(self, day: date, ticks: int) -> Sequence[int]:
        """Where what it follows stands at each tick of a day."""
        return at_ticks(self._followed.path(self._followed.day_of(day)), ticks)
