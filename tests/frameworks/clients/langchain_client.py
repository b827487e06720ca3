"""LangChain's MCP adapters as their documentation uses them: a session of its own for each call, nobody to ask."""

import asyncio
import os

from langchain_core.tools import ToolException
from langchain_mcp_adapters.client import MultiServerMCPClient
from task import do_task, server_from_command_line


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        connection = {"transport": "stdio", "command": first, "args": rest, "env": dict(os.environ)}
    else:
        headers = {"Authorization": f"Bearer {rest[0]}"}
        connection = {"transport": "streamable_http", "url": first, "headers": headers}
    tools = {tool.name: tool for tool in await MultiServerMCPClient({"kis": connection}).get_tools()}

    async def call(tool, arguments):
        try:
            content = await tools[tool].ainvoke(arguments)
        except ToolException as error:
            return str(error)
        return content if isinstance(content, str) else content[0]["text"]

    await do_task(len(tools), call)


asyncio.run(main())
