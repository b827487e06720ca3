"""What a condition can test of an event, as a table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, le
from typing import Literal, TypeAlias

from kis_mcp.market import OVERSEAS_CONTRACTS, Book, Event, EventKind, OrderUpdate, Status, Trade

Wanted: TypeAlias = Literal["number", "flag", "step", "kind"]
ANY = "any"
ORDER_STEPS = ("accepted", "amended", "cancelled", "refused", "filled", ANY)
EVENT_KINDS: tuple[EventKind, ...] = ("trade", "book", "order", "status")


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which numbers a test means something; beyond them it always holds, or never."""

    above: int
    most: int | None = None

    def __contains__(self, number: Decimal) -> bool:
        return number > self.above and (self.most is None or number <= self.most)

    def __str__(self) -> str:
        return f"a number above {self.above:,}" + ("" if self.most is None else f", at most {self.most:,}")


@dataclass(frozen=True, slots=True)
class Test:
    """One kind of test.

    Attributes:
        kind: Which events it looks at; None where the wanted value says so.
        wants: What it is compared with.
        measure: What it takes of an event; None where the event does not tell it.
        holds: Compares what was measured with what is wanted.
        style: ``lasts`` while the latest event holds; ``happens`` at one event, and counts from then on; ``crosses``
            happens at the first event that holds after one that did not.
        waits: What is waited for, with ``{wanted}``.
        met: What met it, with ``{got}`` and ``{wanted}``.
    """

    kind: EventKind | None
    wants: Wanted
    measure: Callable[[Event], object]
    holds: Callable[..., bool]
    style: Literal["lasts", "happens", "crosses"]
    waits: str
    met: str

    def bounds(self, market: str) -> Bounds | None:
        """Of the number that it is compared with. Prices of contracts abroad can fall below zero, as crude oil did."""
        is_free = self.measure is _PRICE and market == OVERSEAS_CONTRACTS
        return None if is_free else _BOUNDS.get(self.measure)


def _of(event_type: type[Event], name: str) -> Callable[[Event], object]:
    """Reads an attribute of one type of event."""
    return lambda event: getattr(event, name) if isinstance(event, event_type) else None


def _is_step(got: str, wanted: str) -> bool:
    return wanted in (ANY, got)


_PRICE, _RATE, _VOLUME = _of(Trade, "price"), _of(Trade, "change_rate"), _of(Trade, "volume")
_SIZE, _SPREAD, _STEP = _of(Trade, "size"), _of(Book, "spread"), _of(OrderUpdate, "step")

_BOUNDS: Mapping[Callable[[Event], object], Bounds] = {
    **dict.fromkeys((_PRICE, _VOLUME, _SIZE, _SPREAD), Bounds(0)),
    _RATE: Bounds(-100, 1_000),
}
"""A price cannot lose more than all. It can more than double in a day: in the US, of a warrant, on a stock's first day.
Beyond a thousand percent somebody gave a price for a rate."""

TESTS: Mapping[str, Test] = {
    "price_above": Test(
        "trade", "number", _PRICE, ge, "lasts", "trades at or above {wanted}", "traded at {got}, at or above {wanted}"
    ),
    "price_below": Test(
        "trade", "number", _PRICE, le, "lasts", "trades at or below {wanted}", "traded at {got}, at or below {wanted}"
    ),
    "price_crosses_up": Test(
        "trade", "number", _PRICE, ge, "crosses", "rises through {wanted}", "traded at {got}, up through {wanted}"
    ),
    "price_crosses_down": Test(
        "trade", "number", _PRICE, le, "crosses", "falls through {wanted}", "traded at {got}, down through {wanted}"
    ),
    "change_rate_above": Test(
        "trade", "number", _RATE, ge, "lasts", "is at or above {wanted} % on the day", "is at {got} % on the day"
    ),
    "change_rate_below": Test(
        "trade", "number", _RATE, le, "lasts", "is at or below {wanted} % on the day", "is at {got} % on the day"
    ),
    "volume_above": Test(
        "trade", "number", _VOLUME, ge, "lasts", "has a day's volume of {wanted} or more", "has a day's volume of {got}"
    ),
    "size_above": Test(
        "trade", "number", _SIZE, ge, "happens", "trades {wanted} or more at once", "traded {got} at once"
    ),
    "spread_above": Test(
        "book", "number", _SPREAD, ge, "lasts", "has a spread of {wanted} or more", "has a spread of {got}"
    ),
    "spread_below": Test(
        "book", "number", _SPREAD, le, "lasts", "has a spread of {wanted} or less", "has a spread of {got}"
    ),
    "vi": Test(
        "status",
        "flag",
        _of(Status, "vi_active"),
        eq,
        "lasts",
        "has its volatility interruption (VI) {wanted}",
        "has its volatility interruption (VI) {got}",
    ),
    "halted": Test(
        "status",
        "flag",
        _of(Status, "halted"),
        eq,
        "lasts",
        "has its trading halt {wanted}",
        "has its trading halt {got}",
    ),
    "order": Test("order", "step", _STEP, _is_step, "happens", "has an order {wanted}", "has an order {got}"),
    "event": Test(None, "kind", lambda event: event.kind, eq, "happens", "has a {wanted} event", "had a {got} event"),
}
"""What a document calls it → the test."""
