"""What a strategy bought and sold again, by the fills of its orders. Pure; first bought is first sold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.trading.mandate.book import InstrumentKey, MandatedOrder

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """Shares that one order bought, and one order sold or none yet.

    Attributes:
        entry_price, exit_price: Average of the fills, in the instrument's currency.
        costs: Commission and taxes of both, estimated.
        entered_at, exited_at: When the orders were sent.
        sale: The intent that sold them; None while they are held.
    """

    symbol: str
    quantity: Decimal
    entered_at: datetime
    entry_price: Decimal
    costs: Decimal
    exited_at: datetime | None = None
    exit_price: Decimal | None = None
    sale: str | None = None

    @property
    def profit(self) -> Decimal | None:
        """After costs; None while they are held."""
        return None if self.exit_price is None else self.quantity * (self.exit_price - self.entry_price) - self.costs


@dataclass(slots=True)
class _Lot:
    order: MandatedOrder
    left: Decimal


def round_trips(orders: Iterable[MandatedOrder]) -> Sequence[RoundTrip]:
    """Those of orders in the order of their sending, by when they were sold; then what is held."""
    lots, closed = dict[InstrumentKey, list[_Lot]](), list[RoundTrip]()
    for order in orders:
        own = lots.setdefault(order.key, [])
        if order.filled and order.order.side == "buy":
            own.append(_Lot(order, order.filled))
        elif order.filled:
            closed += _sell(own, order)
    held = [_trip(lot.order, lot.left) for own in lots.values() for lot in own]
    return [*closed, *held]


def _sell(lots: list[_Lot], sale: MandatedOrder) -> Iterable[RoundTrip]:
    left = sale.filled
    while left and lots:
        lot = lots[0]
        quantity = min(left, lot.left)
        yield _trip(lot.order, quantity, sale)
        left, lot.left = left - quantity, lot.left - quantity
        if not lot.left:
            del lots[0]


def _trip(buy: MandatedOrder, quantity: Decimal, sale: MandatedOrder | None = None) -> RoundTrip:
    entered = RoundTrip(
        symbol=buy.key[0],
        quantity=quantity,
        entered_at=buy.sent_at,
        entry_price=buy.fill.worth / buy.filled,
        costs=buy.fees * quantity / buy.filled,
    )
    if sale is None:
        return entered
    return RoundTrip(
        symbol=entered.symbol,
        quantity=quantity,
        entered_at=entered.entered_at,
        entry_price=entered.entry_price,
        costs=entered.costs + sale.fees * quantity / sale.filled,
        exited_at=sale.sent_at,
        exit_price=sale.fill.worth / sale.filled,
        sale=sale.intent_id,
    )
