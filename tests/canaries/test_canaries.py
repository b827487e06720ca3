"""Keys, account numbers and other secrets turn up nowhere that a model, a log or another person reads."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from mcp import Client

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.render import to_json
from kis_mcp.clock import WorldClock
from kis_mcp.kis.errors import read_approval
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.canaries.canaries import HIDDEN, HOOK_PATH, SETTINGS, TOPIC, Sweep, every_log, whole
from tests.client import BUY, NOW, Person, connected, settings_for
from tests.notify.receiver import Receiver, run_receiver

APIS = (*catalog().core, *catalog().apis)
LIVE = {"seconds": 1, "max_events": 1}


class Session:
    """A client in ``real``, all of whose results are swept."""

    def __init__(self, client: Client, sweep: Sweep) -> None:
        self.client = client
        self.sweep = sweep

    async def call(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        self.sweep.look(tool, whole(result))
        return result.structured_content or {}

    async def example(self, api: Api) -> None:
        """Its example; of one that waits for events, shortly."""
        shorter = LIVE if api.kind == "websocket" else {"seconds": 1} if api.tool == "wait_for" else {}
        await self.call(api.tool, {**to_json(dict(api.example)), **shorter})

    async def read(self, uri: str) -> None:
        self.sweep.look(uri, whole(await self.client.read_resource(uri)))


@asynccontextmanager
async def swept(simulator: Simulator, hook: Receiver, **more: Any) -> AsyncGenerator[Session]:
    """A session with every secret set; the logs of it are swept when it ends, and so is the journal."""
    sweep = Sweep(dict(HIDDEN))
    channels = {"alert_ntfy_url": f"{hook.url}/{TOPIC}", "alert_webhook_url": f"{hook.url}/{HOOK_PATH}"}
    values: dict[str, Any] = {**SETTINGS, **channels, "allow_real_orders": True, "price_collar_percent": 0, **more}
    settings = settings_for(simulator, "real", **values)
    options, clock = SurfaceOptions("all"), WorldClock(at=NOW, speed=100)
    with every_log() as logs, approval_keys() as keys:
        async with connected(settings, options, person=Person(), clock=clock) as client:
            yield Session(client, sweep)
    (token,) = {
        request.headers["authorization"] for request in simulator.received if "authorization" in request.headers
    }
    for key in keys:  # its beginning, for websockets shortens what it logs of long frames
        sweep.hide("approval key", key[:12])
    sweep.hide("access token", token.removeprefix("Bearer "))
    for logger, lines in logs.lines.items():
        sweep.look(f"the log of {logger}", "\n".join(lines))
    for file in (settings.data_dir / "real").glob("journal*"):
        sweep.look(file.name, await asyncio.to_thread(file.read_bytes))
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
    assert keys


@pytest.fixture
async def hook(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Receiver]:
    """Where alerts go, Telegram's among them."""
    async with run_receiver() as receiver:
        monkeypatch.setattr("kis_mcp.notify.posts._TELEGRAM", receiver.url)
        yield receiver


async def test_a_session_tells_no_secret(simulator: Simulator, hook: Receiver) -> None:
    async with swept(simulator, hook) as session:
        session.sweep.look("tools/list", whole(await session.client.list_tools()))
        order = await session.call("place_order", BUY)
        order_id = order["blocks"]["order"]["order_id"]
        for tool, more in (("modify_order", {"price": 60_100}), ("cancel_order", {})):
            await session.call(tool, {"order_id": order_id, **more})
        for api in catalog().core:
            if api.risk != "order":
                await session.example(api)
        for resource in (await session.client.list_resources()).resources:
            await session.read(resource.uri)
        assert session.sweep.looked_at > 100_000


@pytest.mark.slow
@pytest.mark.parametrize("toolset", sorted({api.toolset for api in catalog().apis}))
async def test_the_examples_of_a_toolset_tell_no_secret(toolset: str, simulator: Simulator, hook: Receiver) -> None:
    apis = [api for api in catalog().apis if api.toolset == toolset]
    loose = {"max_order_notional": 1_000_000_000}
    async with swept(simulator, hook, **loose) as session:
        for api in apis:
            await session.example(api)
            await session.read(f"kis://apis/{api.tool}")
