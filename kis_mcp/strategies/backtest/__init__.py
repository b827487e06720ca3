"""Strategies over history: fills, costs, results, search and reports."""

from kis_mcp.strategies.backtest.assumptions import assumptions_of
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.benchmark import Benchmark, beside_index, index_line
from kis_mcp.strategies.backtest.beside import close_line, hold_line, return_line
from kis_mcp.strategies.backtest.cautions import cautions_of
from kis_mcp.strategies.backtest.history import History
from kis_mcp.strategies.backtest.options import BacktestOptions
from kis_mcp.strategies.backtest.report import Report, write_report
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.backtest.run import run_backtest
from kis_mcp.strategies.backtest.statistics import Statistics, hold_return, measure, warnings_of
from kis_mcp.strategies.backtest.terms import terms_of

__all__ = [
    "BacktestOptions",
    "BacktestResult",
    "Bars",
    "Benchmark",
    "History",
    "Report",
    "Statistics",
    "assumptions_of",
    "beside_index",
    "cautions_of",
    "close_line",
    "hold_line",
    "hold_return",
    "index_line",
    "measure",
    "return_line",
    "run_backtest",
    "terms_of",
    "warnings_of",
    "write_report",
]
