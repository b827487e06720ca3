"""The task that each framework's client does, written once: list, read, order, err.

    python CLIENT.py stdio COMMAND [ARGUMENT …]
    python CLIENT.py http URL TOKEN

Prints one JSON object: how many tools it saw, the price, the order's status after its confirmation, and the error.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

ORDER = {"symbol": "005930", "side": "buy", "quantity": 1, "price": 60_000}
NO_SUCH = {"symbol": "ZZZZZZ"}

CallTool = Callable[[str, dict[str, Any]], Awaitable[str]]
"""Calls a tool; the text that the framework would hand its model, for a failure too."""


async def do_task(count: int, call: CallTool) -> None:
    quote = json.loads(await call("get_quote", {"symbol": "005930"}))
    order = json.loads(await call("place_order", ORDER))["blocks"]["order"]
    by = "person"
    if order["status"] == "needs_confirmation":
        by = "token"
        token = order["confirmation_token"]
        order = json.loads(await call("place_order", {**ORDER, "confirmation_token": token}))["blocks"]["order"]
    error = await call("get_quote", NO_SUCH)
    figures = {
        "tools": count,
        "price": quote["blocks"]["quote"]["price"],
        "order": order["status"],
        "confirmed_by": by,
        "error": error,
    }
    print(json.dumps(figures))


def server_from_command_line() -> tuple[str, list[str]]:
    """``stdio`` and the command, or ``http`` and URL and token."""
    return sys.argv[1], sys.argv[2:]
