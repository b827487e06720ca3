"""What the world has nothing of: APIs that answer no rows and blank records, whatever they are asked."""

ABSENT = frozenset(
    {
        "domestic_fo_exp_price_trend",
        "domestic_stock_comp_interest",
        "domestic_stock_prefer_disparate_ratio",
        "overseas_fo_investor_unpd_trend",
        "domestic_bond_avg_unit",
    }
)
"""Tools."""
