"""The synthetic order book around the last price."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

from kis_mcp.simulator.market.instruments import Instrument


@dataclass(frozen=True, slots=True)
class Level:
    price: Decimal
    quantity: int


@dataclass(frozen=True, slots=True)
class Book:
    """Asks from the lowest price up and bids from the highest down; near a price limit there are fewer levels."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]


def book(seed: str, instrument: Instrument, last: int, before: int, limits: tuple[int, int], levels: int) -> Book:
    """The book after a tick.

    The last trade happened at the best ask when the price had risen to it, else at the best bid.

    Args:
        seed: Tells this instrument, day and tick from others.
        last: The last price in units.
        before: The price one tick earlier.
        limits: The day's lowest and highest price in units.
        levels: Levels a side.
    """
    random = Random(seed)  # noqa: S311
    low_limit, high_limit = limits
    ask = last if last > before else last + instrument.tick(last)
    bid = ask - instrument.tick(ask - 1)
    usual = max(10, instrument.daily_volume // 4_000)
    asks: list[Level] = []
    bids: list[Level] = []
    for _ in range(levels):
        ask_size = int(usual * (0.2 + random.random()))
        bid_size = int(usual * (0.2 + random.random()))
        if ask <= high_limit:
            asks.append(Level(instrument.price(ask), ask_size))
            ask += instrument.tick(ask)
        if bid >= low_limit:
            bids.append(Level(instrument.price(bid), bid_size))
            bid -= instrument.tick(bid - 1)
    return Book(tuple(asks), tuple(bids))
