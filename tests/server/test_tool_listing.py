"""What tools/list says about each tool."""

import json
import re

import pytest
from mcp_types import Tool

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.server.app import INSTRUCTIONS
from kis_mcp.server.tool_listing import tool_of

CORE = [(api, tool_of(api)) for api in catalog().core]


@pytest.mark.parametrize(("api", "tool"), CORE, ids=lambda value: value.tool if isinstance(value, Api) else "")
def test_a_core_tool_says_what_a_host_needs(api: Api, tool: Tool) -> None:
    assert tool.title == api.title
    assert tool.description is not None
    assert tool.description.startswith("Use this ")
    assert len(tool.description.encode()) < 2_000
    assert tool.annotations is not None
    hints = tool.annotations
    assert None not in (hints.read_only_hint, hints.destructive_hint, hints.idempotent_hint, hints.open_world_hint)
    assert tool.input_schema["additionalProperties"] is False
    named = set(api.params_of and [one.name for one in api.parameters])
    schemas = tool.input_schema["properties"].items()
    assert all("description" in schema for name, schema in schemas if name not in named)


def test_order_tools_are_destructive_and_want_the_persons_attention() -> None:
    for api in catalog().core:
        tool = tool_of(api)
        order = api.tool in ("place_order", "modify_order", "cancel_order", "close_positions", "strategies")
        assert tool.annotations is not None
        assert tool.annotations.destructive_hint is order
        assert tool.annotations.read_only_hint is (
            not order and api.tool not in ("set_environment", "halt_trading", "unwatch", "alerts")
        )
        assert (tool.meta or {}) == ({"anthropic/requiresUserInteraction": True} if order else {})


def test_the_core_list_stays_small() -> None:
    assert len(CORE) <= 36
    assert sum(size_of(tool) for _, tool in CORE) <= 30_000


def test_the_list_of_all_tools_stays_small_and_so_does_each() -> None:
    sizes = [size_of(tool_of(api)) for api in catalog().tools]
    assert sum(sizes) <= 350_000
    assert max(sizes) <= 16_000


def size_of(tool: Tool) -> int:
    """The bytes of what a model reads of a tool; output schemas stay with the client."""
    listed = tool.model_dump(mode="json", by_alias=True, exclude_none=True)
    read = {name: listed[name] for name in ("name", "title", "description", "inputSchema") if name in listed}
    return len(json.dumps(read, ensure_ascii=False, separators=(",", ":")).encode()) + 1


def test_the_instructions_name_only_tools_that_are_offered_and_fit_a_host() -> None:
    words = {"needs_confirmation", "order_id", "next_cursor", "every_row"}
    named = set(re.findall(r"\b(?:[a-z]+_)+[a-z]+\b", INSTRUCTIONS)) - words
    assert named <= {api.tool for api, _ in CORE}
    assert {"describe_tool", "call_read_tool", "search_tools", "modify_order"} <= named
    assert all(said in INSTRUCTIONS for said in ("market never closes", "new number", "limit", "fields", "strategies"))
    assert len(INSTRUCTIONS.encode()) <= 2_000
