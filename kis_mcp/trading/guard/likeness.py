"""Whether two orders are so much alike that one may be meant to be the other."""

from datetime import timedelta
from decimal import Decimal

from kis_mcp.trading.order import Action, Order, is_same_symbol

LATE_ARRIVAL = timedelta(days=1)
"""How long a person is told of an order that was lost."""

_QUANTITY_FACTOR = Decimal(2)
_PRICE_FACTOR = Decimal("1.05")
"""A caller that tries again often does so at the market's latest price, or for what the funds allow then."""


def is_like(order: Order, other: Order) -> bool:
    """Whether both are new orders to do the same with one instrument, and neither quantity nor price is far off."""
    return (
        order.action is other.action is Action.NEW
        and order.side == other.side
        and order.symbol is not None
        and is_same_symbol(order.symbol, other.symbol)
        and _is_near(order.quantity, other.quantity, _QUANTITY_FACTOR)
        and _is_near(order.price, other.price, _PRICE_FACTOR)
    )


def _is_near(one: Decimal | None, other: Decimal | None, factor: Decimal) -> bool:
    """Whether they differ by less than a factor; one that is not given may be anything."""
    return not one or not other or max(one, other) <= min(one, other) * factor
