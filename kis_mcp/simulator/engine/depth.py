"""What the market's own traders still offer, after what customers have taken of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.engine.model import Order, Side
from kis_mcp.simulator.market.book import Book, size_at
from kis_mcp.simulator.market.market import Market


@dataclass(frozen=True, slots=True)
class At:
    """A tick of one instrument's day; ``ticks`` have happened with it."""

    symbol: str
    day: date
    ticks: int


@dataclass(slots=True)
class Taken:
    """What customers took of the market's orders after one tick, by price; the sizes come again with the next tick.

    Attributes:
        side: Of the market's orders that were taken.
    """

    symbol: str
    side: Side
    day: date
    ticks: int
    sizes: dict[Decimal, int] = field(default_factory=dict[Decimal, int])


class Depth:
    """The market's orders, each there once for a tick.

    Args:
        market: Whose book it is.
        taken: What was taken before a restart.
    """

    def __init__(self, market: Market, taken: Iterable[Taken]) -> None:
        self._market = market
        self._taken = {(item.symbol, item.side): item for item in taken}
        self._changed: dict[str, Taken] = {}

    def levels(self, at: At, side: Side) -> list[tuple[Decimal, int]]:
        """Prices and sizes of the market's orders of a side, best price first."""
        book, taken = self._book(at), self._taken_at(at, side)
        levels = book.bids if side is Side.BUY else book.asks
        left = ((level.price, level.quantity - taken.get(level.price, 0)) for level in levels)
        return [(price, size) for price, size in left if size > 0]

    def ahead_of(self, order: Order, at: At) -> int:
        """How much the market's traders have at an order's price when it comes to rest."""
        book = self._book(at)
        best = book.bids[:1] if order.side is Side.BUY else book.asks[:1]
        if order.limit is None or (best and (order.limit - best[0].price) * order.side.sign > 0):
            return 0
        return max(self.size(at, order.limit) - self._taken_at(at, order.side).get(order.limit, 0), 0)

    def size(self, at: At, price: Decimal) -> int:
        """What stands at a price after a tick, however deep in the book; nothing between ticks."""
        instrument = self._market.instruments[at.symbol]
        units = instrument.units(price)
        if units is None or units <= 0:
            return 0
        return size_at(self._market.book_seed(instrument, at.day), at.ticks, instrument, units)

    def take(self, at: At, side: Side, price: Decimal, size: int) -> None:
        taken = self._taken_at(at, side)
        taken[price] = taken.get(price, 0) + size
        self._changed[f"{at.symbol}:{side}"] = self._taken[at.symbol, side]

    @property
    def changes(self) -> Mapping[str, Taken]:
        """What is not on disk yet, by key."""
        return self._changed

    def forget_changes(self) -> None:
        """They are on disk."""
        self._changed = {}

    def _book(self, at: At) -> Book:
        instrument = self._market.instruments[at.symbol]
        return self._market.book(instrument, self._market.calendar(instrument).time_of(at.day, at.ticks - 1))

    def _taken_at(self, at: At, side: Side) -> dict[Decimal, int]:
        kept = self._taken.get((at.symbol, side))
        if kept is None or (kept.day, kept.ticks) != (at.day, at.ticks):
            kept = self._taken[at.symbol, side] = Taken(at.symbol, side, at.day, at.ticks)
        return kept.sizes
