"""The matching engine: price-time priority over customers' orders and those of the market's own traders."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.simulator.engine.depth import At, Depth
from kis_mcp.simulator.engine.model import Auction, InForce, Manner, Order
from kis_mcp.simulator.engine.ticks import Tick, by_priority, concerned, is_triggered
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market

_SLICED = (Manner.BY_TIME, Manner.BY_VOLUME)

FillReporter = Callable[[Order, Decimal, int, datetime, date], None]
"""Told of every execution: the order, price, shares, time and trading day. The order's own counters are done."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """What an order can take: of another customer, or of the market's traders."""

    price: Decimal
    size: int
    rival: Order | None = None


class Matcher:
    """Fills orders and keeps those that rest.

    An arriving order takes what the other side offers, best price first, and at one price whoever came first: a
    customer's order stands behind what the market's traders had there when it came. Their sizes are there once for
    each tick of the market. A resting order takes part in the market's trades: all of a trade's size at a worse price
    passes through it, and of a trade at its price what is left when those before it are done; it also meets what
    then stands on the other side at its price. What is ordered in whole trading units is filled in such. Nothing runs
    in the background: :meth:`advance` catches up.

    Args:
        market: What is traded, at which prices and sizes.
        depth: What the market's traders offer.
        report: Told of fills.
        touch: Told of orders that have changed.
    """

    def __init__(self, market: Market, depth: Depth, report: FillReporter, touch: Callable[[Order], None]) -> None:
        self._market = market
        self._depth = depth
        self._report = report
        self._touch = touch
        self._resting: dict[str, list[Order]] = {}

    @property
    def resting(self) -> Iterator[Order]:
        return (order for orders in self._resting.values() for order in orders)

    def keep(self, order: Order) -> None:
        """Keep an order that was resting before."""
        self._resting.setdefault(order.symbol, []).append(order)

    def rest_until_open(self, order: Order) -> None:
        """Keep an order that waits for its day to open."""
        order.ahead = self._ahead_at_open(order)
        self.keep(order)

    def remove(self, order: Order) -> None:
        self._resting[order.symbol].remove(order)

    def submit(self, order: Order, now: datetime) -> None:
        """Match an arriving order; what neither fills nor may rest is cancelled. One with a place keeps its place."""
        instrument = self._market.instruments[order.symbol]
        moment = self._market.moment(instrument, now)
        order.tick = moment.ticks if order.day == moment.day else 0
        if order.auction or order.trigger is not None or order.manner in _SLICED:
            self.keep(order)
            return
        at = At(order.symbol, moment.day, moment.ticks)
        if order.in_force is not InForce.FOK or self._available(order, at) >= order.remaining:
            self._take(order, at, now)
        if order.remaining and order.in_force in (InForce.IOC, InForce.FOK):
            order.cancelled += order.remaining
        if order.remaining:
            if order.limit is None:
                order.limit = self._market.quote(instrument, now).price
            if order.place == order.sequence:
                order.ahead = 0 if order.manner is not Manner.PLAIN else self._depth.ahead_of(order, at)
            self.keep(order)

    def advance(self, now: datetime) -> None:
        """Let the market's moves since the last time fill resting orders."""
        for symbol in list(self._resting):
            for order in self._resting[symbol]:
                if order.until is not None and order.until <= now:
                    self._drop(order)
            self._catch_up(self._market.instruments[symbol], now)
            self._resting[symbol] = [order for order in self._resting[symbol] if order.remaining]
            if not self._resting[symbol]:
                del self._resting[symbol]

    def _catch_up(self, instrument: Instrument, now: datetime) -> None:
        """Show an instrument's orders of regular sessions all that they have not seen, day by day."""
        moment, calendar = self._market.moment(instrument, now), self._market.calendar(instrument)
        regular = [order for order in self._resting[instrument.symbol] if order.until is None]
        while days := {order.alive_on for order in regular if order.remaining and order.alive_on <= moment.day}:
            day = min(days)
            over = day < moment.day or not moment.is_open
            end = calendar.ticks_a_day if over else moment.ticks
            orders = [order for order in regular if order.remaining and order.alive_on == day]
            unseen = [order for order in orders if order.tick < end]
            if unseen:
                self._scan(instrument, unseen, day, end)
            for order in orders:
                if order.remaining and (over or (order.auction is Auction.OPEN and end)):
                    self._end(order, instrument, day)
            if not over:
                return

    def _end(self, order: Order, instrument: Instrument, day: date) -> None:
        """Let an order go at the end of a day, unless it lives on."""
        following = self._market.calendar(instrument).after(day)
        if order.in_force is not InForce.GTD or (instrument.expiry and following > instrument.expiry):
            self._drop(order)
            return
        order.on, order.tick = following, 0
        order.ahead = self._ahead_at_open(order)
        self._touch(order)

    def _drop(self, order: Order) -> None:
        order.cancelled += order.remaining
        self._touch(order)

    def _ahead_at_open(self, order: Order) -> int:
        if order.limit is None or order.auction or order.trigger is not None:
            return 0
        return self._depth.size(At(order.symbol, order.alive_on, 1), order.limit)

    def _available(self, order: Order, at: At) -> int:
        return sum(offer.size for offer in self._offers(order, at))

    def _take(self, order: Order, at: At, now: datetime, *, own_price: bool = False) -> None:
        """Let an order take what it accepts.

        Args:
            own_price: Whether the market's traders come to its limit: it was there before them.
        """
        instrument = self._market.instruments[order.symbol]
        for offer in self._offers(order, at):
            size = instrument.whole(min(order.remaining, offer.size), order.remaining)
            if offer.rival is not None:
                size = instrument.whole(size, offer.rival.remaining)
            if not size:
                continue
            if offer.rival is not None:
                self._fill(offer.rival, offer.price, size, now, at.day)
                if not offer.rival.remaining:
                    self.remove(offer.rival)
                self._fill(order, offer.price, size, now, at.day)
                continue
            self._depth.take(at, order.side.other, offer.price, size)
            for rival in self._resting.get(order.symbol, ()):
                if rival.side is not order.side and rival.limit == offer.price:
                    rival.ahead = max(rival.ahead - size, 0)
                    self._touch(rival)
            is_limit = order.limit is not None and (own_price or order.manner is Manner.FIXED)
            self._fill(order, order.limit if is_limit and order.limit else offer.price, size, now, at.day)

    def _offers(self, order: Order, at: At) -> list[_Offer]:
        """What an order accepts of the other side, in the order in which it is taken."""
        is_fixed = order.manner is Manner.FIXED
        sizes = {
            price: size for price, size in self._depth.levels(at, order.side.other) if is_fixed or order.accepts(price)
        }
        rivals = self._rivals(order)
        if is_fixed:
            price = order.limit or Decimal(0)
            return [*(_Offer(price, r.remaining, r) for r in rivals), *map(_Offer, sizes, sizes.values())]
        offers: list[_Offer] = []
        for price in sorted({*sizes, *(rival.limit for rival in rivals if rival.limit is not None)}):
            left, passed = sizes.get(price, 0), 0
            for rival in (rival for rival in rivals if rival.limit == price):
                step = min(max(rival.ahead - passed, 0), left - passed)
                offers += [_Offer(price, step), _Offer(price, rival.remaining, rival)]
                passed += step
            offers.append(_Offer(price, left - passed))
        offers = [offer for offer in offers if offer.size]
        return sorted(offers, key=lambda offer: offer.price * order.side.sign)

    def _rivals(self, order: Order) -> list[Order]:
        """The other side's resting orders that it can trade with, in the order in which they are filled."""
        is_fixed = order.manner is Manner.FIXED
        rivals = [
            rival
            for rival in self._resting.get(order.symbol, ())
            if rival.side is not order.side and _active(rival) and rival.limit is not None
            if order.accepts(rival.limit) and rival.until == order.until and rival.alive_on == order.alive_on
            if is_fixed is (rival.manner is Manner.FIXED) and (not is_fixed or rival.limit == order.limit)
        ]
        return by_priority(rivals)

    def _scan(self, instrument: Instrument, orders: Sequence[Order], day: date, end: int) -> None:
        """Show resting orders the ticks of a day that they have not seen, in time order."""
        start = min(order.tick for order in orders)
        session = self._market.session(instrument, day)
        unseen = session.prices[start:end]
        live = concerned(orders, instrument.price(min(unseen)), instrument.price(max(unseen)))
        before = session.prices[start - 1] if start else self._market.history(instrument).previous_close(day)
        for number in range(start, end) if live else ():
            live = [order for order in live if order.remaining]
            tick = Tick(instrument, session, number, before)
            self._pass(tick, [order for order in live if order.tick <= number], day)
            before = session.prices[number]
        for order in orders:
            order.tick = end
            self._touch(order)

    def _pass(self, tick: Tick, orders: Iterable[Order], day: date) -> None:
        """Let orders take part in one tick; those that it wakes come after it."""
        orders = list(orders)
        if not orders:
            return
        symbol = orders[0].symbol
        at = At(symbol, day, tick.number + 1)
        time = self._market.calendar(self._market.instruments[symbol]).time_of(day, tick.number)
        for order in orders:
            if order.manner is Manner.CLOSING and tick.is_last:
                order.limit = None
            if order.ahead and order.limit == tick.price and tick.number:
                order.ahead = min(order.ahead, self._depth.ahead_of(order, At(symbol, day, tick.number)))
        for order in by_priority(orders):
            if part := tick.offer(order):
                self._fill(order, *part, time, day)
        for order in sorted(orders, key=lambda order: order.place):
            if not order.remaining:
                continue
            if order.trigger is not None:
                self._wake(order, tick, at, time)
            elif order.manner is Manner.MIDPOINT:
                order.limit = tick.midpoint
                self._take(order, at, time)
            elif _active(order) and order.accepts(tick.price):
                self._take(order, at, time, own_price=True)

    def _wake(self, order: Order, tick: Tick, at: At, time: datetime) -> None:
        """Let a stop order that a tick triggers arrive after it."""
        if not is_triggered(order, tick.price, tick.price):
            return
        order.trigger = None
        self._take(order, at, time)
        if order.remaining and order.limit is None:
            order.limit = tick.price
        order.ahead = self._depth.ahead_of(order, at)

    def _fill(self, order: Order, price: Decimal, size: int, at: datetime, day: date) -> None:
        order.filled += size
        order.amount += price * size
        self._touch(order)
        self._report(order, price, size, at, day)


def _active(order: Order) -> bool:
    """Whether others can trade with it at once."""
    return order.limit is not None and not order.auction and order.trigger is None and order.manner not in _SLICED
