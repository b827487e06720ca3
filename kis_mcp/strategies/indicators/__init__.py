"""Indicators, worked out a bar at a time."""

from kis_mcp.strategies.indicators.kind import BarValues, IndicatorKind, Values
from kis_mcp.strategies.indicators.table import INDICATOR_NAMES, find_kind

__all__ = ["INDICATOR_NAMES", "BarValues", "IndicatorKind", "Values", "find_kind"]
