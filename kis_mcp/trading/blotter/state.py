"""Where an order stands: one state machine for all markets, from what the journal and KIS say."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from kis_mcp.clock import KST
from kis_mcp.trading.blotter.lists import EVERY_LIST
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus
from kis_mcp.trading.journal import PROPOSAL_LIFETIME, Record, Status
from kis_mcp.trading.order import Action


class OrderState(StrEnum):
    """``rejected``: by the guard, a person or KIS, or it certainly did not reach KIS. ``expired``: nobody decided in
    time, or the exchange's session ended before all of it was filled. ``needless``: a cancel whose order had ended
    before it was known whether KIS took it."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    SENT = "sent"
    UNKNOWN = "unknown"
    ACCEPTED = "accepted"
    PARTLY_FILLED = "partly_filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    AMENDED = "amended"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NEEDLESS = "needless"

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self]


_ENDS = frozenset(
    {OrderState.FILLED, OrderState.CANCELLED, OrderState.AMENDED, OrderState.REJECTED, OrderState.EXPIRED}
)
_AT_KIS = _ENDS | {OrderState.ACCEPTED, OrderState.PARTLY_FILLED}

TRANSITIONS: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.PROPOSED: frozenset(
        {OrderState.CONFIRMED, OrderState.REJECTED, OrderState.CANCELLED, OrderState.EXPIRED}
    ),
    OrderState.CONFIRMED: frozenset({OrderState.SENT, OrderState.EXPIRED}),
    OrderState.SENT: _AT_KIS | {OrderState.UNKNOWN},
    OrderState.UNKNOWN: _AT_KIS | {OrderState.NEEDLESS},
    OrderState.ACCEPTED: _ENDS | {OrderState.PARTLY_FILLED},
    OrderState.PARTLY_FILLED: _ENDS - {OrderState.REJECTED},
    **dict.fromkeys((*_ENDS, OrderState.NEEDLESS), frozenset[OrderState]()),
}
"""What each state may be followed by."""

_BY_STATUS: Mapping[Status, OrderState] = {
    Status.PROPOSED: OrderState.PROPOSED,
    Status.REFUSED: OrderState.REJECTED,
    Status.CONFIRMED: OrderState.CONFIRMED,
    Status.DECLINED: OrderState.REJECTED,
    Status.CANCELLED: OrderState.CANCELLED,
    Status.SENT: OrderState.SENT,
    Status.ACCEPTED: OrderState.ACCEPTED,
    Status.REJECTED: OrderState.REJECTED,
    Status.NOT_SENT: OrderState.REJECTED,
    Status.NOT_ACCEPTED: OrderState.REJECTED,
    Status.NEEDLESS: OrderState.NEEDLESS,
    Status.UNKNOWN: OrderState.UNKNOWN,
}
_BY_PLACED: Mapping[PlacedStatus, OrderState] = {
    PlacedStatus.OPEN: OrderState.ACCEPTED,
    PlacedStatus.PARTLY_FILLED: OrderState.PARTLY_FILLED,
    PlacedStatus.FILLED: OrderState.FILLED,
    PlacedStatus.CANCELLED: OrderState.CANCELLED,
    PlacedStatus.AMENDED: OrderState.AMENDED,
    PlacedStatus.REJECTED: OrderState.REJECTED,
}
_LASTS = {order_list.family: order_list.lasts for order_list in EVERY_LIST}
_LONGEST_SESSION = timedelta(hours=24)


def state_of(record: Record | None, placed: PlacedOrder | None, now: datetime) -> OrderState:
    """Where an order stands now.

    Args:
        record: What the journal has of it; None for an order that was placed elsewhere.
        placed: What KIS lists of it; None where it was not found or not looked for.
    """
    if record is not None and record.status is not Status.ACCEPTED:
        return OrderState.EXPIRED if _is_overdue(record, now) else _BY_STATUS[record.status]
    if placed is None or placed.action is Action.CANCEL:
        return OrderState.ACCEPTED
    if placed.status.is_open and _is_over(placed, now):
        return OrderState.EXPIRED
    return _BY_PLACED[placed.status]


def _is_overdue(record: Record, now: datetime) -> bool:
    """Whether it was not decided or not sent in time."""
    if record.status in (Status.PROPOSED, Status.CONFIRMED):
        return now - record.intent.at > PROPOSAL_LIFETIME
    decided_by_person = record.status in (Status.DECLINED, Status.CANCELLED)
    return decided_by_person and (record.decided_at or now) - record.intent.at > PROPOSAL_LIFETIME


def _is_over(placed: PlacedOrder, now: datetime) -> bool:
    """Whether the session that an open order was for has ended."""
    lasts = _LASTS[placed.family]
    if placed.ordered_at is None or lasts == "until_sent":
        return False
    if lasts == "day":
        return placed.ordered_at.astimezone(KST).date() < now.astimezone(KST).date()
    return now - placed.ordered_at > _LONGEST_SESSION
