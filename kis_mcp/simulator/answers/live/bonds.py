"""Exchange-listed bonds."""

from collections.abc import Mapping, Set as AbstractSet

from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import Stream, TickFeed
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.world import World


def _bond(world: World, key: str) -> Stream | None:
    """The bond of that code."""
    found = world.market.find(key)
    return Stream(found) if found is not None and found.kind == "bond" else None


def _trade(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:
    """KIS does not say what its codes of a bond's trades mean."""
    return trade_facts(world, subject, names - {"trade_type_code"})


BONDS: Mapping[str, Source] = {
    "H0BJCNT0": TickFeed("H0BJCNT0", _bond, _trade),
    "H0BJASP0": TickFeed("H0BJASP0", _bond, book_facts),
}
