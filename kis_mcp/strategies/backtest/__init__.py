"""Strategies over history: fills, costs, results, search and reports."""

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.cautions import cautions_of
from kis_mcp.strategies.backtest.history import History
from kis_mcp.strategies.backtest.options import BacktestOptions
from kis_mcp.strategies.backtest.report import Report, write_report
from kis_mcp.strategies.backtest.result import Trade
from kis_mcp.strategies.backtest.run import run_backtest
from kis_mcp.strategies.backtest.search import Ground
from kis_mcp.strategies.backtest.statistics import Statistics, hold_return, measure, warnings_of
from kis_mcp.strategies.backtest.terms import terms_of

__all__ = [
    "BacktestOptions",
    "Bars",
    "Ground",
    "History",
    "Report",
    "Statistics",
    "Trade",
    "cautions_of",
    "hold_return",
    "measure",
    "run_backtest",
    "terms_of",
    "warnings_of",
    "write_report",
]
