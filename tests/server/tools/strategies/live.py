"""A strategy live in the simulator inside, in a world whose minute is short."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

import pytest
from mcp import Client
from mcp.client.session import ElicitationFnT
from mcp_types import CallToolResult

from kis_mcp.clock import KST, WorldClock
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from tests.client import Person, blocks, connected
from tests.server.tools.strategies.documents import SENTENCE

SPEED = 200
MINUTES: dict[str, Any] = {**SENTENCE, "interval": "1m"}
"""The sentence on bars of one minute."""

AT_ONCE: dict[str, Any] = {
    "id": "at-once",
    "name": "Buys at the first bar",
    "interval": "1m",
    "universe": {"symbols": ["005930"]},
    "entry": {"left": "close", "is": "above", "right": 0},
    "sizing": {"shares": 10},
}
NEVER: dict[str, Any] = {**AT_ONCE, "id": "never", "entry": {"left": "close", "is": "below", "right": 0}}
BEGIN = datetime(2026, 3, 3, 10, 30, tzinfo=KST)


def look_often(patch: pytest.MonkeyPatch, seconds: float, order_seconds: tuple[float, float], seldom: float) -> None:
    """What waits by the machine's clock waits shortly: so long for a run, and so long each time for an order."""
    for name, value in {
        "kis_mcp.wiring.environments._LOOK_SECONDS": seconds,
        "kis_mcp.wiring.strategies.LOOK_SECONDS": seconds,
        "kis_mcp.strategies.runner.runner.POLL_SECONDS": seconds,
        "kis_mcp.strategies.runner.runner.HEAR_SECONDS": seconds,
        "kis_mcp.strategies.runner.errand.PAUSES": order_seconds,
        "kis_mcp.strategies.runner.errand.SELDOM": seldom,
    }.items():
        patch.setattr(name, value)


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """As much shorter as the world's minute is."""
    look_often(monkeypatch, 0.1, (0.05, 0.1), 0.2)


@asynccontextmanager
async def trading(
    clock: WorldClock | None = None,
    *,
    person: ElicitationFnT | None = None,
    options: SurfaceOptions | None = None,
    **settings: Any,
) -> AsyncGenerator[Client]:
    """A client of a server with a simulator inside."""
    clock = clock or WorldClock(at=BEGIN, speed=SPEED)
    loaded = Settings.load(**{"result_shape": "rows", **settings})
    async with connected(loaded, options, person=person or Person(), clock=clock) as client:
        yield client


async def call(client: Client, action: str, **arguments: Any) -> CallToolResult:
    return await client.call_tool("strategies", {"action": action, **arguments})


async def until(
    client: Client, name: str, holds: Callable[[Mapping[str, Any]], object], seconds: float = 20
) -> dict[str, Any]:
    """The status of a strategy once something holds of it."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(seconds):
            while True:
                found = blocks(await call(client, "status", strategy=name))
                if holds(found):
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise AssertionError(found) from None


async def until_noted(client: Client, name: str, words: str, seconds: float = 20) -> list[str]:
    """The notes of a strategy's status once one of them has some words."""
    async with asyncio.timeout(seconds):
        while True:
            notes: list[str] = (await call(client, "status", strategy=name)).structured_content["notes"]
            if any(words in note for note in notes):
                return notes
            await asyncio.sleep(0.1)


def run_of(found: Mapping[str, Any]) -> dict[str, Any]:
    (row,) = found["runs"]
    return row


def holds(quantity: int) -> Callable[[Mapping[str, Any]], bool]:
    return lambda found: [row["quantity"] for row in found["positions"]] == [quantity]


def is_state(state: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda found: run_of(found)["state"] == state
