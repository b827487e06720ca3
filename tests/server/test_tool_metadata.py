"""The metadata that hosts and models choose tools by, of every tool: the core ones and those of all APIs."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from mcp_types import Tool, ToolAnnotations

from kis_mcp.catalog.loader import catalog
from kis_mcp.catalog.model import Api
from kis_mcp.server.tool_listing import tool_of

LONGEST_NAME, LONGEST_TITLE, LONGEST_SENTENCE = 50, 60, 300
SHORTEST_SENTENCE = 20
"""Characters. Less says nothing of when to use a tool."""

SWITCHES = {
    "set_environment",
    "halt_trading",
    "unwatch",
    "alerts",
    "save_strategy",
    "delete_strategy",
    "pause_strategy",
    "stop_strategy",
}
"""Tools of this server that change something, though no order."""


@pytest.fixture(scope="module")
def tools() -> list[tuple[Api, Tool]]:
    return [(api, tool_of(api)) for api in catalog().tools]


def first_sentence(tool: Tool) -> str:
    return re.split(r"(?<=[.!?])\s", tool.description or "", maxsplit=1)[0]


def hints(tool: Tool) -> ToolAnnotations:
    return tool.annotations or ToolAnnotations()


RULES: dict[str, Callable[[Api, Tool], bool]] = {
    "a name of small letters, at most 50 characters": lambda _, tool: (
        re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", tool.name) is not None and len(tool.name) <= LONGEST_NAME
    ),
    "a title that fits a button": lambda _, tool: (
        tool.title is not None and tool.title == tool.title.strip() and 0 < len(tool.title) <= LONGEST_TITLE
    ),
    "a first sentence that is whole and short": lambda _, tool: (
        first_sentence(tool).endswith(".") and SHORTEST_SENTENCE <= len(first_sentence(tool)) <= LONGEST_SENTENCE
    ),
    "all four annotations": lambda _, tool: (
        None
        not in (
            hints(tool).read_only_hint,
            hints(tool).destructive_hint,
            hints(tool).idempotent_hint,
            hints(tool).open_world_hint,
        )
    ),
    "destructive exactly where it orders": lambda api, tool: hints(tool).destructive_hint is (api.risk == "order"),
    "read-only exactly where it changes nothing": lambda api, tool: (
        hints(tool).read_only_hint is (api.risk != "order" and api.tool not in SWITCHES)
    ),
    "the person's attention exactly where it orders": lambda api, tool: (
        (tool.meta or {}).get("anthropic/requiresUserInteraction", False) is (api.risk == "order")
    ),
    "a description of every argument, but where another tool has it": lambda api, tool: (
        bool(api.params_of) or all(schema.get("description") for schema in tool.input_schema["properties"].values())
    ),
}


@pytest.mark.parametrize("rule", RULES)
def test_every_tool_has(rule: str, tools: list[tuple[Api, Tool]]) -> None:
    assert [tool.name for api, tool in tools if not RULES[rule](api, tool)] == []


def test_no_two_tools_share_a_name_or_begin_with_the_same_sentence(tools: list[tuple[Api, Tool]]) -> None:
    for said in (
        [tool.name for _, tool in tools],
        [first_sentence(tool).casefold() for _, tool in tools],
    ):
        assert [text for text, times in Counter(said).items() if times > 1] == []
