"""Equity-linked warrants."""

from collections.abc import Mapping, Set as AbstractSet

from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import Stream, Tell, TickFeed
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.world import World


def warrant(world: World, key: str) -> Stream | None:
    """The warrant of that code."""
    found = world.market.find(key)
    return Stream(found) if found is not None and found.kind == "warrant" else None


def _while_traded(tell: Tell) -> Tell:
    """With what is true of everything that trades: the world halts no warrant."""

    def tell_state(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:
        own = tell(world, subject, names)
        return own and {**own, "quote_session": "regular", "trading_halted": False}

    return tell_state


WARRANTS: Mapping[str, Source] = {
    "H0EWCNT0": TickFeed("H0EWCNT0", warrant, _while_traded(trade_facts)),
    "H0EWASP0": TickFeed("H0EWASP0", warrant, _while_traded(book_facts)),
}
