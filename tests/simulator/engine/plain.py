"""Price-time priority of one instrument written out plainly, to hold the matching engine against."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.market.book import size_at
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market


@dataclass
class Queued:
    """A customer's order; ``crowd`` is how many shares of strangers stand before it at its price."""

    key: str
    buys: bool
    price: Decimal
    left: int
    arrived: int
    crowd: int = 0
    filled: int = 0
    amount: Decimal = Decimal(0)


class PlainExchange:
    """Customers in a list, and strangers as the market's books and trades show them.

    Attributes:
        crowd_shares, crowd_cash: What the strangers have got.
    """

    def __init__(self, market: Market, instrument: Instrument, day: date, ticks: int) -> None:
        self.market, self.instrument, self.day, self.ticks = market, instrument, day, ticks
        self.queue: list[Queued] = []
        self.done: dict[str, Queued] = {}
        self.taken: dict[tuple[bool, Decimal], int] = {}
        self.arrivals = 0
        self.crowd_shares, self.crowd_cash = 0, Decimal(0)

    def arrive(self, key: str, buys: bool, price: Decimal | None, quantity: int, *, rests: bool, whole: bool) -> None:
        self.arrivals += 1
        order = Queued(key, buys, price or self._any_price(buys), quantity, self.arrivals)
        self.done[key] = order
        if not whole or self._reachable(order) >= quantity:
            self._take(order, order.price, own_price=False)
        if not rests:
            order.left = 0
        if order.left:
            order.price = price or self.last
            order.crowd = self._crowd_at(order)
            self.queue.append(order)

    def cancel(self, key: str, quantity: int) -> None:
        self.done[key].left -= quantity
        self._forget_done()

    def amend(self, key: str, new_key: str, price: Decimal, quantity: int) -> None:
        old = self.done[key]
        old.left -= quantity
        place, crowd, same = old.arrived, old.crowd, old.price == price
        self._forget_done()
        self.arrive(new_key, old.buys, price, quantity, rests=True, whole=False)
        if same:
            self.done[new_key].arrived, self.done[new_key].crowd = place, crowd

    def go_on(self, ticks: int) -> None:
        """Let the market trade until so many ticks of the day have happened."""
        session = self.market.session(self.instrument, self.day)
        while self.ticks < ticks:
            price, volume = self.instrument.price(session.prices[self.ticks]), session.volume_at(self.ticks)
            for order in self.queue:
                if order.price == price:
                    order.crowd = min(order.crowd, self._crowd_at(order))
            self.ticks += 1
            self.taken = {}
            for buys in (True, False):
                self._trade(buys, price, volume)
            for order in sorted(self.queue, key=lambda order: order.arrived):
                if self._accepts(order, price):
                    self._take(order, order.price, own_price=True)
            self._forget_done()

    @property
    def last(self) -> Decimal:
        return self.instrument.price(self.market.session(self.instrument, self.day).prices[self.ticks - 1])

    def _trade(self, buys: bool, price: Decimal, volume: int) -> None:
        """One side of one trade of the market, share after share to whoever is first."""
        mine = [order for order in self.queue if order.buys is buys and self._accepts(order, price)]
        mine.sort(key=lambda order: (-order.price if buys else order.price, order.arrived))
        passed = 0
        for order in mine:
            if order.price == price:
                strangers = min(max(order.crowd - passed, 0), volume)
                passed, volume = passed + strangers, volume - strangers
                order.crowd = max(order.crowd - passed, 0)
            else:
                order.crowd = 0
            size = min(order.left, volume)
            volume -= size
            self._fill(order, order.price, size)
            self._with_crowd(order, order.price, size)

    def _take(self, order: Queued, worst: Decimal, *, own_price: bool) -> None:
        """Go through the other side price by price."""
        prices = {price for price, _ in self._book(not order.buys)} | {other.price for other in self.queue}
        for price in sorted(prices, reverse=not order.buys):
            if (order.buys and price > worst) or (not order.buys and price < worst):
                break
            there = [other for other in self.queue if other.buys is not order.buys and other.price == price]
            there.sort(key=lambda other: other.arrived)
            shown = self._shown(not order.buys, price)
            passed = 0
            for other in there:
                step = min(max(other.crowd - passed, 0), shown - passed)
                passed += self._take_crowd(order, price, step, own_price=own_price)
                size = min(order.left, other.left)
                self._fill(order, price, size)
                self._fill(other, price, size)
            passed += self._take_crowd(order, price, shown - passed, own_price=own_price)
            for other in there:
                other.crowd = max(other.crowd - passed, 0)
        self._forget_done()

    def _take_crowd(self, order: Queued, price: Decimal, size: int, *, own_price: bool) -> int:
        size = min(order.left, size)
        place = (not order.buys, price)
        self.taken[place] = self.taken.get(place, 0) + size
        paid = order.price if own_price else price
        self._fill(order, paid, size)
        self._with_crowd(order, paid, size)
        return size

    def _fill(self, order: Queued, price: Decimal, size: int) -> None:
        order.left -= size
        order.filled += size
        order.amount += price * size

    def _with_crowd(self, order: Queued, price: Decimal, size: int) -> None:
        sign = -1 if order.buys else 1
        self.crowd_shares += sign * size
        self.crowd_cash -= sign * price * size

    def _forget_done(self) -> None:
        self.queue = [order for order in self.queue if order.left]

    def _reachable(self, order: Queued) -> int:
        crowd = sum(size for price, size in self._book(not order.buys) if self._accepts(order, price))
        others = (o for o in self.queue if o.buys is not order.buys and self._accepts(order, o.price))
        return crowd + sum(other.left for other in others)

    def _crowd_at(self, order: Queued) -> int:
        best = self._whole_book(order.buys)[0][0]
        is_first = order.price > best if order.buys else order.price < best
        return 0 if is_first else self._shown(order.buys, order.price)

    def _shown(self, buys: bool, price: Decimal) -> int:
        """What strangers still have at a price of a side, if the book gets there."""
        best = self._whole_book(buys)[0][0]
        if price > best if buys else price < best:
            return 0
        return max(self._stand(price, self.ticks) - self.taken.get((buys, price), 0), 0)

    def _stand(self, price: Decimal, ticks: int) -> int:
        units = int(price.scaleb(self.instrument.decimals))
        return size_at(self.market.book_seed(self.instrument, self.day), ticks, self.instrument, units)

    def _book(self, buys: bool) -> list[tuple[Decimal, int]]:
        left = ((price, size - self.taken.get((buys, price), 0)) for price, size in self._whole_book(buys))
        return [(price, size) for price, size in left if size]

    def _whole_book(self, buys: bool) -> list[tuple[Decimal, int]]:
        at = self.market.calendar(self.instrument).time_of(self.day, self.ticks - 1)
        book = self.market.book(self.instrument, at)
        return [(level.price, level.quantity) for level in (book.bids if buys else book.asks)]

    def _accepts(self, order: Queued, price: Decimal) -> bool:
        return price <= order.price if order.buys else price >= order.price

    def _any_price(self, buys: bool) -> Decimal:
        return Decimal(10**12) if buys else Decimal(0)
