"""What money costs: one yield curve a country, from which bonds, futures and options take their rates.

Two factors wander from day to day and are drawn back: the level of short rates, and how much more long ones are.
"""

import math
from datetime import date, datetime, time
from functools import cache
from random import Random

from kis_mcp.clock import KST
from kis_mcp.simulator.market.history import FIRST_DAY
from kis_mcp.simulator.market.holidays import trades_on, trading_day

_MIDDLES = {"KR": (2.60, 0.75), "US": (3.90, 0.70), "JP": (0.80, 1.10), "CN": (1.40, 0.60)}
"""Country → where its level and its slope are drawn to, in percent."""

_HALF_WAY = 3.0
"""Years in which about two thirds of the slope are reached."""

_STEP = 0.25
"""By what a central bank moves its rate, in percent."""

_CALL, _DEPOSITS = 0.02, 0.14
"""How far overnight money is above the central bank's rate, and certificates of deposit above the curve, in percent."""


KNOWN_AT = time(11, 30)
"""When a day's rates are known in Seoul, on the days on which Korea's exchange trades."""


def known_day(now: datetime) -> date:
    """The last day whose rates are known."""
    local = now.astimezone(KST)
    is_known = local.time() >= KNOWN_AT and trades_on("KR", local.date())
    return local.date() if is_known else trading_day("KR", local.date(), -1)


class Curve:
    """Yields of a country's government bonds in percent a year, known once a day."""

    def __init__(self, seed: int, country: str) -> None:
        level, slope = _MIDDLES[country]
        self._level = _Factor(f"{seed}:{country}:level", level, pull=0.997, step=0.025)
        self._slope = _Factor(f"{seed}:{country}:slope", slope, pull=0.99, step=0.012)

    def at(self, day: date, years: float) -> float:
        """The yield of a bond that is redeemed in so many years."""
        reached = 1 - math.exp(-years / _HALF_WAY)
        return max(self._level.on(day) + self._slope.on(day) * reached, 0.25)

    def base(self, day: date) -> float:
        """The central bank's rate, set once a quarter in quarters of a percent."""
        quarter = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        return max(round(self._level.on(quarter) / _STEP) * _STEP, _STEP)

    def call(self, day: date) -> float:
        """Overnight money among banks."""
        return self.base(day) + _CALL

    def deposits(self, day: date) -> float:
        """Certificates of deposit of 91 days, the rate that futures are carried at."""
        return self.at(day, 91 / 365) + _DEPOSITS


@cache
def curve(seed: int, country: str) -> Curve:
    """The curve of a country."""
    return Curve(seed, country)


class _Factor:
    """A number that wanders by the day around its middle."""

    def __init__(self, seed: str, middle: float, *, pull: float, step: float) -> None:
        self._random = Random(seed)  # noqa: S311
        self._middle, self._pull, self._step = middle, pull, step
        self._distances = [0.0]

    def on(self, day: date) -> float:
        position = max((day - FIRST_DAY).days, 0)
        while len(self._distances) <= position:
            self._distances.append(self._pull * self._distances[-1] + self._step * self._random.gauss(0, 1))
        return self._middle + self._distances[position]
