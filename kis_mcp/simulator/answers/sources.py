"""The APIs whose answers are not about one instrument: accounts, orders, rankings, by tool."""

from collections.abc import Callable, Mapping

from kis_mcp.simulator.answers import bonds
from kis_mcp.simulator.answers.contracts import (
    balance as contract_balance,
    orders as contract_orders,
    overseas as contracts_abroad,
)
from kis_mcp.simulator.answers.contracts.abroad import hours_abroad
from kis_mcp.simulator.answers.contracts.boards import BOARDS
from kis_mcp.simulator.answers.contracts.placement import CONTRACT_ORDERS
from kis_mcp.simulator.answers.contracts.valuations import VALUATIONS
from kis_mcp.simulator.answers.overseas import (
    balance as overseas_balance,
    orders as overseas_orders,
    profit as overseas_profit,
    rights as overseas_rights,
)
from kis_mcp.simulator.answers.placement import ORDERS, Answer
from kis_mcp.simulator.answers.quotes.abroad import world_days, world_minutes
from kis_mcp.simulator.answers.quotes.after_hours import AFTER_HOURS
from kis_mcp.simulator.answers.quotes.auctions import AUCTIONS
from kis_mcp.simulator.answers.quotes.companies import COMPANIES
from kis_mcp.simulator.answers.quotes.customers import CUSTOMERS
from kis_mcp.simulator.answers.quotes.events import EVENTS
from kis_mcp.simulator.answers.quotes.flow_rankings import FLOW_RANKINGS
from kis_mcp.simulator.answers.quotes.flows import FLOWS
from kis_mcp.simulator.answers.quotes.funds import FUNDS
from kis_mcp.simulator.answers.quotes.holidays import holidays, market_time, settlement_days
from kis_mcp.simulator.answers.quotes.indices import INDICES
from kis_mcp.simulator.answers.quotes.interruptions import interruptions
from kis_mcp.simulator.answers.quotes.lending import LENDING
from kis_mcp.simulator.answers.quotes.members import MEMBERS
from kis_mcp.simulator.answers.quotes.opinions import OPINIONS
from kis_mcp.simulator.answers.quotes.programmes import PROGRAMMES
from kis_mcp.simulator.answers.quotes.rankings import RANKINGS, industries, industry, preferred_gaps, ranking
from kis_mcp.simulator.answers.quotes.rates import RATES
from kis_mcp.simulator.answers.quotes.trade_sizes import TRADE_SIZES
from kis_mcp.simulator.answers.quotes.warrant_lists import WARRANT_LISTS
from kis_mcp.simulator.answers.quotes.warrant_trends import WARRANT_TRENDS
from kis_mcp.simulator.answers.reservations import RESERVATIONS
from kis_mcp.simulator.answers.stocks import (
    balance as stock_balance,
    orders as stock_orders,
    profit as stock_profit,
    rights as stock_rights,
)
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

SOURCES: Mapping[str, Callable[[World, Call], Answer]] = {
    **ORDERS,
    **CONTRACT_ORDERS,
    **RESERVATIONS,
    **dict.fromkeys(RANKINGS, ranking),
    "domestic_stock_prefer_disparate_ratio": preferred_gaps,
    **INDICES,
    **COMPANIES,
    **FLOWS,
    **FLOW_RANKINGS,
    **MEMBERS,
    **PROGRAMMES,
    **LENDING,
    **TRADE_SIZES,
    **EVENTS,
    **AUCTIONS,
    **AFTER_HOURS,
    **OPINIONS,
    **CUSTOMERS,
    "domestic_stock_inquire_vi_status": interruptions,
    **BOARDS,
    **VALUATIONS,
    **RATES,
    **FUNDS,
    **WARRANT_LISTS,
    **WARRANT_TRENDS,
    "domestic_stock_chk_holiday": holidays,
    "domestic_stock_market_time": market_time,
    "overseas_stock_countries_holiday": settlement_days,
    "overseas_stock_inquire_daily_chartprice": world_days,
    "overseas_stock_inquire_time_indexchartprice": world_minutes,
    "overseas_stock_industry_price": industries,
    "overseas_stock_industry_theme": industry,
    "domestic_stock_inquire_balance": stock_balance.balance,
    "domestic_stock_inquire_balance_rlz_pl": stock_balance.balance,
    "domestic_stock_inquire_account_balance": stock_balance.account_balance,
    "domestic_stock_inquire_daily_ccld": stock_orders.daily_ccld,
    "domestic_stock_inquire_psbl_rvsecncl": stock_orders.open_orders,
    "domestic_stock_inquire_psbl_order": stock_balance.buying_power,
    "domestic_stock_inquire_credit_psamount": stock_balance.credit_power,
    "domestic_stock_inquire_psbl_sell": stock_balance.sellable,
    "domestic_stock_intgr_margin": stock_balance.margin,
    "domestic_stock_inquire_period_profit": stock_profit.period_profit,
    "domestic_stock_inquire_period_trade_profit": stock_profit.period_trade_profit,
    "domestic_stock_period_rights": stock_rights.rights,
    "domestic_stock_pension_inquire_balance": stock_balance.balance,
    "domestic_stock_pension_inquire_present_balance": stock_balance.balance,
    "domestic_stock_pension_inquire_daily_ccld": stock_orders.pension_orders,
    "domestic_stock_pension_inquire_psbl_order": stock_balance.buying_power,
    "domestic_stock_pension_inquire_deposit": stock_balance.deposit,
    "overseas_stock_period_rights": overseas_rights.period_rights,
    "overseas_stock_rights_by_ice": overseas_rights.rights_of_stock,
    "overseas_stock_colable_by_company": overseas_rights.collateral,
    "overseas_stock_inquire_balance": overseas_balance.balance,
    "overseas_stock_inquire_present_balance": overseas_balance.present_balance,
    "overseas_stock_inquire_paymt_stdr_balance": overseas_balance.settlement_balance,
    "overseas_stock_inquire_ccnl": overseas_orders.ccnl,
    "overseas_stock_inquire_nccs": overseas_orders.open_orders,
    "overseas_stock_algo_ordno": overseas_orders.algo_orders,
    "overseas_stock_inquire_algo_ccnl": overseas_orders.algo_fills,
    "overseas_stock_inquire_psamount": overseas_balance.buying_power,
    "overseas_stock_foreign_margin": overseas_balance.foreign_margin,
    "overseas_stock_inquire_period_profit": overseas_profit.period_profit,
    "overseas_stock_inquire_period_trans": overseas_profit.period_trans,
    "domestic_fo_inquire_psbl_order": contract_balance.orderable,
    "domestic_fo_inquire_psbl_ngt_order": contract_balance.orderable,
    "domestic_fo_inquire_ccnl": contract_orders.ccnl,
    "domestic_fo_inquire_ngt_ccnl": contract_orders.ngt_ccnl,
    "domestic_fo_inquire_ccnl_bstime": contract_orders.ccnl_bstime,
    "domestic_fo_inquire_balance": contract_balance.balance,
    "domestic_fo_inquire_ngt_balance": contract_balance.balance,
    "domestic_fo_inquire_balance_valuation_pl": contract_balance.balance,
    "domestic_fo_inquire_balance_settlement_pl": contract_balance.settlement,
    "domestic_fo_inquire_deposit": contract_balance.deposit,
    "domestic_fo_inquire_daily_amount_fee": contract_orders.daily_amount_fee,
    "domestic_fo_ngt_margin_detail": contract_balance.night_margin,
    "overseas_fo_market_time": hours_abroad,
    "overseas_fo_inquire_ccld": contracts_abroad.ccld,
    "overseas_fo_inquire_daily_order": contracts_abroad.daily_order,
    "overseas_fo_inquire_daily_ccld": contracts_abroad.daily_ccld,
    "overseas_fo_inquire_unpd": contracts_abroad.positions,
    "overseas_fo_inquire_psamount": contracts_abroad.orderable,
    "overseas_fo_inquire_period_ccld": contracts_abroad.period_profit,
    "overseas_fo_inquire_period_trans": contracts_abroad.period_trans,
    "overseas_fo_inquire_deposit": contracts_abroad.deposit,
    "overseas_fo_margin_detail": contracts_abroad.margin_detail,
    "domestic_bond_inquire_psbl_rvsecncl": bonds.open_orders,
    "domestic_bond_inquire_daily_ccld": bonds.daily_ccld,
    "domestic_bond_inquire_balance": bonds.balance,
    "domestic_bond_inquire_psbl_order": bonds.buying_power,
}
