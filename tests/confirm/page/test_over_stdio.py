"""The page beside a server process on stdio, as a desktop host starts it."""

import json
import re
import sys
from pathlib import Path

import anyio
import httpx
import pytest

from kis_mcp.cli.client import server_process
from kis_mcp.confirm.pin import Pin
from tests.confirm.page.conftest import PIN, Visitor

A_BROWSER = """#!{python}
import json, pathlib, sys, urllib.parse
file = pathlib.Path(urllib.parse.unquote(urllib.parse.urlsplit(sys.argv[-1]).path))
pathlib.Path({seen!r}).write_text(json.dumps([sys.argv, file.read_text()]))
"""
BUY = {"symbol": "005930", "side": "buy", "quantity": 1, "order_type": "market"}


async def test_what_the_browser_is_started_with_does_not_tell_the_page(tmp_path: Path) -> None:
    Pin(tmp_path).set(PIN)
    seen, pages = tmp_path / "seen.json", list[str]()
    variables = {
        "KIS_ENV": "sim",
        "KIS_DATA_DIR": str(tmp_path),
        "DISPLAY": ":0",
        "BROWSER": f"{program(tmp_path / 'a-browser', A_BROWSER.format(python=sys.executable, seen=str(seen)))} %s",
    }

    async def reject_once_opened(progress: float, total: float | None, message: str | None) -> None:
        found = re.search(r"http://127\.0\.0\.1:\d+/\S+", message or "")
        if found and not pages and (opened := read(seen)):
            arguments, led_to = opened
            assert found[0] in led_to
            assert "http:" not in " ".join(arguments)
            assert found[0].rpartition("/")[2] not in " ".join(arguments)
            pages.append(found[0])
            visitor = Visitor(found[0])
            async with visitor.http:
                await visitor.answer("reject")

    with anyio.fail_after(60):
        async with server_process(variables=variables) as client:
            result = await client.call_tool("place_order", BUY, progress_callback=reject_once_opened)
    assert pages
    assert result.is_error
    assert list((tmp_path / "approvals").iterdir()) == []


def program(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o700)
    return path


def read(path: Path) -> tuple[list[str], str] | None:
    return json.loads(path.read_text()) if path.exists() else None


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
