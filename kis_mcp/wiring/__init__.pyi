from .alert_watch import follow_alerts as follow_alerts
from .alerts import channel_kinds as channel_kinds
from .backtests import (
    Backtest as Backtest,
    backtest as backtest,
    read_strategy_file as read_strategy_file,
    run_trial as run_trial,
)
from .brokerage import Brokerage as Brokerage
from .drift import read_drift as read_drift
from .environments import Environments as Environments, open_environments as open_environments
from .key_check import check_keys as check_keys
from .listings import age_note as age_note
from .mandates import end_mandates as end_mandates
from .operator import (
    check_settings as check_settings,
    keeps_hours as keeps_hours,
    kill_switch as kill_switch,
    load_settings as load_settings,
    symbol_lists as symbol_lists,
)
from .order_records import read_order_records as read_order_records
from .picture import SOURCES as SOURCES, png_of as png_of
from .reads import Reads as Reads
from .status import gateway_status as gateway_status
from .strategy_account import (
    RunAccount as RunAccount,
    is_kept as is_kept,
    read_run_account as read_run_account,
    silent_since as silent_since,
)
from .strategy_hours import next_end_of_bar as next_end_of_bar
from .strategy_losses import (
    note_losses as note_losses,
    read_books as read_books,
    read_in_account as read_in_account,
)
from .strategy_names import read_strategy_names as read_strategy_names
from .strategy_origin import Origin as Origin, open_origin as open_origin
from .strategy_watch import follow_strategy as follow_strategy
from .trials import (
    USUAL_CASH as USUAL_CASH,
    Trial as Trial,
    choose as choose,
    naming_symbols as naming_symbols,
    read_trial as read_trial,
    usual_start as usual_start,
)
from .way import look_at_way as look_at_way
