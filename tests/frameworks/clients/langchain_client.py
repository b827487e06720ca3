"""LangChain's MCP adapters as their documentation uses them: each call has a session of its own."""

import asyncio
import os

from langchain_mcp_adapters.callbacks import Callbacks
from langchain_mcp_adapters.client import MultiServerMCPClient
from loop import agree, progress, serve, server_from_command_line
from mcp.types import ElicitResult


async def answer(mcp_context, params, context):
    return ElicitResult(action="accept", content=agree(params.message))


async def tell(done, total, message, context):
    progress.append(message)


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        connection = {"transport": "stdio", "command": first, "args": rest, "env": dict(os.environ)}
    else:
        headers = {"Authorization": f"Bearer {rest[0]}"}
        connection = {"transport": "streamable_http", "url": first, "headers": headers}
    callbacks = Callbacks(on_elicitation=answer, on_progress=tell)
    client = MultiServerMCPClient({"kis": connection}, callbacks=callbacks)
    tools = {tool.name: tool for tool in await client.get_tools()}

    async def call(tool, arguments):
        message = await tools[tool].ainvoke({"type": "tool_call", "id": "1", "name": tool, "args": arguments})
        pictures = [block["base64"] for block in message.content if block["type"] == "image"]
        return message.content[0]["text"], pictures

    async def read(uri):
        (blob,) = await client.get_resources("kis", uris=[uri])
        return blob.as_string()

    await serve(len(tools), call, read)


asyncio.run(main())
