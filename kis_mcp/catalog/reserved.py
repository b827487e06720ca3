"""Arguments that tools take beside their own: where the answer is long or wide, where events are waited for, and where
an order is confirmed."""

from kis_mcp.catalog.model import Api, Parameter

FIELDS = "fields"
LIMIT = "limit"
CURSOR = "cursor"
SECONDS = "seconds"
MAX_EVENTS = "max_events"
CONFIRMATION_TOKEN = "confirmation_token"  # noqa: S105  (its name)
ALL_FIELDS = "all"
DEFAULT_LIMIT = 100
MOST_ROWS = 1000

_FIELDS = Parameter(FIELDS, "string", f"Names or {ALL_FIELDS}.", is_list=True, max_items=200)
_OF_LISTS = (
    Parameter(LIMIT, "integer", "Most rows.", minimum=1, maximum=MOST_ROWS, default=DEFAULT_LIMIT),
    Parameter(CURSOR, "string", "next_cursor."),
)
_OF_LIVE_DATA = (
    Parameter(MAX_EVENTS, "integer", "Most events.", minimum=1, maximum=500, default=20),
    Parameter(SECONDS, "integer", "Longest wait.", minimum=1, maximum=50, default=25),
)
"""Hosts give up on a call after 60 seconds."""

_OF_ORDERS = (
    Parameter(
        CONFIRMATION_TOKEN,
        "string",
        "Of the preview, once they agreed.",
        pattern="[A-Za-z0-9.]{1,100}",
    ),
)
RESERVED_NAMES = frozenset({FIELDS, LIMIT, CURSOR, SECONDS, MAX_EVENTS, CONFIRMATION_TOKEN})


def is_list_tool(api: Api) -> bool:
    """Whether a KIS API answers with lists. Core tools name their own arguments for that."""
    return api.kind == "rest" and any(block.is_list for block in api.blocks)


def all_parameters(api: Api) -> tuple[Parameter, ...]:
    """The parameters of a row, then `fields` for lists and for blocks with columns, for lists of KIS APIs `limit` and
    `cursor`, for live data `max_events` and `seconds`, and for orders `confirmation_token`."""
    of_orders = _OF_ORDERS if api.risk == "order" else ()
    if is_list_tool(api):
        return (*api.parameters, _FIELDS, *_OF_LISTS, *of_orders)
    if api.kind == "websocket":
        return (*api.parameters, _FIELDS, *_OF_LIVE_DATA)
    wide = any(block.columns or block.is_list for block in api.blocks)
    return (*api.parameters, *((_FIELDS,) if wide else ()), *of_orders)
