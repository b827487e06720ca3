"""The APIs whose answers come from accounts and orders, by tool."""

from collections.abc import Callable, Mapping

from kis_mcp.simulator.answers import (
    domestic_balance,
    domestic_orders,
    domestic_profit,
    overseas_balance,
    overseas_orders,
    overseas_profit,
)
from kis_mcp.simulator.answers.placement import ORDERS, Answer
from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.world import World

SOURCES: Mapping[str, Callable[[World, Call], Answer]] = {
    **ORDERS,
    "domestic_stock_inquire_balance": domestic_balance.balance,
    "domestic_stock_inquire_balance_rlz_pl": domestic_balance.balance,
    "domestic_stock_inquire_account_balance": domestic_balance.account_balance,
    "domestic_stock_inquire_daily_ccld": domestic_orders.daily_ccld,
    "domestic_stock_inquire_psbl_rvsecncl": domestic_orders.open_orders,
    "domestic_stock_inquire_psbl_order": domestic_balance.buying_power,
    "domestic_stock_inquire_credit_psamount": domestic_balance.buying_power,
    "domestic_stock_inquire_psbl_sell": domestic_balance.sellable,
    "domestic_stock_intgr_margin": domestic_balance.margin,
    "domestic_stock_inquire_period_profit": domestic_profit.period_profit,
    "domestic_stock_inquire_period_trade_profit": domestic_profit.period_trade_profit,
    "domestic_stock_period_rights": domestic_balance.rights,
    "domestic_stock_order_resv_ccnl": domestic_orders.reservations,
    "domestic_stock_pension_inquire_balance": domestic_balance.balance,
    "domestic_stock_pension_inquire_present_balance": domestic_balance.balance,
    "domestic_stock_pension_inquire_daily_ccld": domestic_orders.pension_orders,
    "domestic_stock_pension_inquire_psbl_order": domestic_balance.buying_power,
    "domestic_stock_pension_inquire_deposit": domestic_balance.deposit,
    "overseas_stock_inquire_balance": overseas_balance.balance,
    "overseas_stock_inquire_present_balance": overseas_balance.present_balance,
    "overseas_stock_inquire_paymt_stdr_balance": overseas_balance.present_balance,
    "overseas_stock_inquire_ccnl": overseas_orders.ccnl,
    "overseas_stock_inquire_nccs": overseas_orders.open_orders,
    "overseas_stock_algo_ordno": overseas_orders.algo_orders,
    "overseas_stock_inquire_algo_ccnl": overseas_orders.algo_fills,
    "overseas_stock_order_resv_list": overseas_orders.reservations,
    "overseas_stock_inquire_psamount": overseas_balance.buying_power,
    "overseas_stock_foreign_margin": overseas_balance.foreign_margin,
    "overseas_stock_inquire_period_profit": overseas_profit.period_profit,
    "overseas_stock_inquire_period_trans": overseas_profit.period_trans,
}
