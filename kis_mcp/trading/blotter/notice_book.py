"""The notices of orders that came to this process: of which order, since when, and waiting for more."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from kis_mcp.bell import Bell
from kis_mcp.market import OrderNotice
from kis_mcp.trading.blotter.after_notices import after_notices, keys_of, notified_order
from kis_mcp.trading.blotter.placed_order import SAME_DAY, OrderKey, PlacedOrder

MOST_ORDERS = 5_000
"""Of which notices are kept, the latest: more than a busy day has."""

_BEFORE = timedelta(seconds=60)
"""How long before an order was sent a notice of it can have come: the journal may have taken the time later."""


class NoticeBook:
    """Keeps each notice once, by the order that it is of and the order that it concerns."""

    def __init__(self) -> None:
        self._notices: dict[OrderKey, list[OrderNotice]] = {}
        self._complete_since: dict[str, datetime] = {}
        self._bell = Bell()

    def add(self, notices: Iterable[OrderNotice]) -> list[OrderNotice]:
        """Keep notices; returns those that were not told before."""
        fresh = [notice for notice in notices if self._add(notice)]
        while len(self._notices) > MOST_ORDERS:
            self._notices.pop(next(iter(self._notices)))
        if fresh:
            self._bell.ring()
        return fresh

    def _add(self, notice: OrderNotice) -> bool:
        """A number comes again another day, and so may a notice that reads the same."""
        is_fresh = False
        for key in keys_of(notice):
            kept = self._notices.setdefault(key, [])
            if any(other == notice and abs(other.received_at - notice.received_at) < SAME_DAY for other in kept):
                continue
            kept.append(notice)
            is_fresh = True
        return is_fresh

    def of(self, key: OrderKey, sent_at: datetime | None = None) -> list[OrderNotice]:
        """What came of an order, or of changes and cancels of it, oldest first.

        Args:
            sent_at: When it was sent, by this machine's clock, which tells it from those of other days.
        """
        return [notice for notice in self._notices.get(key, ()) if sent_at is None or _is_then(notice, sent_at)]

    def add_to(self, order: PlacedOrder, clock_error: timedelta) -> PlacedOrder:
        """An order as KIS lists it, by KIS' clock, with what came of it by this machine's."""
        sent_at = order.ordered_at - clock_error if order.ordered_at else None
        return after_notices(order, self.of(order.key, sent_at))

    def orders(self, families: Collection[str], since: datetime, clock_error: timedelta) -> list[PlacedOrder]:
        """The orders of these families of which something came since then."""
        found = [
            notified_order(key, [notice for notice in kept if notice.received_at >= since], clock_error)
            for key, kept in self._notices.items()
            if key[0] in families
        ]
        return [order for order in found if order is not None]

    def families(self) -> frozenset[str]:
        """The families of orders of which something came."""
        return frozenset(family for family, _, _ in self._notices)

    def is_complete(self, families: Collection[str], since: datetime) -> bool:
        """Whether nothing of these families can have been missed since then."""
        return all(family in self._complete_since and self._complete_since[family] <= since for family in families)

    def begin(self, family: str, at: datetime) -> None:
        """From here on every notice of a family comes."""
        self._complete_since[family] = at

    def end(self, family: str) -> None:
        """No notices come any more."""
        self._complete_since.pop(family, None)

    async def wait(self) -> None:
        """Return once anything came."""
        await self._bell.wait()


def _is_then(notice: OrderNotice, sent_at: datetime) -> bool:
    return -_BEFORE <= notice.received_at - sent_at < SAME_DAY
