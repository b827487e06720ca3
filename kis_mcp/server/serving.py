"""What the handlers of one running server share."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from kis_mcp.catalog import Catalog
from kis_mcp.clock import Clock
from kis_mcp.server.stream_resources import StreamResources
from kis_mcp.server.subscriptions import Subscriptions
from kis_mcp.server.tasks import Tasks
from kis_mcp.settings import Settings
from kis_mcp.wiring import Environments, open_environments


@dataclass(frozen=True, slots=True)
class Serving:
    """One running server: of one client over stdio, of all clients over HTTP.

    Attributes:
        environments: Where calls go.
        tasks: Calls that run on by themselves.
        streams: What is watched, as resources.
        subscriptions: Who is told when they change.
    """

    environments: Environments
    tasks: Tasks
    streams: StreamResources
    subscriptions: Subscriptions


@asynccontextmanager
async def open_serving(
    settings: Settings, table: Catalog, clock: Clock, *, keeps: bool = True
) -> AsyncGenerator[Serving]:
    """What a server needs for as long as it runs; what runs by itself ends before KIS is closed.

    Args:
        keeps: As `SurfaceOptions` has it.
    """
    async with (
        open_environments(settings, table, clock, keeps_alerts=keeps) as environments,
        anyio.create_task_group() as running,
    ):
        streams = StreamResources(environments)
        subscriptions = Subscriptions(streams, running)
        try:
            yield Serving(environments, Tasks(running, clock), streams, subscriptions)
        finally:
            subscriptions.close()
            running.cancel_scope.cancel()
