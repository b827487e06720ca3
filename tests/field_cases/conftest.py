"""One case at a time: a stubbed KIS, a client of a server that reaches it, and a person who agrees."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from mcp import Client

from kis_mcp.simulator import SimulatorOptions, run_simulator
from tests.client import NOW, Person, blocks, connected, error, settings_for
from tests.field_cases.stub import Stub, StubbedKis, stubbed


@dataclass
class Case:
    """A running case.

    Attributes:
        notes, complete: Of the last success.
    """

    kis: StubbedKis
    client: Client
    person: Person
    clock: "MovingClock"
    notes: list[str] = field(default_factory=list)
    complete: bool = True

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The blocks of a success. The client of the SDK holds the answer against the tool's output schema."""
        result = await self.client.call_tool(tool, arguments)
        found = blocks(result)
        assert result.structured_content is not None
        self.notes = result.structured_content.get("notes", [])
        self.complete = result.structured_content["complete"]
        return found

    async def fail(self, tool: str, **arguments: Any) -> dict[str, str]:
        """The facts of a failure."""
        return error(await self.client.call_tool(tool, arguments))


@dataclass
class MovingClock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


Open = Callable[..., AbstractAsyncContextManager[Case]]


@pytest.fixture
def case() -> Open:
    @asynccontextmanager
    async def opened(
        environment: str, stubs: Mapping[str, Stub] | None = None, **settings: Any
    ) -> AsyncGenerator[Case]:
        clock = MovingClock()
        options = SimulatorOptions(clock=clock, real_rate=0, demo_rate=0, token_interval_seconds=0)
        async with (
            run_simulator(options) as simulator,
            stubbed(simulator, stubs or {}, demo=environment == "demo") as kis,
        ):
            address = "url_rest_paper" if environment == "demo" else "url_rest"
            values = {address: kis.url, "allow_real_orders": environment == "real", **settings}
            person = Person(types=1)
            async with connected(settings_for(simulator, environment, **values), person=person, clock=clock) as client:
                yield Case(kis, client, person, clock)

    return opened
