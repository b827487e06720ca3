"""A real MCP client over stdio to a server process of this installation, for the commands that act like a host."""

import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

from mcp import Client, MCPError
from mcp.client.stdio import StdioServerParameters
from mcp_types import CONNECTION_CLOSED

from kis_mcp.errors import InternalError

_AS_ROWS = {"KIS_RESULT_SHAPE": "rows"}


@asynccontextmanager
async def server_process(
    *flags: str, variables: Mapping[str, str] | None = None, **options: Any
) -> AsyncGenerator[Client]:
    """Start ``kis-mcp serve`` with this process' environment and connect to it.

    ``variables`` stand in place of all ``KIS_…`` variables of this process where they are given. Lists come as rows:
    commands and those who pipe their output read records.

    ``options`` are those of `mcp.Client`, such as ``elicitation_callback``.

    Raises:
        InternalError: The server ended before it answered.
    """
    environment = dict(os.environ)
    if variables is not None:
        environment = {name: value for name, value in environment.items() if not name.upper().startswith("KIS_")}
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "kis_mcp", "serve", *flags],
        env={**environment, **(variables or {}), **_AS_ROWS},
    )
    try:
        async with Client(server, **options) as client:
            yield client
    except (MCPError, OSError, ExceptionGroup) as error:
        if not _is_end_of_server(error):
            raise
        raise InternalError(
            "The server ended before it answered.",
            remedy="What it said last is above. See `kis-mcp doctor`, and `kis-mcp orders` if an order was on its way.",
        ) from error


def _is_end_of_server(error: Exception) -> bool:
    if isinstance(error, ExceptionGroup):
        return all(map(_is_end_of_server, cast("ExceptionGroup[Exception]", error).exceptions))
    return isinstance(error, OSError) or (isinstance(error, MCPError) and error.code == CONNECTION_CLOSED)
