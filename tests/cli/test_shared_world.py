"""A shell beside a host: both are about one simulated world while the host's server runs."""

import json
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from kis_mcp.cli.client import server_process
from tests.cli.command import environment_of, run
from tests.client import Person, blocks

ORDER = {"symbol": "005930", "side": "buy", "quantity": 3, "price": 60_000}


def orders_in_shell(folder: Path) -> dict[str, Any]:
    done = run("call", "get_orders", "{}", "--json", data_dir=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def kis_variables(folder: Path, **more: str) -> dict[str, str]:
    return {name: value for name, value in environment_of(folder, more).items() if name.startswith("KIS_")}


async def test_a_command_sees_the_orders_and_the_time_of_the_server_that_runs(tmp_path: Path) -> None:
    variables = kis_variables(tmp_path, KIS_SIM_AT="2026-03-03T10:30", KIS_SIM_SPEED="0")
    async with server_process(variables=variables, elicitation_callback=Person()) as client:
        placed = blocks(await client.call_tool("place_order", ORDER))["order"]
        found = await anyio.to_thread.run_sync(orders_in_shell, tmp_path)
        after = blocks(await client.call_tool("get_orders", {}))
    (order,) = found["blocks"]["orders"]
    assert (order["order_id"], order["quantity"], order["ours"]) == (placed["order_id"], 3, True)
    assert found["as_of"] == "2026-03-03T10:30:00+09:00"
    assert after["orders"] == found["blocks"]["orders"]
