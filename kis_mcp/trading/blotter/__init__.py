"""Orders as KIS lists them and as the journal tells them."""

from kis_mcp.trading.blotter.after_notices import family_of, keys_of, notes_on_notices
from kis_mcp.trading.blotter.find import find_order
from kis_mcp.trading.blotter.first_look import look_at_first
from kis_mcp.trading.blotter.history import (
    COLUMNS,
    OrderHistory,
    TrackedOrder,
    order_history,
    order_of_intent,
    orders_of_number,
)
from kis_mcp.trading.blotter.journaled import journaled_orders
from kis_mcp.trading.blotter.kis_clock import clock_error_notes, clock_notes
from kis_mcp.trading.blotter.listing import list_orders, notes_on_missing_lists
from kis_mcp.trading.blotter.lists import EVERY_LIST, KOREAN, OVERSEAS, OrderList, lists_of, lists_of_api
from kis_mcp.trading.blotter.notice_book import NoticeBook
from kis_mcp.trading.blotter.placed_order import SAME_DAY, OrderKey, PlacedOrder, PlacedStatus
from kis_mcp.trading.blotter.reading import orders_between, pick_available
from kis_mcp.trading.blotter.reconcile import Reconciler, key_of
from kis_mcp.trading.blotter.state import OrderState

__all__ = [
    "COLUMNS",
    "EVERY_LIST",
    "KOREAN",
    "OVERSEAS",
    "SAME_DAY",
    "NoticeBook",
    "OrderHistory",
    "OrderKey",
    "OrderList",
    "OrderState",
    "PlacedOrder",
    "PlacedStatus",
    "Reconciler",
    "TrackedOrder",
    "clock_error_notes",
    "clock_notes",
    "family_of",
    "find_order",
    "journaled_orders",
    "key_of",
    "keys_of",
    "list_orders",
    "lists_of",
    "lists_of_api",
    "look_at_first",
    "notes_on_missing_lists",
    "notes_on_notices",
    "order_history",
    "order_of_intent",
    "orders_between",
    "orders_of_number",
    "pick_available",
]
