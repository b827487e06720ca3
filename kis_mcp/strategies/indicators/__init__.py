"""Indicators, worked out a bar at a time."""

from kis_mcp.strategies.indicators.kind import BarValues, Indicator, IndicatorKind, IndicatorParam, Values
from kis_mcp.strategies.indicators.table import KINDS, find_kind

__all__ = ["KINDS", "BarValues", "Indicator", "IndicatorKind", "IndicatorParam", "Values", "find_kind"]
