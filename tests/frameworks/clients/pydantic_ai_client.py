"""Pydantic AI's MCP toolset, with a person who answers its form."""

import asyncio
import json
import os

from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from mcp_types import ElicitResult
from pydantic_ai.exceptions import ModelRetry
from pydantic_ai.mcp import MCPToolset
from task import do_task, server_from_command_line


async def agree(message, response_type, params, context):
    return ElicitResult(action="accept", content={"confirm": True})


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        transport = StdioTransport(first, rest, env=dict(os.environ))
    else:
        transport = StreamableHttpTransport(first, headers={"Authorization": f"Bearer {rest[0]}"})
    async with MCPToolset(transport, elicitation_handler=agree) as toolset:

        async def call(tool, arguments):
            try:
                result = await toolset.direct_call_tool(tool, arguments)
            except ModelRetry as error:
                return str(error)
            return result if isinstance(result, str) else json.dumps(result, default=str)

        await do_task(len(await toolset.list_tools()), call)


asyncio.run(main())
