"""Live subscriptions: who shares which channel, what came over it, and waiting for what comes."""

from kis_mcp.streams.condition_documents import read_condition
from kis_mcp.streams.live_quotes import LiveQuote, LiveQuotes
from kis_mcp.streams.stream import Stream, StreamStatus
from kis_mcp.streams.streams import Streams
from kis_mcp.streams.waiting import Met, Waiting
from kis_mcp.streams.watch import Feed, News, Watch
from kis_mcp.streams.watches import Watches

__all__ = [
    "Feed",
    "LiveQuote",
    "LiveQuotes",
    "Met",
    "News",
    "Stream",
    "StreamStatus",
    "Streams",
    "Waiting",
    "Watch",
    "Watches",
    "read_condition",
]
