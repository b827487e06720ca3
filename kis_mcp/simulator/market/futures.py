"""Futures that follow what they are on: an index, a share, a currency or government bonds.

A future is worth its underlying, carried: with the interest until its last trading day, less the dividends that are
paid until then. Trade moves it a little around that, less and less as its last day comes.
"""

import math
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import pairwise
from random import Random
from typing import NamedTuple, Protocol

from kis_mcp.simulator.market.companies import last_year, statement
from kis_mcp.simulator.market.exchange_rates import in_won, pairs
from kis_mcp.simulator.market.followed import IndexHistory
from kis_mcp.simulator.market.history import DayBar, to_tick, trading_days_until, volume_around
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.index_members import Index
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import Home
from kis_mcp.simulator.market.rates import Curve
from kis_mcp.simulator.market.session import Session, bent

_NOISE = 0.0004
"""How far trade moves a future off its carried underlying, as a part of it, until two weeks before its last day."""

_PAST_CLOSES = 0.015
"""An index of many stocks leaves its closes of a day and of the day before by less than this part, six deviations."""

_QUIET_DAYS = 14
_FAR_DAYS = 100


class PriceHistory(Protocol):
    """The daily bars of an instrument."""

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None where there is none."""
        ...

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        ...

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        ...


class Sessions(Protocol):
    """Where shares' bars and ticks come from: the market."""

    @property
    def seed(self) -> int: ...

    def history(self, instrument: Instrument) -> PriceHistory: ...

    def session(self, instrument: Instrument, day: date) -> Session: ...

    def index_history(self, index: Index) -> IndexHistory: ...

    def index_path(self, index: Index, day: date) -> "array[int]": ...


class Levels(NamedTuple):
    """A day of an underlying, in points or money."""

    open: float
    high: float
    low: float
    close: float


class Spot(Protocol):
    """What a future follows."""

    def bar(self, day: date) -> Levels | None: ...

    def path(self, day: date) -> Sequence[float] | None:
        """Its level at each tick of a day; None where it has none between open and close."""
        ...


class IndexSpot:
    """An index."""

    def __init__(self, market: Sessions, index: Index) -> None:
        self._market, self._index = market, index
        self._points = float(index.base) / index.worth

    def bar(self, day: date) -> Levels | None:
        bar = self._market.index_history(self._index).bar(day)
        return bar and Levels(*(worth * self._points for worth in (bar.open, bar.high, bar.low, bar.close)))

    def close(self, day: date) -> float:
        """At the end of a trading day."""
        return self._market.index_history(self._index).close(day) * self._points

    def level(self, day: date, ticks: int) -> Decimal:
        """Where it stands after so many ticks of a day."""
        return self._index.points(self._market.index_path(self._index, day)[ticks - 1])

    def path(self, day: date) -> Sequence[float]:
        return [worth * self._points for worth in self._market.index_path(self._index, day)]


class ShareSpot:
    """A share."""

    def __init__(self, market: Sessions, share: Instrument) -> None:
        self._market, self._share, self._unit = market, share, 10**share.decimals

    def bar(self, day: date) -> Levels | None:
        bar = self._market.history(self._share).bar(day)
        return bar and Levels(*(units / self._unit for units in (bar.open, bar.high, bar.low, bar.close)))

    def path(self, day: date) -> Sequence[float]:
        return [units / self._unit for units in self._market.session(self._share, day).prices]


class WonSpot:
    """A country's currency in won, for as many units as KIS quotes it for: the dollar, and the currency against it."""

    def __init__(self, market: Sessions, home: Home) -> None:
        self._market, self._home = market, home

    def bar(self, day: date) -> Levels | None:
        dollar, pair = (self._market.history(pairs()[name]).bar(day) for name in ("USD", self._home.currency))
        if dollar is None or pair is None:
            return None
        opening, close = (self._won(getattr(dollar, name), getattr(pair, name)) for name in ("open", "close"))
        ends = [self._won(one, other) for one in (dollar.high, dollar.low) for other in (pair.high, pair.low)]
        return Levels(opening, max(ends), min(ends), close)

    def path(self, day: date) -> Sequence[float]:
        return [self._won(dollar, pair) for dollar, pair in zip(*self._prices(day), strict=True)]

    def level(self, day: date, ticks: int) -> float:
        """Where it stands after so many ticks of a day."""
        dollar, pair = (prices[ticks - 1] for prices in self._prices(day))
        return self._won(dollar, pair)

    def _prices(self, day: date) -> Sequence[Sequence[int]]:
        return [self._market.session(pairs()[name], day).prices for name in ("USD", self._home.currency)]

    def _won(self, dollar: int, pair: int) -> float:
        currency = self._home.currency
        worth = in_won(currency, pairs()["USD"].price(dollar), pairs()[currency].price(pair))
        return float(worth * self._home.quoted_for)


class RateSpot:
    """A number that is known once a day, from the close of one day to that of the next."""

    def __init__(self, on: Callable[[date], float]) -> None:
        self._on = on

    def bar(self, day: date) -> Levels:
        before, now = self._on(trading_day("KR", day, -1)), self._on(day)
        return Levels(before, max(before, now), min(before, now), now)

    def path(self, day: date) -> None:  # noqa: ARG002
        return None


def par_bond(curve: Curve, years: int) -> Callable[[date], float]:
    """What a bond future is worth: a bond of so many years that pays 5 % in half years, at the curve's yield."""

    def price(day: date) -> float:
        half = curve.at(day, years) / 200
        discount = (1 + half) ** (-2 * years)
        return 2.5 * (1 - discount) / half + 100 * discount

    return price


def dividend_yield(seed: int, members: Sequence[Instrument], year: int) -> float:
    """What shares together paid for a year, as a part of what they are worth at their base prices."""
    paid = sum(statement(seed, member, year).dividend * member.listed_shares for member in members)
    return paid / sum(member.base_units * member.listed_shares for member in members)


@dataclass(frozen=True, slots=True)
class Carry:
    """What holding an underlying costs.

    Attributes:
        rate: A day's interest in percent a year.
        paid: Dividends or interest that the underlying pays on a day, as a part of it a year.
    """

    expiry: date
    rate: Callable[[date], float]
    paid: Callable[[date], float]

    def on(self, day: date) -> float:
        """By what the underlying is multiplied on a day."""
        years = max((self.expiry - day).days, 0) / 365
        return 1 + (self.rate(day) / 100 - self.paid(day)) * years


def share_carry(seed: int, curve: Curve, expiry: date, members: Sequence[Instrument]) -> Carry:
    """Of shares: interest less what they pay."""

    @cache
    def paid(year: int) -> float:
        return dividend_yield(seed, members, year)

    return Carry(expiry, curve.deposits, lambda day: paid(last_year(day)))


class FutureHistory:
    """The daily bars and ticks of a future.

    Args:
        first: Its first trading day, from which its candles begin.
    """

    def __init__(self, seed: int, future: Instrument, spot: Spot, carry: Carry, first: date) -> None:
        self.carry, self.spot, self.first = carry, spot, first
        self._future, self._unit = future, 10**future.decimals
        self._walk, self._volumes = f"{seed}:{future.walk}", f"{seed}:{future.identity}"
        self._bars: dict[date, DayBar] = {}

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None before its underlying's history begins."""
        if day not in self._bars:
            levels = self.spot.bar(day)
            if levels is None:
                return None
            self._bars[day] = self._make(day, levels)
        return self._bars[day]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        bar = self.bar(trading_day(self._future.country, day, -1))
        return bar.close if bar else self._future.base_units

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        days = trading_days_until(self._future.country, day, count)
        return [bar for each in days if each >= self.first and (bar := self.bar(each))]

    def extremes(self, day: date, count: int) -> list[DayBar]:
        """The bars with the highest and the lowest price among those of `until`, and perhaps others of them.

        The bar of an index is put together of all its members' bars. So it is made only for days whose closes come near
        to the highest and the lowest one.
        """
        days = [each for each in trading_days_until(self._future.country, day, count) if each >= self.first]
        spot = self.spot
        if not isinstance(spot, IndexSpot) or not days:
            return self.until(day, count)
        closes = [spot.close(each) * self.carry.on(each) for each in [trading_day("KR", days[0], -1), *days]]
        ends = [(each, max(pair), min(pair)) for each, pair in zip(days, pairwise(closes), strict=True)]
        top, bottom = max(ends, key=lambda end: end[1])[1], min(ends, key=lambda end: end[2])[2]
        near = [
            each for each, high, low in ends if high >= top * (1 - _PAST_CLOSES) or low <= bottom * (1 + _PAST_CLOSES)
        ]
        return [bar for each in near if (bar := self.bar(each))]

    def path(self, day: date, bar: DayBar) -> "array[int] | None":
        """Its price at each tick of a day; None where its underlying has none."""
        path = self.spot.path(day)
        if path is None:
            return None
        scale, last = self.carry.on(day) * self._unit, len(path) - 1
        start, end = bar.open - path[0] * scale, bar.close - path[last] * scale
        return bent(
            [level * scale + start + (end - start) * tick / last for tick, level in enumerate(path)], self._future, bar
        )

    def _make(self, day: date, levels: Levels) -> DayBar:
        random = Random(f"{self._walk}:{day}:basis")  # noqa: S311
        left = max((self.carry.expiry - day).days, 0)
        noise, scale = _NOISE * min(left / _QUIET_DAYS, 1), self.carry.on(day) * self._unit
        opening, close = (level * scale * (1 + noise * random.gauss(0, 1)) for level in (levels.open, levels.close))
        above, below = levels.high - max(levels.open, levels.close), min(levels.open, levels.close) - levels.low
        opening, close = to_tick(self._future, opening), to_tick(self._future, close)
        own = noise * levels.open * scale
        top, bottom = max(opening, close), min(opening, close)
        high = max(top, to_tick(self._future, top + above * scale + own * random.random()))
        low = min(bottom, to_tick(self._future, bottom - below * scale - own * random.random()))
        volume = self._volume(day, left)
        return DayBar.of(day, opening, high, low, close, volume)

    def _volume(self, day: date, left: int) -> int:
        """The nearest quarter has nearly all of it."""
        random = Random(f"{self._volumes}:{day}:volume")  # noqa: S311
        part = math.exp(-max(left - _FAR_DAYS, 0) / 30)
        return volume_around(random, self._future.daily_volume * part, least=1_000)
