"""Daily bars of one instrument, from its first day on."""

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from random import Random
from threading import RLock
from zlib import crc32

from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.places import Country
from kis_mcp.simulator.market.rights import ANCHOR, events, price_factor

FIRST_DAY = date(2018, 1, 1)
"""Where every instrument's history begins; a Monday."""

_PULL = 0.98
"""How much of yesterday's distance from the base price remains: prices wander, but stay near it for ever."""

_SHARED = 0.5
_OWN = math.sqrt(1 - _SHARED**2)
"""How much of a Korean stock's day is its market's and how much its own, so that indices move too."""

INDEX_VOLATILITY = 0.009
"""Of a day of an index of many stocks, about."""

_DAYS_A_SHOCK = 80
"""A Korean company has news that moves its price by more than a usual day on one of so many days."""

_SHOCK_VOLUME = 4
"""How many times as much is traded then."""


MAKING = RLock()
"""Held while a walk goes on: simulators of one seed share it, and each has a thread of its own."""


@dataclass(frozen=True, slots=True)
class DayBar:
    """One trading day in units; ``turnover`` is price × volume in units."""

    day: date
    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int

    @classmethod
    def of(cls, day: date, opening: int, high: int, low: int, close: int, volume: int) -> "DayBar":
        """A day whose volume was traded at the mean of its four prices."""
        return cls(day, opening, high, low, close, volume, (opening + high + low + close) * volume // 4)


class History:
    """The trading days of one instrument. The walk is made in order and kept; the rest of a day when it is asked for.

    A weekend day or holiday, which trades only because the simulator never closes, branches off the trading day before
    and is not part of the history.

    Prices are those that were traded: on the ex-date of a split or an issue of shares they move to its ratio.
    """

    def __init__(self, seed: int, instrument: Instrument) -> None:
        self._instrument = instrument
        self._volatility = instrument.volatility
        self._seed = f"{seed}:{instrument.walk}"
        company = instruments().get(instrument.walk)
        self._has_news = company is not None and company.kind == "stock" and company.country == "KR"
        moves = instrument.kind == "stock" and instrument.country == "KR"
        self._market = _market_moves(seed, instrument.country) if moves else None
        self._random = Random(f"{self._seed}:closes")  # noqa: S311
        self._distances: list[float] = []
        self._closes: dict[int, int] = {}
        self._shocks = crc32(f"{self._seed}:".encode())
        self._bars: dict[date, DayBar] = {}

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar, whether or not it is over; None before the history begins."""
        if day < FIRST_DAY:
            return None
        if day not in self._bars:
            self._bars[day] = self._make(day)
        return self._bars[day]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before, at the ratio of what splits the shares on this day: its base price."""
        return self.close_before(day, 1)

    def close_before(self, day: date, count: int) -> int:
        """The close of the trading day so many before a day, for the shares of that day."""
        return self._close(weekdays_before(trading_day(self._instrument.country, day, -count)), day)

    def shock(self, day: date) -> float:
        """By how much news moves the close of a day, as a logarithm; 0 on most days, and where no company is behind."""
        if not self._has_news:
            return 0.0
        drawn = crc32(_word_of_shock(day), self._shocks)
        if drawn % _DAYS_A_SHOCK or not trades_on(self._instrument.country, day):
            return 0.0
        size = 0.09 + drawn // _DAYS_A_SHOCK % 1_000 * 0.00004
        return size if drawn // (_DAYS_A_SHOCK * 1_000) % 2 else -size

    def closes_before(self, day: date) -> Sequence[int]:
        """The closes of all trading days before a day, oldest first, for the shares of the file of instruments."""
        days = trading_days_until(self._instrument.country, day - timedelta(days=1))
        if days:
            self._close(weekdays_before(days[-1]), ANCHOR)
        return [self._close_at(weekdays_before(each)) for each in days]

    def close_of(self, day: date) -> int:
        """The close of a trading day, for the shares of that day."""
        return self._close(weekdays_before(day), day)

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        days = trading_days_until(self._instrument.country, day, count)
        return [bar for day in days if (bar := self.bar(day))]

    def _close(self, position: int, day: date) -> int:
        """The close of a weekday, counted from the first, for the shares of a day; the base price before it."""
        instrument, factor = self._instrument, price_factor(self._instrument, day)
        if position < 0:
            return to_tick(instrument, instrument.base_units * factor)
        if len(self._distances) <= position:
            with MAKING:
                self._extend(position)
        if factor == 1:
            return self._close_at(position)
        return to_tick(instrument, instrument.base_units * math.exp(self._distances[position]) * factor)

    def _close_at(self, position: int) -> int:
        """The close of a weekday that is made already, for the shares of the file of instruments."""
        if position not in self._closes:
            units = self._instrument.base_units * math.exp(self._distances[position])
            self._closes[position] = to_tick(self._instrument, units)
        return self._closes[position]

    def _extend(self, position: int) -> None:
        """Walk up to a weekday."""
        while len(self._distances) <= position:
            before = self._distances[-1] if self._distances else 0.0
            move = self._random.gauss(0, 1)
            if self._market is not None:
                move = _SHARED * self._market[len(self._distances)] + _OWN * move
            distance = _PULL * before + self._volatility * move
            distance += self.shock(weekday_at(len(self._distances)))
            self._distances.append(distance)

    def _make(self, day: date) -> DayBar:
        """One day between its neighbours' closes. Its moves stay far from KRX' price limits."""
        instrument, volatility = self._instrument, self._volatility
        random = Random(f"{self._seed}:{day}")  # noqa: S311
        previous, position = self.previous_close(day), weekdays_before(day)
        factor = float(price_factor(instrument, day))
        if trades_on(instrument.country, day):
            close = self._close(position, day)
        else:
            close = to_tick(instrument, previous * math.exp(volatility * random.gauss(0, 1)))
        reach = 0.6 * abs(volatility) * instrument.base_units * factor
        opening = to_tick(instrument, previous * math.exp(0.3 * volatility * random.gauss(0, 1)))
        high = max(opening, close, to_tick(instrument, max(opening, close) + reach * random.random()))
        low = min(opening, close, to_tick(instrument, min(opening, close) - reach * random.random()))
        usual = instrument.daily_volume / factor * (_SHOCK_VOLUME if self.shock(day) else 1)
        return DayBar.of(day, opening, high, low, close, volume_around(random, usual, least=10_000))


@cache
def _word_of_shock(day: date) -> bytes:
    """Every company draws its news of a day with the same end of its own text."""
    return f"{day}:shock".encode()


class _Moves:
    """What moves a whole market on each weekday, counted from the first."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311
        self._made: list[float] = []

    def __getitem__(self, position: int) -> float:
        while len(self._made) <= position:
            self._made.append(self._random.gauss(0, 1))
        return self._made[position]


@cache
def _market_moves(seed: int, country: str) -> _Moves:
    return _Moves(f"{seed}:{country}:market")


@cache
def _trading_days(country: Country) -> list[date]:
    """Those that were asked for so far, from the first of the history on."""
    return [FIRST_DAY if trades_on(country, FIRST_DAY) else trading_day(country, FIRST_DAY, 1)]


def trading_days_until(country: Country, day: date, count: int | None = None) -> list[date]:
    """The last ``count`` trading days up to and including ``day``, none before the history begins, oldest first."""
    days = _trading_days(country)
    if days[-1] < day:
        with MAKING:
            while days[-1] < day:
                days.append(trading_day(country, days[-1], 1))
    end = bisect_left(days, day + timedelta(days=1))
    return days[0 if count is None else max(0, end - count) : end]


@cache
def walk_of(seed: int, instrument: Instrument) -> History:
    """The one history of an instrument that follows nothing, for all markets of a seed."""
    return History(seed, instrument)


def for_shares_of(instrument: Instrument, day: date, bar: DayBar) -> DayBar:
    """A bar at the ratio of what has split the shares since, up to a day: an adjusted bar."""
    if not events(instrument):
        return bar
    now, then = price_factor(instrument, day), price_factor(instrument, bar.day)
    if now == then:
        return bar
    ratio = now / then
    opening, high, low, close = (round(units * ratio) for units in (bar.open, bar.high, bar.low, bar.close))
    return DayBar(bar.day, opening, high, low, close, round(bar.volume / ratio), bar.turnover)


def volume_around(random: Random, usual: float, *, least: int, spread: float = 0.35) -> int:
    """What is traded in a day.

    Args:
        usual: The middle of all days.
        spread: The standard deviation of its logarithm.
    """
    return max(least, int(usual * math.exp(spread * random.gauss(0, 1))))


def to_tick(instrument: Instrument, price: float | Fraction) -> int:
    """The price in units that is nearest to another and on the instrument's price step; never nothing."""
    tick = instrument.tick(max(round(price), 1))
    return max(round(price / tick) * tick, tick)


def weekdays_before(day: date) -> int:
    """How many weekdays lie between the first day of the history and ``day``."""
    weeks, weekday = divmod((day - FIRST_DAY).days, 7)
    return weeks * 5 + min(weekday, 5)


@cache
def weekday_at(position: int) -> date:
    weeks, weekday = divmod(position, 5)
    return FIRST_DAY + timedelta(days=weeks * 7 + weekday)
