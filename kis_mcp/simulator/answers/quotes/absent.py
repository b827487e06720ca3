"""What the world has nothing of: APIs that answer no rows and blank records, whatever they are asked."""

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
    "overseas_stock_colable_by_company",
)

ABSENT = frozenset(
    (
        *_CORPORATE_EVENTS,
        *_OTHERS,
    )
)
"""Tools."""
