"""The exchanges that KIS takes orders for, and the countries and currencies that they belong to."""

from collections.abc import Mapping

STOCK_MARKETS = frozenset({"KR", "US", "HK", "CN", "JP", "VN"})

COUNTRIES: Mapping[str, tuple[str, str]] = {
    "nasdaq": ("US", "USD"),
    "nyse": ("US", "USD"),
    "amex": ("US", "USD"),
    "hong_kong": ("HK", "HKD"),
    "shanghai": ("CN", "CNY"),
    "shenzhen": ("CN", "CNY"),
    "tokyo": ("JP", "JPY"),
    "hanoi": ("VN", "VND"),
    "ho_chi_minh": ("VN", "VND"),
}
"""Exchange → country and currency."""
