"""The page beside a server process on stdio, as a desktop host starts it."""

import re
from pathlib import Path

import anyio
import httpx
import pytest

from kis_mcp.cli.client import server_process
from kis_mcp.confirm.pin import Pin
from tests.confirm.page.conftest import PIN, Visitor

BUY = {"symbol": "005930", "side": "buy", "quantity": 1, "order_type": "market"}


async def test_a_client_without_elicitation_orders_with_the_persons_pin(tmp_path: Path) -> None:
    Pin(tmp_path).set(PIN)
    pages = list[str]()

    async def approve(progress: float, total: float | None, message: str | None) -> None:
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+", message or "")
        if found and not pages:
            pages.append(found[0])
            visitor = Visitor(found[0])
            async with visitor.http:
                await visitor.answer("approve", PIN)

    variables = {"KIS_ENV": "sim", "KIS_DATA_DIR": str(tmp_path), "DISPLAY": "", "WAYLAND_DISPLAY": ""}
    with anyio.fail_after(60):
        async with server_process(variables=variables) as client:
            result = await client.call_tool("place_order", BUY, progress_callback=approve)
    assert pages
    assert not result.is_error, result
    assert result.structured_content["blocks"]["order"]["status"] == "accepted"
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient(trust_env=False) as http:
            await http.get(pages[0])
