"""Daily bars of one instrument, from its first day on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

from kis_mcp.simulator.market.instruments import Instrument

FIRST_DAY = date(2018, 1, 1)
"""Where every instrument's history begins; a Monday."""

_PULL = 0.98
"""How much of yesterday's distance from the base price remains: prices wander, but stay near it for ever."""

_SHARED = 0.5
_OWN = math.sqrt(1 - _SHARED**2)
"""How much of a Korean stock's day is its market's and how much its own, so that indices move too."""

INDEX_VOLATILITY = 0.009
"""Of a day of an index of many stocks, about."""


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


class History:
    """The weekdays of one instrument. Closes are made in order and kept; the rest of a day when it is asked for.

    A weekend day, which trades only because the simulator never closes, branches off the Friday before and is not
    part of the history.
    """

    def __init__(self, seed: int, instrument: Instrument) -> None:
        self._instrument = instrument
        self._volatility = instrument.volatility
        self._seed = f"{seed}:{instrument.walk}"
        self._random = Random(f"{self._seed}:closes")  # noqa: S311
        self._distances: list[float] = []
        self._closes: list[int] = []
        self._bars: dict[date, DayBar] = {}
        moves = instrument.kind == "stock" and instrument.country == "KR"
        self._market = _market_shocks(seed, instrument.country) if moves else None

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar, whether or not it is over; None before the history begins."""
        if day < FIRST_DAY:
            return None
        if day not in self._bars:
            self._bars[day] = self._make(day)
        return self._bars[day]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        return self._close(weekdays_before(day) - 1)

    def closes_before(self, day: date) -> Sequence[int]:
        """The closes of all weekdays before a day, oldest first."""
        count = max(weekdays_before(day), 0)
        self._close(count - 1)
        return self._closes[:count]

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of weekdays up to and including ``day``, oldest first."""
        return [bar for each in weekdays_until(day, count) if (bar := self.bar(each))]

    def _close(self, position: int) -> int:
        """The close of a weekday, counted from the first; the base price before it."""
        if position < 0:
            return self._instrument.base_units
        while len(self._closes) <= position:
            before = self._distances[-1] if self._distances else 0.0
            shock = self._random.gauss(0, 1)
            if self._market is not None:
                shock = _SHARED * self._market[len(self._closes)] + _OWN * shock
            distance = _PULL * before + self._volatility * shock
            self._distances.append(distance)
            self._closes.append(_to_tick(self._instrument, self._instrument.base_units * math.exp(distance)))
        return self._closes[position]

    def _make(self, day: date) -> DayBar:
        """One day between its neighbours' closes. Its moves stay far from KRX' price limits."""
        instrument, volatility = self._instrument, self._volatility
        random = Random(f"{self._seed}:{day}")  # noqa: S311
        previous, position = self.previous_close(day), weekdays_before(day)
        if day.weekday() < 5:
            close = self._close(position)
        else:
            close = _to_tick(instrument, previous * math.exp(volatility * random.gauss(0, 1)))
        reach = 0.6 * abs(volatility) * instrument.base_units
        opening = _to_tick(instrument, previous * math.exp(0.3 * volatility * random.gauss(0, 1)))
        high = max(opening, close, _to_tick(instrument, max(opening, close) + reach * random.random()))
        low = min(opening, close, _to_tick(instrument, min(opening, close) - reach * random.random()))
        volume = max(10_000, int(instrument.daily_volume * math.exp(0.35 * random.gauss(0, 1))))
        turnover = (opening + high + low + close) * volume // 4
        return DayBar(day, opening, high, low, close, volume, turnover)


class _Shocks:
    """What moves a whole market on each weekday, counted from the first."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)  # noqa: S311
        self._made: list[float] = []

    def __getitem__(self, position: int) -> float:
        while len(self._made) <= position:
            self._made.append(self._random.gauss(0, 1))
        return self._made[position]


@cache
def _market_shocks(seed: int, country: str) -> _Shocks:
    return _Shocks(f"{seed}:{country}:market")


def weekdays_until(day: date, count: int) -> list[date]:
    """Up to ``count`` weekdays up to and including ``day``, none before the history begins, oldest first."""
    end = weekdays_before(day) + (day.weekday() < 5)
    return [_weekday(position) for position in range(max(0, end - count), end)]


def _to_tick(instrument: Instrument, price: float) -> int:
    tick = instrument.tick(round(price))
    return round(price / tick) * tick


def weekdays_before(day: date) -> int:
    """How many weekdays lie between the first day of the history and ``day``."""
    weeks, weekday = divmod((day - FIRST_DAY).days, 7)
    return weeks * 5 + min(weekday, 5)


def _weekday(position: int) -> date:
    weeks, weekday = divmod(position, 5)
    return FIRST_DAY + timedelta(days=weeks * 7 + weekday)
