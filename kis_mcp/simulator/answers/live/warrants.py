"""Equity-linked warrants."""

from collections.abc import Mapping

from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import Listed, TickFeed
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.world import World


def warrant(world: World, key: str) -> Listed | None:
    """The warrant of that code."""
    found = world.market.find(key)
    return Listed(found) if found is not None and found.kind == "warrant" else None


WARRANTS: Mapping[str, Source] = {
    "H0EWCNT0": TickFeed("H0EWCNT0", warrant, trade_facts),
    "H0EWASP0": TickFeed("H0EWASP0", warrant, book_facts),
}
