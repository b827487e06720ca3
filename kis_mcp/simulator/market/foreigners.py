"""How many of an instrument's shares foreigners hold, and may hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from weakref import WeakKeyDictionary

from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market, percent
from kis_mcp.simulator.market.noise import between

_LIMITS: Mapping[str, int] = {"통신": 49, "전기·가스": 40}
"""Sector → the most that foreigners may hold by law, in percent; in all others they may hold everything."""

_USUAL = {"kospi": (0.15, 0.75), "kosdaq": (0.05, 0.35)}
_FUNDS = (0.03, 0.15)
"""What part of that they usually hold."""

_MOST_BOUGHT = 0.06
"""The part of a day's volume that they buy or sell on balance at most, before a month's mean is taken off."""

_MONTH_OF_BUYING = 30
"""In so many usual days they could buy or sell all that there is; so they never hold less than nothing."""


@dataclass(frozen=True, slots=True)
class _Month:
    """A month of trading days, over which foreigners buy as much as they sell.

    Attributes:
        bought: Day → shares that they buy on balance.
        mean: The part of the volume that is taken off each day, so that all sum to nothing.
    """

    bought: Mapping[date, int]
    mean: float


_months: WeakKeyDictionary[Market, dict[tuple[str, int, int], _Month]] = WeakKeyDictionary()
"""Months that have been asked for, as long as their market is in use."""


def foreign_limit_rate(instrument: Instrument) -> Decimal:
    """The most that foreigners may hold, in percent of all shares."""
    return Decimal(_LIMITS.get(instrument.sector, 100))


def foreign_limit(instrument: Instrument) -> int:
    """The same in shares."""
    return instrument.listed_shares * int(foreign_limit_rate(instrument)) // 100


def foreign_holding(market: Market, instrument: Instrument, day: date) -> int:
    """Shares that foreigners hold at the end of a day: what they held before it, and what they bought on balance."""
    month = _month(market, instrument, day)
    before = sum(bought for on, bought in month.bought.items() if on < day)
    return _usual(market.seed, instrument) + before + foreign_buys(market, instrument, day)


def foreign_buys(market: Market, instrument: Instrument, day: date) -> int:
    """Shares that they buy on balance in a whole day.

    A day on which only a simulator that never closes trades belongs to no month.
    """
    month = _month(market, instrument, day)
    if day in month.bought:
        return month.bought[day]
    return int(_volume(market, instrument, day) * (_leaning(market.seed, instrument, day) - month.mean))


def exhaustion_rate(instrument: Instrument, holding: int) -> Decimal:
    """How much of what foreigners may hold they do hold, in percent."""
    return percent(Decimal(holding), Decimal(foreign_limit(instrument)))


def _usual(seed: int, instrument: Instrument) -> int:
    """What they hold at the end of each month."""
    part = _USUAL.get(instrument.board, _FUNDS) if instrument.kind == "stock" else _FUNDS
    return int(foreign_limit(instrument) * between(f"{seed}:{instrument.symbol}:foreign holding", *part))


def _leaning(seed: int, instrument: Instrument, day: date) -> float:
    """The part of a day's volume that they want to buy on balance."""
    usual = _usual(seed, instrument)
    room = min(usual, foreign_limit(instrument) - usual) / (_MONTH_OF_BUYING * instrument.daily_volume)
    most = min(_MOST_BOUGHT, room)
    return between(f"{seed}:{instrument.symbol}:{day}:foreign buys", -most, most)


def _month(market: Market, instrument: Instrument, day: date) -> _Month:
    kept, key = _months.setdefault(market, {}), (instrument.symbol, day.year, day.month)
    if key not in kept:
        kept[key] = _make(market, instrument, day)
    return kept[key]


def _make(market: Market, instrument: Instrument, day: date) -> _Month:
    calendar = market.calendar(instrument)
    volumes: dict[date, int] = {}
    on = calendar.after(day.replace(day=1) - timedelta(days=1))
    while on.month == day.month:
        volumes[on] = _volume(market, instrument, on)
        on = calendar.after(on)
    leanings = {on: _leaning(market.seed, instrument, on) for on in volumes}
    whole = sum(volumes.values())
    mean = sum(volume * leanings[on] for on, volume in volumes.items()) / whole if whole else 0.0
    bought = {on: int(volume * (leanings[on] - mean)) for on, volume in volumes.items()}
    busiest = max(volumes, key=lambda on: volumes[on])
    bought[busiest] -= sum(bought.values())
    return _Month(bought, mean)


def _volume(market: Market, instrument: Instrument, day: date) -> int:
    bar = market.history(instrument).bar(day)
    return bar.volume if bar else 0
