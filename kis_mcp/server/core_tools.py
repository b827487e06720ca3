"""Which function runs which core tool."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from kis_mcp.catalog.apis import Page
from kis_mcp.server import account_tools, history_tools, market_tools, order_tools, portfolio_tools, system_tools
from kis_mcp.server.call import Call

Handler: TypeAlias = Callable[[Call], Awaitable[Page]]

CORE_TOOLS: Mapping[str, Handler] = {
    "find_instrument": market_tools.find_instrument,
    "get_quote": market_tools.get_quote,
    "get_order_book": market_tools.get_order_book,
    "get_candles": market_tools.get_candles,
    "get_balance": account_tools.get_balance,
    "get_positions": account_tools.get_positions,
    "get_buying_power": account_tools.get_buying_power,
    "get_profit_and_loss": portfolio_tools.get_profit_and_loss,
    "get_exposure": portfolio_tools.get_exposure,
    "place_order": order_tools.place_order,
    "modify_order": order_tools.modify_order,
    "cancel_order": order_tools.cancel_order,
    "get_orders": account_tools.get_orders,
    "get_order_status": history_tools.get_order_status,
    "get_order_history": history_tools.get_order_history,
    "halt_trading": system_tools.halt_trading,
    "get_environment": system_tools.get_environment,
    "set_environment": system_tools.set_environment,
}
"""Tools that need more than a call are missing here: `Dispatcher` runs search_tools and call_read_tool itself."""
