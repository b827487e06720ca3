"""Options on futures, priced by Black's model, so that they follow their future tick by tick.

Within a day the time left stands still: a price then rises and falls with the future alone, and a day's highest price
belongs to the future's highest (a put's to its lowest).
"""

import math
from array import array
from dataclasses import dataclass
from datetime import date
from random import Random
from statistics import NormalDist

from kis_mcp.simulator.market.history import DayBar, History
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument

RATE = 0.03
"""What money costs a year, continuously."""

_TRADING_DAYS = 252
_SHORTEST = 0.5 / 365
"""Years left on the last day."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Model:
    """Black's model of one option on one day; prices in points.

    Attributes:
        volatility: Of a year, that of the future.
    """

    is_call: bool
    strike: float
    years: float
    volatility: float

    def value(self, future: float) -> float:
        d1, d2 = self._distances(future)
        sign = 1 if self.is_call else -1
        return self._discount * sign * (future * _NORMAL.cdf(sign * d1) - self.strike * _NORMAL.cdf(sign * d2))

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
        return (RATE * self.value(future) - decay) / 365

    def rho(self, future: float) -> float:
        """For one point, a percent, of the rate."""
        return -self.years * self.value(future) / 100

    @property
    def _discount(self) -> float:
        return math.exp(-RATE * self.years)

    @property
    def _spread(self) -> float:
        return self.volatility * math.sqrt(self.years)

    def _distances(self, future: float) -> tuple[float, float]:
        d1 = math.log(future / self.strike) / self._spread + self._spread / 2
        return d1, d1 - self._spread


def model(option: Instrument, future: Instrument, day: date) -> Model:
    """The model of an option on a day."""
    left = (option.expiry - day).days if option.expiry else 0
    yearly = abs(future.volatility) * math.sqrt(_TRADING_DAYS)
    return Model(option.kind == "call", float(option.strike), max(left / 365, _SHORTEST), yearly)


class Pricing:
    """Prices of the future → prices of the option, in units, of one day."""

    def __init__(self, option: Instrument, future: Instrument, day: date) -> None:
        self._option, self._model = option, model(option, future, day)
        self._future_unit, self._unit = 10**future.decimals, 10**option.decimals
        self._known: dict[int, int] = {}

    def __call__(self, future: int) -> int:
        """On the tick, and never worthless while it trades."""
        if future not in self._known:
            units = self._model.value(future / self._future_unit) * self._unit
            tick = self._option.tick(max(round(units), 1))
            self._known[future] = max(round(units / tick) * tick, tick)
        return self._known[future]

    def path(self, futures: "array[int]") -> "array[int]":
        return array("q", map(self, futures))


class OptionHistory:
    """The daily bars of an option, made from its future's; volumes are its own.

    Args:
        underlying: The future's history.
    """

    def __init__(self, seed: int, option: Instrument, future: Instrument, underlying: History) -> None:
        self._seed = f"{seed}:{option.symbol}"
        self._option, self._future, self._underlying = option, future, underlying

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None before the history begins."""
        bar = self._underlying.bar(day)
        if bar is None:
            return None
        price = Pricing(self._option, self._future, day)
        opening, close, one, other = (price(units) for units in (bar.open, bar.close, bar.high, bar.low))
        high, low = max(one, other), min(one, other)
        random = Random(f"{self._seed}:{day}:volume")  # noqa: S311
        volume = max(1_000, int(self._option.daily_volume * math.exp(0.35 * random.gauss(0, 1))))
        return DayBar(day, opening, high, low, close, volume, (opening + high + low + close) * volume // 4)

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        before = trading_day(self._future.country, day, -1)
        return Pricing(self._option, self._future, before)(self._underlying.previous_close(day))

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days up to and including ``day``, oldest first."""
        return [bar for known in self._underlying.until(day, count) if (bar := self.bar(known.day))]
