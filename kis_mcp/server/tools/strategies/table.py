"""Which function runs which action on strategies, imported with the first call of one: documents are slow to import."""

from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any, Final, TypeAlias

import anyio.to_thread

from kis_mcp.catalog import Page
from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call

Handler: TypeAlias = Callable[[Call], Awaitable[Page]]

CORE_TOOL: Final = "strategies"

ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "indicators": ("words", "list_indicators"),
    "validate": ("documents", "validate"),
    "save": ("library", "save"),
    "list": ("library", "list_strategies"),
    "show": ("library", "show"),
    "delete": ("library", "delete"),
    "backtest": ("trials", "backtest"),
    "optimise": ("searches", "optimise"),
    "check": ("checks", "check"),
    "start": ("starts", "start"),
    "promote": ("promotion", "promote"),
    "pause": ("switches", "pause"),
    "resume": ("switches", "resume"),
    "stop": ("switches", "stop"),
    "status": ("runs", "status"),
    "trades": ("runs", "trades"),
}
"""Action of the core tool → module of this package and function."""

TOOLS: Final[Mapping[str, str]] = {
    "list_indicators": "indicators",
    "validate_strategy": "validate",
    "save_strategy": "save",
    "list_strategies": "list",
    "show_strategy": "show",
    "delete_strategy": "delete",
    "backtest_strategy": "backtest",
    "optimise_strategy": "optimise",
    "check_strategy": "check",
    "start_strategy": "start",
    "promote_strategy": "promote",
    "pause_strategy": "pause",
    "resume_strategy": "resume",
    "stop_strategy": "stop",
    "strategy_status": "status",
    "strategy_trades": "trades",
}
"""Tool of the toolset → action."""

_LONG: Final = frozenset({"backtest", "optimise", "check"})
_WITHOUT_STRATEGY: Final = frozenset({"indicators", "list", "status"})


def works_long(tool: str, values: Mapping[str, Any]) -> bool:
    """Whether a call works through years of history. None that does orders."""
    return TOOLS.get(tool, values.get("action") if tool == CORE_TOOL else None) in _LONG


async def strategies(call: Call) -> Page:
    """Run the action that the core tool was called for.

    Raises:
        BadArgument: The action needs a strategy, and there is none.
    """
    values = call.values()
    action = values["action"]
    if "strategy" not in values and action not in _WITHOUT_STRATEGY:
        raise BadArgument("strategy is missing.", remedy=f"action={action} needs strategy.", field="strategy")
    return await run(action, call)


async def run(action: str, call: Call) -> Page:
    module, function = ACTIONS[action]
    found = await anyio.to_thread.run_sync(import_module, f"kis_mcp.server.tools.strategies.{module}")
    handler: Handler = getattr(found, function)
    return await handler(call)


def handler_of(tool: str) -> Handler:
    """What runs a tool of the toolset."""
    action = TOOLS[tool]
    return lambda call: run(action, call)
