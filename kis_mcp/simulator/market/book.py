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


def best_prices(instrument: Instrument, last: int, before: int) -> tuple[int, int]:
    """The best bid and ask after a tick, in units: the trade was at the ask if the price had risen, else at the bid.

    Args:
        last: The last price in units.
        before: The price one tick earlier.
    """
    ask = last if last > before else last + instrument.tick(last)
    return ask - instrument.tick(ask - 1), ask


def book(seed: str, instrument: Instrument, last: int, before: int, limits: tuple[int, int], levels: int) -> Book:
    """The book after a tick, around its best prices.

    Args:
        seed: Tells this instrument, day and tick from others.
        last: The last price in units.
        before: The price one tick earlier.
        limits: The day's lowest and highest price in units.
        levels: Levels a side.
    """
    random = Random(seed)  # noqa: S311
    low_limit, high_limit = limits
    bid, ask = best_prices(instrument, last, before)
    usual = max(10, instrument.daily_volume // 4_000)
    asks: list[Level] = []
    bids: list[Level] = []
    for _ in range(levels):
        ask_size, bid_size = (_in_lots(int(usual * (0.2 + random.random())), instrument.lot) for _ in range(2))
        if ask <= high_limit:
            asks.append(Level(instrument.price(ask), ask_size))
            ask += instrument.tick(ask)
        if bid >= low_limit:
            bids.append(Level(instrument.price(bid), bid_size))
            bid -= instrument.tick(bid - 1)
    return Book(tuple(asks), tuple(bids))


def _in_lots(size: int, lot: int) -> int:
    return max(size // lot, 1) * lot
