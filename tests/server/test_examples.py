"""Every tool's example, through a client, in the simulator."""

import asyncio
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client

from kis_mcp.catalog.columns import ResultShape
from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.catalog.render import to_json
from kis_mcp.catalog.schemas import output_schema
from kis_mcp.server.surface import SurfaceOptions
from kis_mcp.simulator import Simulator
from tests.client import connected, error, settings_for, text

pytestmark = pytest.mark.slow

OF_A_RUN = ("strategy_trades", "pause_strategy", "stop_strategy", "delete_strategy")
"""In an order in which each finds what it needs, once a strategy runs."""

READS = [api for api in catalog().tools if api.kind != "websocket" and api.risk != "order" and api.tool not in OF_A_RUN]
TOOLSETS = sorted({api.toolset for api in READS})


async def failure(client: Client, api: Api) -> str | None:
    """What is wrong with the answer to a tool's example, or None."""
    result = await client.call_tool(api.tool, to_json(dict(api.example)))
    if result.is_error:
        return text(result)
    answers: dict[ResultShape, Any] = {"rows": result.structured_content, "columns": json.loads(text(result))}
    for shape, content in answers.items():
        error = next(Draft202012Validator(output_schema(api, shape)).iter_errors(content), None)
        if error is not None:
            return f"{shape}{error.json_path}: {error.message}"
    blocks = result.structured_content["blocks"]
    unknown = [note for note in result.structured_content.get("notes", []) if "unreadable" in note.lower()]
    if unknown:
        return unknown[0]
    return None if blocks else "no block"


@pytest.mark.parametrize("toolset", TOOLSETS)
async def test_every_example_works_and_its_result_is_what_the_schema_says(toolset: str, simulator: Simulator) -> None:
    apis = [api for api in READS if api.toolset == toolset]
    watch = catalog().find("watch")
    assert watch is not None
    async with connected(settings_for(simulator), SurfaceOptions("all")) as client:
        on_a_watch = [api for api in apis if "watch_id" in api.example]
        apis = [api for api in apis if api not in on_a_watch]
        found = await asyncio.gather(*(failure(client, api) for api in apis))
        for api in on_a_watch:  # in turn, each on a watch that is open: one of them ends it
            await client.call_tool("watch", to_json(dict(watch.example)))
            found.append(await failure(client, api))
    assert {api.tool: problem for api, problem in zip((*apis, *on_a_watch), found, strict=True) if problem} == {}


async def test_the_examples_about_a_strategy_that_runs_work_where_it_does(simulator: Simulator) -> None:
    tools = {api.tool: api for api in catalog().tools}
    document = dict(tools["save_strategy"].example)
    async with connected(settings_for(simulator, confirm="never"), SurfaceOptions("all")) as client:
        started = await client.call_tool("start_strategy", to_json({**document, "symbols": ["005930"]}))
        assert not started.is_error, text(started)
        found = {name: await failure(client, tools[name]) for name in OF_A_RUN}
    assert found == dict.fromkeys(OF_A_RUN)


ORDERS = [api for api in catalog().apis if api.risk == "order"]
CHANGES = frozenset(api.tool for api in ORDERS if "rvsecncl" in api.slug or api.slug == "order_resv_ccnl")
NOT_HELD = frozenset({"domestic_bond_sell"})
"""Sells that a fresh account has nothing for."""


@pytest.mark.parametrize("api", ORDERS, ids=lambda api: api.tool)
async def test_an_orders_example_goes_through_and_a_changes_is_refused_by_kis(api: Api, simulator: Simulator) -> None:
    loose: dict[str, Any] = {"price_collar_percent": 0, "max_order_notional": 1_000_000_000}
    settings = settings_for(simulator, acct_future="87654322", confirm="never", **loose)
    async with connected(settings, SurfaceOptions("all")) as client:
        result = await client.call_tool(api.tool, to_json(dict(api.example)))
    if api.tool in CHANGES | NOT_HELD:
        assert error(result)["class"] in ("order_rejected", "order_refused", "not_found", "bad_argument"), text(result)
        assert simulator.ledger.accepted == []
    else:
        assert not result.is_error, text(result)
        assert len(simulator.ledger.accepted) == 1
