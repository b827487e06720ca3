"""Which order types carry a price, by the table's words. A word in neither of the first two sets (TWAP and VWAP) may
come with a price or without."""

PRICED = frozenset(
    {
        "limit",
        "conditional_limit",
        "limit_ioc",
        "limit_fok",
        "stop_limit",
        "loo",
        "loc",
        "odd_lot_limit",
        "pre_market_limit",
        "after_market_limit",
        "after_market_limit_ioc",
        "after_market_limit_fok",
    }
)

UNPRICED = frozenset(
    {
        "market",
        "stop",
        "midpoint",
        "midpoint_ioc",
        "midpoint_fok",
        "market_ioc",
        "market_fok",
        "best",
        "best_ioc",
        "best_fok",
        "priority",
        "pre_market_after_hours",
        "after_hours_close",
        "pre_market_best",
        "pre_market_priority",
        "after_market_best",
        "after_market_best_ioc",
        "after_market_best_fok",
        "after_market_priority",
        "moo",
        "moc",
    }
)

LIMITED = PRICED - {"conditional_limit"}
"""Types whose price holds to the end: what a conditional limit has not traded by the closing auction goes into it
without one."""

STOPS = frozenset({"stop", "stop_limit"})
"""Types that wait for the market to reach a price."""
