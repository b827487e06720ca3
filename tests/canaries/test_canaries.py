"""Keys, account numbers and other secrets turn up nowhere that a model, a log or another person reads."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

import pytest
from mcp import Client

from kis_mcp.catalog import Page
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.render import to_json
from kis_mcp.clock import WorldClock
from kis_mcp.environment import Environment
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.errors import read_approval
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.server.tools import registry
from kis_mcp.server.tools.call import Call
from kis_mcp.simulator import Simulator
from tests.canaries.canaries import HIDDEN, HOOK_PATH, SETTINGS, TOPIC, Sweep, every_log, whole
from tests.client import BUY, NOW, Person, connected, settings_for
from tests.notify.receiver import Receiver, run_receiver

APIS = catalog().tools
LIVE = {"seconds": 1, "max_events": 1}


class Session:
    """A client in ``real``, and all that it was told.

    Attributes:
        told: What told it, and the whole text.
        approvals: The keys that KIS gave out for live data.
    """

    def __init__(self, client: Client, approvals: list[str]) -> None:
        self.client = client
        self.told: list[tuple[str, str]] = []
        self.approvals = approvals

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        self.told.append((tool, whole(result)))
        return result.structured_content or {}

    async def example(self, api: Api) -> str:
        """Its example, of one that waits for events shortly; the class of what went wrong."""
        shorter = LIVE if api.kind == "websocket" else {"seconds": 1} if api.tool == "wait_for" else {}
        result = await self.call(api.tool, {**to_json(dict(api.example)), **shorter})
        return result.get("error", {}).get("class", "")

    async def read(self, uri: str) -> None:
        self.told.append((uri, whole(await self.client.read_resource(uri))))


@asynccontextmanager
async def swept(simulator: Simulator, hook: Receiver, **more: Any) -> AsyncGenerator[Session]:
    """A session with every secret set. When it ends, what it was told is swept, and the logs and the journal of it."""
    channels = {"alert_ntfy_url": f"{hook.url}/{TOPIC}", "alert_webhook_url": f"{hook.url}/{HOOK_PATH}"}
    values: dict[str, Any] = {**SETTINGS, **channels, "allow_real_orders": True, "price_collar_percent": 0, **more}
    settings = settings_for(simulator, "real", **values)
    options, clock = SurfaceOptions("all"), WorldClock(at=NOW, speed=100)
    with every_log() as logs, approval_keys() as keys:
        async with connected(settings, options, person=Person(), clock=clock) as client:
            session = Session(client, keys)
            yield session
    tokens = {request.headers.get("authorization", "").removeprefix("Bearer ") for request in simulator.received}
    # Of keys the beginning, for websockets shortens what it logs of long frames.
    issued = {f"issued {value[:6]}": value for value in tokens | {key[:12] for key in keys} if value}
    sweep = Sweep({**HIDDEN, **issued})
    for where, text in session.told:
        sweep.look(where, text)
    for logger, lines in logs.lines.items():
        sweep.look(f"the log of {logger}", "\n".join(lines))
    for file in (settings.data_dir / "real").glob("journal*"):
        sweep.look(file.name, await asyncio.to_thread(file.read_bytes))
    assert sweep.looked_at > 1_000
    assert sweep.found == set()


@contextmanager
def approval_keys() -> Generator[list[str]]:
    """Those that KIS gives out meanwhile."""
    keys: list[str] = []

    def read(*arguments: Any, **more: Any) -> str:
        keys.append(read_approval(*arguments, **more))
        return keys[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kis_mcp.kis.approval.read_approval", read)
        yield keys


@pytest.fixture
async def hook(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Receiver]:
    """Where alerts go, Telegram's among them."""
    async with run_receiver() as receiver:
        monkeypatch.setattr("kis_mcp.notify.posts._TELEGRAM", receiver.url)
        yield receiver


async def test_a_session_tells_no_secret(simulator: Simulator, hook: Receiver) -> None:
    async with swept(simulator, hook) as session:
        session.told.append(("tools/list", whole(await session.client.list_tools())))
        order = await session.call("place_order", BUY)
        order_id = order["blocks"]["order"]["order_id"]
        for tool, more in (("modify_order", {"price": 60_100}), ("cancel_order", {})):
            await session.call(tool, {"order_id": order_id, **more})
        for api in catalog().core:
            if api.risk != "order":
                await session.example(api)
        for resource in (await session.client.list_resources()).resources:
            await session.read(resource.uri)
        assert session.approvals


async def test_a_mistake_of_the_server_tells_no_secret(
    simulator: Simulator, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail_with_all_at_hand(call: Call) -> Page:
        settings, reads = call.environments.settings, await call.reads()
        raise RuntimeError(f"{call!r} {settings!r} {settings.profile(Environment.REAL)!r} {vars(reads)!r}")

    monkeypatch.setattr(registry, "CORE_TOOLS", {**registry.CORE_TOOLS, "get_balance": fail_with_all_at_hand})
    async with swept(simulator, hook) as session:
        await session.call("get_order_history", {})
        assert (await session.call("get_balance", {}))["error"]["class"] == "internal"


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("toolset", sorted({api.toolset for api in catalog().apis}))
async def test_the_examples_of_a_toolset_tell_no_secret(
    toolset: str, simulator: Simulator, hook: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    apis = [api for api in catalog().apis if api.toolset == toolset]
    loose = {"max_order_notional": 1_000_000_000}
    # The simulator may take longer for its first answers than KIS does.
    monkeypatch.setattr("kis_mcp.kis.Connection", partial(Connection, timeout_seconds=100))
    async with swept(simulator, hook, **loose) as session:
        came_of = await asyncio.gather(*(session.example(api) for api in apis))
        await asyncio.gather(*(session.read(f"kis://apis/{api.tool}") for api in apis))
    unanswered = {"kis_unavailable", "internal"}
    assert {api.tool: wrong for api, wrong in zip(apis, came_of, strict=True) if wrong in unanswered} == {}
