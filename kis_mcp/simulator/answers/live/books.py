"""What is told of an order book beside its levels."""

from collections.abc import Set as AbstractSet
from datetime import timedelta

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.world import World

_DEPTHS = {"domestic_futureoption": 5}
"""Levels that KIS sums up, where not all."""


def book_facts(world: World, subject: Subject, names: AbstractSet[str]) -> Facts:  # noqa: ARG001
    """The changes of the sums since the tick before, and the middle. Something in a book changes at every tick."""
    before, now = _before(subject), subject.book
    depth = _DEPTHS.get(subject.instrument.category)
    facts: dict[str, object] = {"trade_date": subject.quote.day, "market_session": "regular"}
    for side in ("ask", "bid"):
        change = _total(now, side, depth) - _total(before, side, depth) if before else 0
        facts[f"total_{side}_quantity_change"] = change
    if now.asks and now.bids:
        middle = (now.asks[0].price + now.bids[0].price) / 2
        facts |= {"krx_mid_price": middle, "nxt_mid_price": middle}
    return facts


def _before(subject: Subject) -> Book | None:
    """The book one tick earlier; None at a day's first."""
    if subject.ticks == 1:
        return None
    return subject.market.book(subject.instrument, subject.now - timedelta(seconds=TICK_SECONDS))


def _total(book: Book, side: str, depth: int | None) -> int:
    levels = book.asks if side == "ask" else book.bids
    return sum(level.quantity for level in levels[:depth])
