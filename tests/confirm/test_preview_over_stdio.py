"""Previews for clients that start a server for each call, as several agent frameworks do by default."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
from mcp import Client

from kis_mcp.cli.client import server_process
from tests.client import blocks, error

BUY = {"symbol": "005930", "side": "buy", "quantity": 1, "order_type": "market"}
TOKEN = "confirmation_token"


def worlds(folder: Path) -> set[str]:
    """The folders of embedded simulators, one for each that ran while another did."""
    return {path.name for path in folder.iterdir() if path.is_dir()}


async def test_a_preview_is_confirmed_in_another_process_and_orders_once(tmp_path: Path) -> None:
    def process() -> AbstractAsyncContextManager[Client]:
        return server_process(variables={"KIS_ENV": "sim", "KIS_DATA_DIR": str(tmp_path)})

    with anyio.fail_after(120):
        async with process() as client:
            preview = blocks(await client.call_tool("place_order", BUY))["order"]
        assert preview["status"] == "needs_confirmation"
        confirmed = {**BUY, TOKEN: preview[TOKEN]}
        async with process() as client:
            other = await client.call_tool("place_order", {**confirmed, "quantity": 2})
            first = blocks(await client.call_tool("place_order", confirmed))["order"]
        async with process() as client:
            again = blocks(await client.call_tool("place_order", confirmed))["order"]
            (listed,) = blocks(await client.call_tool("get_orders", {}))["orders"]
            (recorded,) = blocks(await client.call_tool("get_order_history", {}))["orders"]
    assert "differs from the one that was previewed, in quantity" in error(other)["what"]
    assert first["status"] == "accepted"
    assert again == first
    assert (listed["order_id"], listed["quantity"], listed["ours"]) == (first["order_id"], 1, True)
    assert (recorded["intent_id"], recorded["decided_by"]) == (preview["intent_id"], "preview")
    assert worlds(tmp_path) == {"sim"}
