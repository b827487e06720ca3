"""A look at an order that KIS has just taken, so that the call that placed it can tell whether it was filled."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from kis_mcp.catalog import reading_for_an_order
from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter.after_notices import after_notices
from kis_mcp.trading.blotter.history import TrackedOrder
from kis_mcp.trading.blotter.journaled import journaled_order
from kis_mcp.trading.blotter.kis_clock import orders_of_today
from kis_mcp.trading.blotter.lists import OrderList, lists_of
from kis_mcp.trading.blotter.notice_book import NoticeBook
from kis_mcp.trading.blotter.placed_order import OrderKey, PlacedOrder
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
    kis: KisReads,
    record: Record,
    notices: NoticeBook,
    *,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]],
) -> TrackedOrder | None:
    """Where a new order stands just after KIS took it: by KIS' list, or by its notices where they tell first that it
    has ended, or tell more.

    A limit order that rests is looked at once. None where KIS does not list it and notifies nothing of it, or not in
    time: that it was taken is known without.
    """
    order, sent_at = record.intent.order, record.best_sent_at
    lists = pick_available(kis, lists_of(kis.catalog, record.intent.tool, record.intent.arguments))
    if order.action is not Action.NEW or record.status is not Status.ACCEPTED or sent_at is None or not lists:
        return None
    key = key_of(kis.catalog, record)
    looks = _Looks(kis, record, lists[0], clock, sleep)
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(looks.run())
        ending = group.create_task(_wait_for_end(record, key, lists[0], notices))
        await asyncio.wait({looking, ending}, timeout=LONGEST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        looking.cancel()
        ending.cancel()
    listed = looks.found or journaled_order(record, lists[0])
    said = notices.of(key, record.sent_at)
    placed = after_notices(listed, said) if listed else None
    if placed is None or (looks.found is None and not said) or placed.session == "reserved":
        return None
    return TrackedOrder(
        at=record.intent.at,
        state=state_of(record, placed, clock()),
        record=record,
        placed=placed,
    )


class _Looks:
    """The looks at KIS' list; ``found`` is what the last one saw."""

    def __init__(
        self,
        kis: KisReads,
        record: Record,
        order_list: OrderList,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._kis = kis
        self._record = record
        self._order_list = order_list
        self._clock = clock
        self._sleep = sleep
        self.found: PlacedOrder | None = None

    async def run(self) -> None:
        with suppress(KisMcpError):
            await self._look()
            if self._record.intent.order.price is None and (self.found is None or self.found.status.is_open):
                await self._sleep(LOOK_AGAIN_AFTER)
                await self._look()

    async def _look(self) -> None:
        key, sent_at = key_of(self._kis.catalog, self._record), self._record.best_sent_at
        assert sent_at is not None
        with reading_for_an_order():
            listed = await orders_of_today(self._kis, self._order_list, self._clock())
        found = (order for order in listed.orders if order.key == key and order.may_be_of(sent_at))
        self.found = next(found, None) or self.found


async def _wait_for_end(record: Record, key: OrderKey, order_list: OrderList, notices: NoticeBook) -> None:
    """Return once notices leave nothing open of an order."""
    own = journaled_order(record, order_list)
    while own is None or after_notices(own, notices.of(key, record.sent_at)).status.is_open:
        await notices.wait()
