"""One day of one instrument, tick by tick, in agreement with its daily bar."""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from itertools import accumulate, chain
from operator import mul, sub
from random import Random

from kis_mcp.simulator.market.history import MAKING, DayBar
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.interruptions import Interruption, interrupt

KEPT_SESSIONS = 400
"""Enough for a day of every stock of a country, and some days of a few."""

_FOUR_BYTES = 2**31


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a session in units: open, high, low, close, volume and turnover of it alone."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int


class Session:
    """The ticks of one day.

    A random walk is bent so that it starts at the bar's open, ends at its close and touches its high and low; the
    day's volume and turnover are spread over it. The part of a day that has happened is a prefix of it.

    Args:
        seed: Tells this instrument and day from others.
        bar: The whole day.
        ticks: How many ticks the day has.
        path: Its prices, where they follow another instrument's.
    """

    def __init__(
        self, seed: str, instrument: Instrument, bar: DayBar, ticks: int, path: "array[int] | None" = None
    ) -> None:
        self._random = Random(seed)  # noqa: S311
        self._whole, self._lot = bar, instrument.lot
        self.prices = _prices(self._random, instrument, bar, ticks) if path is None else path
        self.interruptions: tuple[Interruption, ...] = interrupt(self.prices, instrument) if path is None else ()
        self._bought: array[int] | None = None
        self._drawn: tuple[array[int], array[int]] | None = None

    @cached_property
    def _spreads(self) -> tuple["array[int]", "array[int]"]:
        """The running volume and turnover."""
        with MAKING:  # drawn once, whichever thread asks
            if self._drawn is None:
                self._drawn = self._draw()
            return self._drawn

    def _draw(self) -> tuple["array[int]", "array[int]"]:
        """Draw the running volume and turnover, after the prices."""
        weights = [0.05 + self._random.random() ** 4 for _ in self.prices]
        for interruption in self.interruptions:
            for tick in range(interruption.tick + 1, min(interruption.end, len(weights) - 1)):
                weights[tick] = 0.0
        volume = _spread(self._whole.volume, list(accumulate(weights)), self._lot)
        return volume, self._running_turnover(volume)

    def _running_turnover(self, volume: "array[int]") -> "array[int]":
        """The running turnover of a running volume: what each tick's shares cost, and more and more of what the day's
        turnover differs from that.

        It stays within the lowest and the highest price so far, so that its average is one at which was traded. Where
        a price at the end of a day's reach was hardly traded, that leaves the day a little more than its bar says.
        """
        sizes = map(sub, volume, chain((0,), volume))
        costs = list(accumulate(map(mul, sizes, self.prices)))
        growth = (self._whole.turnover - costs[-1]) / (volume[-1] ** 2 or 1)
        wanted = [cost + int(growth * shares * shares) for cost, shares in zip(costs, volume, strict=True)]
        wanted[-1] = self._whole.turnover
        least, most = accumulate(map(mul, self._low, volume), max), map(mul, self._high, volume)
        return _packed(list(accumulate(map(min, map(max, wanted, least), most), max)))

    @property
    def _volume(self) -> "array[int]":
        return self._spreads[0]

    @property
    def _turnover(self) -> "array[int]":
        return self._spreads[1]

    @cached_property
    def _high(self) -> "array[int]":
        return _packed(list(accumulate(self.prices, max)))

    @cached_property
    def _low(self) -> "array[int]":
        return _packed(list(accumulate(self.prices, min)))

    def until(self, ticks: int) -> Bar:
        """The first ``ticks`` ticks of the day as one bar."""
        last = ticks - 1
        return Bar(
            self.prices[0],
            self._high[last],
            self._low[last],
            self.prices[last],
            self._volume[last],
            self._turnover[last],
        )

    def bar(self, start: int, end: int) -> Bar:
        """The ticks from ``start`` up to and without ``end`` as one bar."""
        prices = self.prices[start:end]
        before_volume = self._volume[start - 1] if start else 0
        before_turnover = self._turnover[start - 1] if start else 0
        return Bar(
            prices[0],
            max(prices),
            min(prices),
            prices[-1],
            self._volume[end - 1] - before_volume,
            self._turnover[end - 1] - before_turnover,
        )

    def bought_until(self, ticks: int) -> int:
        """What of the first ``ticks`` ticks' volume was bought at the ask."""
        if self._bought is None:
            sizes = map(sub, self._volume, chain((0,), self._volume))
            sides = zip(sizes, buys(self.prices), strict=True)
            self._bought = array("q", accumulate(size if is_buy else 0 for size, is_buy in sides))
        return self._bought[ticks - 1]

    def first_at(self, price: int) -> int:
        """The first tick that traded at a price, which is the highest or the lowest from the open on."""
        return self.prices.index(price)

    def volume_at(self, tick: int) -> int:
        """Shares traded at one tick."""
        return self._volume[tick] - (self._volume[tick - 1] if tick else 0)

    def volume_from(self, tick: int) -> int:
        """Shares traded at one tick and all later ones of the day; 0 after its last."""
        return self._volume[-1] - (self._volume[tick - 1] if tick else 0)


@lru_cache(KEPT_SESSIONS)
def session_of(seed: int, instrument: Instrument, bar: DayBar, ticks: int) -> Session:
    """The one session of a day whose prices follow no other instrument's, for all markets of a seed."""
    return Session(tick_seed(seed, instrument, bar.day), instrument, bar, ticks)


def tick_seed(seed: int, instrument: Instrument, day: date) -> str:
    """What the ticks of a day are drawn from."""
    return f"{seed}:{instrument.walk}:{day}:ticks"


def buys(prices: Sequence[int]) -> Iterator[bool]:
    """Which ticks buyers brought about: where the price rose, and as at the last move where it stands still."""
    is_buy, before = True, prices[0]
    for price in prices:
        is_buy = is_buy if price == before else price > before
        before = price
        yield is_buy


def _prices(random: Random, instrument: Instrument, bar: DayBar, ticks: int) -> "array[int]":
    walk = list(accumulate(random.random() - 0.5 for _ in range(ticks)))
    size = (bar.high - bar.low) / (max(walk) - min(walk))
    slope = (bar.close - bar.open - size * (walk[-1] - walk[0])) / (ticks - 1)
    start = bar.open - size * walk[0]
    return bent([start + slope * i + size * step for i, step in enumerate(walk)], instrument, bar)


def bent(path: Sequence[float], instrument: Instrument, bar: DayBar) -> "array[int]":
    """A path in units, drawn to a bar: it starts, ends and turns where the bar says, on the price steps."""
    ticks, highest, lowest = len(path), max(path), min(path)
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    above = (bar.high - top) / max(highest - top, 1.0)
    below = (bottom - bar.low) / max(bottom - lowest, 1.0)
    # The coarsest step of the day is valid at each of its prices, because every step divides the next one.
    low, high, step = bar.low, bar.high, instrument.tick(bar.high)
    prices = array("q", bytes(8 * ticks))
    for i, price in enumerate(path):
        if price > top:
            price = top + (price - top) * above
        elif price < bottom:
            price = bottom - (bottom - price) * below
        units = round(price / step) * step
        prices[i] = low if units < low else high if units > high else units  # min and max would take half of the time
    last = ticks - 1
    prices[_inner(path.index(highest), last, ticks // 3)] = bar.high
    prices[_inner(path.index(lowest), last, ticks // 3 * 2)] = bar.low
    prices[0], prices[last] = bar.open, bar.close
    return prices


def _inner(position: int, last: int, instead: int) -> int:
    return position if 0 < position < last else instead


def _spread(total: int, weights: list[float], lot: int) -> "array[int]":
    """A running total in lots that ends at ``total`` and grows with running weights."""
    scale = total / weights[-1] / lot
    spread = [int(weight * scale) * lot for weight in weights]
    spread[-1] = total
    return _packed(spread)


def _packed(values: list[int]) -> "array[int]":
    """Running values, in four bytes each where they fit."""
    return array("i" if max(values[0], values[-1]) < _FOUR_BYTES else "q", values)
