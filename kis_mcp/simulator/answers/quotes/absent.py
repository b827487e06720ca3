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
_AUCTIONS_AND_AFTER_HOURS = (
    "domestic_stock_exp_price_trend",
    "domestic_stock_exp_closing_price",
    "domestic_stock_exp_trans_updown",
    "domestic_stock_exp_index_trend",
    "domestic_stock_exp_total_index",
    "domestic_stock_overtime_exp_trans_fluct",
    "domestic_stock_inquire_overtime_price",
    "domestic_stock_inquire_overtime_asking_price",
    "domestic_stock_inquire_time_overtimeconclusion",
    "domestic_stock_inquire_daily_overtimeprice",
    "domestic_stock_overtime_fluctuation",
    "domestic_stock_overtime_volume",
    "domestic_stock_after_hour_balance",
    "domestic_stock_inquire_vi_status",
    "domestic_fo_exp_price_trend",
)
_CORPORATE_EVENTS = (
    "domestic_stock_ksdinfo_paidin_capin",
    "domestic_stock_ksdinfo_bonus_issue",
    "domestic_stock_ksdinfo_cap_dcrs",
    "domestic_stock_ksdinfo_rev_split",
    "domestic_stock_ksdinfo_merger_split",
    "domestic_stock_ksdinfo_purreq",
    "domestic_stock_ksdinfo_sharehld_meet",
    "domestic_stock_ksdinfo_pub_offer",
    "domestic_stock_ksdinfo_forfeit",
    "domestic_stock_ksdinfo_mand_deposit",
    "domestic_stock_ksdinfo_list_info",
    "overseas_stock_period_rights",
    "overseas_stock_rights_by_ice",
)
_OPINIONS_AND_NEWS = (
    "domestic_stock_estimate_perform",
    "domestic_stock_invest_opinion",
    "domestic_stock_invest_opbysec",
    "domestic_stock_news_title",
    "overseas_stock_news_title",
    "overseas_stock_brknews_title",
)
_CUSTOMERS_LISTS = (
    "domestic_stock_psearch_title",
    "domestic_stock_psearch_result",
    "domestic_stock_intstock_grouplist",
    "domestic_stock_intstock_stocklist_by_group",
    "domestic_stock_top_interest_stock",
    "domestic_stock_hts_top_view",
)
_OTHERS = (
    "domestic_stock_comp_interest",
    "overseas_fo_investor_unpd_trend",
    "overseas_fo_market_time",
    "domestic_bond_avg_unit",
)

ABSENT = frozenset(
    (
        *_BROKERS_AND_PROGRAMS,
        *_CREDIT_AND_LENDING,
        *_AUCTIONS_AND_AFTER_HOURS,
        *_CORPORATE_EVENTS,
        *_OPINIONS_AND_NEWS,
        *_CUSTOMERS_LISTS,
        *_OTHERS,
    )
)
"""Tools."""
