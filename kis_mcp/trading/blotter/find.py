"""Finding one standing order in KIS' lists by its number."""

from collections.abc import Sequence
from datetime import date, datetime

from kis_mcp.errors import BadArgument, KisMcpError, KisUnavailable, RateLimited
from kis_mcp.trading.blotter.kis_clock import orders_of_today
from kis_mcp.trading.blotter.lists import EVERY_LIST, OrderList
from kis_mcp.trading.blotter.placed_order import PlacedOrder
from kis_mcp.trading.blotter.reading import pick_available
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, is_same_order_id, is_same_symbol, read_order_id


async def find_order(
    kis: KisReads,
    lists: Sequence[OrderList],
    order_id: str,
    now: datetime,
    *,
    market: str | None = None,
    symbol: str | None = None,
    day: date | None = None,
    journaled: Sequence[PlacedOrder] = (),
) -> PlacedOrder:
    """The order with this number, of today or still waiting.

    Args:
        order_id: As KIS has it, or as tools show it.
        now: By this machine's clock; the lists are read for the day that it is at KIS.
        market: The only one that counts; None for all that the lists hold.
        symbol, day: Which it is where exchanges gave one number twice, or a number came again.
        journaled: The orders that this server's journal tells of; they serve where KIS' lists do not show one.

    Raises:
        BadArgument: Neither KIS nor the journal has such an order, or there are several, or it was replaced by another.
        KisMcpError: It is in no list that can be read, and one cannot.
    """
    number, printed_day, is_reservation = read_order_id(order_id)
    day = printed_day or day
    _require_kind(lists, order_id, is_reservation=is_reservation)
    problem: KisMcpError | None = None
    for order_list in lists:
        try:
            placed = await orders_of_today(kis, order_list, now)
        except (KisUnavailable, RateLimited) as error:
            if order_list.only:
                raise
            problem = error
            continue
        if printed_day:
            printed = [order for order in placed.orders if order.order_date == printed_day]
            numbered = printed or [order for order in placed.orders if order.is_of_day(printed_day)]
        else:
            numbered = list(placed.orders)
        if order := _choose(_numbered(numbered, number, market), order_id, symbol, day, now):
            _require_standing(order, [*placed.orders, *journaled])
            return await _require_one_kind(kis, order, number, market, now)
    families = {order_list.family for order_list in lists}
    own = [order for order in journaled if order.family in families]
    if order := _choose(_numbered(own, number, market), order_id, symbol, day, now):
        _require_standing(order, own)
        return await _require_one_kind(kis, order, number, market, now)
    if problem:
        raise problem
    raise BadArgument(
        f"KIS lists no order {order_id} today, and the journal has none.",
        remedy="Take the number from get_orders, with its market and session.",
        field="order_id",
    )


def _numbered(orders: Sequence[PlacedOrder], number: str, market: str | None) -> list[PlacedOrder]:
    return [
        order
        for order in orders
        if is_same_order_id(order.order_id, number)
        and order.action is not Action.CANCEL
        and market in (None, order.market)
    ]


def _require_kind(lists: Sequence[OrderList], order_id: str, *, is_reservation: bool) -> None:
    """Refuse a reservation's number where an order is meant; an order's where a reservation is, it may be the person's
    own way to write it."""
    if is_reservation and lists and all(order_list.session != "reserved" for order_list in lists):
        raise BadArgument(
            f"{order_id} is a reservation, no order of this session.",
            remedy="Call again with session reserved.",
            field="session",
        )


def _require_standing(order: PlacedOrder, others: Sequence[PlacedOrder]) -> None:
    """Refuse an order that was changed and lives on under another number.

    Raises:
        BadArgument: Naming the number that it has come to have.
    """
    if order.is_waiting:
        return
    last, passed = order, {order.key}
    while following := next(
        (
            other
            for other in others
            if other.action is Action.MODIFY
            and other.family == last.family
            and other.key not in passed
            and is_same_order_id(other.original_order_id, last.order_id)
            and is_same_symbol(other.symbol, last.symbol)
        ),
        None,
    ):
        last = following
        passed.add(last.key)
    if last is not order:
        raise BadArgument(
            f"Order {order.order_id} of {order.symbol} was changed: it is order {last.order_id} at KIS since.",
            remedy=f"If that one is meant, call again with order_id {last.order_id}.",
            field="order_id",
        )


async def _require_one_kind(
    kis: KisReads, found: PlacedOrder, number: str, market: str | None, now: datetime
) -> PlacedOrder:
    """The order, unless its number was written shortened and is a waiting reservation's too.

    Raises:
        BadArgument: Naming both.
        KisMcpError: The reservations could not be read.
    """
    if market is None or number == found.order_id or found.session == "reserved":
        return found
    reserved = [each for each in EVERY_LIST if each.session == "reserved" and each.may_hold(found.market)]
    for order_list in pick_available(kis, reserved):
        placed = await orders_of_today(kis, order_list, now)
        for order in _numbered(placed.orders, number, None):
            if order.is_waiting:
                raise BadArgument(
                    f"{number} may be order {found.order_id} ({found.symbol}) or reservation {order.printed_id}"
                    f" ({order.symbol}).",
                    remedy="Give order_id exactly as get_orders shows it.",
                    field="order_id",
                )
    return found


def _choose(
    orders: list[PlacedOrder], order_id: str, symbol: str | None, day: date | None, now: datetime
) -> PlacedOrder | None:
    """Of the orders with one number the one that is meant: of that day, waiting, of that symbol, and the latest.

    Raises:
        BadArgument: They are of several symbols, and none is named.
    """
    orders = [order for order in orders if day is not None and order.is_of_day(day)] or orders
    orders = [order for order in orders if order.is_waiting] or orders
    days = sorted({order.order_date for order in orders if order.order_date})
    if day is None and len(days) > 1 and all(order.is_waiting for order in orders):
        named = " and ".join(f"{one.printed_id} of {one.order_date} ({one.symbol})" for one in orders)
        raise BadArgument(
            f"Several orders have the number {order_id}: {named}.",
            remedy="Give order_id exactly as get_orders shows it, or the day.",
            field="order_id",
        )
    if len({order.symbol for order in orders}) > 1 and symbol is not None:
        orders = [order for order in orders if is_same_symbol(order.symbol, symbol)]
    symbols = sorted({order.symbol for order in orders})
    if len(symbols) > 1:
        raise BadArgument(
            f"KIS has orders {order_id} in {' and '.join(symbols)}.",
            remedy="Nothing tells which is meant; the person can change it in KIS' own app.",
            field="order_id",
        )
    return max(orders, key=lambda order: order.ordered_at or now, default=None)
