"""The broker: takes orders, checks them against accounts, and hands them to the matching engine."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.simulator.engine.books import Books
from kis_mcp.simulator.engine.costs import margin, short_margin
from kis_mcp.simulator.engine.depth import Depth, Taken
from kis_mcp.simulator.engine.entitlements import BondPayments, Rights, bond_payments
from kis_mcp.simulator.engine.events import OrderEvent, OrderReporter
from kis_mcp.simulator.engine.log import Log
from kis_mcp.simulator.engine.matching import Matcher
from kis_mcp.simulator.engine.means import Means
from kis_mcp.simulator.engine.model import (
    ZERO,
    Account,
    Action,
    Auction,
    InForce,
    Manner,
    Order,
    Reservation,
    Side,
    Ticket,
)
from kis_mcp.simulator.engine.order_types import ORDER_TYPES, OrderType
from kis_mcp.simulator.engine.payments import Upkept
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.engine.reservations import Reservations
from kis_mcp.simulator.engine.sessions import Slot, slot_of
from kis_mcp.simulator.engine.upkeep import Upkeep, required
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.rights import rights
from kis_mcp.simulator.state import StateStore

_STOPS = ("stop", "stop_market")
_AT_MARKET = "02"
"""The market order of Korean contracts."""

_BEFORE = timedelta(seconds=1)


class Broker:
    """Every account's orders.

    Args:
        market: What prices are.
        books: Where accounts and fills are kept.
        store: Where orders survive a restart.
        check_hours: Whether orders are refused while their market is closed.
        rights: What companies give to holders.
        bond_payments: What bonds pay.
        numbered_from: The number of the first order and of the first reservation.
        report: Told of what becomes of orders.
    """

    def __init__(
        self,
        market: Market,
        books: Books,
        store: StateStore,
        *,
        check_hours: bool,
        rights: Rights = rights,
        bond_payments: BondPayments = bond_payments,
        numbered_from: int = 1,
        report: OrderReporter = lambda _: None,
    ) -> None:
        self._market = market
        self._books = books
        self._store = store
        self._check_hours = check_hours
        self._numbered_from = numbered_from
        self._report = report
        self.depth = Depth(market, store.load(Taken))
        self._matcher = Matcher(market, self.depth, self._fill, self._touch)
        self.means = Means(market, self.open_orders)
        self._changed: dict[str, Reservation] = {}
        self.orders = Log(store, Order, lambda order: order.number, lambda order: not order.remaining)
        self.reservations = Reservations(
            market,
            {item.number: item for item in store.load(Reservation)},
            self.orders,
            self._open_with,
            self._keep_reservation,
            check_hours=check_hours,
            numbered_from=numbered_from,
        )
        upkept = next(store.load(Upkept), None)
        self._upkeep = Upkeep(market, books, upkept, rights, bond_payments, self._liquidate)
        for order in self.orders.values():
            if order.remaining:
                self._matcher.keep(order)

    def orders_of(self, account: Account, since: date = date.min) -> Iterator[Order]:
        """Its orders of trading days from one on, oldest first, amendments and cancels among them."""
        return self.orders.of(account.key, since)

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
        """Replace the rest of an order, or a part of it, by a new one; at the same price it keeps its place.

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
            order = self._accept(account, ticket, now, Action.AMEND, original)
        except Rejected:
            if not original.remaining:
                self._matcher.keep(original)
            original.cancelled -= moved
            raise
        self.orders.touch(original)
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
        sequence = self._numbered_from + len(self.orders)
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
        self.orders.touch(original)
        self.orders.add(cancel)
        self._report(OrderEvent(replace(cancel)))
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
        """Catch up with the clock: resting orders fill or expire, reservations become orders, days end."""
        for at, step in self._upkeep.due(now):
            self._advance_to(at - _BEFORE)
            step()
        self._advance_to(now)

    def save(self) -> None:
        """Put everything that changed on disk, at once; what could not be written is tried again the next time."""
        engine = (self._books, self.orders, self.depth, self._upkeep)
        if changes := {key: item for part in engine for key, item in part.changes.items()} | self._changed:
            self._store.save(changes.items())
            for part in engine:
                part.forget_changes()
            self._changed = {}

    def _advance_to(self, moment: datetime) -> None:
        self.reservations.advance(moment, self._catch_up)
        self._catch_up(moment)

    def _liquidate(self, account: Account, at: datetime) -> None:
        """Close Korean contracts at the market, the largest first, until their margin is covered."""
        listed = self._market.instruments
        for order in self.open_orders(account):
            if listed[order.symbol].category == "domestic_futureoption":
                self.cancel(account, order.number, None, at)
        contracts = [
            (listed[symbol], position)
            for symbol, position in account.positions.items()
            if position.quantity and listed[symbol].category == "domestic_futureoption"
        ]
        contracts.sort(key=lambda pair: abs(pair[1].cost), reverse=True)
        for instrument, position in contracts:
            needed, money = required(self._market, account, lambda i: self._market.quote(i, at).price)
            if money >= needed or (instrument.kind != "future" and position.quantity > 0):
                continue
            each = margin(instrument, abs(position.cost) / abs(position.quantity))
            each += short_margin(self._market, instrument, -1 if position.quantity < 0 else 0)
            quantity = min(abs(position.quantity), int((needed - money) // each) + 1)
            ticket = Ticket(instrument.symbol, position.closing_side, quantity, _AT_MARKET, ZERO, venue="day")
            self._accept(account, ticket, at)

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
        original: Order | None = None,
        slot: Slot | None = None,
    ) -> Order:
        instrument, order_type = self._checked(ticket, now)
        slot = slot or self._slot(instrument, ticket, order_type.auction, now)
        sequence = self._numbered_from + len(self.orders)
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
            in_force=InForce.GTD if ticket.lives_on else order_type.in_force,
            auction=order_type.auction,
            venue=ticket.venue,
            placed_at=now.astimezone(KST),
            day=slot.day,
            until=slot.until,
            action=action,
            original=original.number if original else "",
            credit_type=ticket.credit_type,
            loan_date=ticket.loan_date,
            manner=order_type.manner,
        )
        if original and _same_queue(order, original):
            order.since, order.ahead = original.place, original.ahead
        self.means.check(account, order)
        self.orders.add(order)
        self._report(OrderEvent(replace(order)))
        if slot.waits and order.manner is not Manner.FIXED:
            self._matcher.rest_until_open(order)
        else:
            self._matcher.submit(order, now)
            if order.cancelled:
                self._report(OrderEvent(replace(order), is_cut=True))
        return order

    def _slot(self, instrument: Instrument, ticket: Ticket, auction: Auction, now: datetime) -> Slot:
        if self._check_hours:
            return slot_of(self._market, instrument, ticket, auction, now)
        day = self._market.moment(instrument, now).day
        return Slot(day + timedelta(days=1) if auction is Auction.OPEN else day)

    def _checked(self, ticket: Ticket, now: datetime) -> tuple[Instrument, OrderType]:
        instrument = self._market.find(ticket.symbol)
        if instrument is None or not self._market.is_listed_on(instrument, self._market.moment(instrument, now).day):
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
        self._matcher.advance(now)

    def _keep_reservation(self, reservation: Reservation) -> None:
        self._changed["r" + reservation.number] = reservation

    def _touch(self, order: Order) -> None:
        self.orders.touch(order)

    def _fill(self, order: Order, price: Decimal, size: int, at: datetime, day: date) -> None:
        fill = self._books.book(order, price, size, at, day)
        self._report(OrderEvent(replace(order), fill))


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
        lives_on=order.in_force is InForce.GTD,
    )


def _same_queue(order: Order, original: Order) -> bool:
    """Whether an amendment leaves an order where it stands in the book."""
    orders = (order, original)
    is_plain = all(o.manner is Manner.PLAIN and not o.auction and o.trigger is None and o.limit for o in orders)
    return is_plain and (order.limit, order.until) == (original.limit, original.until)
