"""Finding one standing order in KIS' lists by its number."""

from collections.abc import Sequence
from datetime import date, datetime

from kis_mcp.errors import BadArgument, KisMcpError, KisUnavailable, RateLimited
from kis_mcp.trading.blotter.lists import OrderList
from kis_mcp.trading.blotter.placed_order import PlacedOrder
from kis_mcp.trading.blotter.reading import orders_between
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, is_same_order_id, is_same_symbol


async def find_order(
    kis: KisReads,
    lists: Sequence[OrderList],
    order_id: str,
    now: datetime,
    *,
    market: str | None = None,
    symbol: str | None = None,
    day: date | None = None,
) -> PlacedOrder:
    """The order with this number, of today or still waiting.

    Args:
        market: The only one that counts; None for all that the lists hold.
        symbol, day: Which it is where exchanges gave one number twice, or a number came again.

    Raises:
        BadArgument: KIS lists no such order, or several.
        KisMcpError: It is in no list that can be read, and one cannot.
    """
    problem: KisMcpError | None = None
    for order_list in lists:
        try:
            placed = await orders_between(kis, order_list, now, now, fresh=True)
        except (KisUnavailable, RateLimited) as error:
            if order_list.only:
                raise
            problem = error
            continue
        numbered = [
            order
            for order in placed.orders
            if is_same_order_id(order.order_id, order_id)
            and order.action is not Action.CANCEL
            and market in (None, order.market)
        ]
        if order := _choose(numbered, order_id, symbol, day, now):
            return order
    if problem:
        raise problem
    raise BadArgument(
        f"KIS lists no order {order_id} today.",
        remedy="Take the number from get_orders, with its market and session.",
        field="order_id",
    )


def _choose(
    orders: list[PlacedOrder], order_id: str, symbol: str | None, day: date | None, now: datetime
) -> PlacedOrder | None:
    """Of the orders with one number the one that is meant: of that day, waiting, of that symbol, and the latest.

    Raises:
        BadArgument: They are of several symbols, and none is named.
    """
    orders = [order for order in orders if day is not None and order.is_of_day(day)] or orders
    orders = [order for order in orders if order.is_waiting] or orders
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
