"""Pydantic AI's MCP toolset, with a person who answers its form."""

import asyncio
import base64
import os

from fastmcp.client.transports import StdioTransport, StreamableHttpTransport
from loop import agree, progress, serve, server_from_command_line
from mcp_types import ElicitResult
from pydantic_ai.exceptions import ModelRetry
from pydantic_ai.mcp import MCPToolset
from pydantic_ai.messages import ToolReturnPart


async def answer(message, response_type, params, context):
    return ElicitResult(action="accept", content=agree(message))


async def tell(done, total, message):
    progress.append(message)


async def main():
    kind, (first, *rest) = server_from_command_line()
    if kind == "stdio":
        transport = StdioTransport(first, rest, env=dict(os.environ))
    else:
        transport = StreamableHttpTransport(first, headers={"Authorization": f"Bearer {rest[0]}"})
    async with MCPToolset(transport, elicitation_handler=answer, progress_handler=tell) as toolset:

        async def call(tool, arguments):
            try:
                result = await toolset.direct_call_tool(tool, arguments)
            except ModelRetry as error:
                return str(error), []
            part = ToolReturnPart(tool, result, tool_call_id="1")
            return part.model_response_str(), [base64.b64encode(file.data).decode() for file in part.files]

        await serve(len(await toolset.list_tools()), call, toolset.read_resource)


asyncio.run(main())
