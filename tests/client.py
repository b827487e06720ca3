"""A server in this process, a client of it, and a person who answers."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from mcp import Client
from mcp.client.session import ClientRequestContext, ElicitationFnT
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitRequestParams, ElicitResult, TextContent

from kis_mcp.clock import KST, Clock
from kis_mcp.server.app import build_server
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.settings.settings import Settings
from kis_mcp.simulator import Simulator

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=KST)
SAMSUNG = "005930"
BUY = {"symbol": SAMSUNG, "side": "buy", "quantity": 3, "price": 60_000}
"""Below the market of that day: it rests."""


@dataclass
class Person:
    """Answers each question the same way, and remembers what was asked."""

    action: Literal["accept", "decline", "cancel"] = "accept"
    ticks: bool = True
    types: int | float | str | None = 3
    asked: list[str] = field(default_factory=list)

    async def __call__(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        if self.action != "accept":
            return ElicitResult(action=self.action)
        typed = {"quantity": self.types} if "quantity" in params.requested_schema["properties"] else {}
        return ElicitResult(action="accept", content={"confirm": self.ticks, **typed})


def settings_for(simulator: Simulator, environment: str = "sim", **more: Any) -> Settings:
    """Settings that reach a simulator, in whichever environment it stands in for."""
    keys = {
        f"{paper}{name}": f"{paper}{name}-of-a-test" for paper in ("", "paper_") for name in ("app_key", "app_secret")
    }
    values = {
        "env": environment,
        "url_rest": simulator.real_url,
        "url_rest_paper": simulator.demo_url,
        "url_ws": simulator.real_ws_url,
        "url_ws_paper": simulator.demo_ws_url,
        "acct_stock": "87654321",
        "paper_stock": "12345678",
        "rate_limit": 0,
        "rate_limit_paper": 0,
        "rate_limit_sim": 0,
        "max_order_notional": 100_000_000,
        "max_order_quantity": 1_000,
        "result_shape": "rows",
    }
    return Settings.load(**{**keys, **values, **more})


@asynccontextmanager
async def connected(
    settings: Settings,
    options: SurfaceOptions | None = None,
    *,
    era: str = "auto",
    person: ElicitationFnT | None = None,
    clock: Clock = lambda: NOW,
    **more: Any,
) -> AsyncGenerator[Client]:
    """A client of a fresh server; without a person it cannot elicit."""
    server = build_server(settings, options, clock=clock)
    async with Client(server, mode=era, elicitation_callback=person, **more) as client:
        yield client


def blocks(result: CallToolResult) -> dict[str, Any]:
    """The blocks of a success."""
    assert not result.is_error, text(result)
    found: dict[str, Any] = result.structured_content["blocks"]
    return {name: as_records(block) for name, block in found.items()}


def as_records(block: Any) -> Any:
    """A block with its lists as records, in whichever shape the server gave them."""
    if not isinstance(block, dict) or "rows" not in block or not block.keys() <= {"columns", "every_row", "rows"}:
        return block
    shared = block.get("every_row", {})
    return [{**dict(zip(block["columns"], row, strict=True)), **shared} for row in block["rows"]]


def error(result: CallToolResult) -> dict[str, str]:
    """The facts of a failure, of which the text says the same."""
    assert result.is_error
    facts: dict[str, str] = result.structured_content["error"]
    assert facts["what"] in text(result)
    assert facts["next_step"] in text(result)
    return facts


def text(result: CallToolResult) -> str:
    """The text; a picture may stand behind it."""
    content, *_ = result.content
    assert isinstance(content, TextContent)
    return content.text
