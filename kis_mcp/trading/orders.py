"""Orders in market-neutral terms → the KIS API that takes them and its arguments; and the list of orders."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from kis_mcp.clock import KST, Clock
from kis_mcp.errors import BadArgument
from kis_mcp.market.instrument import Instrument, Market
from kis_mcp.trading.journal import Journal
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, Side
from kis_mcp.trading.order_lists import KOREAN, OVERSEAS, OrderList
from kis_mcp.trading.order_reading import orders_between, orders_of_days
from kis_mcp.trading.order_types import UNPRICED
from kis_mcp.trading.originals import find_original
from kis_mcp.trading.placed_orders import PlacedOrder, PlacedStatus
from kis_mcp.trading.reconcile import key_of

StatusFilter: TypeAlias = Literal["all", "open", "filled", "cancelled"]

OrderSession: TypeAlias = Literal["regular", "daytime"]
"""Daytime is the market for US stocks in Korea's day, which has APIs of its own."""

_LISTS: Mapping[Market, OrderList] = {"KR": KOREAN, "US": OVERSEAS}

_SHOWN: Mapping[StatusFilter, frozenset[PlacedStatus]] = {
    "all": frozenset(PlacedStatus),
    "open": frozenset({PlacedStatus.OPEN, PlacedStatus.PARTLY_FILLED}),
    "filled": frozenset({PlacedStatus.FILLED, PlacedStatus.PARTLY_FILLED}),
    "cancelled": frozenset({PlacedStatus.CANCELLED, PlacedStatus.AMENDED}),
}


@dataclass(frozen=True, slots=True)
class OrderCall:
    """A KIS order API and its arguments, ready for `OrderDesk.propose`."""

    tool: str
    arguments: Mapping[str, object]


def place(
    instrument: Instrument,
    *,
    side: Side,
    quantity: int,
    order_type: str = "limit",
    price: Decimal | None = None,
    stop_price: Decimal | None = None,
    session: OrderSession = "regular",
) -> OrderCall:
    """A new order for ``instrument``, on the exchange that it names. Which types that takes is the guard's to say.

    Raises:
        BadArgument: The market has no such session.
    """
    given: dict[str, object] = {"price": price, "stop_price": stop_price}
    if order_type != "limit":
        given["order_type"] = order_type
    arguments: dict[str, object] = {
        "symbol": instrument.symbol,
        "side": side,
        "quantity": quantity,
        "exchange": instrument.exchange,
    }
    new, _ = _tools(instrument.market, session)
    return OrderCall(new, arguments | {name: value for name, value in given.items() if value is not None})


async def modify(
    kis: Kis,
    market: Market,
    order_id: str,
    *,
    price: Decimal | None = None,
    order_type: str | None = None,
    quantity: int | None = None,
    session: OrderSession = "regular",
    now: datetime,
) -> OrderCall:
    """A new price or type for a standing order, or for ``quantity`` of it.

    Raises:
        BadArgument: KIS lists no such order today, or there is nothing to change it to.
    """
    _, change = _tools(market, session)
    original = await find_original(kis, [_LISTS[market]], order_id, now)
    if price is None and order_type not in UNPRICED:
        raise BadArgument(
            "A change needs a new price.", remedy="Give price; to order less, cancel a part.", field="price"
        )
    arguments = _change(original, Action.MODIFY, quantity)
    if price is not None:
        arguments["price"] = price
    if order_type is None and market == "KR" and original.order_type not in UNPRICED:
        order_type = original.order_type
    if order_type is not None:
        arguments["order_type"] = order_type
    return OrderCall(change, arguments)


async def cancel(
    kis: Kis,
    market: Market,
    order_id: str,
    *,
    quantity: int | None = None,
    session: OrderSession = "regular",
    now: datetime,
) -> OrderCall:
    """The end of a standing order, or of ``quantity`` of it.

    Raises:
        BadArgument: KIS lists no such order today.
    """
    _, change = _tools(market, session)
    original = await find_original(kis, [_LISTS[market]], order_id, now)
    return OrderCall(change, _change(original, Action.CANCEL, quantity))


async def listed(
    kis: Kis,
    journal: Journal,
    market: Market,
    *,
    clock: Clock,
    start: date | None = None,
    end: date | None = None,
    symbol: str | None = None,
    status: StatusFilter = "all",
) -> list[PlacedOrder]:
    """Orders at KIS, latest first, wherever they were placed; today's by default.

    Args:
        start, end: Days in the exchange's calendar, both included.
    """
    now = clock()
    start = start or end
    if start is None:
        placed = await orders_between(kis, _LISTS[market], now, now)
    else:
        placed = await orders_of_days(kis, _LISTS[market], start, end or now.date())
    since = datetime.combine(start or now.date(), time(), KST) - timedelta(days=2)
    sent = [(key_of(record), record.sent_at) for record in await journal.accepted_since(since) if record.sent_at]
    orders = [
        replace(order, ours=any(order.key == key and order.may_be_of(sent_at) for key, sent_at in sent))
        for order in placed.orders
        if order.market == market
        and order.action is not Action.CANCEL
        and order.status in _SHOWN[status]
        and symbol in (None, order.symbol)
    ]
    return sorted(orders, key=lambda order: (order.ordered_at or now, order.order_id), reverse=True)


_TOOLS: Mapping[tuple[Market, OrderSession], tuple[str, str]] = {
    ("KR", "regular"): ("domestic_stock_order_cash", "domestic_stock_order_rvsecncl"),
    ("US", "regular"): ("overseas_stock_order", "overseas_stock_order_rvsecncl"),
    ("US", "daytime"): ("overseas_stock_daytime_order", "overseas_stock_daytime_order_rvsecncl"),
}


def _tools(market: Market, session: OrderSession) -> tuple[str, str]:
    """The API for new orders, and that for changes and cancels."""
    tools = _TOOLS.get((market, session))
    if tools is None:
        raise BadArgument(
            f"There is no {session} session for Korean stocks.", remedy="Leave session out.", field="session"
        )
    return tools


def _change(original: PlacedOrder, action: Action, quantity: int | None) -> dict[str, object]:
    arguments: dict[str, object] = {
        "action": action.value,
        "order_id": original.order_id,
        "exchange": original.exchange,
    }
    if original.market == "KR":
        arguments["order_branch"] = original.branch
        arguments["all_remaining"] = quantity is None
        if quantity is not None:
            arguments["quantity"] = quantity
        return arguments
    rest = original.remaining_quantity if action is Action.MODIFY else original.quantity
    return arguments | {"symbol": original.symbol, "quantity": quantity or int(rest or original.quantity)}
