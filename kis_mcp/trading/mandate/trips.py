"""What a strategy bought and sold again, by the fills of its orders. Pure; first bought is first sold."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.trading.mandate.orders import MandatedOrder

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """Shares that one order bought, and one order sold or none yet. Money is in the instrument's currency.

    Attributes:
        cost: What these were bought for.
        worth: What these were sold for; nothing while they are held.
        sale: None while they are held.
    """

    buy: MandatedOrder
    quantity: Decimal
    cost: Decimal
    worth: Decimal = _NOTHING
    sale: MandatedOrder | None = None

    @property
    def entry_price(self) -> Decimal:
        """Average of the fills."""
        return self.buy.fill.worth / self.buy.filled

    @property
    def exited_at(self) -> datetime | None:
        """When the order that sold them was sent."""
        return None if self.sale is None else self.sale.sent_at

    @property
    def exit_price(self) -> Decimal | None:
        """Average of the fills."""
        return None if self.sale is None else self.sale.fill.worth / self.sale.filled

    @property
    def costs(self) -> Decimal:
        """Commission and taxes of both orders, estimated."""
        bought = self.buy.fees * self.quantity / self.buy.filled
        return bought if self.sale is None else bought + self.sale.fees * self.quantity / self.sale.filled

    @property
    def profit(self) -> Decimal | None:
        """After costs; None while they are held."""
        return None if self.sale is None else self.worth - self.cost - self.costs


def round_trips(orders: Iterable[MandatedOrder]) -> Sequence[RoundTrip]:
    """What orders bought, as it was sold, and after that what is held: of each instrument the earliest first.

    A sale is of what its own mandate's orders bought: a run leaves alone what an earlier one holds. Whether its time is
    before theirs does not count, since times are known to a few seconds only. Where it is of more, the rest is of what
    other mandates' orders bought.

    Args:
        orders: All of a strategy, as they were sent.
    """
    filled = [one for one in orders if one.filled]
    held = [RoundTrip(buy=one, quantity=one.filled, cost=one.fill.worth) for one in filled if one.order.side == "buy"]
    closed, left = list[RoundTrip](), [_Sale(one, one.filled, one.fill.worth) for one in filled if _sells(one)]
    for fits in (_is_of_one_mandate, _is_of_one_instrument):
        for sale in left:
            closed += _close(held, sale, fits)
    return [*closed, *held]


@dataclass(slots=True)
class _Sale:
    """What of a sale is not matched yet."""

    order: MandatedOrder
    quantity: Decimal
    worth: Decimal


def _sells(one: MandatedOrder) -> bool:
    return one.order.side == "sell"


def _is_of_one_instrument(one: MandatedOrder, other: MandatedOrder) -> bool:
    return one.key == other.key


def _is_of_one_mandate(one: MandatedOrder, other: MandatedOrder) -> bool:
    return (one.key, one.mandate_id) == (other.key, other.mandate_id)


def _close(
    held: list[RoundTrip], sale: _Sale, fits: Callable[[MandatedOrder, MandatedOrder], bool]
) -> Sequence[RoundTrip]:
    """Take what a sale sold out of what is held, as far as it fits."""
    closed = list[RoundTrip]()
    for at, trip in enumerate(held):
        quantity = min(sale.quantity, trip.quantity)
        if not quantity or not fits(trip.buy, sale.order):
            continue
        # The last part takes what is left, so that the parts come to the whole to the won.
        cost, worth = trip.cost * quantity / trip.quantity, sale.worth * quantity / sale.quantity
        closed.append(RoundTrip(buy=trip.buy, quantity=quantity, cost=cost, worth=worth, sale=sale.order))
        sale.quantity, sale.worth = sale.quantity - quantity, sale.worth - worth
        held[at] = replace(trip, quantity=trip.quantity - quantity, cost=trip.cost - cost)
    held[:] = [trip for trip in held if trip.quantity]
    return closed
