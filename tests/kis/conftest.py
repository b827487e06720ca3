from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from kis_mcp.environment import Environment
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.rest import HttpGateway
from kis_mcp.storage.shared import shared_files
from tests.kis.fake_kis import FakeKis, FakeTime

NewGateway = Callable[..., HttpGateway]


@pytest.fixture
async def kis() -> AsyncIterator[FakeKis]:
    async with FakeKis().running() as kis:
        yield kis


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
async def new_gateway(kis: FakeKis, time: FakeTime, tmp_path: Path) -> AsyncIterator[NewGateway]:
    """Makes gateways to the fake KIS, unlimited unless asked otherwise."""
    async with AsyncExitStack() as stack:

        def make(folder: Path = tmp_path, **settings: Any) -> HttpGateway:
            defaults: dict[str, Any] = {
                "rest_url": kis.url,
                "app_key": "the-app-key",
                "app_secret": "the-app-secret",
                "requests_per_second": 0,
            }
            connection = Connection(Environment.REAL, **{**defaults, **settings})
            gateway = HttpGateway(
                connection, shared_files(folder, connection.digest), clock=time.clock, timer=time.timer
            )
            stack.push_async_callback(gateway.aclose)
            return gateway

        yield make


@pytest.fixture
def gateway(new_gateway: NewGateway) -> HttpGateway:
    return new_gateway()
