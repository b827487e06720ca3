"""Candlestick patterns, seen a bar at a time."""

from kis_mcp.strategies.patterns.table import PATTERNS, find_pattern

__all__ = ["PATTERNS", "find_pattern"]
