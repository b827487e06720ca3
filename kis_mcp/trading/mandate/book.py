"""What the orders under a strategy's mandates come to: what is bound, held, earned and lost. Pure.

Everything is counted at its worst: an order to buy that stands or may counts in full until KIS shows that it is over,
one to sell holds its shares as long, and only fills that KIS told make a position. First bought is first sold.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.trading.order import SAME_DAY, Action, Order, is_same_order_id
from kis_mcp.trading.venues import MARKET_VENUES, venues

InstrumentKey: TypeAlias = tuple[str, str]
"""Symbol and market."""

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How far KIS told that an order was filled.

    Attributes:
        quantity: At least so many shares.
        worth: What they cost or brought, in the order's currency.
        is_over: Whether nothing more of the order can be filled.
    """

    quantity: Decimal = _NOTHING
    worth: Decimal = _NOTHING
    is_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MandatedOrder:
    """A new order under a mandate that was claimed for sending.

    Attributes:
        intent_id, mandate_id: Of the journal.
        may_stand: Whether it stands at KIS, or may; not where it is certain that KIS does not have it.
        never_left: Whether it is certain that it was not even sent.
        order_id: KIS' number, once that is known.
    """

    intent_id: str
    mandate_id: str
    order: Order
    sent_at: datetime
    may_stand: bool
    never_left: bool = False
    order_id: str | None = None
    fill: Fill = Fill()

    @property
    def key(self) -> InstrumentKey:
        return self.order.symbol or "", self.order.market

    @property
    def filled(self) -> Decimal:
        return self.fill.quantity

    @property
    def rest(self) -> Decimal:
        """What may still be filled, in shares."""
        if self.fill.is_over or not self.may_stand:
            return _NOTHING
        return max(_NOTHING, (self.order.quantity or _NOTHING) - self.filled)

    @property
    def rest_worth(self) -> Decimal:
        """What the rest may cost at most."""
        quantity, amount = self.order.quantity, self.order.amount
        return self.rest * amount / quantity if quantity and amount else _NOTHING

    @property
    def fees(self) -> Decimal:
        """Commission and taxes of what is filled, estimated."""
        order = self.order
        return self.fill.worth * order.fees / order.amount if order.fees and order.amount else _NOTHING


@dataclass(frozen=True, slots=True)
class Lot:
    """Shares that one order bought and no order has sold; ``cost`` is of those."""

    quantity: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class MandateBook:
    """The new orders of a strategy under all its mandates on one account, in the order of their sending."""

    mandate_id: str
    orders: tuple[MandatedOrder, ...] = ()

    def sellable(self, key: InstrumentKey) -> Decimal:
        """How many shares its own orders bought that no order of its sells, or may sell."""
        own = [one for one in self.orders if one.key == key]
        bought = sum((one.filled for one in own if one.order.side == "buy"), _NOTHING)
        sold = sum((one.filled + one.rest for one in own if one.order.side == "sell"), _NOTHING)
        return max(_NOTHING, bought - sold)

    def to_sell(self) -> set[InstrumentKey]:
        """The instruments that it holds without an order to sell them, or may be buying."""
        buying = {one.key for one in self.orders if one.order.side == "buy" and one.rest}
        return buying | {key for key in {one.key for one in self.orders} if self.sellable(key)}

    @property
    def bound(self) -> Decimal:
        """The cost of what is held, and the worth of the orders to buy that stand or may."""
        held = sum((lot.cost for lots in self.lots().values() for lot in lots), _NOTHING)
        return held + sum((one.rest_worth for one in self.orders if one.order.side == "buy"), _NOTHING)

    def count_on(self, day: date) -> int:
        """How many orders were sent under this mandate on one day of the exchange, whatever KIS made of them."""
        sent = (one for one in self.own.orders if not one.never_left)
        return sum(exchange_day(one.order.market, one.sent_at) == day for one in sent)

    def has_order(self, order: Order, now: datetime) -> bool:
        """Whether a cancel concerns an order of these that was sent lately: KIS gives numbers anew every day."""
        return order.action is Action.CANCEL and any(
            is_same_order_id(one.order_id, order.original_order_id)
            and one.order.market == order.market
            and order.symbol in (None, one.order.symbol)
            and abs(now - one.sent_at) < SAME_DAY
            for one in self.orders
        )

    def lots(self) -> Mapping[InstrumentKey, list[Lot]]:
        """What is held, by instrument, the earliest bought first."""
        return {key: _unsold(own)[0] for key, own in self._by_key().items()}

    @property
    def own(self) -> "MandateBook":
        """The orders of this mandate alone."""
        return MandateBook(self.mandate_id, tuple(one for one in self.orders if one.mandate_id == self.mandate_id))

    @property
    def earlier(self) -> "MandateBook":
        """The orders of the strategy's other mandates."""
        return MandateBook(self.mandate_id, tuple(one for one in self.orders if one.mandate_id != self.mandate_id))

    def loss(self, prices: Mapping[InstrumentKey, Decimal]) -> Decimal:
        """What this mandate has lost since it began, negative for a profit: what its sales brought less than they cost,
        what is open on what it holds, and the fees and taxes of its fills, as far as they can be told.

        Args:
            prices: The last ones, of what is held; where one is missing its shares count at cost.
        """
        own = self.own
        loss = sum((one.fees for one in own.orders), _NOTHING)
        for key, orders in own._by_key().items():
            lots, gained = _unsold(orders)
            loss -= gained
            if (price := prices.get(key)) is not None:
                loss -= sum((lot.quantity * price - lot.cost for lot in lots), _NOTHING)
        return loss

    def _by_key(self) -> Mapping[InstrumentKey, list[MandatedOrder]]:
        found: dict[InstrumentKey, list[MandatedOrder]] = {}
        for one in self.orders:
            found.setdefault(one.key, []).append(one)
        return found


def exchange_day(market: str, moment: datetime) -> date:
    """The day that it is at a stock market's exchange."""
    return moment.astimezone(venues()[MARKET_VENUES[market][0]].timezone).date()


def _unsold(orders: Iterable[MandatedOrder]) -> tuple[list[Lot], Decimal]:
    """The lots of one instrument that no sale has used up, and what the sales gained on theirs."""
    filled = [one for one in orders if one.filled]
    lots = [Lot(one.filled, one.fill.worth) for one in filled if one.order.side == "buy"]
    gained = _NOTHING
    for sale in (one for one in filled if one.order.side == "sell"):
        left, cost = sale.filled, _NOTHING
        while left and lots:
            used = min(left, lots[0].quantity)
            part = lots[0].cost * used / lots[0].quantity
            left, cost = left - used, cost + part
            rest = Lot(lots[0].quantity - used, lots[0].cost - part)
            lots[0:1] = [rest] if rest.quantity else []
        gained += sale.fill.worth * (sale.filled - left) / sale.filled - cost
    return lots, gained
