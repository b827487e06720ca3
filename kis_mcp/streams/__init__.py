"""Live subscriptions: who shares which channel, what came over it, and waiting for what comes."""

from kis_mcp.streams.condition_documents import read_condition, write_condition
from kis_mcp.streams.conditions import Condition, Evaluation, Simple, condition_text, interests_of, simple_parts
from kis_mcp.streams.live_quotes import LiveQuote, LiveQuotes
from kis_mcp.streams.outages import interruptions
from kis_mcp.streams.stream import Stream, StreamStatus
from kis_mcp.streams.streams import Streams
from kis_mcp.streams.waiting import AT_ONCE, Waiting
from kis_mcp.streams.watch import Feed, News, Watch
from kis_mcp.streams.watches import Watches

__all__ = [
    "AT_ONCE",
    "Condition",
    "Evaluation",
    "Feed",
    "LiveQuote",
    "LiveQuotes",
    "News",
    "Simple",
    "Stream",
    "StreamStatus",
    "Streams",
    "Waiting",
    "Watch",
    "Watches",
    "condition_text",
    "interests_of",
    "interruptions",
    "read_condition",
    "simple_parts",
    "write_condition",
]
