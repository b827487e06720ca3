"""What the world has nothing of: APIs that answer no rows and blank records, whatever they are asked."""

_BROKERS_AND_PROGRAMS = (
    "domestic_stock_inquire_member",
    "domestic_stock_inquire_member_daily",
    "domestic_stock_frgnmem_pchs_trend",
    "domestic_stock_frgnmem_trade_estimate",
    "domestic_stock_frgnmem_trade_trend",
    "domestic_stock_investor_trend_estimate",
    "domestic_stock_program_trade_by_stock",
    "domestic_stock_program_trade_by_stock_daily",
    "domestic_stock_comp_program_trade_today",
    "domestic_stock_comp_program_trade_daily",
    "domestic_stock_investor_program_trade_today",
    "domestic_stock_bulk_trans_num",
    "domestic_stock_tradprt_byamt",
)
_CREDIT_AND_LENDING = (
    "domestic_stock_daily_credit_balance",
    "domestic_stock_daily_loan_trans",
    "domestic_stock_daily_short_sale",
    "domestic_stock_credit_balance",
    "domestic_stock_short_sale",
    "domestic_stock_lendable_by_company",
    "domestic_stock_mktfunds",
    "overseas_stock_colable_by_company",
)
_CORPORATE_EVENTS = (
    "overseas_stock_period_rights",
    "overseas_stock_rights_by_ice",
)
_OTHERS = (
    "domestic_fo_exp_price_trend",
    "domestic_stock_comp_interest",
    "domestic_stock_prefer_disparate_ratio",
    "overseas_fo_investor_unpd_trend",
    "overseas_fo_market_time",
    "domestic_bond_avg_unit",
)

ABSENT = frozenset(
    (
        *_BROKERS_AND_PROGRAMS,
        *_CREDIT_AND_LENDING,
        *_CORPORATE_EVENTS,
        *_OTHERS,
    )
)
"""Tools."""
