"""From bars to signals and decisions, the same in a backtest and live."""

from kis_mcp.strategies.evaluation.decisions import NOTHING, Decider, Decision, EntryBook
from kis_mcp.strategies.evaluation.evaluator import Evaluator, Signal
from kis_mcp.strategies.evaluation.exit_levels import ExitLevels, exit_levels
from kis_mcp.strategies.evaluation.position import Position
from kis_mcp.strategies.evaluation.registers import MakeIndicator, make_indicator
from kis_mcp.strategies.evaluation.whole import whole_signals

__all__ = [
    "NOTHING",
    "Decider",
    "Decision",
    "EntryBook",
    "Evaluator",
    "ExitLevels",
    "MakeIndicator",
    "Position",
    "Signal",
    "exit_levels",
    "make_indicator",
    "whole_signals",
]
