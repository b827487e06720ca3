"""Candlestick patterns, seen a bar at a time."""

from kis_mcp.strategies.patterns.table import PATTERN_NAMES, find_pattern

__all__ = ["PATTERN_NAMES", "find_pattern"]
