"""From bars to signals and decisions, the same in a backtest and live."""

from kis_mcp.strategies.evaluation.decisions import NOTHING, Decider, EntryBook
from kis_mcp.strategies.evaluation.evaluator import Evaluator, Signal
from kis_mcp.strategies.evaluation.exit_levels import exit_levels
from kis_mcp.strategies.evaluation.registers import make_indicator
from kis_mcp.strategies.evaluation.whole import whole_signals

__all__ = [
    "NOTHING",
    "Decider",
    "EntryBook",
    "Evaluator",
    "Signal",
    "exit_levels",
    "make_indicator",
    "whole_signals",
]
