"""Daily bars of one instrument, from its first day on."""

import math
from dataclasses import dataclass
from datetime import date
from random import Random

from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.instruments import Instrument

FIRST_DAY = date(2018, 1, 1)
"""Where every instrument's history begins; a Monday."""

_PULL = 0.98
"""How much of yesterday's distance from the base price remains: prices wander, but stay near it for ever."""


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
    """The trading days of one instrument. Closes are made in order and kept; the rest of a day when it is asked for.

    A weekend day or holiday, which trades only because the simulator never closes, branches off the trading day before
    and is not part of the history.
    """

    def __init__(self, seed: int, instrument: Instrument) -> None:
        self._instrument = instrument
        self._volatility = instrument.volatility
        self._seed = f"{seed}:{instrument.walk}"
        self._random = Random(f"{self._seed}:closes")  # noqa: S311
        self._distances: list[float] = []
        self._closes: list[int] = []
        self._bars: dict[date, DayBar] = {}

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar, whether or not it is over; None before the history begins."""
        if day < FIRST_DAY:
            return None
        if day not in self._bars:
            self._bars[day] = self._make(day)
        return self._bars[day]

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        return self._close(_weekdays_before(trading_day(self._instrument.country, day, -1)))

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        country, days = self._instrument.country, list[date]()
        day = day if trades_on(country, day) else trading_day(country, day, -1)
        while len(days) < count and day >= FIRST_DAY:
            days.append(day)
            day = trading_day(country, day, -1)
        return [bar for day in reversed(days) if (bar := self.bar(day))]

    def _close(self, position: int) -> int:
        """The close of a weekday, counted from the first; the base price before it."""
        if position < 0:
            return self._instrument.base_units
        while len(self._closes) <= position:
            before = self._distances[-1] if self._distances else 0.0
            distance = _PULL * before + self._volatility * self._random.gauss(0, 1)
            self._distances.append(distance)
            self._closes.append(_to_tick(self._instrument, self._instrument.base_units * math.exp(distance)))
        return self._closes[position]

    def _make(self, day: date) -> DayBar:
        """One day between its neighbours' closes. Its moves stay far from KRX' price limits."""
        instrument, volatility = self._instrument, self._volatility
        random = Random(f"{self._seed}:{day}")  # noqa: S311
        previous, position = self.previous_close(day), _weekdays_before(day)
        if trades_on(instrument.country, day):
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


def _to_tick(instrument: Instrument, price: float) -> int:
    tick = instrument.tick(round(price))
    return round(price / tick) * tick


def _weekdays_before(day: date) -> int:
    """How many weekdays lie between the first day of the history and ``day``."""
    weeks, weekday = divmod((day - FIRST_DAY).days, 7)
    return weeks * 5 + min(weekday, 5)
