"""A real MCP client over stdio to a server process of this installation, for the commands that act like a host."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters


@asynccontextmanager
async def server_process(
    *flags: str, variables: Mapping[str, str] | None = None, **options: Any
) -> AsyncGenerator[Client]:
    """Start ``kis-mcp serve`` with this process' environment plus ``variables`` and connect to it.

    ``options`` are those of `mcp.Client`, such as ``elicitation_callback``.
    """
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "kis_mcp", "serve", *flags], env={**os.environ, **(variables or {})}
    )
    async with Client(server, **options) as client:
        yield client
