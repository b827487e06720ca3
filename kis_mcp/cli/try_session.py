"""``kis-mcp try``: an agent's session on the embedded KIS, through a real MCP client over stdio."""

import json
import tempfile
from pathlib import Path
from typing import Any

import anyio
from mcp import Client
from mcp.client.session import ClientRequestContext
from mcp_types import ElicitRequestParams, ElicitResult
from rich.console import Console
from rich.panel import Panel

from kis_mcp.cli.client import server_process
from kis_mcp.cli.show import show_result

SYMBOL = "005930"
ORDER_FIELDS = ["order_id", "name", "side", "quantity", "filled_quantity", "average_fill_price", "status"]
POSITION_FIELDS = ["symbol", "name", "quantity", "average_price", "price", "profit", "currency"]

console = Console()


class _StepFailedError(Exception):
    """A step whose result is an error; it has been shown."""


def run() -> int:
    """Run the session in a folder of its own, which is removed at the end; the exit code, 1 if a step fails."""
    try:
        with tempfile.TemporaryDirectory(prefix="kis-mcp-try-") as folder:
            no_file = str(Path(folder, "no-file.yaml"))
            anyio.run(_session, {"KIS_ENV": "sim", "KIS_DATA_DIR": folder, "KIS_CONFIG_FILE": no_file})
    except* _StepFailedError:
        failed = True
    else:
        failed = False
    return int(failed)


async def _session(variables: dict[str, str]) -> None:
    async with server_process(variables=variables, elicitation_callback=_approve) as client:
        tools = (await client.list_tools()).tools
        console.print(
            f"[bold]{len(tools)} tools[/] in the [bold]sim[/] environment: no account, no keys, no network.\n"
        )
        await _step(client, "Which instrument?", "find_instrument", query="삼성전자", limit=3)
        quote = await _step(client, "What does it trade at?", "get_quote", symbol=SYMBOL)
        book = await _step(client, "Who is waiting in the book?", "get_order_book", symbol=SYMBOL)
        await _step(client, "How did it get here?", "get_candles", symbol=SYMBOL, interval="1d", limit=5)
        await _step(client, "What can I afford?", "get_buying_power", symbol=SYMBOL, price=quote["quote"]["price"])
        best_ask = book["asks"][0]["price"]
        await _step(
            client, "Buy 10.", "place_order", symbol=SYMBOL, side="buy", quantity=10, order_type="limit", price=best_ask
        )
        await _step(client, "Did it fill?", "get_orders", fields=ORDER_FIELDS)
        await _step(client, "What do I hold now?", "get_positions", fields=POSITION_FIELDS)
        await _step(client, "And in cash?", "get_balance")


async def _step(client: Client, question: str, tool: str, **arguments: Any) -> dict[str, Any]:
    console.rule(f"[bold]{question}[/]", align="left")
    console.print(f"{tool} {json.dumps(arguments, ensure_ascii=False)}", style="cyan", markup=False, highlight=False)
    result = await client.call_tool(tool, arguments)
    show_result(console, result)
    console.print()
    if result.is_error or result.structured_content is None:
        raise _StepFailedError
    return result.structured_content["blocks"]


async def _approve(_: ClientRequestContext, question: ElicitRequestParams) -> ElicitResult:
    console.print(Panel(question.message, title="The server asks a person", border_style="yellow"))
    console.print("Approved, as you would in your host's dialog.", style="yellow")
    return ElicitResult(action="accept", content={"confirm": True})
