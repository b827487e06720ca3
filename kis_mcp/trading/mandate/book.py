"""What the orders under a strategy's mandates come to: what is bound, held, earned and lost. Pure.

Everything is counted at its worst: an order to buy that stands or may counts in full until KIS shows that it is over,
one to sell holds its shares as long, and only fills that KIS told make a position.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.trading.mandate.orders import InstrumentKey, MandatedOrder
from kis_mcp.trading.mandate.trips import RoundTrip, round_trips
from kis_mcp.trading.order import SAME_DAY, Action, Order, is_same_order_id
from kis_mcp.trading.venues import MARKET_VENUES, venues

_NOTHING = Decimal(0)


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
        held = sum((trip.cost for trips in self.held().values() for trip in trips), _NOTHING)
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

    def held(self) -> Mapping[InstrumentKey, Sequence[RoundTrip]]:
        """What is held, by instrument, the earliest bought first."""
        return _held(round_trips(self.orders))

    def own_trips(self) -> Sequence[RoundTrip]:
        """What was bought under this mandate, as it was sold, then what is held of it."""
        return [trip for trip in round_trips(self.orders) if trip.buy.mandate_id == self.mandate_id]

    def own_held(self) -> Mapping[InstrumentKey, Sequence[RoundTrip]]:
        """What is held of what was bought under this mandate, by instrument, the earliest bought first."""
        return _held(self.own_trips())

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
        loss = sum((one.fees for one in self.own.orders), _NOTHING)
        for trip in self.own_trips():
            if trip.sale is not None:
                loss -= trip.worth - trip.cost
            elif (price := prices.get(trip.buy.key)) is not None:
                loss -= trip.quantity * price - trip.cost
        return loss


def _held(trips: Iterable[RoundTrip]) -> Mapping[InstrumentKey, Sequence[RoundTrip]]:
    held = dict[InstrumentKey, list[RoundTrip]]()
    for trip in trips:
        if trip.sale is None:
            held.setdefault(trip.buy.key, []).append(trip)
    return held


def exchange_day(market: str, moment: datetime) -> date:
    """The day that it is at a stock market's exchange."""
    return moment.astimezone(venues()[MARKET_VENUES[market][0]].timezone).date()
