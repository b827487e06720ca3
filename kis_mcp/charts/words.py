"""The words of pictures, and amounts in them."""

from collections.abc import Mapping
from decimal import Decimal

from kis_mcp.charts.numbers import plain, signed

INTERVALS: Mapping[str, str] = {"1d": "일봉", "1w": "주봉", "1M": "월봉"}
"""Interval → what a candle of it is called; minutes are 5분봉 and the like."""

BEFORE: Mapping[str, str] = {"1d": "전일", "1w": "전주", "1M": "전월"}
"""Interval → what the candle before is called."""

_ZONES: Mapping[str, str] = {"Asia/Seoul": "한국 시각", "America/New_York": "뉴욕 시각"}
_SIGNS: Mapping[str, tuple[str, str]] = {"KRW": ("", "원"), "USD": ("$", ""), "JPY": ("", "엔")}
"""Currency → what stands before and after an amount; others stand after it by their code."""


def interval_word(interval: str) -> str:
    """What a candle is called."""
    return INTERVALS.get(interval) or f"{interval.removesuffix('m')}분봉"


def zone_word(key: str) -> str:
    """Where a time is counted."""
    return _ZONES.get(key, key)


def money(value: Decimal, currency: str, places: int) -> str:
    """An amount with its currency."""
    before, after = _SIGNS.get(currency, ("", f" {currency}"))
    sign = "-" if value < 0 else ""
    return f"{sign}{before}{plain(abs(value), places)}{after}"


def change_text(change: Decimal, base: Decimal, places: int) -> str:
    """A change with its arrow and, where the base is above zero, its percentage."""
    arrow = "▲" if change > 0 else "▼" if change < 0 else "–"
    rate = f" ({signed(change / base * 100, 2)}%)" if base > 0 else ""
    return f"{arrow} {plain(abs(change), places)}{rate}"
