"""OpenAI's Agents SDK, whose servers have nobody to ask."""

import asyncio
import os

from agents.mcp import MCPServerStdio, MCPServerStreamableHttp
from task import do_task, server_from_command_line


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        params = {"command": first, "args": rest, "env": dict(os.environ)}
        server = MCPServerStdio(params, client_session_timeout_seconds=60)
    else:
        params = {"url": first, "headers": {"Authorization": f"Bearer {rest[0]}"}}
        server = MCPServerStreamableHttp(params, client_session_timeout_seconds=60)
    async with server:

        async def call(tool, arguments):
            return (await server.call_tool(tool, arguments)).content[0].text

        await do_task(len(await server.list_tools()), call)


asyncio.run(main())
