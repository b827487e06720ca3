"""OpenAI's Agents SDK, whose servers have nobody to ask."""

import asyncio
import json
import os

from agents import RunContextWrapper
from agents.mcp import MCPServerStdio, MCPServerStreamableHttp, MCPUtil
from loop import serve, server_from_command_line


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        params = {"command": first, "args": rest, "env": dict(os.environ)}
        server = MCPServerStdio(params, client_session_timeout_seconds=60)
    else:
        params = {"url": first, "headers": {"Authorization": f"Bearer {rest[0]}"}}
        server = MCPServerStreamableHttp(params, client_session_timeout_seconds=60)
    async with server:
        tools = {tool.name: tool for tool in await server.list_tools()}

        async def call(tool, arguments):
            output = await MCPUtil.invoke_mcp_tool(
                server, tools[tool], RunContextWrapper(context=None), json.dumps(arguments)
            )
            items = output if isinstance(output, list) else [output]
            pictures = [item["image_url"].partition("base64,")[2] for item in items if item["type"] == "image"]
            return items[0]["text"], pictures

        async def read(uri):
            return (await server.read_resource(uri)).contents[0].text

        await serve(len(tools), call, read)


asyncio.run(main())
