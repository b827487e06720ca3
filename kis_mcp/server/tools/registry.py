"""Which function runs which core tool."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from kis_mcp.catalog import Page
from kis_mcp.server.tools import (
    account,
    alerts,
    chart,
    close_positions,
    find_instrument,
    fundamentals,
    history,
    hours,
    market,
    order,
    portfolio,
    preview,
    quotes,
    rankings,
    search,
    system,
    watch,
)
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies import table as strategies

Handler: TypeAlias = Callable[[Call], Awaitable[Page]]

CORE_TOOLS: Mapping[str, Handler] = {
    "search_tools": search.search_tools,
    "describe_tool": search.describe_tool,
    "find_instrument": find_instrument.find_instrument,
    "get_quote": market.get_quote,
    "get_quotes": quotes.get_quotes,
    "get_fundamentals": fundamentals.get_fundamentals,
    "get_rankings": rankings.get_rankings,
    "get_market_hours": hours.get_market_hours,
    "get_order_book": market.get_order_book,
    "get_candles": market.get_candles,
    "get_chart": chart.get_chart,
    "get_balance": account.get_balance,
    "get_positions": account.get_positions,
    "get_buying_power": account.get_buying_power,
    "get_profit_and_loss": portfolio.get_profit_and_loss,
    "get_account_summary": portfolio.get_account_summary,
    "get_exposure": portfolio.get_exposure,
    "place_order": order.place_order,
    "preview_order": preview.preview_order,
    "modify_order": order.modify_order,
    "cancel_order": order.cancel_order,
    "close_positions": close_positions.close_positions,
    "get_orders": account.get_orders,
    "get_order_status": history.get_order_status,
    "get_order_history": history.get_order_history,
    "halt_trading": system.halt_trading,
    "watch": watch.watch,
    "read_watch": watch.read_watch,
    "wait_for": watch.wait_for,
    "unwatch": watch.unwatch,
    "list_watches": watch.list_watches,
    "alerts": alerts.alerts,
    "strategies": strategies.strategies,
    "get_environment": system.get_environment,
    "set_environment": system.set_environment,
    **{tool: strategies.handler_of(tool) for tool in strategies.TOOLS},
}
"""All but call_read_tool, which stands for the call of another tool."""
