"""A look at an order that KIS has just taken, so that the call that placed it can tell whether it was filled."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kis_mcp.catalog import reading_for_an_order
from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter.history import TrackedOrder
from kis_mcp.trading.blotter.kis_clock import orders_of_today
from kis_mcp.trading.blotter.lists import lists_of
from kis_mcp.trading.blotter.placed_order import PlacedOrder
from kis_mcp.trading.blotter.reading import pick_available
from kis_mcp.trading.blotter.reconcile import key_of
from kis_mcp.trading.blotter.state import state_of
from kis_mcp.trading.journal import Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action

LOOK_AGAIN_AFTER = 1.0
"""Seconds: an order without a price fills within moments, if not at the first look then at the second and last."""

LONGEST_SECONDS = 2.0
"""Of both looks with all that they wait for; after that the answer goes out without them."""


async def look_at_first(
    kis: KisReads, record: Record, *, clock: Clock, sleep: Callable[[float], Awaitable[None]]
) -> TrackedOrder | None:
    """Where a new order stands just after KIS took it.

    A limit order that rests is looked at once. None where KIS does not list it, or not in time: that it was taken is
    known without.
    """
    order, sent_at = record.intent.order, record.best_sent_at
    lists = pick_available(kis, lists_of(kis.catalog, record.intent.tool, record.intent.arguments))
    if order.action is not Action.NEW or record.status is not Status.ACCEPTED or sent_at is None or not lists:
        return None
    key, placed = key_of(kis.catalog, record), None

    async def look() -> PlacedOrder | None:
        with reading_for_an_order():
            found = await orders_of_today(kis, lists[0], clock())
        return next((each for each in found.orders if each.key == key and each.may_be_of(sent_at)), None)

    with suppress(TimeoutError, KisMcpError):
        async with asyncio.timeout(LONGEST_SECONDS):
            placed = await look()
            if order.price is None and (placed is None or placed.status.is_open):
                await sleep(LOOK_AGAIN_AFTER)
                placed = await look() or placed
    if placed is None or placed.session == "reserved":
        return None
    return TrackedOrder(at=record.intent.at, state=state_of(record, placed, clock()), record=record, placed=placed)
