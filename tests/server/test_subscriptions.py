"""Clients of both protocol eras are told when what is watched changes, for as long as they are there and wish it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from mcp_types import (
    INVALID_PARAMS,
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    Resource,
    ResourceListChangedNotification,
    ResourceUpdatedNotification,
    SubscriptionFilter,
    SubscriptionsListenRequest,
    SubscriptionsListenRequestParams,
    SubscriptionsListenResult,
)

from kis_mcp.server import serving
from kis_mcp.server.app import build_server
from kis_mcp.settings.settings import Settings
from tests.server.test_transports import http_client, served
from tests.server.test_updates import FakeBoard, FakeWatch

pytestmark = pytest.mark.filterwarnings("ignore::mcp.MCPDeprecationWarning")

URI = "kis://stream/w1"
GONE = "kis://stream/w9"


@dataclass(eq=False)
class FakeStreams(FakeBoard):
    """Watches whose events a test makes."""

    def resources(self) -> list[Resource]:
        return [Resource(uri=uri, name=uri, title=uri, mime_type="application/json") for uri in self.watches]

    def text(self, uri: str) -> str:
        if uri not in self.watches:
            raise MCPError(INVALID_PARAMS, f"There is no resource {uri}.")
        return "{}"


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> FakeStreams:
    board = FakeStreams(watches={URI: FakeWatch()})
    monkeypatch.setattr(serving, "StreamResources", lambda environments: board)
    return board


@dataclass
class Notices:
    """What a client of 2025 was told."""

    told: list[str] = field(default_factory=list[str])

    async def __call__(self, message: object) -> None:
        if isinstance(message, ResourceUpdatedNotification):
            self.told.append(message.params.uri)
        elif isinstance(message, ResourceListChangedNotification):
            self.told.append("list")

    async def until(self, *told: str) -> None:
        with anyio.fail_after(10):
            while self.told != list(told):
                await anyio.lowlevel.checkpoint()
        await anyio.wait_all_tasks_blocked()
        assert self.told == list(told)


async def subscribe(client: Client, uri: str) -> None:
    await client.subscribe_resource(uri)  # pyright: ignore[reportDeprecated]


async def unsubscribe(client: Client, uri: str) -> None:
    await client.unsubscribe_resource(uri)  # pyright: ignore[reportDeprecated]


@asynccontextmanager
async def client_of_2025() -> AsyncGenerator[tuple[Client, Notices]]:
    notices = Notices()
    async with Client(build_server(Settings.load()), mode="legacy", message_handler=notices) as client:
        await anyio.wait_all_tasks_blocked()
        yield client, notices


async def test_a_client_of_2025_is_told_of_what_it_subscribed_to_until_it_unsubscribes(streams: FakeStreams) -> None:
    watch = streams.watches[URI]
    async with client_of_2025() as (client, notices):
        watch.change()
        await subscribe(client, URI)
        await subscribe(client, URI)
        assert len(watch.listeners) == 1
        watch.change()
        await notices.until(URI)
        await unsubscribe(client, URI)
        assert watch.listeners == []
        await unsubscribe(client, URI)


async def test_a_client_of_2025_is_told_that_the_list_changed_without_asking(streams: FakeStreams) -> None:
    async with client_of_2025() as (_, notices):
        streams.change()
        await notices.until("list")


async def test_nothing_listens_for_a_client_of_2025_that_is_gone(streams: FakeStreams) -> None:
    async with client_of_2025() as (client, _):
        await subscribe(client, URI)
    assert streams.watches[URI].listeners == []
    assert streams.listeners == []


async def test_what_does_not_exist_cannot_be_subscribed_to_and_what_never_changes_can(streams: FakeStreams) -> None:
    async with client_of_2025() as (client, _):
        with pytest.raises(MCPError) as raised:
            await subscribe(client, GONE)
        assert raised.value.error.code == INVALID_PARAMS
        await subscribe(client, "kis://errors")


@asynccontextmanager
async def client_of_2026() -> AsyncGenerator[Client]:
    async with Client(build_server(Settings.load())) as client:
        yield client


async def test_a_listener_of_2026_is_acknowledged_what_there_is_and_told_of_it(streams: FakeStreams) -> None:
    watch = streams.watches[URI]
    async with client_of_2026() as client:
        asked: dict[str, Any] = {
            "tools_list_changed": True,
            "prompts_list_changed": True,
            "resources_list_changed": True,
        }
        async with client.listen(**asked, resource_subscriptions=[URI, GONE, URI]) as events:
            assert events.honored == SubscriptionFilter(resources_list_changed=True, resource_subscriptions=[URI])
            watch.change()
            assert await anext(events) == ResourceUpdated(URI)
            streams.change()
            assert await anext(events) == ResourcesListChanged()
        await anyio.wait_all_tasks_blocked()
        assert watch.listeners == []


async def test_listeners_of_2026_are_told_only_what_they_asked_for(streams: FakeStreams) -> None:
    other = "kis://stream/w2"
    streams.watches[other] = FakeWatch()
    async with client_of_2026() as client, client.listen(resource_subscriptions=[other]) as events:
        async with client.listen(resources_list_changed=True, resource_subscriptions=[URI]) as more:
            streams.change()
            streams.watches[URI].change()
            assert {await anext(more), await anext(more)} == {ResourcesListChanged(), ResourceUpdated(URI)}
        streams.watches[other].change()
        assert await anext(events) == ResourceUpdated(other)


async def test_nothing_listens_for_a_client_of_2026_that_is_gone(streams: FakeStreams) -> None:
    async with client_of_2026() as client, client.listen(resource_subscriptions=[URI]):
        assert len(streams.watches[URI].listeners) == 1
    assert streams.watches[URI].listeners == []
    assert streams.listeners == []


async def test_a_listener_that_asks_for_tasks_must_declare_them(streams: FakeStreams) -> None:
    async with client_of_2026() as client:
        asked = SubscriptionFilter.model_validate({"taskIds": ["any"]})
        request = SubscriptionsListenRequest(params=SubscriptionsListenRequestParams(notifications=asked))
        with pytest.raises(MCPError) as raised:
            await client.session.send_request(request, SubscriptionsListenResult)
        assert raised.value.error.code == MISSING_REQUIRED_CLIENT_CAPABILITY


async def test_both_eras_are_told_what_can_change_and_what_cannot(streams: FakeStreams, era: str) -> None:
    async with Client(build_server(Settings.load()), mode=era) as client:
        capabilities = client.server_capabilities
        assert capabilities is not None
        assert capabilities.resources is not None
        assert capabilities.tools is not None
        assert (capabilities.resources.subscribe, capabilities.resources.list_changed) == (True, True)
        assert capabilities.tools.list_changed is False
        assert capabilities.prompts is not None
        assert capabilities.prompts.list_changed is False


async def test_an_update_is_told_at_most_once_a_second_however_busy_a_watch_is(
    streams: FakeStreams, monkeypatch: pytest.MonkeyPatch
) -> None:
    asleep: list[float] = []

    async def sleep(seconds: float) -> None:
        asleep.append(seconds)
        await anyio.sleep_forever()

    subscriptions = serving.Subscriptions
    monkeypatch.setattr(serving, "Subscriptions", lambda board, group: subscriptions(board, group, sleep))
    async with client_of_2025() as (client, notices):
        await subscribe(client, URI)
        for _ in range(100):
            streams.watches[URI].change()
            await anyio.lowlevel.checkpoint()
        await notices.until(URI)
        assert asleep == [1]


async def test_over_http_updates_come_and_nothing_listens_for_a_client_that_is_gone(
    streams: FakeStreams, era: str
) -> None:
    watch, notices = streams.watches[URI], Notices()
    async with served(Settings.load()) as url, http_client() as http:
        transport = streamable_http_client(url, http_client=http)
        async with Client(transport, mode=era, message_handler=notices) as client:
            if era == "legacy":
                await subscribe(client, URI)
                watch.change()
                await notices.until(URI)
            else:
                async with client.listen(resource_subscriptions=[URI]) as events:
                    watch.change()
                    assert await anext(events) == ResourceUpdated(URI)
        with anyio.fail_after(10):
            while watch.listeners:
                await anyio.lowlevel.checkpoint()


async def test_an_http_server_that_ends_tells_its_listeners_and_waits_for_none(streams: FakeStreams) -> None:
    ended: list[str] = []

    async def listen(url: str, task_status: anyio.abc.TaskStatus[None]) -> None:
        async with (
            http_client() as http,
            Client(streamable_http_client(url, http_client=http)) as client,
            client.listen(resource_subscriptions=[URI]) as events,
        ):
            task_status.started()
            ended.extend([str(event) async for event in events] or ["as was meant"])

    with anyio.fail_after(10):
        async with anyio.create_task_group() as clients, served(Settings.load()) as url:
            await clients.start(listen, url)
    assert ended == ["as was meant"]
    assert streams.watches[URI].listeners == []
