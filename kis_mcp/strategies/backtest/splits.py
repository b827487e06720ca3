"""Bars of minutes in today's shares: KIS adjusts past prices of days for splits and rights, and leaves minutes as they
were traded."""

from array import array
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.history import History, HistoryStore, ReadCandles


async def in_shares_of_today(
    bars: Bars, instrument: Instrument, read: ReadCandles, store: HistoryStore, today: date
) -> Bars:
    """Bars of minutes, of days before today, adjusted by what KIS' daily candles were adjusted by.

    Raises:
        KisMcpError: By KIS' answer.
    """
    first, last = bars.ends_at[0].date(), bars.ends_at[-1].date()
    try:
        after, before = [
            await History(instrument, "1d", read, store, today, adjusted=adjusted).between(first, last)
            for adjusted in (True, False)
        ]
    except BadArgument:  # KIS has no candles of these days
        return bars
    return apply_splits(bars, split_ratios(after, before))


def split_ratios(after: Bars, before: Bars) -> Mapping[date, Decimal]:
    """Day → by what its prices were multiplied since; of daily bars adjusted and as they were."""
    was = {ends_at.date(): close * before.unit for ends_at, close in zip(before.ends_at, before.close, strict=True)}
    closes = ((ends_at.date(), close * after.unit) for ends_at, close in zip(after.ends_at, after.close, strict=True))
    return {day: close / was[day] for day, close in closes if day in was}


def apply_splits(bars: Bars, ratios: Mapping[date, Decimal]) -> Bars:
    """Bars with prices multiplied and volumes divided by the ratio of their day, or of the last day before that has
    one. Prices are rounded as they are counted."""
    if all(ratio == 1 for ratio in ratios.values()):
        return bars
    known = sorted(ratios)
    days = {ends_at.date() for ends_at in bars.ends_at}
    of_day = {day: ratios[known[max(0, bisect_right(known, day) - 1)]] for day in days}
    scales = [of_day[ends_at.date()] for ends_at in bars.ends_at]

    def scaled(column: "array[int]") -> "array[int]":
        return array("q", (max(1, round(price * ratio)) for price, ratio in zip(column, scales, strict=True)))

    prices = [scaled(column) for column in (bars.open, bars.high, bars.low, bars.close)]
    volume = array("q", (round(each / ratio) for each, ratio in zip(bars.volume, scales, strict=True)))
    return Bars(bars.ends_at, prices, volume, bars.unit)
