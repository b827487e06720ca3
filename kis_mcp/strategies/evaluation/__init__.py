"""From bars to signals, the same in a backtest and live."""

from kis_mcp.strategies.evaluation.evaluator import Evaluator, Signal
from kis_mcp.strategies.evaluation.position import Position

__all__ = ["Evaluator", "Position", "Signal"]
