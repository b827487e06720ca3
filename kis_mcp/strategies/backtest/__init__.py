"""Strategies over history: fills, costs, results, search and reports."""

from kis_mcp.strategies.backtest.analysis import Difference, Settling, WarmUp, analyse_warm_up, find_look_ahead
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.cautions import cautions_of
from kis_mcp.strategies.backtest.history import History
from kis_mcp.strategies.backtest.options import BacktestOptions
from kis_mcp.strategies.backtest.points import Point, combinations, grid, some_of_grid
from kis_mcp.strategies.backtest.report import Report, write_report
from kis_mcp.strategies.backtest.result import Trade
from kis_mcp.strategies.backtest.run import run_backtest
from kis_mcp.strategies.backtest.search import (
    Attempt,
    Goal,
    Ground,
    SearchResult,
    WalkForward,
    search,
    walk_forward,
)
from kis_mcp.strategies.backtest.statistics import Statistics, hold_return, measure, warnings_of
from kis_mcp.strategies.backtest.terms import terms_of

__all__ = [
    "Attempt",
    "BacktestOptions",
    "Bars",
    "Difference",
    "Goal",
    "Ground",
    "History",
    "Point",
    "Report",
    "SearchResult",
    "Settling",
    "Statistics",
    "Trade",
    "WalkForward",
    "WarmUp",
    "analyse_warm_up",
    "cautions_of",
    "combinations",
    "find_look_ahead",
    "grid",
    "hold_return",
    "measure",
    "run_backtest",
    "search",
    "some_of_grid",
    "terms_of",
    "walk_forward",
    "warnings_of",
    "write_report",
]
