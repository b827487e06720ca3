"""What funds and warrants follow: an index or another instrument, as daily bars and ticks of one kind of number."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from math import sqrt
from operator import mul
from typing import Protocol

from kis_mcp.simulator.market.history import MAKING, DayBar, History, trading_days_until, walk_of
from kis_mcp.simulator.market.index_members import Index
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import Country
from kis_mcp.simulator.market.rights import events, price_factor


class Bars(Protocol):
    """Daily bars of anything, in units of its own."""

    def bar(self, day: date) -> DayBar | None: ...
    def previous_close(self, day: date) -> int: ...
    def until(self, day: date, count: int) -> list[DayBar]: ...
    def closes_before(self, day: date) -> Sequence[int]: ...


class IndexHistory:
    """The daily bars of an index, in won that its members are worth together.

    Their highs and lows are estimates: the members' own, which come at other moments, brought nearer to the open and
    close by how much the index is spread over them. To have them right would need the ticks of every member.
    """

    def __init__(self, index: Index, members: Sequence[History]) -> None:
        self._index = index
        parts = [member.base_units * member.listed_shares / index.worth for member in index.members]
        self._reach = sqrt(sum(part**2 for part in parts))
        self._previous: tuple[date, int] | None = None
        self._members = members
        self._country: Country = index.members[0].country
        self._bars: dict[date, DayBar] = {}
        self._closes: list[int] = []

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None before the history begins."""
        if day not in self._bars:
            bars = [bar for member in self._members if (bar := member.bar(day))]
            if not bars:
                return None
            opening, close = self._worth(day, (bar.open for bar in bars)), self._worth(day, (bar.close for bar in bars))
            top, bottom = max(opening, close), min(opening, close)
            self._bars[day] = DayBar(
                day,
                opening,
                top + int((self._worth(day, (bar.high for bar in bars)) - top) * self._reach),
                bottom - int((bottom - self._worth(day, (bar.low for bar in bars))) * self._reach),
                close,
                sum(bar.volume for bar in bars),
                sum(bar.turnover for bar in bars),
            )
        return self._bars[day]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        if self._previous is None or self._previous[0] != day:
            before = trading_days_until(self._country, day - timedelta(days=1), 1)
            first = (member.previous_close(day) for member in self._members)
            self._previous = day, self.close(before[0]) if before else self._worth(day, first)
        return self._previous[1]

    def close(self, day: date) -> int:
        """The close of a trading day, which takes a small part of the work for its bar."""
        return self._worth(day, (member.close_of(day) for member in self._members))

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        return [bar for each in trading_days_until(self._country, day, count) if (bar := self.bar(each))]

    def closes_before(self, day: date) -> Sequence[int]:
        """The closes of all trading days before a day, oldest first."""
        count = len(trading_days_until(self._country, day - timedelta(days=1)))
        if len(self._closes) < count:
            with MAKING:
                newer = trading_days_until(self._country, day - timedelta(days=1))[len(self._closes) :]
                parts = [
                    self._worths(history, member, newer)
                    for history, member in zip(self._members, self._index.members, strict=True)
                ]
                self._closes += map(sum, zip(*parts, strict=True))
        return self._closes[:count]

    def _worths(self, history: History, member: Instrument, days: Sequence[date]) -> list[int]:
        """What a member counts at the closes of days."""
        if not events(member):
            closes = history.closes_before(days[-1] + timedelta(days=1))[-len(days) :]
            return [close * member.listed_shares for close in closes]
        return [history.close_of(day) * _shares(member, day) for day in days]

    def path(self, day: date, sessions: Sequence[Sequence[int]]) -> "array[int]":
        """What the members are worth at each tick of a day.

        Args:
            sessions: The prices of each member at the ticks.
        """
        worth = [0] * len(sessions[0])
        for prices, shares in zip(sessions, self._shares(day), strict=True):
            worth = [sum_ + price * shares for sum_, price in zip(worth, prices, strict=True)]
        return array("q", worth)

    def _worth(self, day: date, prices: Iterable[int]) -> int:
        return sum(map(mul, prices, self._shares(day)))

    def _shares(self, day: date) -> list[int]:
        return [_shares(member, day) for member in self._index.members]


def _shares(member: Instrument, day: date) -> int:
    """By what a member's price of a day counts, so that what splits shares moves no index."""
    return int(member.listed_shares / price_factor(member, day)) if events(member) else member.listed_shares


@cache
def index_history_of(seed: int, index: Index) -> IndexHistory:
    """The one history of an index, for all markets of a seed."""
    return IndexHistory(index, [walk_of(seed, member) for member in index.members])


@dataclass(frozen=True, slots=True)
class Followed:
    """What a fund or warrant follows.

    Attributes:
        bars: Its days.
        base: Its level, in the bars' units, where everything stands at its base price.
        path: Its level at each tick of a day of its own.
        traded: The same as its followers' prices see it, within that day's bar.
        day_of: The day of its own that belongs to a Korean trading day: of a foreign market, the one before, which
            has happened whenever the Korean day comes so far.
        points: A level in the bars' units as its price or points.
        volatility: Of a day.
    """

    bars: Bars
    base: int
    path: Callable[[date], Sequence[int]]
    traded: Callable[[date], Sequence[int]]
    day_of: Callable[[date], date]
    points: Callable[[int], float]
    volatility: float


def within(path: Sequence[int], bar: DayBar) -> "array[int]":
    """A path that stays within a bar and touches its high and its low, where it came nearest to them."""
    inside = array("q", [min(max(level, bar.low), bar.high) for level in path])
    inner = range(1, len(path) - 1)
    inside[max(inner, key=path.__getitem__)] = bar.high
    inside[min(inner, key=path.__getitem__)] = bar.low
    return inside


def at_ticks(path: Sequence[int], ticks: int) -> Sequence[int]:
    """A path over as many ticks as another market's day has."""
    return path if len(path) == ticks else [path[tick * len(path) // ticks] for tick in range(ticks)]
