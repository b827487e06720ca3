"""An MCP server for the Korea Investment & Securities (KIS) Open API."""

__version__ = "0.1.0"
