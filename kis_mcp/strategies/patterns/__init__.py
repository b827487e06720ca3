"""Candlestick patterns, seen a bar at a time."""

from kis_mcp.strategies.patterns.table import find_pattern

__all__ = ["find_pattern"]
