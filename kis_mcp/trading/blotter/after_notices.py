"""What an order has come to by KIS' notices of it. Pure.

A notice may be missing or told twice, and KIS numbers few fills: equal ones count once. So what follows from them is
"at least": no more is filled or off than different notices say, and an order has ended where that leaves nothing of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.catalog import rounded
from kis_mcp.clock import KST
from kis_mcp.market import OrderNotice
from kis_mcp.trading.blotter.placed_order import OrderKey, PlacedOrder, PlacedStatus, order_key
from kis_mcp.trading.order import Action, is_same_order_id
from kis_mcp.trading.venues import COUNTRIES

_FAMILIES = {"domestic_stock": "KR", "overseas_stock": "overseas"}
_NONE = Decimal(0)
_PRICE_STEP = Decimal("0.0001")
_DAYS = (timedelta(days=-1), timedelta(), timedelta(days=1))


def family_of(category: str) -> str:
    """What the orders of a KIS category are numbered among."""
    return _FAMILIES.get(category, category)


def keys_of(notice: OrderNotice) -> tuple[OrderKey, ...]:
    """The order that a notice is of, and the one that it concerns, where it is a change or cancel."""
    numbers = [notice.order_id, *([notice.original_order_id] if notice.original_order_id else [])]
    return tuple(order_key(family_of(notice.category), number, notice.symbol) for number in numbers)


def distinct(notices: Iterable[OrderNotice]) -> list[OrderNotice]:
    """Each once, in the order in which they came first."""
    found: dict[str, OrderNotice] = {}
    for notice in notices:
        found.setdefault(notice.digest, notice)
    return list(found.values())


@dataclass(frozen=True, slots=True)
class _Sum:
    """What notices of one order add up to.

    Attributes:
        ordered: The most that any of them says was ordered.
        filled: At least.
        average_price: Of these fills; None where one of them has no price, or there are more than were notified.
        cancelled, amended: Of its quantity, by changes and cancels that the exchange confirmed.
        has_lapsed: Whether what an IOC or FOK order left is off.
        is_rejected: Whether it never stood.
    """

    ordered: Decimal
    filled: Decimal
    average_price: Decimal | None
    cancelled: Decimal
    amended: Decimal
    has_lapsed: bool
    is_rejected: bool


def after_notices(placed: PlacedOrder, notices: Sequence[OrderNotice]) -> PlacedOrder:
    """An open order, where notices say more of it than KIS' list or the journal does; any other as it is.

    Args:
        notices: Those of the order, and of changes and cancels of it, oldest first.
    """
    if not placed.status.is_open or placed.action is Action.CANCEL or not notices:
        return placed
    found = _sum(placed.order_id, distinct(notices))
    ordered = max(placed.quantity, found.ordered)
    filled = max(placed.filled_quantity, min(found.filled, placed.quantity))
    left = ordered - filled - found.cancelled - found.amended
    is_off = found.has_lapsed or (found.is_rejected and filled == 0)
    remaining = _NONE if is_off else max(_NONE, min(placed.remaining_quantity, left))
    after = replace(
        placed,
        filled_quantity=filled,
        remaining_quantity=remaining,
        average_fill_price=found.average_price if filled > placed.filled_quantity else placed.average_fill_price,
        status=_status(found, ordered, filled, remaining),
    )
    return placed if after == placed else replace(after, notified_at=notices[-1].received_at)


def _status(found: _Sum, ordered: Decimal, filled: Decimal, remaining: Decimal) -> PlacedStatus:
    if remaining > 0:
        return PlacedStatus.PARTLY_FILLED if filled > 0 else PlacedStatus.OPEN
    if filled >= ordered:
        return PlacedStatus.FILLED
    if found.is_rejected and filled == 0:
        return PlacedStatus.REJECTED
    return PlacedStatus.AMENDED if found.amended > 0 else PlacedStatus.CANCELLED


def _sum(order_id: str, notices: Sequence[OrderNotice]) -> _Sum:
    own = [notice for notice in notices if is_same_order_id(notice.order_id, order_id)]
    fills = [notice for notice in own if notice.event == "filled"]
    notified = sum((notice.fill_quantity or _NONE for notice in fills), _NONE)
    filled = max([notified, *(notice.filled_so_far for notice in own if notice.filled_so_far is not None)])
    off = [
        notice
        for notice in notices
        if notice.event == "confirmed"
        and is_same_order_id(notice.original_order_id, order_id)
        and not is_same_order_id(notice.order_id, order_id)
    ]
    return _Sum(
        ordered=max((notice.quantity for notice in own if notice.quantity is not None), default=_NONE),
        filled=filled,
        average_price=_average(fills) if filled == notified else None,
        cancelled=_confirmed(notice for notice in off if notice.action == "cancel"),
        amended=_confirmed(notice for notice in off if notice.action == "modify"),
        has_lapsed=any(notice.event == "lapsed" and notice.action == "new" for notice in own),
        is_rejected=any(notice.event == "rejected" for notice in own),
    )


def _confirmed(notices: Iterable[OrderNotice]) -> Decimal:
    """The quantity of these changes or cancels, each of which may have been confirmed more than once."""
    by_order: dict[str, Decimal] = {}
    for notice in notices:
        number = notice.order_id.lstrip("0")
        said = notice.quantity or _NONE
        by_order[number] = min(said, by_order.get(number, said))
    return sum(by_order.values(), _NONE)


def _average(fills: Sequence[OrderNotice]) -> Decimal | None:
    """The price of these fills together."""
    worth, quantity = _NONE, _NONE
    for fill in fills:
        if fill.fill_price is None or fill.fill_quantity is None:
            return None
        worth += fill.fill_price * fill.fill_quantity
        quantity += fill.fill_quantity
    if not quantity:
        return None
    average = worth / quantity
    return Decimal(f"{rounded(average, _PRICE_STEP).normalize():f}")


def notes_on_notices(orders: Iterable[PlacedOrder]) -> list[str]:
    """Which orders are shown as KIS notified them, and which of those were placed elsewhere and are in no list yet."""
    notified = [order for order in orders if order.notified_at is not None]
    notes = [f"{order.printed_id} at {order.notified_at:%H:%M:%S}" for order in notified]
    elsewhere = [order.printed_id for order in notified if not order.in_kis_list and not order.ours]
    said = [f"As KIS notified them, newer than its list of orders: {', '.join(notes)}."] if notes else []
    if elsewhere:
        said.append(f"Placed elsewhere, as far as this server's journal tells: {', '.join(elsewhere)}.")
    return said


def notified_order(key: OrderKey, notices: Sequence[OrderNotice], clock_error: timedelta) -> PlacedOrder | None:
    """The order that notices tell of, in the form of KIS' lists; None where they do not say how much was ordered.

    Args:
        notices: Those that concern it, also as the original of another.
        clock_error: KIS' clock less this machine's.
    """
    own = [notice for notice in notices if keys_of(notice)[0] == key]
    quantity = max((notice.quantity for notice in own if notice.quantity is not None), default=None)
    if not quantity:
        return None
    first = min(own, key=lambda notice: (notice.event == "filled", moment_of(notice, clock_error)))
    ordered_at = moment_of(first, clock_error)
    country, currency = COUNTRIES.get(first.exchange or "", (first.market, "KRW" if first.market == "KR" else None))
    placed = PlacedOrder(
        order_id=first.order_id,
        original_order_id=first.original_order_id,
        family=family_of(first.category),
        branch=first.branch,
        action=Action(first.action),
        market=country,
        exchange=first.exchange,
        currency=currency,
        symbol=first.symbol,
        name=first.name,
        side=first.side,
        quantity=quantity,
        filled_quantity=_NONE,
        remaining_quantity=quantity,
        price=next((notice.price for notice in own if notice.price is not None), None),
        average_fill_price=None,
        status=PlacedStatus.OPEN,
        ordered_at=ordered_at,
        order_date=ordered_at.astimezone(KST).date(),
        in_kis_list=False,
        notified_at=notices[-1].received_at,
    )
    return after_notices(placed, notices)


def moment_of(notice: OrderNotice, clock_error: timedelta) -> datetime:
    """When it happened by KIS' clock: at the time of day that the notice says, nearest to when it came."""
    came = (notice.received_at + clock_error).astimezone(KST)
    if notice.kis_time is None:
        return came
    said = datetime.combine(came.date(), notice.kis_time, KST)
    return min((said + days for days in _DAYS), key=lambda moment: abs(moment - came))
