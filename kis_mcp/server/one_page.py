"""Every list of this server fits one page."""

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, PaginatedRequestParams


def require_first_page(params: PaginatedRequestParams | None) -> None:
    """Refuse a cursor: none was ever given out.

    Raises:
        MCPError: There is one.
    """
    if params and params.cursor is not None:
        raise MCPError(INVALID_PARAMS, f"There is no page {params.cursor!r}: the list has one. Leave cursor out.")
