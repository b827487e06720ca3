from .backtest import BacktestChart as BacktestChart, Fill as Fill, draw_backtest as draw_backtest
from .candles import (
    AVERAGES as AVERAGES,
    CandleChart as CandleChart,
    average as average,
    draw_candles as draw_candles,
)
from .frame import Heading as Heading
from .holdings import (
    MOST_ROWS as MOST_ROWS,
    HoldingRow as HoldingRow,
    HoldingsChart as HoldingsChart,
    draw_holdings as draw_holdings,
)
from .intraday import IntradayChart as IntradayChart, draw_intraday as draw_intraday
from .numbers import places_of as places_of, signed as signed
from .order_book import OrderBookChart as OrderBookChart, draw_order_book as draw_order_book
from .palette import PALETTES as PALETTES, Palette as Palette
from .png import with_palette as with_palette
from .profits import DayAmount as DayAmount, ProfitsChart as ProfitsChart, draw_profits as draw_profits
from .svg import FONT as FONT
from .times import full_time as full_time
from .words import (
    BEFORE as BEFORE,
    change_text as change_text,
    interval_word as interval_word,
    money as money,
    zone_word as zone_word,
)
