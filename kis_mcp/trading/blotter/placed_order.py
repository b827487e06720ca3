"""Orders as KIS lists them, whoever placed them, in one form for every market."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self, TypeAlias

from kis_mcp.clock import KST
from kis_mcp.trading.order import SAME_DAY, Action, Side, reservation_id

OrderKey: TypeAlias = tuple[str, str, str]


def order_key(family: str, order_id: str, symbol: str) -> OrderKey:
    """What tells an order from the others of a day: its number, with the symbol where several exchanges count."""
    return family, order_id.lstrip("0"), symbol if family == "overseas" else ""


class PlacedStatus(StrEnum):
    OPEN = "open"
    PARTLY_FILLED = "partly_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    AMENDED = "amended"
    REJECTED = "rejected"

    @property
    def is_open(self) -> bool:
        """Whether something of the order can still be filled."""
        return self in (PlacedStatus.OPEN, PlacedStatus.PARTLY_FILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """One order at KIS. A change or cancel is an order of its own that names the original.

    Attributes:
        family: Whose numbers it is counted among, as `kis_mcp.trading.blotter.lists.OrderList` says.
        branch: KIS' branch code of a domestic order, which a change or cancel must repeat.
        order_type: The table's word; None where KIS does not list it.
        session: ``night`` or ``reserved``; None for the regular ones, and where KIS does not tell.
        price: None for an order without a price.
        stop_price: The market's price that sets it off, where KIS lists it.
        order_date: The day that KIS names it by, beside its number.
        end_date: The last day of a reservation that is sent every day.
        loan_date: Of the loan that it repays.
        ordered_at: When KIS took it, to the second; None where KIS gives only the exchange's own time.
        cancelled_at: When its cancel reached KIS, where its list tells that.
        became: The order that KIS sent for it, if it is a reservation.
        ours: Whether it is in our journal.
        in_kis_list: Whether KIS lists it; otherwise it is told by this server's journal or by KIS' notices alone.
        notified_at: When KIS notified what its list does not show; None where the list says it all.
    """

    order_id: str
    original_order_id: str | None = None
    family: str = "KR"
    branch: str = ""
    action: Action = Action.NEW
    market: str
    exchange: str | None
    currency: str | None
    session: str | None = None
    symbol: str
    name: str | None
    side: Side | None
    order_type: str | None = None
    quantity: Decimal
    filled_quantity: Decimal
    remaining_quantity: Decimal
    price: Decimal | None
    stop_price: Decimal | None = None
    average_fill_price: Decimal | None
    status: PlacedStatus
    ordered_at: datetime | None
    order_date: date | None = None
    end_date: date | None = None
    loan_date: date | None = None
    cancelled_at: datetime | None = None
    became: OrderKey | None = None
    ours: bool = False
    in_kis_list: bool = True
    notified_at: datetime | None = None

    @property
    def printed_id(self) -> str:
        """How tools show its number: a reservation's so that no order's can be taken for it, with its day."""
        return reservation_id(self.order_id, self.order_date) if self.session == "reserved" else self.order_id

    @property
    def key(self) -> OrderKey:
        return order_key(self.family, self.order_id, self.symbol)

    @property
    def is_waiting(self) -> bool:
        """Whether something of it can still be changed: a reservation that KIS has sent lives on as another order."""
        return self.status.is_open and self.became is None

    @property
    def has_known_fills(self) -> bool:
        """Whether KIS tells its fills, in its list or by notices; this server's journal has none."""
        return self.in_kis_list or self.notified_at is not None

    def is_of_day(self, day: date) -> bool:
        """Whether that is its day, the one on which a reservation was booked for its, or one of a repeated one."""
        booked = self.ordered_at.astimezone(KST).date() if self.ordered_at else None
        is_repeated = booked is not None and self.end_date is not None and booked <= day <= self.end_date
        return day in (self.order_date, booked) or is_repeated

    def may_be_of(self, sent_at: datetime) -> bool:
        """Whether it was taken about then; another day the same number is another order."""
        return self.ordered_at is None or abs(self.ordered_at - sent_at) < SAME_DAY


@dataclass(frozen=True, slots=True)
class PlacedOrders:
    """Orders at KIS.

    Attributes:
        complete: Whether its lists of them were read to their ends, and say nothing of others.
        gaps: What is missing, in words.
    """

    orders: tuple[PlacedOrder, ...]
    complete: bool
    gaps: tuple[str, ...] = ()

    @classmethod
    def of(cls, orders: Iterable[PlacedOrder], *, gaps: Iterable[str] = ()) -> Self:
        """Orders of one list; what ended because it was changed is told from what was cancelled by the order that
        replaced it."""
        listed = tuple(orders)
        changes = [order for order in listed if order.action is Action.MODIFY]
        replaced = {(str(order.original_order_id).lstrip("0"), order.symbol) for order in changes}
        missing = tuple(gaps)
        return cls(
            tuple(
                replace(order, status=PlacedStatus.AMENDED)
                if order.status is PlacedStatus.CANCELLED and (order.order_id.lstrip("0"), order.symbol) in replaced
                else order
                for order in listed
            ),
            not missing,
            missing,
        )
