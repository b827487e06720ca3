"""KIS' candles as a history to test on."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.market import INTERVALS, Candle, Market
from kis_mcp.strategies.backtest.bars import Bar

CLOSES: Final[dict[Market, time]] = {"KR": time(15, 30), "US": time(16)}
"""When a day's regular session ends, in the exchange's time: the end of its daily bar."""


_FRIDAY: Final = 4


def last_weekday(day: date) -> date:
    """The Friday of a day's week, of which a bar of a week is dated whatever day KIS puts on its candle, and whether or
    not the exchange opens on it."""
    return day + timedelta(days=_FRIDAY - day.weekday())


def bars_of_candles(
    candles: Iterable[Candle], interval: str, market: Market, *, needs_volume: bool = True
) -> list[Bar]:
    """The bars of candles, oldest first; those in which nothing was traded are left out.

    Args:
        interval: A key of `kis_mcp.market.INTERVALS`.
        needs_volume: Whether one without volume is none; an index is not traded itself.
    """
    bars = list[Bar]()
    for candle in candles:
        prices = (candle.open, candle.high, candle.low, candle.close)
        known = [price for price in prices if price is not None]
        if len(known) == len(prices) and (candle.volume > 0 or not needs_volume):
            bars.append(Bar(_end(candle.time, interval, market), *_within_range(known), volume=candle.volume))
    return bars


def _end(start: datetime, interval: str, market: Market) -> datetime:
    length = INTERVALS[interval]
    if isinstance(length, int):
        return start + timedelta(minutes=length)
    day = last_weekday(start.date()) if length == "week" else start.date()
    return datetime.combine(day, CLOSES[market], start.tzinfo)


def _within_range(prices: list[Decimal]) -> list[Decimal]:
    """Open, high, low and close with the first and the last within the range: adjusting rounds each by itself."""
    opening, _, _, close = prices
    return [opening, max(prices), min(prices), close]
