"""What a strategy bought and sold again, by the fills of its orders. Pure; first bought is first sold or lost."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.trading.mandate.orders import LostShares, MandatedOrder

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """Shares that one order bought, and one order sold or none yet. Money is in the instrument's currency.

    Attributes:
        cost: What these were bought for.
        worth: What these were sold for; nothing while they are held, and what they had cost where somebody else sold
            them: nobody tells for what.
        sale: None while they are held, and where somebody else sold them.
        lost_at: When it was found that somebody else had.
    """

    buy: MandatedOrder
    quantity: Decimal
    cost: Decimal
    worth: Decimal = _NOTHING
    sale: MandatedOrder | None = None
    lost_at: datetime | None = None

    @property
    def is_held(self) -> bool:
        return self.sale is None and self.lost_at is None

    @property
    def entry_price(self) -> Decimal:
        """Average of the fills."""
        return self.buy.fill.worth / self.buy.filled

    @property
    def exited_at(self) -> datetime | None:
        """When the order that sold them was sent, or they were found gone."""
        return self.lost_at if self.sale is None else self.sale.sent_at

    @property
    def exit_price(self) -> Decimal | None:
        """Average of the fills; None where no order sold them."""
        return None if self.sale is None else self.sale.fill.worth / self.sale.filled

    @property
    def costs(self) -> Decimal:
        """Commission and taxes of both orders, estimated."""
        bought = self.buy.fees * self.quantity / self.buy.filled
        return bought if self.sale is None else bought + self.sale.fees * self.quantity / self.sale.filled

    @property
    def profit(self) -> Decimal | None:
        """After costs; None while they are held, and where nobody tells for what they were sold."""
        return None if self.sale is None else self.earned

    @property
    def earned(self) -> Decimal:
        """After costs, as the mandate counts it."""
        return _NOTHING if self.is_held else self.worth - self.cost - self.costs


def quantity_of(trips: Iterable[RoundTrip]) -> Decimal:
    """How many shares they are of."""
    return sum((trip.quantity for trip in trips), _NOTHING)


def cost_of(trips: Iterable[RoundTrip]) -> Decimal:
    """What their shares were bought for."""
    return sum((trip.cost for trip in trips), _NOTHING)


def round_trips(orders: Iterable[MandatedOrder], lost: Iterable[LostShares] = ()) -> Sequence[RoundTrip]:
    """What orders bought, as it was sold or lost, and after that what is held: of each instrument the earliest first.

    A sale is of what its own mandate's orders bought: a run leaves alone what an earlier one holds. Whether its time is
    before theirs does not count, since times are known to a few seconds only. Where it is of more, the rest is of what
    other mandates' orders bought.

    Args:
        orders: All of a strategy, as they were sent.
        lost: As they were found, each before the sales that were sent later.
    """
    filled = [one for one in orders if one.filled]
    held = [RoundTrip(buy=one, quantity=one.filled, cost=one.fill.worth) for one in filled if one.order.side == "buy"]
    closed, left = list[RoundTrip](), [_Sale(one, one.filled, one.fill.worth) for one in filled if _sells(one)]
    gone = sorted(lost, key=lambda each: each.at)
    for sale in left:
        while gone and gone[0].at <= sale.order.sent_at:
            closed += _lose(held, gone.pop(0))
        closed += _close(held, sale, _is_of_one_mandate)
    for each in gone:
        closed += _lose(held, each)
    for sale in left:
        closed += _close(held, sale, _is_of_one_instrument)
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


def _lose(held: list[RoundTrip], lost: LostShares) -> Sequence[RoundTrip]:
    """Take what was lost out of what is held."""
    closed, left = list[RoundTrip](), lost.quantity
    for at, trip in enumerate(held):
        quantity = min(left, trip.quantity)
        if quantity and (trip.buy.key, trip.buy.mandate_id) == (lost.key, lost.mandate_id):
            part, held[at] = _split(trip, quantity)
            closed.append(replace(part, worth=part.cost, lost_at=lost.at))
            left -= quantity
    held[:] = [trip for trip in held if trip.quantity]
    return closed


def _split(trip: RoundTrip, quantity: Decimal) -> tuple[RoundTrip, RoundTrip]:
    """So many shares of what is held, and the rest, whose cost comes to the whole with theirs to the won."""
    cost = trip.cost * quantity / trip.quantity
    return replace(trip, quantity=quantity, cost=cost), replace(
        trip, quantity=trip.quantity - quantity, cost=trip.cost - cost
    )


def _close(
    held: list[RoundTrip], sale: _Sale, fits: Callable[[MandatedOrder, MandatedOrder], bool]
) -> Sequence[RoundTrip]:
    """Take what a sale sold out of what is held, as far as it fits."""
    closed = list[RoundTrip]()
    for at, trip in enumerate(held):
        quantity = min(sale.quantity, trip.quantity)
        if not quantity or not fits(trip.buy, sale.order):
            continue
        worth = sale.worth * quantity / sale.quantity
        part, held[at] = _split(trip, quantity)
        closed.append(replace(part, worth=worth, sale=sale.order))
        sale.quantity, sale.worth = sale.quantity - quantity, sale.worth - worth
    held[:] = [trip for trip in held if trip.quantity]
    return closed
