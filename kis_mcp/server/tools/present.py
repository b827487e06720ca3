"""How things stand when a wait begins: what holds already need not happen again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

from kis_mcp.errors import KisMcpError
from kis_mcp.market import Event, Interest, OrderStep, OrderUpdate, read_present
from kis_mcp.server.tools.call import Call
from kis_mcp.streams import Simple
from kis_mcp.trading.blotter import TrackedOrder, orders_of_number

_STEPS: Mapping[str, tuple[OrderStep, ...]] = {
    "accepted": ("accepted",),
    "partly_filled": ("accepted",),
    "filled": ("accepted",),
    "cancelled": ("accepted", "cancelled"),
    "expired": ("accepted", "cancelled"),
    "amended": ("accepted", "amended"),
    "rejected": ("refused",),
}
"""The state of an order → what it has come through, beside its fills."""


class Present:
    """Looks up at KIS what the tests of a condition look at.

    Attributes:
        notes: What could not be read.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self.notes: list[str] = []

    async def read(self, parts: Sequence[Simple]) -> list[Event]:
        """The events that would tell how each stands."""
        events: list[Event] = []
        reads = await self._call.reads()
        for interest in dict.fromkeys(
            Interest(part.symbol, part.kind, part.market, part.exchange) for part in parts if part.kind != "order"
        ):
            try:
                event = await read_present(reads, interest, self._call.now())
                events += [event] if event else []
            except KisMcpError as error:
                self._note(f"the {interest.kind} of {interest.symbol}", error)
        for order_id in dict.fromkeys(part.order_id for part in parts if part.order_id):
            try:
                events += await self._order(order_id)
            except KisMcpError as error:
                self._note(f"order {order_id}", error)
        return events

    async def _order(self, order_id: str) -> list[OrderUpdate]:
        """What has become of the orders of today with a number."""
        brokerage, reads, now = await self._call.brokerage(), await self._call.reads(), self._call.now()
        desk, journal = await brokerage.desk(), await brokerage.journal()
        found = await orders_of_number(journal, reads, order_id, now.date(), now, notices=desk.notices)
        self.notes += found.notes
        return [update for order in found.orders for update in _updates(order, order_id, now)]

    def _note(self, what: str, error: KisMcpError) -> None:
        self.notes.append(f"How {what} stands now could not be read: only what comes from now on counts. {error.what}")


def _updates(order: TrackedOrder, order_id: str, now: datetime) -> Iterator[OrderUpdate]:
    facts = order.facts()
    filled = cast("Decimal", facts.get("filled_quantity") or Decimal())
    steps = _STEPS.get(order.state.value, ())
    fills: tuple[OrderStep, ...] = ("filled",) if filled else ()
    for step in (*steps, *fills):
        is_fill = step == "filled"
        yield OrderUpdate(
            symbol=str(facts.get("symbol", "")),
            market=str(facts.get("market", "")),
            exchange=str(facts.get("exchange", "")),
            time=now,
            received_at=now,
            step=step,
            order_id=order_id,
            filled_quantity=filled if is_fill else None,
            fill_price=cast("Decimal | None", facts.get("average_fill_price")) if is_fill else None,
        )
