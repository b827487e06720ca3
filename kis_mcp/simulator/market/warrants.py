"""ELW: priced by the Black-Scholes model with their underlying, their expiry and, where they have one, their barrier.

Within a day the time left stands still, so that a price moves with its underlying alone.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, cached_property
from random import Random
from statistics import NormalDist
from zlib import crc32

from kis_mcp.simulator.market.followed import Followed, at_ticks
from kis_mcp.simulator.market.history import DayBar, trading_days_until, volume_around
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.instruments import Instrument, instruments
from kis_mcp.simulator.market.listings import ISSUERS, WarrantTerms, warrant_terms
from kis_mcp.simulator.market.places import Ladder
from kis_mcp.simulator.market.volatility import realised_volatility, yearly_volatility

RATE = 0.03
"""What money costs a year, continuously."""

_STEP = 5
_LOT = 10
_SHORTEST = 0.5 / 365
"""Years left on the last day."""

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Model:
    """One warrant on one day; values are for a whole unit of the underlying, in its price or points.

    Attributes:
        sign: 1 of a call, -1 of a put.
        volatility: Of a year.
        barrier: Below a call's, above a put's price it is worth nothing.
    """

    sign: int
    strike: float
    years: float
    volatility: float
    barrier: float | None = None
    rate: float = RATE

    def value(self, spot: float) -> float:
        """What the right is worth, and never less than what exercising would bring."""
        return max(self._value(spot), self.intrinsic(spot))

    def intrinsic(self, spot: float) -> float:
        """What exercising would bring; nothing beyond the barrier."""
        return 0.0 if self.is_over(spot) else max(self.sign * (spot - self.strike), 0.0)

    def is_over(self, spot: float) -> bool:
        """Whether the barrier is reached."""
        return self.barrier is not None and self.sign * (spot - self.barrier) <= 0

    def delta(self, spot: float) -> float:
        """For one unit of the underlying's price."""
        step = spot * 1e-4
        return (self._value(spot + step) - self._value(spot - step)) / (2 * step)

    def gamma(self, spot: float) -> float:
        """How delta changes with the price."""
        step = spot * 1e-3
        return (self._value(spot + step) - 2 * self._value(spot) + self._value(spot - step)) / step**2

    def vega(self, spot: float) -> float:
        """For one point, a percent, of volatility."""
        return self._change(spot, replace(self, volatility=self.volatility + 1e-4)) / 1e-2

    def theta(self, spot: float) -> float:
        """What it loses in a day that passes."""
        return -self._change(spot, replace(self, years=self.years - 1e-5)) / (1e-5 * 365)

    def rho(self, spot: float) -> float:
        """For one point, a percent, of the rate."""
        return self._change(spot, replace(self, rate=self.rate + 1e-4)) / 1e-2

    def _change(self, spot: float, other: "Model") -> float:
        return other._value(spot) - self._value(spot)

    def _value(self, spot: float) -> float:
        if self.barrier is None:
            return self._vanilla(spot, self.strike)
        if self.is_over(spot):
            return 0.0
        # What is paid beyond the barrier, less its mirror image on the other side of it.
        power = 2 * self.rate / self.volatility**2 - 1
        mirrored = self._vanilla(self.barrier**2 / spot, self.barrier)
        return self._vanilla(spot, self.barrier) - (self.barrier / spot) ** power * mirrored

    def _vanilla(self, spot: float, bound: float) -> float:
        """Exercised where the price ends beyond a bound."""
        spread = self.volatility * math.sqrt(self.years)
        d1 = (math.log(spot / bound) + self.rate * self.years) / spread + spread / 2
        discounted = self.strike * math.exp(-self.rate * self.years)
        sign = self.sign
        return sign * (spot * _NORMAL.cdf(sign * d1) - discounted * _NORMAL.cdf(sign * (d1 - spread)))


class WarrantHistory:
    """The days of a warrant, made from those of its underlying; volumes are its own.

    After its last day it stands where that day left it.
    """

    def __init__(self, seed: int, warrant: Instrument, terms: WarrantTerms, followed: Followed) -> None:
        self._seed = f"{seed}:{warrant.symbol}"
        self._warrant, self._followed = warrant, followed
        self.terms = terms
        self._models: dict[date, Model] = {}
        self._over: tuple[date, bool] | None = None

    def model(self, day: date) -> Model:
        """At the volatility that the market sees in it on a day."""
        if day not in self._models:
            terms = self.terms
            left = (terms.expiry - day).days
            self._models[day] = Model(
                terms.sign,
                float(terms.strike),
                max(left / 365, _SHORTEST),
                self._volatility(day),
                float(terms.barrier) if terms.barrier is not None else None,
            )
        return self._models[day]

    def is_traded(self, day: date) -> bool:
        """Whether it is listed on a day: issued, not expired, and its barrier not reached on a day before."""
        terms = self.terms
        return terms.listed_since <= day <= terms.expiry and not self._ended_before(day)

    def spot(self, level: int) -> float:
        """The underlying's price, or an index's points, at a level of it."""
        return self._followed.points(level)

    def underlying_bar(self, day: date) -> DayBar | None:
        """Of the underlying, in levels."""
        return self._followed.bars.bar(day)

    def historical_volatility(self, day: date, count: int) -> float:
        """Of a year: how far the underlying's closes of ``count`` days until ``day`` were from each other."""
        closes = self._followed.bars.closes_before(day + timedelta(days=1))[-count - 1 :]
        if len(closes) < 3:
            return yearly_volatility(self._followed.volatility)
        return realised_volatility(closes)

    def held_by_investors(self, day: date) -> int:
        """What of the warrants its liquidity provider does not have at the end of a day."""
        if day < self.terms.listed_since:
            return 0
        drawn = crc32(f"{self._seed}:{day}:held".encode()) % 40 + 5
        return self.terms.listed_shares * drawn // 10_000 // _LOT * _LOT

    def issue_price(self) -> int:
        """What the issuer asked for it on its first day: its model's price at the underlying's close before."""
        first = self.terms.listed_since
        spot = self.spot(self._followed.bars.previous_close(first))
        return max(round(self.model(first).value(spot) * float(self.terms.ratio)), 1)

    def redemption(self, day: date) -> Decimal:
        """What the issuer pays for one after its last day, in won; 0 before."""
        bar = self.underlying_bar(self.terms.expiry) if day > self.terms.expiry else None
        if bar is None or self._ended_before(self.terms.expiry + timedelta(days=1)):
            return Decimal("0.00")
        won = self.model(self.terms.expiry).intrinsic(self.spot(bar.close)) * float(self.terms.ratio)
        return Decimal(won).quantize(Decimal("0.01"))

    def price(self, day: date, level: int) -> int:
        """In won, for one warrant, while its underlying stands at a level; on the tick and never nothing."""
        won = self.model(day).value(self._followed.points(level)) * float(self.terms.ratio)
        return max(math.ceil(won / _STEP - 1e-9) * _STEP, _STEP)

    def bar(self, day: date) -> DayBar | None:
        """The whole day's bar; None before the history begins."""
        if day > self.terms.expiry:
            last = self.bar(self.terms.expiry)
            return last and DayBar(day, last.close, last.close, last.close, last.close, 0, 0)
        bar = self._followed.bars.bar(day)
        if bar is None:
            return None
        opening, close, one, other = (self.price(day, level) for level in (bar.open, bar.close, bar.high, bar.low))
        high, low = max(one, other), min(one, other)
        if low == _STEP and self._is_over(day, bar):
            close = low
        random = Random(f"{self._seed}:{day}:volume")  # noqa: S311
        volume = volume_around(random, self._warrant.daily_volume, least=1_000, spread=0.6) // _LOT * _LOT
        return DayBar.of(day, opening, high, low, close, volume)

    def previous_close(self, day: date) -> int:
        """The close of the trading day before."""
        before = trading_day("KR", day, -1)
        bar = self.bar(before)
        return bar.close if bar else self.price(before, self._followed.base)

    def until(self, day: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars of trading days since it was listed up to and including ``day``, oldest first."""
        days = trading_days_until("KR", min(day, self.terms.expiry), count)
        return [bar for each in days if each >= self.terms.listed_since and (bar := self.bar(each))]

    def path(self, day: date, ticks: int) -> "array[int]":
        """The price at each tick of a day; the least one from where its barrier is reached."""
        if day > self.terms.expiry:
            last = self.bar(self.terms.expiry)
            return array("q", [last.close if last else _STEP]) * ticks
        levels = at_ticks(self._followed.traded(day), ticks)
        prices = {level: self.price(day, level) for level in set(levels)}
        path = array("q", map(prices.__getitem__, levels))
        model = self.model(day)
        if model.barrier is not None:
            over = next((t for t, level in enumerate(levels) if model.is_over(self._followed.points(level))), ticks)
            path[over:] = array("q", [_STEP]) * (ticks - over)
        return path

    def levels(self, day: date, ticks: int) -> Sequence[int]:
        """Where its underlying stands at each tick of a day."""
        if day > self.terms.expiry:
            last = self._followed.bars.bar(self.terms.expiry)
            return [last.close if last else self._followed.base] * ticks
        return at_ticks(self._followed.path(day), ticks)

    @cached_property
    def _usual_volatility(self) -> float:
        """The underlying's, and what the issuer adds."""
        return yearly_volatility(self._followed.volatility) * (1 + crc32(self._seed.encode()) % 16 / 100)

    def _volatility(self, day: date) -> float:
        drawn = crc32(f"{self._seed}:{day}:volatility".encode()) % 401 - 200
        return self._usual_volatility * (1 + drawn / 10_000)

    def _is_over(self, day: date, bar: DayBar) -> bool:
        model = self.model(day)
        return any(model.is_over(self._followed.points(level)) for level in (bar.high, bar.low))

    def _ended_before(self, day: date) -> bool:
        if self.terms.barrier is None:
            return False
        if self._over is None or self._over[0] != day:
            yesterday = day - timedelta(days=1)
            days = trading_days_until("KR", yesterday, (yesterday - self.terms.listed_since).days + 1)
            bars = (self._followed.bars.bar(each) for each in days if each >= self.terms.listed_since)
            self._over = day, any(self._is_over(bar.day, bar) for bar in bars if bar)
        return self._over[1]


@cache
def warrants() -> Mapping[str, Instrument]:
    """The simulated warrants by symbol, in the order of their file."""
    return {symbol: _instrument(terms) for symbol, terms in warrant_terms().items()}


def underlying_name(terms: WarrantTerms) -> str:
    """Of a stock or an index."""
    index = indices().get(terms.underlying)
    return index.name_ko if index else instruments()[terms.underlying].name_ko


def _instrument(terms: WarrantTerms) -> Instrument:
    issuer = ISSUERS[terms.issuer]
    index = indices().get(terms.underlying)
    stock = None if index else instruments()[terms.underlying]
    spot = stock.price(stock.base_units) if stock else indices()[terms.underlying].base
    korean, english = ("콜", "Call") if terms.right == "call" else ("풋", "Put")
    number, followed = terms.symbol[2:], stock.name_en if stock else underlying_name(terms)
    worth = max(terms.sign * (spot - terms.strike), Decimal(0)) * terms.ratio
    return Instrument(
        symbol=terms.symbol,
        country="KR",
        exchange="krx",
        name_ko=f"{issuer.short_name}{number}{underlying_name(terms)}{korean}",
        name_en=f"{issuer.english_name} {number} {followed} {english}",
        kind="warrant",
        base_units=max(int(worth) // _STEP * _STEP, _STEP),
        daily_volume=terms.listed_shares // 12,
        listed_shares=terms.listed_shares,
        sector="ELW",
        decimals=0,
        ticks=Ladder((_STEP,)),
        volatility=0.1,
        lot=_LOT,
        strike=terms.strike,
        expiry=terms.expiry,
        board="kospi",
    )
