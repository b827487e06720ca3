"""What one trade of the market gives to the orders that rest."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from kis_mcp.simulator.engine.model import Auction, Manner, Order, Side
from kis_mcp.simulator.market.book import best_prices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.session import Session

_SLICED = (Manner.BY_TIME, Manner.BY_VOLUME)
_SLICE_TICKS = 15
"""How far the slices of an order are apart: five minutes."""


class Tick:
    """One trade of the market: its price, and its size once for each side.

    Args:
        number: Its place in the day; 0 is the opening.
        before: The price one tick earlier, in units.
    """

    def __init__(self, instrument: Instrument, session: Session, number: int, before: int) -> None:
        self.number = number
        self.price = instrument.price(session.prices[number])
        self._last = len(session.prices) - 1
        self._instrument = instrument
        self._session = session
        self._before = before
        self._left = dict.fromkeys(Side, self._volume)
        self._passed: dict[tuple[Side, Decimal], int] = {}

    @property
    def _volume(self) -> int:
        """In whole trading units."""
        volume = self._session.volume_at(self.number)
        return volume - volume % self._instrument.lot

    @property
    def midpoint(self) -> Decimal:
        """Between the best bid and ask after it."""
        best = best_prices(self._instrument, self._session.prices[self.number], self._before)
        return self._instrument.price(sum(best)) / 2

    @property
    def is_auction(self) -> bool:
        """Whether everybody trades at its one price."""
        return self.number == 0 or self.is_last

    @property
    def is_last(self) -> bool:
        """Whether it is the day's last, the close."""
        return self.number == self._last

    def offer(self, order: Order) -> tuple[Decimal, int] | None:
        """The price and size at which an order takes part in it, or None; its place in the queue moves up."""
        if not self._concerns(order):
            return None
        size = min(self._wanted(order), self._left[order.side])
        if order.limit != self.price or order.auction:
            order.ahead = 0
        elif order.ahead:
            size = min(size, self._left_behind(order))
        size = self._instrument.whole(size, order.remaining)
        if size <= 0:
            return None
        self._left[order.side] -= size
        at_market = order.limit is None or order.auction or order.manner in _SLICED or self.is_auction
        return (self.price if at_market or order.limit is None else order.limit), size

    def _concerns(self, order: Order) -> bool:
        if order.trigger is not None or order.manner is Manner.FIXED or not order.accepts(self.price):
            return False
        match order.auction:
            case Auction.OPEN:
                return self.number == 0
            case Auction.CLOSE:
                return self.is_last
            case _:
                return True

    def _wanted(self, order: Order) -> int:
        """Of a sliced order its slice, at the close all that remains."""
        if order.manner not in _SLICED or self.is_last:
            return order.remaining
        if self.number % _SLICE_TICKS:
            return 0
        ticks_left = self._last - self.number + 1
        part, whole = min(_SLICE_TICKS, ticks_left), ticks_left
        if order.manner is Manner.BY_VOLUME:
            whole = self._session.volume_from(self.number)
            part = whole - self._session.volume_from(self.number + part)
        return min(-(-order.remaining * part // whole), order.remaining) if whole else 0

    def _left_behind(self, order: Order) -> int:
        """What is left for an order after those of the market's traders that came before it at its price."""
        assert order.limit is not None
        place = order.side, order.limit
        passed = self._passed.get(place, 0)
        step = min(max(order.ahead - passed, 0), self._left[order.side])
        self._left[order.side] -= step
        self._passed[place] = passed + step
        order.ahead = max(order.ahead - passed - step, 0)
        return self._left[order.side]


def by_priority(orders: Iterable[Order]) -> list[Order]:
    """Best price first, then first come; orders without a limit accept the worst price and go first."""

    def rank(order: Order) -> tuple[bool, Decimal, int]:
        if order.limit is None:
            return False, Decimal(0), order.place
        return True, -order.limit * order.side.sign, order.place

    return sorted(orders, key=rank)


def is_triggered(order: Order, lowest: Decimal, highest: Decimal) -> bool:
    """Whether prices between two wake a stop order."""
    assert order.trigger is not None
    return highest >= order.trigger if order.side is Side.BUY else lowest <= order.trigger


def concerned(orders: Sequence[Order], lowest: Decimal, highest: Decimal) -> list[Order]:
    """Those to which ticks between two prices can do anything."""
    return [order for order in orders if _is_concerned(order, lowest, highest)]


def _is_concerned(order: Order, lowest: Decimal, highest: Decimal) -> bool:
    if order.auction or order.manner in (Manner.MIDPOINT, Manner.CLOSING):
        return True
    if order.trigger is not None:
        return is_triggered(order, lowest, highest)
    return order.accepts(lowest if order.side is Side.BUY else highest)
