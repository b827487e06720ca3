"""Strategies live: bars from ticks, decisions, orders, and the position that follows from them."""

from kis_mcp.strategies.runner.adjustments import is_in_doubt
from kis_mcp.strategies.runner.bar_builder import Tick, join_bars
from kis_mcp.strategies.runner.ports import Answer, Heard, InAccount, OwnOrder, Wish
from kis_mcp.strategies.runner.runner import Runner, fault_reason
from kis_mcp.strategies.runner.sessions import Hours, Sessions
from kis_mcp.strategies.runner.terms import Bounds, RunTerms

__all__ = [
    "Answer",
    "Bounds",
    "Heard",
    "Hours",
    "InAccount",
    "OwnOrder",
    "RunTerms",
    "Runner",
    "Sessions",
    "Tick",
    "Wish",
    "fault_reason",
    "is_in_doubt",
    "join_bars",
]
