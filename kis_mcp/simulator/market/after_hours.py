"""After-hours trading of Korean shares and funds: at the close, and in auctions every ten minutes within 10 % of it.

KRX ended the auctions on 2026-09-13, for an after-market from 16:00 to 20:00 that trades as the regular session does.
It follows the last session that is over. Where the exchange never closes that is yesterday's, and all of it is done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from kis_mcp.simulator.market.book import Book, book
from kis_mcp.simulator.market.history import DayBar
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market

AUCTIONS = 12
"""From 16:10 to 18:00, one in ten minutes."""

LAST_DAY = date(2026, 9, 13)
"""Of the auctions (KIS' notice of 2026-09-09); later days have none, and no book of them."""

_FIRST = time(16, 10)
_REACH_PERCENT = 10
_PARTS = (0.001, 0.006)
"""What part of the day's volume the auctions trade together, at least and at most."""

_AT_CLOSE_PARTS = (0.0005, 0.003)
_LEVELS = 10


@dataclass(frozen=True, slots=True)
class Trade:
    """One auction: ``price`` in units, ``volume`` 0 where nobody traded and the price stayed."""

    at: datetime
    price: int
    volume: int


@dataclass(frozen=True, slots=True)
class AfterHours:
    """The after-hours session of one instrument and day, as far as it has come; in units.

    Attributes:
        bar: The regular day that it follows.
        low_limit, high_limit: 10 % from the close, and within the day's own limits.
        trades: The auctions so far, oldest first.
        expected: The next auction, or the last one when all are done; at the close and of nothing where there are none.
        at_close: Shares traded at the close right after it.
        before_open: Shares traded at the close of the day before, before the open.
        asks_left, bids_left: Shares that nobody took at the close.
    """

    instrument: Instrument
    bar: DayBar
    low_limit: int
    high_limit: int
    trades: tuple[Trade, ...]
    expected: Trade
    at_close: int
    before_open: int
    asks_left: int
    bids_left: int
    book: Book

    @property
    def day(self) -> date:
        return self.bar.day

    @property
    def base(self) -> int:
        """The day's close."""
        return self.bar.close

    @property
    def price(self) -> int:
        """Of the last auction that traded; the close before one has."""
        return self.trades[-1].price if self.trades else self.base

    @property
    def prices(self) -> Sequence[int]:
        """Of the auctions that traded."""
        return [trade.price for trade in self.trades if trade.volume]

    @property
    def volume(self) -> int:
        return sum(trade.volume for trade in self.trades)

    @property
    def turnover(self) -> int:
        return sum(trade.price * trade.volume for trade in self.trades)


def after_hours(market: Market, instrument: Instrument, now: datetime) -> AfterHours:
    """The latest after-hours session."""
    moment = market.moment(instrument, now)
    day = market.calendar(instrument).before(moment.day) if moment.is_open else moment.day
    return after_hours_of(market, instrument, day, now)


def after_hours_of(market: Market, instrument: Instrument, day: date, now: datetime) -> AfterHours:
    """The after-hours session of a day, as far as it has come.

    Raises:
        ValueError: There was no such day.
    """
    bar = market.history(instrument).bar(day)
    if bar is None:
        raise ValueError(f"{instrument.symbol} has no session on {day}")
    low, high = _limits(market, instrument, bar)
    random = Random(f"{market.seed}:{instrument.symbol}:{day}:after-hours")  # noqa: S311
    are_held = day <= LAST_DAY
    every = _trades(random, instrument, bar, (low, high)) if are_held else []
    done = tuple(trade for trade in every if trade.at <= now)
    price = done[-1].price if done else bar.close
    before = done[-2].price if len(done) > 1 else bar.close
    at_close, before_open = (int(bar.volume * random.uniform(*_AT_CLOSE_PARTS)) for _ in range(2))
    asks_left, bids_left = (int(bar.volume * random.uniform(0, _AT_CLOSE_PARTS[1])) for _ in range(2))
    seed = f"{market.seed}:{instrument.symbol}:{day}:after-hours:{len(done)}"
    return AfterHours(
        instrument=instrument,
        bar=bar,
        low_limit=low,
        high_limit=high,
        trades=done,
        expected=every[min(len(done), AUCTIONS - 1)] if are_held else Trade(_start(instrument, day), bar.close, 0),
        at_close=at_close,
        before_open=before_open,
        asks_left=asks_left,
        bids_left=bids_left,
        book=book(seed, instrument, price, before, (low, high), _LEVELS if are_held else 0),
    )


def _start(instrument: Instrument, day: date) -> datetime:
    return datetime.combine(day, _FIRST, instrument.timezone)


def _trades(random: Random, instrument: Instrument, bar: DayBar, limits: tuple[int, int]) -> list[Trade]:
    total = bar.volume * random.uniform(*_PARTS)
    weights = [random.random() ** 2 for _ in range(AUCTIONS)]
    price, trades = bar.close, list[Trade]()
    start = _start(instrument, bar.day)
    for number, weight in enumerate(weights):
        volume = int(total * weight / sum(weights))
        if volume:
            price += random.choice((-1, 0, 0, 1)) * instrument.tick(price)
            price = min(max(price - price % instrument.tick(price), limits[0]), limits[1])
        trades.append(Trade(start + timedelta(minutes=10 * number), price, volume))
    return trades


def _limits(market: Market, instrument: Instrument, bar: DayBar) -> tuple[int, int]:
    low, high = market.limits(instrument, bar.day)
    reach = bar.close * _REACH_PERCENT // 100
    return instrument.steps_within(max(low, bar.close - reach), min(high, bar.close + reach))
