"""What is watched, as resources: listed, read, and followed."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import pytest
from mcp import Client, MCPError
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp_types import TextResourceContents

from kis_mcp.catalog.loader import catalog
from kis_mcp.environment import Environment
from kis_mcp.server.stream_resources import StreamResources
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator
from kis_mcp.wiring import Environments
from tests.client import blocks, connected, settings_for
from tests.kis.live.fake_live_kis import FakeLiveKis, run_fake_live_kis
from tests.server.test_subscriptions import Notices, subscribe
from tests.server.tools.test_live import record
from tests.streams.test_watches import BOOKS, HYNIX, NOW, ORDERS, SAMSUNG, SAMSUNG_BOOK, Live, apis_of

pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")


class Shown:
    """The resources of a server in which one environment has watches."""

    def __init__(self, environments: Environments) -> None:
        self.environments = environments
        self.live = Live(apis_of(Environment.REAL))
        environments.open_watches.add(Environment.REAL, self.live.watches)
        self.resources = StreamResources(environments)

    def state(self, watch_id: str) -> dict[str, object]:
        return json.loads(self.resources.text(f"kis://stream/{watch_id}"))


@asynccontextmanager
async def showing() -> AsyncGenerator[Shown]:
    async with anyio.create_task_group() as group:
        yield Shown(Environments(Settings.load(), catalog(), group, lambda: NOW))


async def test_each_open_watch_is_a_resource_until_it_ends() -> None:
    async with showing() as shown:
        watch = await shown.live.watches.watch([SAMSUNG, HYNIX, ORDERS])
        (resource,) = shown.resources.resources()
        assert (resource.uri, resource.name) == (f"kis://stream/{watch.id}", watch.id)
        assert resource.title == f"Watch in real: {watch}"
        await shown.live.watches.unwatch(watch.id)
        assert list(shown.resources.resources()) == []
        with pytest.raises(MCPError, match="None is open; the tool watch opens one"):
            shown.state(watch.id)


async def test_a_watch_reads_as_its_channels_and_latest_events() -> None:
    async with showing() as shown:
        watch = await shown.live.watches.watch([SAMSUNG, SAMSUNG_BOOK])
        shown.live.trade(*range(71_000, 71_030))
        shown.live.send(BOOKS, {"symbol": "005930", "ask_price_1": 71_100, "ask_quantity_1": 5}, seconds=1)
        state = shown.state(watch.id)
        events = state.pop("events")
        cursor = state.pop("cursor")
        assert isinstance(cursor, str)
        assert shown.live.watches.read(watch.id, cursor)[0].events == []
        at, later = (moment.isoformat() for moment in (NOW, NOW + timedelta(seconds=1)))
        channel = {"per_second": 0.5, "last_at": at, "unreadable": 0, "gaps": 0}
        assert state == {
            "environment": "real",
            "watch_id": watch.id,
            "watches": str(watch),
            "as_of": at,
            "opened_at": at,
            "channels": [
                {
                    "channel": "H0STASP0 005930",
                    "kind": "book",
                    "records": 1,
                    **channel,
                    "last_at": later,
                    "per_second": 0.02,
                },
                {"channel": "H0STCNT0 005930", "kind": "trade", "records": 30, **channel},
            ],
        }
        assert isinstance(events, list)
        assert len(events) == 21
        assert events[0] == {
            "kind": "trade",
            "symbol": "005930",
            "market": "KR",
            "exchange": "krx",
            "time": at,
            "received_at": at,
            "price": 71_010,
        }
        assert events[-1]["asks"] == [{"price": 71_100, "quantity": 5}]


async def test_of_two_environments_the_current_one_has_an_id_first() -> None:
    async with showing() as shown:
        other = Live(apis_of(Environment.SIM))
        shown.environments.open_watches.add(Environment.SIM, other.watches)
        watch = await shown.live.watches.watch([SAMSUNG])
        assert shown.state(watch.id)["environment"] == "real"
        same = await other.watches.watch([SAMSUNG])
        assert (same.id, shown.environments.current) == (watch.id, Environment.SIM)
        assert shown.state(watch.id)["environment"] == "sim"
        assert shown.resources.find(f"kis://stream/{watch.id}") is same
        assert len(list(shown.resources.resources())) == 1


async def test_whoever_listens_is_told_of_each_watch_that_opens_or_ends_until_it_stops() -> None:
    async with showing() as shown:
        told: list[int] = []
        stop = shown.resources.listen(lambda: told.append(len(list(shown.resources.resources()))))
        watch = await shown.live.watches.watch([SAMSUNG])
        await shown.live.watches.unwatch(watch.id)
        stop()
        stop()
        await shown.live.watches.watch([HYNIX])
        assert told == [1, 0]


@asynccontextmanager
async def live(
    simulator: Simulator, era: str, notices: Notices | None = None
) -> AsyncGenerator[tuple[FakeLiveKis, Client]]:
    async with run_fake_live_kis() as kis:
        settings = settings_for(simulator, url_ws=kis.url.removesuffix("/tryitout"))
        async with connected(settings, era=era, message_handler=notices) as client:
            yield kis, client


async def opened(client: Client) -> str:
    """The URI of a watch that a tool opened."""
    watch = blocks(await client.call_tool("watch", {"symbols": ["005930"]}))["watch"]
    return f"kis://stream/{watch['watch_id']}"


async def end(client: Client, uri: str) -> None:
    blocks(await client.call_tool("unwatch", {"watch_id": uri.removeprefix("kis://stream/")}))


async def listed(client: Client) -> set[str]:
    return {resource.uri for resource in (await client.list_resources()).resources}


async def last_price(client: Client, uri: str) -> object:
    (content,) = (await client.read_resource(uri)).contents
    assert isinstance(content, TextResourceContents)
    assert content.mime_type == "application/json"
    return json.loads(content.text)["events"][-1]["price"]


async def test_a_client_of_2026_hears_of_a_watch_from_its_opening_to_its_end(simulator: Simulator) -> None:
    async with live(simulator, "auto") as (kis, client), client.listen(resources_list_changed=True) as lists:
        uri = await opened(client)
        assert await anext(lists) == ResourcesListChanged()
        assert uri in await listed(client)
        async with client.listen(resource_subscriptions=[uri]) as events:
            await kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
            assert await anext(events) == ResourceUpdated(uri)
            assert await last_price(client, uri) == 71900
            await end(client, uri)
            assert await anext(events) == ResourceUpdated(uri)
        assert await anext(lists) == ResourcesListChanged()
        assert uri not in await listed(client)
        with pytest.raises(MCPError, match="There is no open watch"):
            await client.read_resource(uri)
        await kis.until_cut()


async def test_a_client_of_2025_hears_of_a_watch_from_its_opening_to_its_end(simulator: Simulator) -> None:
    notices = Notices()
    async with live(simulator, "legacy", notices) as (kis, client):
        uri = await opened(client)
        await notices.until("list")
        await subscribe(client, uri)
        await kis.send(f"0|H0STCNT0|001|{record('005930', 71900)}")
        await notices.until("list", uri)
        assert await last_price(client, uri) == 71900
        await end(client, uri)
        with anyio.fail_after(10):
            while sorted(notices.told) != sorted(["list", uri] * 2):
                await anyio.lowlevel.checkpoint()
        assert uri not in await listed(client)
