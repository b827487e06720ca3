"""The auctions at the open and at the close: what they were expected to come to, and came to.

An opening auction ends with the day's first trade, a closing auction with its last. While orders are collected, the
expected price comes nearer to that trade's, and the expected volume grows to that trade's.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Literal

from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.interruptions import CALL_TICKS, Interruption
from kis_mcp.simulator.market.market import Market

Which = Literal["opening", "closing"]

STEPS = 30
"""How often an expected price is told: every 20 seconds of the last ten minutes."""

_DRIFT = 0.25
"""How many price steps an expected price may be away for each step that is left."""


@dataclass(frozen=True, slots=True)
class Expected:
    """An expected trade.

    Attributes:
        at: In the exchange's time zone.
        price: In units.
        volume: Shares that would be traded.
    """

    at: datetime
    price: int
    volume: int


@dataclass(frozen=True, slots=True)
class Auction:
    """One auction of an instrument.

    Attributes:
        day: Of the session that it opened, closed or interrupted.
        base: The price from which changes count, in units: the close of the day before.
        before: The last price before orders were collected, in units: at the open the close of the day before.
        steps: What was expected, oldest first; the last is what was traded.
    """

    instrument: Instrument
    day: date
    base: int
    before: int
    steps: tuple[Expected, ...]

    @property
    def result(self) -> Expected:
        return self.steps[-1]


def auction_day(market: Market, instrument: Instrument, now: datetime, which: Which) -> date:
    """The day of the latest auction: at the open today's, at the close that of the last day that is over."""
    moment = market.moment(instrument, now)
    if which == "opening" or not moment.is_open:
        return moment.day
    return market.calendar(instrument).before(moment.day)


def auction(market: Market, instrument: Instrument, now: datetime, which: Which) -> Auction:
    """The latest auction of an instrument."""
    return auction_of(market, instrument, auction_day(market, instrument, now, which), which)


def auction_of(market: Market, instrument: Instrument, day: date, which: Which) -> Auction:
    """The auction that opens or closes a day of an instrument."""
    prices, base = market.session(instrument, day).prices, market.history(instrument).previous_close(day)
    last = len(prices) - 1 if which == "closing" else 0
    before = prices[last - STEPS] if which == "closing" else base
    return Auction(instrument, day, base, before, _steps(market, instrument, day, (which, last, STEPS)))


def interruption_auction(market: Market, instrument: Instrument, day: date, interruption: Interruption) -> Auction:
    """The auction that ends an interruption of trading."""
    last = min(interruption.end, market.calendar(instrument).ticks_a_day - 1)
    steps = _steps(market, instrument, day, (f"interruption-{interruption.count}", last, CALL_TICKS))
    return Auction(instrument, day, market.history(instrument).previous_close(day), interruption.price, steps)


def _steps(market: Market, instrument: Instrument, day: date, found: tuple[str, int, int]) -> tuple[Expected, ...]:
    """What was expected of an auction.

    Args:
        found: Its name, the tick at which it traded, and how often its price was told.
    """
    name, last, count = found
    session, calendar = market.session(instrument, day), market.calendar(instrument)
    low, high = market.limits(instrument, day)
    random = Random(f"{market.seed}:{instrument.symbol}:{day}:{name}")  # noqa: S311
    price, volume = session.prices[last], session.volume_at(last)
    steps: list[Expected] = []
    for left in range(count - 1, -1, -1):
        away = round(random.uniform(-_DRIFT, _DRIFT) * left) * instrument.tick(price)
        expected = min(max(price + away, low), high)
        expected -= expected % instrument.tick(expected)
        collected = volume * (count - left) // count
        at = calendar.time_of(day, last) - timedelta(seconds=left * TICK_SECONDS)
        steps.append(Expected(at, expected, collected))
    return tuple(steps)


def book_after(market: Market, found: Auction) -> Book:
    """The order book right after an auction."""
    return market.book(found.instrument, found.result.at)


def amount(found: Auction) -> Decimal:
    """What its trade came to, in money."""
    return found.instrument.amount(found.result.price * found.result.volume)
