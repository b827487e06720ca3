"""From bars to signals and decisions, the same in a backtest and live."""

from kis_mcp.strategies.evaluation.decisions import NOTHING, Decider, Decision, EntryBook
from kis_mcp.strategies.evaluation.evaluator import Evaluator, Signal
from kis_mcp.strategies.evaluation.exit_levels import ExitLevels, exit_levels, has_levels
from kis_mcp.strategies.evaluation.registers import make_indicator
from kis_mcp.strategies.evaluation.settling import settling_bars
from kis_mcp.strategies.evaluation.sizing import BUY_ROOM
from kis_mcp.strategies.evaluation.whole import whole_signals

__all__ = [
    "BUY_ROOM",
    "NOTHING",
    "Decider",
    "Decision",
    "EntryBook",
    "Evaluator",
    "ExitLevels",
    "Signal",
    "exit_levels",
    "has_levels",
    "make_indicator",
    "settling_bars",
    "whole_signals",
]
