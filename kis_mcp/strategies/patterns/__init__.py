"""Candlestick patterns, seen a bar at a time."""

from kis_mcp.strategies.patterns.kind import Pattern, PatternKind
from kis_mcp.strategies.patterns.table import PATTERNS, find_pattern

__all__ = ["PATTERNS", "Pattern", "PatternKind", "find_pattern"]
