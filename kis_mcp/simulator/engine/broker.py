"""The broker: takes orders, checks them against accounts, and hands them to the matching engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.matching import Matcher
from kis_mcp.simulator.engine.means import Means
from kis_mcp.simulator.engine.model import ZERO, Account, Action, Auction, Manner, Order, Reservation, Side, Ticket
from kis_mcp.simulator.engine.order_types import ORDER_TYPES, OrderType
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.engine.reservations import Reservations
from kis_mcp.simulator.engine.sessions import Slot, slot_of
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.state import StateStore

_STOPS = ("stop", "stop_market")


class Broker:
    """Every account's orders.

    Args:
        market: What prices are.
        books: Where accounts and fills are kept.
        store: Where orders survive a restart.
        check_hours: Whether orders are refused while their market is closed.
    """

    def __init__(self, market: Market, books: Books, store: StateStore, *, check_hours: bool) -> None:
        self._market = market
        self._books = books
        self._store = store
        self._check_hours = check_hours
        self._matcher = Matcher(market, self._fill)
        self.means = Means(market, self.open_orders)
        self._changed: dict[str, Order | Reservation] = {}
        self.orders: dict[str, Order] = {order.number: order for order in store.load(Order)}
        self.reservations = Reservations(
            market,
            {item.number: item for item in store.load(Reservation)},
            self.orders,
            self._open_with,
            self._keep_reservation,
            check_hours=check_hours,
        )
        for order in self.orders.values():
            if order.remaining:
                self._matcher.rest(order)

    def orders_of(self, account: Account) -> Iterator[Order]:
        """Its orders, oldest first, amendments and cancels among them."""
        return (order for order in self.orders.values() if order.account == account.key)

    def open_orders(self, account: Account) -> list[Order]:
        """What still rests, oldest first."""
        mine = (order for order in self._matcher.resting if order.account == account.key)
        return sorted(mine, key=lambda order: order.sequence)

    def place(self, account: Account, ticket: Ticket, now: datetime) -> Order:
        """Accept an order and match it.

        Raises:
            Rejected: It breaks a rule; nothing changed.
        """
        self._check_lots(ticket)
        return self._accept(account, ticket, now)

    def amend(
        self,
        account: Account,
        number: str,
        quantity: int | None,
        code: str,
        price: Decimal,
        stop: Decimal,
        now: datetime,
    ) -> Order:
        """Replace the rest of an order, or a part of it, by a new one that queues anew.

        Args:
            number: The original.
            quantity: Shares to move; None for all that remain.

        Raises:
            Rejected: The original is not open, or the new order breaks a rule; nothing changed.
        """
        original, moved = self._open_order(account, number, quantity, now)
        if not ORDER_TYPES[self._market.instruments[original.symbol].category][original.code].can_change:
            raise Rejected(Problem.ORDER_TYPE)
        ticket = replace(_ticket_of(original), quantity=moved, code=code, price=price, stop_price=stop)
        original.cancelled += moved
        if not original.remaining:
            self._matcher.remove(original)
        try:
            order = self._accept(account, ticket, now, Action.AMEND, original.number)
        except Rejected:
            if not original.remaining:
                self._matcher.rest(original)
            original.cancelled -= moved
            raise
        self._changed[original.number] = original
        return order

    def cancel(self, account: Account, number: str, quantity: int | None, now: datetime) -> Order:
        """Take back the rest of an order, or a part of it; the cancel has a number of its own.

        Raises:
            Rejected: The original is not open.
        """
        original, moved = self._open_order(account, number, quantity, now)
        original.cancelled += moved
        if not original.remaining:
            self._matcher.remove(original)
        sequence = len(self.orders) + 1
        cancel = replace(
            original,
            number=f"{sequence:010}",
            sequence=sequence,
            quantity=moved,
            placed_at=now.astimezone(KST),
            action=Action.CANCEL,
            original=original.number,
            filled=0,
            amount=ZERO,
            cancelled=moved,
        )
        self._keep(original, cancel)
        return cancel

    def reserve(self, account: Account, ticket: Ticket, end: date | None, now: datetime) -> Reservation:
        """Keep an order for the next trading day's opening, or for each opening until ``end``.

        Raises:
            Rejected: It can never be right, or comes at the wrong time.
        """
        self._checked(ticket, now)
        self._check_lots(ticket)
        return self.reservations.take(account, ticket, end, now)

    def amend_reservation(self, reservation: Reservation, ticket: Ticket, end: date | None, now: datetime) -> None:
        """Put another order in the place of one that waits.

        Raises:
            Rejected: It does not wait any more, or the new one breaks a rule.
        """
        self._checked(ticket, now)
        self.reservations.amend(reservation, ticket, end, now)

    def advance(self, now: datetime) -> None:
        """Catch up with the clock: resting orders fill or expire, reservations become orders."""
        self.reservations.advance(now, self._catch_up)
        self._catch_up(now)

    def save(self) -> None:
        """Put everything that changed on disk, at once."""
        if changes := {**self._books.take_changes(), **self._changed}:
            self._store.save(changes.items())
            self._changed = {}

    def _open_with(self, account: str, ticket: Ticket, opening: datetime) -> Order:
        """Accept an order that takes part in its market's opening."""
        day = self._market.moment(self._market.instruments[ticket.symbol], opening).day
        return self._accept(self._books.accounts[account], ticket, opening, slot=Slot(day, waits=True))

    def _accept(
        self,
        account: Account,
        ticket: Ticket,
        now: datetime,
        action: Action = Action.NEW,
        original: str = "",
        slot: Slot | None = None,
    ) -> Order:
        instrument, order_type = self._checked(ticket, now)
        slot = slot or self._slot(instrument, ticket, order_type.auction, now)
        sequence = len(self.orders) + 1
        order = Order(
            number=f"{sequence:010}",
            sequence=sequence,
            account=account.key,
            symbol=ticket.symbol,
            side=ticket.side,
            quantity=ticket.quantity,
            code=ticket.code,
            price=ticket.price,
            limit=self._limit(instrument, order_type, ticket, now),
            trigger=ticket.stop_price if order_type.pricing in _STOPS else None,
            in_force=order_type.in_force,
            auction=order_type.auction,
            venue=ticket.venue,
            placed_at=now.astimezone(KST),
            day=slot.day,
            until=slot.until,
            action=action,
            original=original,
            credit_type=ticket.credit_type,
            loan_date=ticket.loan_date,
            manner=order_type.manner,
        )
        self.means.check(account, order)
        self._keep(order)
        if slot.waits and order.manner is not Manner.FIXED:
            self._matcher.rest(order)
        else:
            self._matcher.submit(order, now)
        return order

    def _slot(self, instrument: Instrument, ticket: Ticket, auction: Auction, now: datetime) -> Slot:
        if self._check_hours:
            return slot_of(self._market, instrument, ticket, auction, now)
        day = self._market.moment(instrument, now).day
        return Slot(day + timedelta(days=1) if auction is Auction.OPEN else day)

    def _checked(self, ticket: Ticket, now: datetime) -> tuple[Instrument, OrderType]:
        instrument = self._market.find(ticket.symbol)
        if instrument is None or not self._market.is_listed(instrument, self._market.moment(instrument, now).day):
            raise Rejected(Problem.UNKNOWN_SYMBOL)
        order_type = ORDER_TYPES[instrument.category].get(ticket.code)
        if order_type is None or not order_type.fits(ticket.venue, ticket.side, instrument.kind):
            raise Rejected(Problem.ORDER_TYPE)
        prices = [ticket.price] if order_type.pricing in ("limit", "stop") else []
        prices += [ticket.stop_price] if order_type.pricing in _STOPS else []
        if not all(instrument.on_tick(price) for price in prices):
            raise Rejected(Problem.OFF_TICK)
        quote = self._market.quote(instrument, now)
        if not all(quote.low_limit <= price <= quote.high_limit for price in prices):
            raise Rejected(Problem.PRICE_LIMIT)
        return instrument, order_type

    def _check_lots(self, ticket: Ticket) -> None:
        """Only of what is new: a partly filled order may leave less than a trading unit."""
        instrument = self._market.find(ticket.symbol)
        order_type = ORDER_TYPES[instrument.category].get(ticket.code) if instrument else None
        if instrument is None or order_type is None or not order_type.in_lots or ticket.quantity % instrument.lot == 0:
            return
        lots = instrument.listed_on.lots
        if lots == "all" or (lots == "buys" and ticket.side is Side.BUY):
            raise Rejected(Problem.LOT)

    def _limit(self, instrument: Instrument, order_type: OrderType, ticket: Ticket, now: datetime) -> Decimal | None:
        book, quote = self._market.book(instrument, now), self._market.quote(instrument, now)
        buys = ticket.side is Side.BUY
        match order_type.pricing:
            case "limit" | "stop":
                return ticket.price
            case "market" | "stop_market":
                return None
            case "best_opposite":
                levels = book.asks if buys else book.bids
                return levels[0].price if levels else quote.price
            case "midpoint":
                return (book.asks[0].price + book.bids[0].price) / 2 if book.asks and book.bids else quote.price
            case "best_own":
                levels = book.bids if buys else book.asks
                return levels[0].price if levels else quote.price
            case "previous_close":
                return quote.previous_close
            case "last":
                return quote.price

    def _open_order(self, account: Account, number: str, quantity: int | None, now: datetime) -> tuple[Order, int]:
        original = self.orders.get(f"{int(number):010}" if number.isdigit() else "")
        if original is None or original.account != account.key:
            raise Rejected(Problem.NO_ORIGINAL)
        if not original.remaining or (quantity is not None and quantity > original.remaining):
            raise Rejected(Problem.NOTHING_LEFT)
        instrument = self._market.instruments[original.symbol]
        self._slot(instrument, _ticket_of(original), original.auction, now)
        return original, original.remaining if quantity is None else quantity

    def _catch_up(self, now: datetime) -> None:
        for order in self._matcher.advance(now):
            self._changed[order.number] = order

    def _keep(self, *orders: Order) -> None:
        for order in orders:
            self.orders[order.number] = self._changed[order.number] = order

    def _keep_reservation(self, reservation: Reservation) -> None:
        self._changed["r" + reservation.number] = reservation

    def _fill(self, order: Order, price: Decimal, size: int, at: datetime, day: date) -> None:
        self._books.book(order, price, size, at, day)
        self._changed[order.number] = order


def _ticket_of(order: Order) -> Ticket:
    return Ticket(
        symbol=order.symbol,
        side=order.side,
        quantity=order.remaining,
        code=order.code,
        price=order.price,
        venue=order.venue,
        credit_type=order.credit_type,
        loan_date=order.loan_date,
    )
