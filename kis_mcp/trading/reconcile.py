"""Settling what became of an order whose answer was lost, from KIS' own list of orders. Nothing is ever sent again."""

import logging
from collections.abc import Mapping, Set
from datetime import datetime, timedelta
from typing import Literal

from kis_mcp.clock import Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.journal import Intent, Journal, Outcome, Reconciliation, Record, Status
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, is_same_order_id
from kis_mcp.trading.placed_orders import OrderKey, PlacedOrder, PlacedOrders, PlacedStatus, order_key, orders_around

EARLIEST = timedelta(seconds=60)
LATEST = timedelta(seconds=180)
"""An order that KIS took within this time before and after our send, by both clocks, may be ours."""

DOUBTFUL = timedelta(hours=1)
"""An order that is alike but this much older is no proof that ours is missing: this machine's clock may be wrong."""

CERTAIN_AFTER = timedelta(seconds=120)
"""Only a list read this long after the send may show by its silence that the order did not arrive."""

_SAME_DAY = timedelta(hours=18)
"""How far back an order can lie that KIS still lists with today's; its numbers begin anew every day."""

LISTED: Mapping[str, str] = {
    "domestic_stock_order_cash": "KR",
    "domestic_stock_order_credit": "KR",
    "domestic_stock_order_rvsecncl": "KR",
    "overseas_stock_order": "overseas",
    "overseas_stock_order_rvsecncl": "overseas",
    "overseas_stock_daytime_order": "overseas",
    "overseas_stock_daytime_order_rvsecncl": "overseas",
}
"""The order APIs whose orders show in a list that is read here, and the market of that list."""

_log = logging.getLogger(__name__)


class Reconciler:
    """Looks up the orders of unresolved intents and journals what it finds."""

    def __init__(self, kis: Kis, journal: Journal, *, clock: Clock) -> None:
        self._kis = kis
        self._journal = journal
        self._clock = clock

    async def settle(self, record: Record) -> Record:
        """What stands of an intent after one look at KIS' list; it stays unresolved where KIS fails."""
        intent, sent_at = record.intent, record.sent_at
        if sent_at is None or not record.status.is_unresolved:
            return record
        if record.status is Status.SENT:
            lost = "The answer was lost: whoever sent the order ended before recording it."
            record = await self._journal.conclude(
                Outcome(intent_id=intent.id, at=self._clock(), state="unknown", message=lost)
            )
        market = LISTED.get(intent.tool)
        if market is None:
            return record
        try:
            placed = await orders_around(self._kis, market, sent_at - DOUBTFUL, self._clock(), fresh=True)
        except KisMcpError as error:
            _log.warning("The orders at KIS could not be read to settle intent %s: %s", intent.id, error)
            return record
        others = await self._journal.accepted_since(sent_at - _SAME_DAY)
        taken = {key_of(record) for record in others if record.intent.id != intent.id}
        return await self._journal.conclude(match(intent, sent_at, placed, taken=taken, now=self._clock()))

    async def settle_all(self) -> list[Record]:
        """Settle every unresolved intent, oldest first."""
        return [await self.settle(record) for record in await self._journal.unresolved()]


def match(
    intent: Intent, sent_at: datetime, placed: PlacedOrders, *, taken: Set[OrderKey], now: datetime
) -> Reconciliation:
    """What a list of orders says about one unknown intent, where ``taken`` are the orders of other intents.

    One order that fits in content and time, and that no other intent has, is it. Several leave it open. None means
    that it did not arrive, provided the list was read to its end, long enough after the send, and holds no other order
    that could be it by a wrong clock; otherwise it stays open.
    """
    if intent.order.action is Action.CANCEL and (cancelled := _cancelled(intent, placed)):
        return _conclusion(intent, now, "accepted", f"Order {cancelled.order_id} is cancelled.")
    alike = [order for order in placed.orders if order.key not in taken and _is_like(order, intent)]
    possible = [order for order in alike if order.ordered_at is None or order.ordered_at >= sent_at - DOUBTFUL]
    fitting = [order for order in possible if order.ordered_at and -EARLIEST <= order.ordered_at - sent_at <= LATEST]
    if len(fitting) == 1:
        return _conclusion(intent, now, "accepted", "Found in the list of orders at KIS.", fitting[0].order_id)
    if possible:
        numbers = ", ".join(order.order_id for order in possible)
        return _conclusion(intent, now, "unresolved", f"It may be any of these orders at KIS: {numbers}.")
    if not placed.complete:
        return _conclusion(intent, now, "unresolved", "The list of orders at KIS could not be read to its end.")
    if now - sent_at < CERTAIN_AFTER:
        return _conclusion(intent, now, "unresolved", "It is not in the list of orders at KIS yet.")
    return _conclusion(intent, now, "not_accepted", "KIS lists no such order.")


def key_of(record: Record) -> OrderKey:
    """The order at KIS that an accepted intent became."""
    return order_key(record.order_id or "", record.intent.order.symbol or "")


def _is_like(order: PlacedOrder, intent: Intent) -> bool:
    wanted = intent.order
    return (
        order.action is wanted.action
        and (wanted.action is Action.NEW or is_same_order_id(order.original_order_id, wanted.original_order_id))
        and wanted.symbol in (None, order.symbol)
        and wanted.side in (None, order.side)
        and wanted.quantity in (None, order.quantity)
        and wanted.price in (None, order.price)
    )


def _cancelled(intent: Intent, placed: PlacedOrders) -> PlacedOrder | None:
    original = placed.find(intent.order.original_order_id or "")
    return original if original and original.status is PlacedStatus.CANCELLED else None


def _conclusion(
    intent: Intent,
    now: datetime,
    conclusion: Literal["accepted", "not_accepted", "unresolved"],
    message: str,
    order_id: str | None = None,
) -> Reconciliation:
    return Reconciliation(intent_id=intent.id, at=now, conclusion=conclusion, order_id=order_id, message=message)
