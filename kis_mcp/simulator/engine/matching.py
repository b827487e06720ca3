"""The matching engine: price-time priority over customers' orders and the market model's synthetic ones."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.simulator.engine.model import Auction, InForce, Manner, Order, Side
from kis_mcp.simulator.market.book import best_prices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.session import Session

_SLICED = (Manner.BY_TIME, Manner.BY_VOLUME)
_SLICE_TICKS = 15
"""How far the slices of an order are apart: five minutes."""

FillReporter = Callable[[Order, Decimal, int, datetime, date], None]
"""Told of every execution: the order, price, shares, time and trading day. The order's own counters are done."""


class Matcher:
    """Fills orders and keeps those that rest.

    An arriving order takes what the other side offers, best price first, and among equal prices customers before the
    synthetic book, whose size at a price is there once for each tick of the market. A resting order fills at its
    limit when the market's price passes it, and as far as the tick's volume goes when the price touches it. Nothing
    runs in the background: :meth:`advance` catches up with the clock.
    """

    def __init__(self, market: Market, report: FillReporter) -> None:
        self._market = market
        self._report = report
        self._resting: dict[str, list[Order]] = {}
        self._taken: dict[tuple[str, Side], tuple[date, int, dict[Decimal, int]]] = {}

    @property
    def resting(self) -> Iterator[Order]:
        return (order for orders in self._resting.values() for order in orders)

    def rest(self, order: Order) -> None:
        """Keep an order that was resting before, or that waits for a trigger or an auction."""
        self._resting.setdefault(order.symbol, []).append(order)

    def remove(self, order: Order) -> None:
        self._resting[order.symbol].remove(order)

    def submit(self, order: Order, now: datetime) -> None:
        """Match a new order; what neither fills nor may rest is cancelled."""
        instrument = self._market.instruments[order.symbol]
        moment = self._market.moment(instrument, now)
        order.tick = moment.ticks if order.day == moment.day else 0
        if order.auction or order.trigger is not None or order.manner in _SLICED:
            self.rest(order)
            return
        if order.in_force is not InForce.FOK or self._available(order, now) >= order.remaining:
            self._take(order, now)
        if order.remaining and order.in_force is not InForce.DAY:
            order.cancelled += order.remaining
        if order.remaining:
            if order.limit is None:
                order.limit = self._market.quote(instrument, now).price
            self.rest(order)

    def advance(self, now: datetime) -> list[Order]:
        """Let the market's moves since the last time fill resting orders; the orders that changed."""
        changed: list[Order] = []
        for symbol in list(self._resting):
            instrument = self._market.instruments[symbol]
            moment = self._market.moment(instrument, now)
            for order in self._resting[symbol]:
                if order.until is not None and order.until <= now:
                    order.cancelled += order.remaining
                    changed.append(order)
            regular = [order for order in self._resting[symbol] if order.until is None]
            for day in sorted({order.day for order in regular}):
                over = day < moment.day or (day == moment.day and not moment.is_open)
                if day > moment.day:
                    continue
                orders = [order for order in regular if order.day == day]
                end = self._market.calendar(instrument).ticks_a_day if over else moment.ticks
                changed += self._scan(instrument, orders, day, end)
                for order in orders:
                    if order.remaining and (over or (order.auction is Auction.OPEN and end)):
                        order.cancelled += order.remaining
                        changed.append(order)
            self._resting[symbol] = [order for order in self._resting[symbol] if order.remaining]
            if not self._resting[symbol]:
                del self._resting[symbol]
        return changed

    def _available(self, order: Order, now: datetime) -> int:
        rivals = sum(rival.remaining for rival in self._rivals(order))
        return rivals + sum(size for _, size in self._levels(order, now))

    def _take(self, order: Order, now: datetime) -> None:
        rivals, levels = self._rivals(order), self._levels(order, now)
        while order.remaining and (rivals or levels):
            if rivals and (not levels or not _better(order.side, levels[0][0], _limit(rivals[0]))):
                rival = rivals.pop(0)
                price, size = _limit(rival), min(order.remaining, rival.remaining)
                self._fill(rival, price, size, now, order.day)
                if not rival.remaining:
                    self.remove(rival)
            else:
                price, offered = levels.pop(0)
                size = min(order.remaining, offered)
                taken = self._consumed(order.symbol, order.side, now)
                taken[price] = taken.get(price, 0) + size
                price = _limit(order) if order.manner is Manner.FIXED else price
            self._fill(order, price, size, now, order.day)

    def _rivals(self, order: Order) -> list[Order]:
        """The other side's resting orders that it can trade with, in the order in which they are filled."""
        rivals = [
            rival
            for rival in self._resting.get(order.symbol, ())
            if rival.side is not order.side and _active(rival) and order.accepts(_limit(rival))
            if rival.until == order.until
            if (order.manner is Manner.FIXED) is (rival.manner is Manner.FIXED)
            if order.manner is not Manner.FIXED or rival.limit == order.limit
        ]
        return _by_priority(rivals)

    def _levels(self, order: Order, now: datetime) -> list[tuple[Decimal, int]]:
        """What the synthetic book still offers it, best price first."""
        book = self._market.book(self._market.instruments[order.symbol], now)
        taken = self._consumed(order.symbol, order.side, now)
        levels = book.asks if order.side is Side.BUY else book.bids
        left = ((level.price, level.quantity - taken.get(level.price, 0)) for level in levels)
        takes_all = order.manner is Manner.FIXED
        return [(price, size) for price, size in left if size > 0 and (takes_all or order.accepts(price))]

    def _consumed(self, symbol: str, side: Side, now: datetime) -> dict[Decimal, int]:
        moment = self._market.moment(self._market.instruments[symbol], now)
        kept = self._taken.get((symbol, side))
        if kept is None or kept[:2] != (moment.day, moment.ticks):
            kept = self._taken[symbol, side] = (moment.day, moment.ticks, {})
        return kept[2]

    def _scan(self, instrument: Instrument, orders: Sequence[Order], day: date, end: int) -> list[Order]:
        """Show resting orders the ticks of a day that they have not seen, in time order."""
        start = min(order.tick for order in orders)
        if start >= end:
            return []
        session, calendar = self._market.session(instrument, day), self._market.calendar(instrument)
        unseen = session.prices[start:end]
        lowest, highest = instrument.price(min(unseen)), instrument.price(max(unseen))
        concerned = [order for order in _by_priority(orders) if _concerns(order, lowest, highest)]
        changed: dict[str, Order] = {}
        before = session.prices[start - 1] if start else self._market.history(instrument).previous_close(day)
        for number in range(start, end) if concerned else ():
            tick = _Tick(instrument, session, number, before)
            volume = tick.volume
            for order in concerned:
                if not order.remaining or number < order.tick:
                    continue
                done = _offer(order, tick, volume)
                if order.manner is Manner.MIDPOINT:
                    order.limit = tick.midpoint
                    changed[order.number] = order
                if done is None:
                    continue
                at, size = done
                if at == tick.price:
                    volume -= min(size, volume)
                self._fill(order, at, size, calendar.time_of(day, number), day)
                changed[order.number] = order
            before = session.prices[number]
        for order in orders:
            order.tick = max(order.tick, end)
        return list(changed.values())

    def _fill(self, order: Order, price: Decimal, size: int, at: datetime, day: date) -> None:
        order.filled += size
        order.amount += price * size
        self._report(order, price, size, at, day)


class _Tick:
    """One trade of the market.

    Args:
        before: The price one tick earlier, in units.
    """

    def __init__(self, instrument: Instrument, session: Session, number: int, before: int) -> None:
        self.number = number
        self.price = instrument.price(session.prices[number])
        self.left = len(session.prices) - number
        self._instrument = instrument
        self._session = session
        self._before = before

    @property
    def volume(self) -> int:
        """In whole trading units."""
        volume = self._session.volume_at(self.number)
        return volume - volume % self._instrument.lot

    @property
    def midpoint(self) -> Decimal:
        """Between the best bid and ask after it."""
        best = best_prices(self._instrument, self._session.prices[self.number], self._before)
        return self._instrument.price(sum(best)) / 2

    def slice_of(self, order: Order) -> int:
        """What a sliced order wants of it; all that remains at the close."""
        if self.left == 1:
            return order.remaining
        if self.number % _SLICE_TICKS:
            return 0
        part, whole = min(_SLICE_TICKS, self.left), self.left
        if order.manner is Manner.BY_VOLUME:
            whole = self._session.volume_from(self.number)
            part = whole - self._session.volume_from(self.number + part)
        return -(-order.remaining * part // whole) if whole else 0


def _offer(order: Order, tick: _Tick, volume: int) -> tuple[Decimal, int] | None:
    """The price and size at which a tick fills a resting order, or None. Wakes a stop order that it triggers."""
    price = tick.price
    if order.auction:
        is_its = tick.number == 0 if order.auction is Auction.OPEN else tick.left == 1
        return (price, order.remaining) if is_its and order.accepts(price) else None
    if order.manner is Manner.FIXED:
        return None
    if order.manner in _SLICED:
        size = min(tick.slice_of(order), order.remaining) if order.accepts(price) else 0
        return (price, size) if size else None
    if order.manner is Manner.CLOSING and tick.left == 1:
        order.limit = None
        return price, order.remaining
    if order.trigger is not None:
        if not _triggered(order, price, price):
            return None
        order.trigger = None
        return (price, order.remaining) if order.accepts(price) else None
    if not order.accepts(price):
        return None
    if tick.number == 0 or order.limit is None:
        return price, order.remaining
    limit = order.limit
    if price != limit:
        return limit, order.remaining
    size = min(order.remaining, volume)
    return (limit, size) if size else None


def _active(order: Order) -> bool:
    """Whether others can trade with it at once."""
    return order.limit is not None and not order.auction and order.trigger is None and order.manner not in _SLICED


def _concerns(order: Order, lowest: Decimal, highest: Decimal) -> bool:
    """Whether ticks between two prices can do anything to a resting order."""
    if order.auction or order.manner in (Manner.MIDPOINT, Manner.CLOSING):
        return True
    if order.trigger is not None:
        return _triggered(order, lowest, highest)
    return order.accepts(lowest if order.side is Side.BUY else highest)


def _triggered(order: Order, lowest: Decimal, highest: Decimal) -> bool:
    assert order.trigger is not None
    return highest >= order.trigger if order.side is Side.BUY else lowest <= order.trigger


def _by_priority(orders: Sequence[Order]) -> list[Order]:
    """Best price first, then first come; orders without a limit accept the worst price and go first."""

    def rank(order: Order) -> tuple[bool, Decimal, int]:
        if order.limit is None:
            return False, Decimal(0), order.sequence
        return True, -order.limit if order.side is Side.BUY else order.limit, order.sequence

    return sorted(orders, key=rank)


def _better(side: Side, one: Decimal, other: Decimal) -> bool:
    """Whether one price is better than another for who takes it."""
    return one < other if side is Side.BUY else one > other


def _limit(order: Order) -> Decimal:
    assert order.limit is not None
    return order.limit
