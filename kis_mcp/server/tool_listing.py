"""Rows of the spec table as MCP tools."""

from mcp_types import Tool, ToolAnnotations

from kis_mcp.catalog import Api, ResultShape, input_schema, output_schema

_THIS_PROCESS_ONLY = frozenset(
    {
        "search_tools",
        "describe_tool",
        "get_environment",
        "set_environment",
        "halt_trading",
        "list_watches",
    }
)
"""Tools that answer from what the server itself knows."""

_ASK_THE_PERSON = {"anthropic/requiresUserInteraction": True}


def tool_of(api: Api, shape: ResultShape = "columns") -> Tool:
    """The tool as tools/list shows it.

    Only core tools carry an output schema: those of the KIS APIs would fill a host's tool list with fields that it
    never shows to the model.
    """
    order = api.risk == "order"
    changes = api.method == "POST"
    return Tool(
        name=api.tool,
        title=api.title,
        description=api.description,
        input_schema=input_schema(api),
        output_schema=output_schema(api, shape) if api.kind == "core" and api.blocks else None,
        annotations=ToolAnnotations(
            read_only_hint=not changes,
            destructive_hint=order,
            idempotent_hint=not order,
            open_world_hint=api.tool not in _THIS_PROCESS_ONLY,
        ),
        _meta=_ASK_THE_PERSON if order else None,
    )
