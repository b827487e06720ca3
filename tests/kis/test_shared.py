"""Another adapter than files behind the port: one that a network would stand before, in memory."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kis_mcp.environment import Environment
from kis_mcp.kis.connection import Connection
from kis_mcp.kis.rest import HttpGateway
from kis_mcp.kis.shared import Shared
from tests.kis.fake_kis import FakeKis, FakeTime
from tests.kis.test_rest import READ


@dataclass
class Place:
    """What a server far away keeps for everybody."""

    content: dict[str, Any] = field(default_factory=dict[str, Any])
    held_by: object = None


class FarObject:
    """Has the lock only when it asks for the second time, as an answer takes its time."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._has_asked = False

    def try_lock(self) -> bool:
        self._has_asked = not self._has_asked
        if self._has_asked or self._place.held_by is not None:
            return False
        self._place.held_by = self
        return True

    def unlock(self) -> None:
        assert self._place.held_by is self
        self._place.held_by = None

    def holder(self) -> str:
        return "a place, held by another machine"

    def read(self) -> dict[str, Any]:
        assert self._place.held_by is self
        return dict(self._place.content)

    def write(self, content: Mapping[str, Any]) -> None:
        assert self._place.held_by is self
        self._place.content = dict(content)

    def close(self) -> None:
        if self._place.held_by is self:
            self._place.held_by = None


class FarStore:
    def __init__(self, place: Place) -> None:
        self._place = place

    def get(self, key: str) -> dict[str, Any]:
        return self._place.content.get(key, {})

    def put(self, key: str, value: Mapping[str, Any]) -> None:
        self._place.content[key] = dict(value)

    def close(self) -> None: ...


async def test_gateways_on_another_adapter_ask_for_one_token_and_keep_the_limit_together(
    kis: FakeKis, time: FakeTime
) -> None:
    tokens, lock, rate, live = Place(), Place(), Place(), Place()
    connection = Connection(Environment.REAL, kis.url, "key", "secret", requests_per_second=2)
    gateways = [
        HttpGateway(
            connection,
            Shared(FarStore(tokens), FarObject(lock), FarObject(rate), FarObject(live), FarStore(live)),
            clock=time.clock,
            timer=time.timer,
        )
        for _ in range(2)
    ]
    started = time.seconds
    await asyncio.gather(*(gateway.read(READ) for gateway in gateways for _ in range(3)))
    assert len(kis.token_requests) == 1
    assert len(kis.seen) == 6
    assert time.seconds - started >= 2
    for gateway in gateways:
        await gateway.aclose()
    assert (lock.held_by, rate.held_by) == (None, None)
