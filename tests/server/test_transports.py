"""The server over real stdio and real HTTP, in both protocol eras."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import httpx2
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from kis_mcp.catalog.loader import catalog
from kis_mcp.errors import SettingsError
from kis_mcp.server.app import build_server
from kis_mcp.server.http_server import HttpServer
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.transports import http_app, listen, run_http
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from tests.client import BUY, NOW, SAMSUNG, Person, blocks, settings_for

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-this-test"
CHATTY = """
import os, sys
from kis_mcp.server import transports
from kis_mcp.server.tools import registry, system
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
import anyio

async def chatty(call):
    print("stray text on stdout", flush=True)
    os.system("echo stray text of a child")
    return await system.get_environment(call)

registry.CORE_TOOLS = {**registry.CORE_TOOLS, "get_environment": chatty}
anyio.run(transports.run_stdio, Settings.load(), SurfaceOptions())
"""


def process(code: str) -> StdioServerParameters:
    return StdioServerParameters(command=sys.executable, args=["-c", code], env=dict(os.environ), cwd=ROOT)


async def test_stdio_serves_an_order_from_question_to_fill(era: str) -> None:
    code = (
        "import anyio\n"
        "from kis_mcp.server.transports import run_stdio\n"
        "from kis_mcp.server.surface import SurfaceOptions\n"
        "from kis_mcp.settings.settings import Settings\n"
        "anyio.run(run_stdio, Settings.load(), SurfaceOptions())\n"
    )
    person = Person()
    async with Client(process(code), mode=era, elicitation_callback=person) as client:
        assert len((await client.list_tools()).tools) == len(catalog().core)
        ask = blocks(await client.call_tool("get_order_book", {"symbol": SAMSUNG}))["asks"][0]["price"]
        order = blocks(await client.call_tool("place_order", {**BUY, "price": ask}))["order"]
        (held,) = blocks(await client.call_tool("get_positions", {"market": "kr"}))["positions"]
    assert order["status"] == "accepted"
    assert held["quantity"] == 3
    assert len(person.asked) == 1


async def test_stray_prints_do_not_reach_the_protocol(era: str) -> None:
    async with Client(process(CHATTY), mode=era) as client:
        assert blocks(await client.call_tool("get_environment", {}))["environment"]["environment"] == "sim"


def test_listing_tools_imports_nothing_that_only_calls_need() -> None:
    code = """
import asyncio, json, sys
from mcp import Client
import kis_mcp.server.transports
from kis_mcp.catalog.loader import catalog
from kis_mcp.server.app import build_server
from kis_mcp.settings.settings import Settings

async def main():
    async with Client(build_server(Settings.load())) as client:
        await client.list_tools()

asyncio.run(main())
print(json.dumps(sorted(sys.modules)))
"""
    listed = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(json.loads(listed.stdout))
    heavy = {"httpx", "sqlalchemy", "aiosqlite", "keyring", "websockets", "yaml", "typer", "rich"}
    own = {
        f"kis_mcp.{name}"
        for name in (
            "catalog.apis",
            "catalog.arguments",
            "kis.rest",
            "simulator.loopback",
            "trading.desk",
            "market.quote",
        )
    }
    assert modules & (heavy | own) == set()


@asynccontextmanager
async def served(settings: Settings) -> AsyncGenerator[str]:
    """A server on a free port; its address."""
    listener = listen("127.0.0.1", 0)
    mcp = build_server(settings, clock=lambda: NOW)
    app = http_app(mcp, TOKEN, (), settings.http_origins)
    server = HttpServer(uvicorn.Config(app, log_level="error", lifespan="on"), mcp)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(server.serve, [listener])
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
        finally:
            server.should_exit = True


def http_client(**headers: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(headers={"authorization": f"Bearer {TOKEN}", **headers}, timeout=20)


async def test_http_serves_an_order_in_either_era(simulator: Simulator, era: str) -> None:
    person = Person()
    async with served(settings_for(simulator)) as url, http_client() as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=era, elicitation_callback=person) as client:
            assert len((await client.list_tools()).tools) == len(catalog().core)
            order = blocks(await client.call_tool("place_order", BUY))["order"]
    assert order["status"] == "accepted"
    assert len(person.asked) == len(simulator.ledger.orders) == 1


async def test_http_refuses_who_lacks_the_token_readably(simulator: Simulator) -> None:
    hello = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    async with served(settings_for(simulator)) as url:
        for token in (
            *(None, b"", b"Bearer", b"Bearer a-token-of-this-tesT", b"Bearer \xff", TOKEN.encode()),
            b"Basic " + TOKEN.encode(),
        ):
            async with httpx2.AsyncClient(headers=[(b"authorization", token)] if token is not None else []) as http:
                answer = await http.post(url, json=hello)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert "Authorization: Bearer" in answer.json()["message"]
            assert TOKEN not in answer.text


@pytest.mark.parametrize(
    ("header", "value", "status"), [("host", "evil.example:80", 421), ("origin", "http://evil.example", 403)]
)
async def test_http_refuses_web_pages_and_foreign_names(
    simulator: Simulator, header: str, value: str, status: int
) -> None:
    async with served(settings_for(simulator)) as url, http_client(**{header: value}) as http:
        answer = await http.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert answer.status_code == status


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer"])
async def test_http_takes_the_token_under_its_scheme_in_any_case(simulator: Simulator, scheme: str) -> None:
    async with served(settings_for(simulator)) as url, http_client(authorization=f"{scheme} {TOKEN}") as http:
        answer = await http.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
    assert answer.status_code not in (401, 403)


async def test_http_serves_its_own_page_and_those_that_the_operator_named(simulator: Simulator) -> None:
    settings = settings_for(simulator, http_origins="http://inspector.example:6274, https://other.example")
    async with served(settings) as url:
        own = url.removesuffix("/mcp")
        answers = {}
        for origin in (own, "http://inspector.example:6274", "http://inspector.example:6275", f"{own}0"):
            async with http_client(origin=origin) as http:
                answer = await http.post(url, json={"jsonrpc": "2.0", "id": 1, "method": "ping"})
                answers[origin] = answer.status_code == 403
    assert list(answers.values()) == [False, False, True, True]


@pytest.mark.parametrize("wrong", ["*", "inspector.example", "https://inspector.example/path"])
def test_an_origin_that_is_none_is_refused_at_start(wrong: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.load(http_origins=wrong)
    assert refusal.value.field == "KIS_HTTP_ORIGINS"


def test_the_connections_of_a_listener_answer_without_delay() -> None:
    with listen("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.proto == socket.IPPROTO_TCP, "asyncio sets TCP_NODELAY on no other"


async def test_http_listens_beyond_this_machine_only_when_told() -> None:
    with pytest.raises(SettingsError) as refusal:
        await run_http(Settings.load(), SurfaceOptions(), "0.0.0.0", 0, TOKEN)
    assert refusal.value.field == "--http"


async def test_http_says_when_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(SettingsError) as refusal:
        await run_http(Settings.load(), SurfaceOptions(), "127.0.0.1", taken.getsockname()[1], TOKEN)
    assert "Choose another port" in refusal.value.remedy
