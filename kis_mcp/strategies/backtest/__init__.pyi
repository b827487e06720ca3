from .analysis import (
    Difference as Difference,
    Settling as Settling,
    WarmUp as WarmUp,
    analyse_warm_up as analyse_warm_up,
    find_look_ahead as find_look_ahead,
)
from .assumptions import assumptions_of as assumptions_of
from .bars import Bar as Bar, Bars as Bars
from .benchmark import Benchmark as Benchmark, beside_index as beside_index, index_line as index_line
from .beside import close_line as close_line, hold_line as hold_line, return_line as return_line
from .calendar_days import FIRST_DAY as FIRST_DAY, require_possible_day as require_possible_day
from .candle_bars import CLOSES as CLOSES, bars_of_candles as bars_of_candles, last_weekday as last_weekday
from .cautions import cautions_of as cautions_of
from .files import read_bars_file as read_bars_file
from .history import (
    MOST_MINUTE_DAYS as MOST_MINUTE_DAYS,
    History as History,
    days_of as days_of,
    not_traded as not_traded,
    require_day as require_day,
)
from .options import BacktestOptions as BacktestOptions
from .points import Point as Point, combinations as combinations, grid as grid, some_of_grid as some_of_grid
from .regular_hours import (
    CLOSING_AUCTION as CLOSING_AUCTION,
    LEAD as LEAD,
    Hours as Hours,
    HoursOf as HoursOf,
    regular_bars as regular_bars,
)
from .report import Report as Report, write_report as write_report
from .result import BacktestResult as BacktestResult, Trade as Trade
from .run import run_backtest as run_backtest
from .search import (
    Attempt as Attempt,
    Goal as Goal,
    Ground as Ground,
    SearchResult as SearchResult,
    WalkForward as WalkForward,
    search_points as search_points,
    walk_forward as walk_forward,
)
from .splits import in_shares_of_today as in_shares_of_today
from .statistics import (
    FEW_TRADES as FEW_TRADES,
    Statistics as Statistics,
    hold_return as hold_return,
    measure as measure,
    warnings_of as warnings_of,
)
from .terms import terms_of as terms_of
