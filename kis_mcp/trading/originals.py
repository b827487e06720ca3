"""The standing order that a change or cancel concerns, as KIS has it: what the caller says of it does not count."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from kis_mcp.catalog.model import Api
from kis_mcp.errors import BadArgument
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.order_lists import LISTED, OrderList
from kis_mcp.trading.order_reading import offered, orders_between
from kis_mcp.trading.placed_orders import PlacedOrder


async def original_of(kis: Kis, api: Api, order: Order, now: datetime) -> PlacedOrder | None:
    """The order that ``order`` changes or cancels; None for a new order, and for reservations.

    Raises:
        BadArgument: KIS has no such order today.
    """
    lists = [order_list for order_list in offered(kis, LISTED.get(api.tool, ())) if order_list.lists_changes]
    if order.action is Action.NEW or not lists:
        return None
    return await find_original(kis, lists, order.original_order_id or "", now)


async def find_original(kis: Kis, lists: Sequence[OrderList], order_id: str, now: datetime) -> PlacedOrder:
    """Today's order with this number.

    Raises:
        BadArgument: KIS has no such order today.
    """
    for order_list in lists:
        placed = (await orders_between(kis, order_list, now, now, fresh=True)).find(order_id)
        if placed is not None and placed.action is not Action.CANCEL:
            return placed
    raise BadArgument(
        f"KIS lists no order {order_id} today.", remedy="Take the number from get_orders.", field="order_id"
    )


def completed(api: Api, values: Mapping[str, object], original: PlacedOrder) -> dict[str, object]:
    """The arguments with KIS' own facts of the original in the places where the API asks for them.

    Raises:
        BadArgument: The arguments contradict each other on how much is meant.
    """
    facts: dict[str, object] = {
        "order_id": original.order_id,
        "order_branch": original.branch,
        "exchange": original.exchange,
        "symbol": original.symbol,
    }
    quantity = values.get("quantity")
    if quantity is not None and values.get("all_remaining") is True:
        raise BadArgument(
            f"A quantity of {quantity} is given, but all_remaining is true: KIS would take all that is open.",
            remedy="Set all_remaining to false, or leave the quantity out.",
            field="all_remaining",
        )
    is_cancel = values.get("action") == Action.CANCEL
    if is_cancel and original.order_type:
        facts["order_type"] = original.order_type
    if is_cancel and isinstance(quantity, int) and original.remaining_quantity > 0:
        facts["quantity"] = min(quantity, int(original.remaining_quantity))
    return {**values, **{name: value for name, value in facts.items() if value and api.parameter(name)}}


def merged(order: Order, original: PlacedOrder) -> Order:
    """The change or cancel as a person should see it, with the original's instrument and side."""
    return replace(
        order,
        market=original.market,
        symbol=original.symbol,
        name=original.name,
        side=original.side,
        exchange=original.exchange,
        currency=original.currency,
        quantity=order.quantity if order.quantity is not None else original.remaining_quantity,
    )
