"""Arguments that tools take beside their own, where the answer is long or wide."""

from kis_mcp.catalog.model import Api, Parameter

FIELDS = "fields"
LIMIT = "limit"
CURSOR = "cursor"
ALL_FIELDS = "all"
DEFAULT_LIMIT = 100
MOST_ROWS = 1000

_FIELDS = Parameter(FIELDS, "string", f'"{ALL_FIELDS}" or names.', is_list=True, max_items=200)
_OF_LISTS = (
    Parameter(LIMIT, "integer", "Most rows.", minimum=1, maximum=MOST_ROWS, default=DEFAULT_LIMIT),
    Parameter(CURSOR, "string", "A next_cursor."),
)
RESERVED_NAMES = frozenset({FIELDS, LIMIT, CURSOR})


def is_list_tool(api: Api) -> bool:
    """Whether a KIS API answers with lists. Core tools name their own arguments for that."""
    return api.kind == "rest" and any(block.is_list for block in api.blocks)


def all_parameters(api: Api) -> tuple[Parameter, ...]:
    """The parameters of a row, then `fields` for lists and for blocks with columns, and for lists of KIS APIs `limit`
    and `cursor`."""
    if is_list_tool(api):
        return (*api.parameters, _FIELDS, *_OF_LISTS)
    wide = any(block.columns or block.is_list for block in api.blocks)
    return (*api.parameters, _FIELDS) if wide and api.kind != "websocket" else api.parameters
