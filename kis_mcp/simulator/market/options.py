"""Options on futures, priced by Black's model, so that they follow their future tick by tick.

Within a day the time left and the volatility of a strike stand still: a price then rises and falls with the future
alone, and a day's highest price belongs to the future's highest (a put's to its lowest).
"""

import math
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from statistics import NormalDist

from kis_mcp.simulator.market.futures import PriceHistory, Spot
from kis_mcp.simulator.market.history import DayBar, to_tick, volume_around
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.volatility import realised_volatility, yearly_volatility

RATE = 0.03
"""What money costs a year, continuously, where no curve says it."""

_SHORTEST = 0.5 / 365
"""Years left on the last day."""

_REMEMBERED = 90
"""Days that the historical volatility is measured over."""

_PREMIUM, _LEAST, _MOST = 1.1, 0.08, 0.8
"""Volatility at the money against the historical one, and its bounds."""

_SKEW, _SMILE, _WINGS = 0.05, 0.02, 3.0
"""How volatility falls with the strike and rises to both sides, by standard deviations from the future, up to three."""

_KEPT_DAYS = 4
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Model:
    """Black's model of one option on one day; prices in points.

    Attributes:
        volatility: Of a year.
        rate: What money costs a year, continuously.
    """

    is_call: bool
    strike: float
    years: float
    volatility: float
    rate: float = RATE

    def value(self, future: float) -> float:
        d1, d2 = self._distances(future)
        sign = 1 if self.is_call else -1
        worth = future * _NORMAL.cdf(sign * d1) - self.strike * _NORMAL.cdf(sign * d2)
        # Far out of the money, rounding leaves a little less than nothing.
        return max(self._discount * sign * worth, 0.0)

    def delta(self, future: float) -> float:
        d1, _ = self._distances(future)
        return self._discount * (_NORMAL.cdf(d1) - (0 if self.is_call else 1))

    def gamma(self, future: float) -> float:
        d1, _ = self._distances(future)
        return self._discount * _NORMAL.pdf(d1) / (future * self._spread)

    def vega(self, future: float) -> float:
        """For one point, a percent, of volatility."""
        d1, _ = self._distances(future)
        return self._discount * future * _NORMAL.pdf(d1) * math.sqrt(self.years) / 100

    def theta(self, future: float) -> float:
        """For one day that passes."""
        d1, _ = self._distances(future)
        decay = future * self._discount * _NORMAL.pdf(d1) * self.volatility / (2 * math.sqrt(self.years))
        return (self.rate * self.value(future) - decay) / 365

    def rho(self, future: float) -> float:
        """For one point, a percent, of the rate."""
        return -self.years * self.value(future) / 100

    @property
    def _discount(self) -> float:
        return math.exp(-self.rate * self.years)

    @property
    def _spread(self) -> float:
        return self.volatility * math.sqrt(self.years)

    def _distances(self, future: float) -> tuple[float, float]:
        d1 = math.log(future / self.strike) / self._spread + self._spread / 2
        return d1, d1 - self._spread


def years_left(option: Instrument, day: date) -> float:
    """Until its last trading day, half a day on that."""
    left = (option.expiry - day).days if option.expiry else 0
    return max(left / 365, _SHORTEST)


def model(option: Instrument, future: Instrument, day: date) -> Model:
    """The model of an option on a future that moves on its own."""
    yearly = yearly_volatility(abs(future.volatility))
    return Model(option.kind == "call", float(option.strike), years_left(option, day), yearly)


def historical_volatility(spot: Spot, day: date) -> float:
    """Of a year, from the closes of the 90 trading days before a day; 0 where there are too few."""
    closes: list[float] = []
    while len(closes) <= _REMEMBERED:
        day = trading_day("KR", day, -1)
        levels = spot.bar(day)
        if levels is None:
            return 0.0
        closes.append(levels.close)
    return realised_volatility(closes[::-1])


class Surface:
    """Volatilities by strike and time of the options on one underlying, a little above what it has really moved.

    Args:
        rate: A day's interest in percent a year.
    """

    def __init__(self, spot: Spot, rate: Callable[[date], float]) -> None:
        self._spot, self._rate = spot, rate
        self._historical: dict[date, float] = {}

    def historical(self, day: date) -> float:
        if day not in self._historical:
            self._historical[day] = historical_volatility(self._spot, day)
        return self._historical[day]

    def model(self, option: Instrument, future: float, day: date) -> Model:
        """The model of an option on a day whose future closed at a price the day before."""
        years = years_left(option, day)
        middle = min(max(self.historical(day) * _PREMIUM, _LEAST), _MOST)
        away = math.log(float(option.strike) / future) / (middle * math.sqrt(years))
        away = min(max(away, -_WINGS), _WINGS)
        volatility = round(middle * (1 - _SKEW * away + _SMILE * away * away), 4)
        return Model(option.kind == "call", float(option.strike), years, volatility, self._rate(day) / 100)


class Pricing:
    """Prices of the future → prices of the option, in units, of one day."""

    def __init__(self, option: Instrument, future: Instrument, priced: Model) -> None:
        self.model = priced
        self._option = option
        self._future_unit, self._unit = 10**future.decimals, 10**option.decimals
        self._known: dict[int, int] = {}

    def __call__(self, future: int) -> int:
        """On the tick, and never worthless while it trades."""
        if future not in self._known:
            units = self.model.value(future / self._future_unit) * self._unit
            self._known[future] = to_tick(self._option, units)
        return self._known[future]

    def path(self, futures: "array[int]") -> "array[int]":
        return array("q", map(self, futures))


class OptionHistory:
    """The daily bars of an option, made from its future's; volumes are its own.

    Args:
        underlying: The future's history.
        surface: Where its volatility comes from; None of an option whose future moves on its own.
        first: Its first trading day, from which its candles begin.
    """

    def __init__(
        self,
        seed: int,
        option: Instrument,
        future: Instrument,
        underlying: PriceHistory,
        surface: Surface | None = None,
        first: date = date.min,
    ) -> None:
        self.surface, self.first = surface, first
        self._seed = f"{seed}:{option.identity}"
        self._option, self._future, self._underlying = option, future, underlying
        self._pricings: dict[date, Pricing] = {}
        self._bars: dict[date, DayBar] = {}

    def pricing(self, day: date) -> Pricing:
        """Its prices of a day by its future's."""
        if day not in self._pricings:
            while len(self._pricings) >= _KEPT_DAYS:
                del self._pricings[next(iter(self._pricings))]
            self._pricings[day] = Pricing(self._option, self._future, self._model(day))
        return self._pricings[day]

    def _model(self, day: date) -> Model:
        if self.surface is None:
            return model(self._option, self._future, day)
        before = self._underlying.previous_close(day) / 10**self._future.decimals
        return self.surface.model(self._option, before, day)

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None before the history begins."""
        if day not in self._bars:
            bar = self._underlying.bar(day)
            if bar is None:
                return None
            self._bars[day] = self._make(day, bar)
        return self._bars[day]

    def _make(self, day: date, bar: DayBar) -> DayBar:
        price = self.pricing(day)
        opening, close, one, other = (price(units) for units in (bar.open, bar.close, bar.high, bar.low))
        high, low = max(one, other), min(one, other)
        random = Random(f"{self._seed}:{day}:volume")  # noqa: S311
        volume = volume_around(random, self._option.daily_volume, least=1_000)
        return DayBar.of(day, opening, high, low, close, volume)

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        return self.pricing(trading_day(self._future.country, day, -1))(self._underlying.previous_close(day))

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        known = self._underlying.until(day, count)
        return [bar for each in known if each.day >= self.first and (bar := self.bar(each.day))]
