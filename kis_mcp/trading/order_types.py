"""Which order types carry a price, by the table's words. A word in neither set may come with a price or without."""

PRICED = frozenset(
    {
        "limit",
        "conditional_limit",
        "after_hours_single_price",
        "limit_ioc",
        "limit_fok",
        "stop_limit",
        "loo",
        "loc",
        "odd_lot_limit",
    }
)

UNPRICED = frozenset(
    {
        "market",
        "market_ioc",
        "market_fok",
        "best",
        "best_ioc",
        "best_fok",
        "priority",
        "pre_market_after_hours",
        "after_hours_close",
        "moo",
        "moc",
    }
)
