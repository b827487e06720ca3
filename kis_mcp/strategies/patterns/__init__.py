"""Candlestick patterns, seen a bar at a time."""

from kis_mcp.strategies.patterns.table import PATTERN_NAMES, PATTERNS, find_pattern

__all__ = ["PATTERNS", "PATTERN_NAMES", "find_pattern"]
