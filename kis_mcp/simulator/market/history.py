"""Daily bars of one instrument, from its first day on."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from kis_mcp.simulator.market.instruments import Instrument

FIRST_DAY = date(2016, 1, 4)
"""Where every instrument's history begins; a Monday."""

_PULL = 0.98
"""How much of yesterday's distance from the base price remains: prices wander, but stay near it for ever."""
_VOLATILITY = {"KR": 0.017, "US": 0.015}


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
    """The weekdays of one instrument. Bars are made in order and kept; the last one asked for costs the most.

    A weekend day, which trades only because the simulator never closes, branches off the Friday before and is not
    part of the history.
    """

    def __init__(self, seed: int, instrument: Instrument) -> None:
        self._instrument = instrument
        self._volatility = _VOLATILITY[instrument.country]
        self._seed = f"{seed}:{instrument.symbol}"
        self._random = Random(f"{self._seed}:days")  # noqa: S311
        self._bars: list[DayBar] = []
        self._distances: list[float] = []

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar, whether or not it is over; None before the history begins."""
        if day < FIRST_DAY:
            return None
        position = _weekdays_since_first(day)
        if day.weekday() < 5:
            self._extend_to(position)
            return self._bars[position]
        friday = position - 1
        self._extend_to(friday)
        random = Random(f"{self._seed}:{day}")  # noqa: S311
        return self._make(day, self._distances[friday], self._bars[friday].close, random)[0]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        position = _weekdays_since_first(day) - 1
        if position < 0:
            return self._instrument.base_units
        self._extend_to(position)
        return self._bars[position].close

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of weekdays up to and including ``day``, oldest first."""
        if day < FIRST_DAY:
            return []
        end = _weekdays_since_first(day) + (day.weekday() < 5)
        self._extend_to(end - 1)
        return self._bars[max(0, end - count) : end]

    def between(self, start: date, end: date) -> list[DayBar]:
        """Whole bars of weekdays from ``start`` to ``end``, oldest first."""
        bars = self.until(end, 1_000_000)
        return bars[bisect_right(bars, start - timedelta(days=1), key=lambda bar: bar.day) :]

    def _extend_to(self, position: int) -> None:
        while len(self._bars) <= position:
            weeks, weekday = divmod(len(self._bars), 5)
            day = FIRST_DAY + timedelta(days=weeks * 7 + weekday)
            distance = self._distances[-1] if self._distances else 0.0
            previous = self._bars[-1].close if self._bars else self._instrument.base_units
            bar, distance = self._make(day, distance, previous, self._random)
            self._bars.append(bar)
            self._distances.append(distance)

    def _make(self, day: date, distance: float, previous: int, random: Random) -> tuple[DayBar, float]:
        instrument, volatility = self._instrument, self._volatility
        distance = _PULL * distance + volatility * random.gauss(0, 1)
        low_limit, high_limit = instrument.limits(previous)
        close = _to_tick(instrument, instrument.base_units * math.exp(distance), low_limit, high_limit)
        opening = _to_tick(
            instrument, previous * math.exp(0.3 * volatility * random.gauss(0, 1)), low_limit, high_limit
        )
        reach = volatility * instrument.base_units
        high = _to_tick(instrument, max(opening, close) + 0.6 * reach * random.random(), low_limit, high_limit)
        low = _to_tick(instrument, min(opening, close) - 0.6 * reach * random.random(), low_limit, high_limit)
        high, low = max(high, opening, close), min(low, opening, close)
        volume = max(10_000, int(instrument.daily_volume * math.exp(0.35 * random.gauss(0, 1))))
        turnover = (opening + high + low + close) * volume // 4
        return DayBar(day, opening, high, low, close, volume, turnover), distance


def _to_tick(instrument: Instrument, price: float, low_limit: int, high_limit: int) -> int:
    units = round(price)
    tick = instrument.tick(units)
    return min(max(round(units / tick) * tick, low_limit), high_limit)


def _weekdays_since_first(day: date) -> int:
    """How many weekdays lie before ``day``, counted from the first day of the history."""
    weeks, weekday = divmod((day - FIRST_DAY).days, 7)
    return weeks * 5 + min(weekday, 5)
