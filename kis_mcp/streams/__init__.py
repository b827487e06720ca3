"""Live subscriptions: who shares which channel, what came over it, and waiting for what comes."""

from kis_mcp.streams.stream import Stream
from kis_mcp.streams.streams import Streams

__all__ = ["Stream", "Streams"]
