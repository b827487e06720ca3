"""The MCP SDK for Python before its second edition, with a person who answers its form."""

import asyncio
import os

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import ElicitResult
from task import do_task, server_from_command_line


async def agree(context, params):
    return ElicitResult(action="accept", content={"confirm": True})


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        transport = stdio_client(StdioServerParameters(command=first, args=rest, env=dict(os.environ)))
    else:
        transport = streamablehttp_client(first, headers={"Authorization": f"Bearer {rest[0]}"})
    async with transport as (read, write, *_), ClientSession(read, write, elicitation_callback=agree) as session:
        await session.initialize()

        async def call(tool, arguments):
            return (await session.call_tool(tool, arguments)).content[0].text

        await do_task(len((await session.list_tools()).tools), call)


asyncio.run(main())
