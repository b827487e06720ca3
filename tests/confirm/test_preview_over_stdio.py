"""Previews for clients that start a server for each call, as several agent frameworks do by default."""

from pathlib import Path
from typing import Any

import anyio

from kis_mcp.cli.client import server_process
from tests.client import blocks, error

BUY = {"symbol": "005930", "side": "buy", "quantity": 1, "order_type": "market"}
TOKEN = "confirmation_token"


def worlds(folder: Path) -> set[str]:
    """The folders of embedded simulators, one for each that ran while another did."""
    return {path.name for path in folder.iterdir() if path.is_dir()}


async def test_a_preview_is_confirmed_in_another_process_and_orders_once(tmp_path: Path) -> None:
    async def call(tool: str, **arguments: Any) -> Any:
        async with server_process(variables={"KIS_ENV": "sim", "KIS_DATA_DIR": str(tmp_path)}) as client:
            return await client.call_tool(tool, arguments)

    with anyio.fail_after(120):
        preview = blocks(await call("place_order", **BUY))["order"]
        assert preview["status"] == "needs_confirmation"
        confirmed = {**BUY, TOKEN: preview[TOKEN]}
        other = await call("place_order", **{**confirmed, "quantity": 2})
        first = blocks(await call("place_order", **confirmed))["order"]
        again = blocks(await call("place_order", **confirmed))["order"]
        (listed,) = blocks(await call("get_orders"))["orders"]
        (recorded,) = blocks(await call("get_order_history"))["orders"]
    assert "differs from the one that was previewed, in quantity" in error(other)["what"]
    assert first["status"] == "accepted"
    assert again == first
    assert (listed["order_id"], listed["quantity"], listed["ours"]) == (first["order_id"], 1, True)
    assert (recorded["intent_id"], recorded["decided_by"]) == (preview["intent_id"], "preview")
    assert worlds(tmp_path) == {"sim"}
