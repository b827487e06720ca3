"""Strategies live: bars from ticks, decisions, orders, and the position that follows from them."""

from kis_mcp.strategies.runner.bar_builder import Tick
from kis_mcp.strategies.runner.ports import Answer, Heard, OwnOrder, Wish
from kis_mcp.strategies.runner.runner import Runner
from kis_mcp.strategies.runner.sessions import Hours, Sessions
from kis_mcp.strategies.runner.terms import Bounds, RunTerms

__all__ = [
    "Answer",
    "Bounds",
    "Heard",
    "Hours",
    "OwnOrder",
    "RunTerms",
    "Runner",
    "Sessions",
    "Tick",
    "Wish",
]
