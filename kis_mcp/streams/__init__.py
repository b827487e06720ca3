"""Live subscriptions: who shares which channel, what came over it, and waiting for what comes."""

from kis_mcp.streams.condition_documents import FindListing, read_condition, write_condition
from kis_mcp.streams.conditions import Condition, Evaluation, interests_of
from kis_mcp.streams.stream import Stream
from kis_mcp.streams.streams import Streams
from kis_mcp.streams.waiting import Met, Waiting
from kis_mcp.streams.watch import Feed, News, Watch
from kis_mcp.streams.watches import Watches

__all__ = [
    "Condition",
    "Evaluation",
    "Feed",
    "FindListing",
    "Met",
    "News",
    "Stream",
    "Streams",
    "Waiting",
    "Watch",
    "Watches",
    "interests_of",
    "read_condition",
    "write_condition",
]
