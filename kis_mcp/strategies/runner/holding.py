"""What a run holds and has earned, which follows from the fills of its own orders alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.strategies.runner.ports import OwnOrder

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True)
class Holding:
    """Of one instrument, in its currency, without fees and taxes.

    Attributes:
        quantity: Shares or contracts.
        cost: What was paid for them.
        realised: What earlier sales brought beyond their cost.
        opened_at: When the first of them was ordered; None while there are none.
        closed_at: When the last sale was ordered that left nothing.
    """

    quantity: int = 0
    cost: Decimal = _NOTHING
    realised: Decimal = _NOTHING
    opened_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def price(self) -> Decimal | None:
        """What was paid for one on average."""
        return self.cost / self.quantity if self.quantity else None


def holding_of(orders: Iterable[OwnOrder]) -> Holding:
    """What orders have come to, the oldest first. Sales are of average cost, and bring just that where nobody knows
    their price; more than was bought is not sold."""
    quantity, cost, realised = 0, _NOTHING, _NOTHING
    opened_at = closed_at = None
    for order in orders:
        filled, price = order.filled, order.price
        if not filled or (price is None and order.side == "buy"):
            continue
        if order.side == "buy" and price is not None:
            opened_at = opened_at if quantity else order.at
            quantity, cost = quantity + filled, cost + price * filled
            continue
        sold = min(filled, quantity)
        part = cost * sold / quantity if quantity else _NOTHING
        quantity, cost, realised = (
            quantity - sold,
            cost - part,
            realised + (part if price is None else price * sold) - part,
        )
        if not quantity:
            opened_at, closed_at = None, order.at
    return Holding(quantity, cost, realised, opened_at, closed_at)


def sale_elsewhere(symbol: str, quantity: int, at: datetime) -> OwnOrder:
    """That somebody else sold what a run held, found at a moment."""
    return OwnOrder(
        intent_id=f"elsewhere-{at.isoformat()}",
        key="",
        at=at,
        symbol=symbol,
        side="sell",
        quantity=quantity,
        state="ended",
        filled=quantity,
    )
