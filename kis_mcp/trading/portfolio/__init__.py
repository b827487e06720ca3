"""What an account has: holdings, balances, buying power, exposure and profit."""

from kis_mcp.trading.portfolio.account_summary import read_account_summary, share
from kis_mcp.trading.portfolio.amounts import total
from kis_mcp.trading.portfolio.balances import read_balances
from kis_mcp.trading.portfolio.buying_power import read_buying_power
from kis_mcp.trading.portfolio.day_result import read_loss_today
from kis_mcp.trading.portfolio.exchange_rates import ExchangeRates
from kis_mcp.trading.portfolio.exposure import read_exposure
from kis_mcp.trading.portfolio.holding_lists import notes_on_coverage
from kis_mcp.trading.portfolio.holdings import Holding, add_lots, read_holdings, read_market_holdings
from kis_mcp.trading.portfolio.open_positions import read_open_positions
from kis_mcp.trading.portfolio.profit_and_loss import read_profit_and_loss

__all__ = [
    "ExchangeRates",
    "Holding",
    "add_lots",
    "notes_on_coverage",
    "read_account_summary",
    "read_balances",
    "read_buying_power",
    "read_exposure",
    "read_holdings",
    "read_loss_today",
    "read_market_holdings",
    "read_open_positions",
    "read_profit_and_loss",
    "share",
    "total",
]
