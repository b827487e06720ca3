"""Indicators, worked out a bar at a time."""

from kis_mcp.strategies.indicators.kind import BarValues, IndicatorKind, Values
from kis_mcp.strategies.indicators.table import find_kind

__all__ = ["BarValues", "IndicatorKind", "Values", "find_kind"]
