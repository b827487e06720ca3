"""The order book of the market's own traders around the last price."""

from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

from kis_mcp.simulator.market.instruments import Instrument

_TICKS_UNCHANGED = 9
"""How long a price keeps its size: three minutes."""


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


def book(
    seed: str, instrument: Instrument, last: int, before: int, limits: tuple[int, int], levels: int, *, tick: int = 0
) -> Book:
    """The book after a tick, around its best prices.

    Args:
        seed: Tells this instrument and day from others.
        last: The last price in units.
        before: The price one tick earlier.
        limits: The day's lowest and highest price in units.
        levels: Levels a side.
        tick: How many ticks of the day have happened; 0 where the seed tells them apart.
    """
    low_limit, high_limit = limits
    bid, ask = best_prices(instrument, last, before)
    asks: list[Level] = []
    bids: list[Level] = []
    for _ in range(levels):
        if ask <= high_limit:
            asks.append(Level(instrument.price(ask), size_at(seed, tick, instrument, ask)))
            ask += instrument.tick(ask)
        if bid >= low_limit:
            bids.append(Level(instrument.price(bid), size_at(seed, tick, instrument, bid)))
            bid -= instrument.tick(bid - 1)
    return Book(tuple(asks), tuple(bids))


def size_at(seed: str, tick: int, instrument: Instrument, units: int) -> int:
    """What the market's own traders have in the book at a price after a tick, where the book gets there.

    It stays for a few minutes, then others have come or gone; neighbouring prices change at different times.

    Args:
        seed: As of :func:`book`.
        units: The price.
    """
    usual = max(10, instrument.daily_volume // 4_000)
    era = (tick + units // instrument.tick(units)) // _TICKS_UNCHANGED
    draw = crc32(f"{seed}:{units}:{era}".encode()) / 2**32
    return _in_lots(int(usual * (0.2 + draw)), instrument.lot)


def _in_lots(size: int, lot: int) -> int:
    return max(size // lot, 1) * lot
