"""Candlestick patterns, seen a bar at a time."""

from kis_mcp.strategies.patterns.table import PATTERNS, Pattern, PatternKind, find_pattern

__all__ = ["PATTERNS", "Pattern", "PatternKind", "find_pattern"]
