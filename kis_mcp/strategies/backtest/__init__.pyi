from .assumptions import assumptions_of as assumptions_of
from .bars import Bar as Bar, Bars as Bars
from .benchmark import Benchmark as Benchmark, beside_index as beside_index, index_line as index_line
from .beside import close_line as close_line, hold_line as hold_line, return_line as return_line
from .candle_bars import CLOSES as CLOSES, bars_of_candles as bars_of_candles
from .cautions import cautions_of as cautions_of
from .history import History as History
from .options import BacktestOptions as BacktestOptions
from .report import Report as Report, write_report as write_report
from .result import BacktestResult as BacktestResult
from .run import run_backtest as run_backtest
from .statistics import (
    Statistics as Statistics,
    hold_return as hold_return,
    measure as measure,
    warnings_of as warnings_of,
)
from .terms import terms_of as terms_of
