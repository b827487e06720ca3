"""Minutes without those before and after the regular session, in which a strategy that runs does not trade."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final, TypeAlias

from kis_mcp.strategies.backtest.bars import Bars

Hours: TypeAlias = tuple[datetime, datetime]
"""When a regular session opens and closes."""

HoursOf: TypeAlias = Callable[[date], Hours | None]
"""A day of the exchange → its regular hours; None where it does not trade."""

CLOSING_AUCTION: Final = timedelta(minutes=1)
"""The closing auction is matched within the minute that follows the close, and KIS gives it a candle of that minute."""

LEAD: Final = timedelta(minutes=5)
"""So long before the close what may not stay overnight is sold: in Korea in the closing auction."""


def regular_bars(bars: Bars, minutes: int, hours_of: HoursOf) -> Bars:
    """The bars in which the regular session or its closing auction was going on, if only for a part.

    Args:
        minutes: How long each is.
    """
    length, bounds = timedelta(minutes=minutes), dict[date, Hours | None]()
    kept = list[int]()
    for number, ends_at in enumerate(bars.ends_at):
        day = ends_at.date()
        if day not in bounds:
            bounds[day] = hours_of(day)
        hours = bounds[day]
        if hours is not None and hours[0] < ends_at and ends_at - length < hours[1] + CLOSING_AUCTION:
            kept.append(number)
    return bars if len(kept) == len(bars) else bars.picked(kept)
