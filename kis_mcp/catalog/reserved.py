"""Arguments that every list tool takes beside its own."""

from kis_mcp.catalog.model import Api, Parameter

FIELDS = "fields"
LIMIT = "limit"
CURSOR = "cursor"
ALL_FIELDS = "all"
DEFAULT_LIMIT = 100
MOST_ROWS = 1000

_RESERVED = (
    Parameter(FIELDS, "string", f'"{ALL_FIELDS}" or column names.', is_list=True, max_items=200),
    Parameter(LIMIT, "integer", "Most rows.", minimum=1, maximum=MOST_ROWS, default=DEFAULT_LIMIT),
    Parameter(CURSOR, "string", "A next_cursor."),
)
RESERVED_NAMES = frozenset(parameter.name for parameter in _RESERVED)


def is_list_tool(api: Api) -> bool:
    """Whether a KIS API answers with lists. Core tools name their own arguments for that."""
    return api.kind == "rest" and any(block.is_list for block in api.blocks)


def all_parameters(api: Api) -> tuple[Parameter, ...]:
    """The parameters of a row and, for a list tool, the reserved ones."""
    return (*api.parameters, *_RESERVED) if is_list_tool(api) else api.parameters
