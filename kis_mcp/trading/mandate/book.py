"""What the orders under a strategy's mandates come to: what is bound, held, earned and lost. Pure.

Everything is counted at its worst: an order to buy that stands or may counts in full until KIS shows that it is over,
one to sell holds its shares as long, and only fills that KIS told make a position.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.trading.mandate.orders import InstrumentKey, LostShares, MandatedOrder
from kis_mcp.trading.mandate.trips import RoundTrip, cost_of, quantity_of, round_trips
from kis_mcp.trading.order import SAME_DAY, Action, Order, is_same_order_id
from kis_mcp.trading.venues import MARKET_VENUES, venues

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class MandateBook:
    """The new orders of a strategy under all its mandates on one account, in the order of their sending, and what was
    found to be gone of what they bought."""

    mandate_id: str
    orders: tuple[MandatedOrder, ...] = ()
    lost: tuple[LostShares, ...] = ()

    def sellable(self, key: InstrumentKey) -> Decimal:
        """How many shares its own orders bought that are not gone, and no order of its sells, or may sell."""
        return self._sellable(self.held(), key)

    def _sellable(self, held: Mapping[InstrumentKey, Sequence[RoundTrip]], key: InstrumentKey) -> Decimal:
        standing = (one.rest for one in self.orders if one.key == key and one.order.side == "sell")
        return max(_NOTHING, quantity_of(held.get(key, ())) - sum(standing, _NOTHING))

    def to_sell(self) -> set[InstrumentKey]:
        """The instruments that it holds without an order to sell them, or may be buying."""
        buying = {one.key for one in self.orders if one.order.side == "buy" and one.rest}
        held = self.held()
        return buying | {key for key in held if self._sellable(held, key)}

    @property
    def bound(self) -> Decimal:
        """The cost of what is held, and the worth of the orders to buy that stand or may."""
        held = cost_of(trip for trip in self._trips() if trip.is_held)
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
        return _held(self._trips())

    def own_trips(self) -> Sequence[RoundTrip]:
        """What was bought under this mandate, as it was sold or lost, then what is held of it."""
        return [trip for trip in self._trips() if trip.buy.mandate_id == self.mandate_id]

    def own_held(self) -> Mapping[InstrumentKey, Sequence[RoundTrip]]:
        """What is held of what was bought under this mandate, by instrument, the earliest bought first."""
        return _held(self.own_trips())

    @property
    def own(self) -> "MandateBook":
        """Of this mandate alone."""
        return self._of(lambda mandate_id: mandate_id == self.mandate_id)

    @property
    def earlier(self) -> "MandateBook":
        """Of the strategy's other mandates."""
        return self._of(lambda mandate_id: mandate_id != self.mandate_id)

    def _of(self, is_meant: Callable[[str], bool]) -> "MandateBook":
        orders = tuple(one for one in self.orders if is_meant(one.mandate_id))
        return MandateBook(self.mandate_id, orders, tuple(one for one in self.lost if is_meant(one.mandate_id)))

    def _trips(self) -> Sequence[RoundTrip]:
        return round_trips(self.orders, self.lost)

    def loss(self, prices: Mapping[InstrumentKey, Decimal]) -> Decimal:
        """What this mandate has lost since it began, negative for a profit: what its sales brought less than they cost,
        what is open on what it holds, and the fees and taxes of its fills, as far as they can be told. What somebody
        else sold counts at cost.

        Args:
            prices: The last ones, of what is held; where one is missing its shares count at cost.
        """
        loss = sum((one.fees for one in self.own.orders), _NOTHING)
        for trip in self.own_trips():
            if not trip.is_held:
                loss -= trip.worth - trip.cost
            elif (price := prices.get(trip.buy.key)) is not None:
                loss -= trip.quantity * price - trip.cost
        return loss


def _held(trips: Iterable[RoundTrip]) -> Mapping[InstrumentKey, Sequence[RoundTrip]]:
    held = dict[InstrumentKey, list[RoundTrip]]()
    for trip in trips:
        if trip.is_held:
            held.setdefault(trip.buy.key, []).append(trip)
    return held


def exchange_day(market: str, moment: datetime) -> date:
    """The day that it is at a stock market's exchange."""
    return moment.astimezone(venues()[MARKET_VENUES[market][0]].timezone).date()
