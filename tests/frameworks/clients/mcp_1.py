"""The MCP SDK for Python before its second edition, with a person who answers its form."""

import asyncio
import os

from loop import agree, progress, serve, server_from_command_line
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client
from mcp.types import ElicitResult


async def answer(context, params):
    return ElicitResult(action="accept", content=agree(params.message))


async def tell(done, total, message):
    progress.append(message)


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        transport = stdio_client(StdioServerParameters(command=first, args=rest, env=dict(os.environ)))
    else:
        transport = streamablehttp_client(first, headers={"Authorization": f"Bearer {rest[0]}"})
    async with transport as (to_us, to_them, *_), ClientSession(to_us, to_them, elicitation_callback=answer) as session:
        await session.initialize()

        async def call(tool, arguments):
            content = (await session.call_tool(tool, arguments, progress_callback=tell)).content
            return content[0].text, [each.data for each in content if each.type == "image"]

        async def read(uri):
            return (await session.read_resource(uri)).contents[0].text

        await serve(len((await session.list_tools()).tools), call, read)


asyncio.run(main())
