"""What is told of an order book beside its levels."""

from collections.abc import Set as AbstractSet
from datetime import timedelta

from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.world import World

_DEPTHS = {"domestic_futureoption": 5}
"""Levels that KIS sums up, where not all."""


_CHANGES = {f"total_{side}_quantity_change": side for side in ("ask", "bid")}


def book_facts(world: World, subject: Subject, names: AbstractSet[str]) -> Facts:  # noqa: ARG001
    """The changes of the sums since the tick before, where the TR tells them, and the middle. Something in a book
    changes at every tick."""
    before = _before(subject) if names & _CHANGES.keys() else None
    now, depth = subject.book, _DEPTHS.get(subject.instrument.category)
    facts: dict[str, object] = {"trade_date": subject.quote.day, "market_session": "regular"}
    for name, side in _CHANGES.items():
        facts[name] = _total(now, side, depth) - _total(before, side, depth) if before else 0
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
