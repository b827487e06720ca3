"""Strategies over history: fills, costs, results, search and reports."""

from kis_mcp.strategies.backtest.bars import Bar, Bars
from kis_mcp.strategies.backtest.candle_bars import CLOSES, bars_of_candles
from kis_mcp.strategies.backtest.cautions import cautions_of
from kis_mcp.strategies.backtest.history import History
from kis_mcp.strategies.backtest.options import BacktestOptions
from kis_mcp.strategies.backtest.report import Report, write_report
from kis_mcp.strategies.backtest.run import run_backtest
from kis_mcp.strategies.backtest.statistics import Statistics, hold_return, measure, warnings_of
from kis_mcp.strategies.backtest.terms import terms_of

__all__ = [
    "CLOSES",
    "BacktestOptions",
    "Bar",
    "Bars",
    "History",
    "Report",
    "Statistics",
    "bars_of_candles",
    "cautions_of",
    "hold_return",
    "measure",
    "run_backtest",
    "terms_of",
    "warnings_of",
    "write_report",
]
