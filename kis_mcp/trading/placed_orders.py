"""Orders as KIS lists them, whoever placed them, in one form for every market."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Self, TypeAlias

from kis_mcp.catalog.decode import Decoded
from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.market.instrument import US_EXCHANGES
from kis_mcp.trading.fields import number, text
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, Side, is_same_order_id

DOMESTIC = "domestic_stock_inquire_daily_ccld"
OVERSEAS = "overseas_stock_inquire_ccnl"


OrderKey: TypeAlias = tuple[str, str]


def order_key(order_id: str, symbol: str) -> OrderKey:
    """What tells an order from the others of a day; numbers alone repeat between markets."""
    return order_id.lstrip("0"), symbol


class PlacedStatus(StrEnum):
    OPEN = "open"
    PARTLY_FILLED = "partly_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    AMENDED = "amended"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """One order at KIS. A change or cancel is an order of its own that names the original.

    Attributes:
        branch: KIS' branch code of a domestic order, which a change or cancel must repeat.
        order_type: The table's word; None where KIS does not list it.
        price: None for an order without a price.
        ordered_at: When KIS took it, to the second; None where KIS gives only the exchange's own time.
        ours: Whether it is in our journal.
    """

    order_id: str
    original_order_id: str | None = None
    branch: str = ""
    action: Action = Action.NEW
    market: str
    exchange: str | None
    currency: str | None
    symbol: str
    name: str | None
    side: Side | None
    order_type: str | None = None
    quantity: Decimal
    filled_quantity: Decimal
    remaining_quantity: Decimal
    price: Decimal | None
    average_fill_price: Decimal | None
    status: PlacedStatus
    ordered_at: datetime | None
    ours: bool = False

    @property
    def key(self) -> OrderKey:
        return order_key(self.order_id, self.symbol)


@dataclass(frozen=True, slots=True)
class PlacedOrders:
    """A list of orders, and whether KIS was read to its end."""

    orders: tuple[PlacedOrder, ...]
    complete: bool

    def find(self, order_id: str) -> PlacedOrder | None:
        """By number, with or without leading zeros."""
        return next((order for order in self.orders if is_same_order_id(order.order_id, order_id)), None)


async def domestic_orders(kis: Kis, start: date, end: date, *, fresh: bool = False) -> PlacedOrders:
    """The KRX, NXT and SOR orders of these days, Korean time."""
    page = await kis.rows(DOMESTIC, {"start_date": start, "end_date": end}, fresh=fresh)
    return _placed([_domestic(kis, row) for row in page.rows("orders")], page)


async def overseas_orders(kis: Kis, start: date, end: date, *, fresh: bool = False) -> PlacedOrders:
    """The overseas orders of these days, in the exchange's calendar."""
    page = await kis.rows(OVERSEAS, {"start_date": start, "end_date": end}, fresh=fresh)
    return _placed([_overseas(row) for row in page.rows("orders")], page)


async def orders_around(
    kis: Kis, market: str, since: datetime, until: datetime, *, fresh: bool = False
) -> PlacedOrders:
    """A market's orders between two moments, with a day to spare where the exchange's date may lag behind Korea's."""
    if market == "KR":
        return await domestic_orders(kis, since.astimezone(KST).date(), until.astimezone(KST).date(), fresh=fresh)
    start = since.astimezone(NEW_YORK).date() - timedelta(days=1)
    return await overseas_orders(kis, start, until.astimezone(KST).date(), fresh=fresh)


def _placed(orders: list[PlacedOrder], page: Decoded) -> PlacedOrders:
    """The orders; what ended because it was changed is told from what was cancelled by the order that replaced it."""
    replaced = {order.original_order_id for order in orders if order.action is Action.MODIFY}
    return PlacedOrders(
        tuple(
            replace(order, status=PlacedStatus.AMENDED)
            if order.status is PlacedStatus.CANCELLED and order.order_id in replaced
            else order
            for order in orders
        ),
        complete=page.complete,
    )


def _domestic(kis: Kis, row: Mapping[str, object]) -> PlacedOrder:
    original = _order_id(row, "original_order_id")
    side_name = (text(row, "side_name") or "").upper()
    change = Action.CANCEL if "취소" in side_name or "CANCEL" in side_name else Action.MODIFY
    quantities = _Quantities.of(row)
    return PlacedOrder(
        order_id=_order_id(row, "order_id") or "",
        original_order_id=original,
        branch=text(row, "order_branch") or "",
        action=change if original else Action.NEW,
        market="KR",
        exchange=(text(row, "exchange_id_code") or "KRX").lower(),
        currency="KRW",
        symbol=text(row, "symbol") or "",
        name=text(row, "name"),
        side=_side(row),
        order_type=_order_type(kis, text(row, "order_type_code")),
        quantity=quantities.ordered,
        filled_quantity=quantities.filled,
        remaining_quantity=quantities.remaining,
        price=number(row, "order_price") or None,
        average_fill_price=number(row, "average_fill_price") or None,
        status=quantities.status(),
        ordered_at=_moment(row, "order_date", "order_time"),
    )


def _overseas(row: Mapping[str, object]) -> PlacedOrder:
    exchange = text(row, "exchange")
    quantities = _Quantities.of(row)
    return PlacedOrder(
        order_id=_order_id(row, "order_id") or "",
        original_order_id=_order_id(row, "original_order_id"),
        branch=text(row, "order_branch") or "",
        action={"amend": Action.MODIFY, "cancel": Action.CANCEL}.get(text(row, "order_action") or "", Action.NEW),
        market="US" if exchange in US_EXCHANGES else "overseas",
        exchange=exchange,
        currency=text(row, "currency"),
        symbol=text(row, "symbol") or "",
        name=text(row, "name"),
        side=_side(row),
        quantity=quantities.ordered,
        filled_quantity=quantities.filled,
        remaining_quantity=quantities.remaining,
        price=number(row, "order_price") or None,
        average_fill_price=number(row, "fill_price") or None,
        status=PlacedStatus.REJECTED if text(row, "rejection_reason") else quantities.status(),
        ordered_at=_moment(row, "korea_order_date", "broker_order_time"),
    )


@dataclass(frozen=True, slots=True)
class _Quantities:
    ordered: Decimal
    filled: Decimal
    remaining: Decimal
    rejected: Decimal

    @classmethod
    def of(cls, row: Mapping[str, object]) -> Self:
        names = ("order_quantity", "filled_quantity", "remaining_quantity", "rejected_quantity")
        return cls(*(number(row, name) or Decimal(0) for name in names))

    def status(self) -> PlacedStatus:
        if self.remaining > 0:
            return PlacedStatus.PARTLY_FILLED if self.filled > 0 else PlacedStatus.OPEN
        if self.filled >= self.ordered:
            return PlacedStatus.FILLED
        return PlacedStatus.REJECTED if self.rejected > 0 else PlacedStatus.CANCELLED


def _order_type(kis: Kis, code: str | None) -> str | None:
    api = kis.catalog.find("domestic_stock_order_cash")
    parameter = api.parameter("order_type") if api else None
    codes = (parameter.codes if parameter else None) or {}
    return next((word for word, known in codes.items() if known == code), code)


def _order_id(row: Mapping[str, object], name: str) -> str | None:
    """An order number; KIS writes "no order" as blank or zeros."""
    order_id = text(row, name)
    return order_id if order_id and order_id.strip("0") else None


def _side(row: Mapping[str, object]) -> Side | None:
    side = row.get("side")
    return side if side in ("buy", "sell") else None


def _moment(row: Mapping[str, object], day: str, clock: str) -> datetime | None:
    on, at = text(row, day), text(row, clock)
    return datetime.combine(date.fromisoformat(on), time.fromisoformat(at), KST) if on and at else None
