"""Strategies over history: fills, costs, results, search and reports."""

from kis_mcp.strategies.backtest.bars import Bar, Bars
from kis_mcp.strategies.backtest.options import BacktestOptions, Costs, InstrumentTerms, Rates
from kis_mcp.strategies.backtest.result import BacktestResult, SignalEvent, Trade
from kis_mcp.strategies.backtest.run import run_backtest

__all__ = [
    "BacktestOptions",
    "BacktestResult",
    "Bar",
    "Bars",
    "Costs",
    "InstrumentTerms",
    "Rates",
    "SignalEvent",
    "Trade",
    "run_backtest",
]
