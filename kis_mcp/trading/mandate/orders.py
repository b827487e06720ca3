"""A strategy's order under its mandate, how far it was filled, and what is gone of it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.trading.order import Order

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LostShares:
    """Shares that a strategy bought and the account has not any more, for somebody else sold them.

    Attributes:
        mandate_id: Under which they were bought.
        at: When that was found.
    """

    mandate_id: str
    key: InstrumentKey
    quantity: Decimal
    at: datetime
