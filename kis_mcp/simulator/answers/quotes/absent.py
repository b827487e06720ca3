"""What the world has nothing of: APIs that answer no rows and blank records, whatever they are asked."""

ABSENT = frozenset(
    {
        "overseas_fo_investor_unpd_trend",
    }
)
"""Tools."""
