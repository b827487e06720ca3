"""The least an MCP server can be: the SDK's low-level server with one tool. What the benchmarks compare with."""

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolResult, ListToolsResult, TextContent, Tool


async def list_tools(_context: object, _params: object) -> ListToolsResult:
    return ListToolsResult(tools=[Tool(name="three", description="Three.", input_schema={"type": "object"})])


async def call_tool(_context: object, _params: object) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text="3")])


async def main() -> None:
    server = Server("bare", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


anyio.run(main)
