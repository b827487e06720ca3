"""Which of several intents for the same order sent which of the orders at KIS, told by their times alone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from kis_mcp.trading.blotter.placed_order import PlacedOrder
from kis_mcp.trading.journal import Record, moments_sent

_WHOLE_SECOND = timedelta(seconds=1)
"""KIS writes the second in which it took an order, so that one sent late in a second seems to be taken before."""


class _Way(NamedTuple):
    """One way to give the first orders to the first intents; the least is the likeliest.

    Attributes:
        early: Orders that KIS took before their intents were sent: this machine's clock was wrong.
        waited: How long all orders were on their ways together, or were early.
    """

    early: int
    waited: timedelta
    given: Mapping[str, PlacedOrder]


def assign(
    orders: Sequence[PlacedOrder], records: Sequence[Record], fits: Callable[[PlacedOrder, Record], bool]
) -> Mapping[str, PlacedOrder]:
    """Intent → its order: each order to another intent, in order of time, and each as late as it can have been sent.

    Whatever is asked in whichever order, the same orders and intents give the same. Where times leave a choice, an
    order goes to the last intent before it.

    Args:
        orders: Of which KIS told when it took them.
        fits: Whether an intent may have become an order at all.

    Returns:
        Nothing where not every order finds an intent: then one at least is somebody else's, and times do not tell
        which.
    """
    intents = moments_sent(sorted(records, key=lambda record: record.intent.id))
    taken = [(at, order.order_id, order) for order in orders if (at := order.ordered_at) is not None]
    ways: list[_Way | None] = [_Way(0, timedelta(), {})] * (len(intents) + 1)
    for at, _, order in sorted(taken, key=lambda each: each[:2]):
        longer: list[_Way | None] = [None]
        for (sent_at, record), way in zip(intents, ways, strict=False):
            without = longer[-1]
            found = _longer(way, at - sent_at, order, record) if way is not None and fits(order, record) else None
            is_likelier = found is not None and (without is None or found[:2] < without[:2])
            longer.append(found if is_likelier else without)
        ways = longer
    last = ways[-1]
    return last.given if last else {}


def _longer(way: _Way, waited: timedelta, order: PlacedOrder, record: Record) -> _Way:
    is_early = waited <= -_WHOLE_SECOND
    given = {**way.given, record.intent.id: order}
    return _Way(way.early + is_early, way.waited + (-waited if is_early else waited), given)
