"""What time it is at KIS, for this machine's clock may be wrong."""

from datetime import datetime, timedelta

from kis_mcp.trading.blotter.lists import OrderList
from kis_mcp.trading.blotter.placed_order import PlacedOrders
from kis_mcp.trading.blotter.reading import orders_between
from kis_mcp.trading.kis import KisReads

_SAME_TIME = timedelta(seconds=60)
_CLOCKS_DIFFER = timedelta(seconds=10)


def kis_time(kis: KisReads, at: datetime) -> datetime:
    """A moment of this machine's clock by KIS' clock, as far as that is known."""
    return at + (kis.clock_error or timedelta())


def clock_notes(kis: KisReads) -> list[str]:
    """That this machine's clock is wrong, where it is known to be."""
    return clock_error_notes(kis.clock_error)


def clock_error_notes(error: timedelta | None) -> list[str]:
    """The same of KIS' clock less this machine's."""
    if error is None or abs(error) < _CLOCKS_DIFFER:
        return []
    which = "behind" if error > timedelta() else "ahead of"
    return [f"This machine's clock is {abs(error)} {which} KIS'. Set it right: days and times of orders depend on it."]


async def orders_of_today(kis: KisReads, order_list: OrderList, at: datetime, *, fresh: bool = True) -> PlacedOrders:
    """The orders of one list from the day that it is at KIS.

    The answer tells KIS' time: where that turns out to be another, another day was asked for, and it is read again.

    Args:
        at: This moment by the machine's clock.
    """
    now = kis_time(kis, at)
    placed = await orders_between(kis, order_list, now, now, fresh=fresh)
    if abs(kis_time(kis, at) - now) > _SAME_TIME:
        now = kis_time(kis, at)
        placed = await orders_between(kis, order_list, now, now, fresh=fresh)
    return placed
