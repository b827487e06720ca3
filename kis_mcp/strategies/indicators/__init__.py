"""Indicators, worked out a bar at a time."""

from kis_mcp.strategies.indicators.kind import BarValues, IndicatorKind, IndicatorParam, Values
from kis_mcp.strategies.indicators.row import OfClose
from kis_mcp.strategies.indicators.table import INDICATOR_NAMES, KINDS, find_kind

__all__ = ["INDICATOR_NAMES", "KINDS", "BarValues", "IndicatorKind", "IndicatorParam", "OfClose", "Values", "find_kind"]
