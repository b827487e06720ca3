"""Korean shares and funds: trades and order books on KRX, Nextrade and both together."""

from collections.abc import Mapping
from dataclasses import replace

from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import Find, Stream, TickFeed
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.market.interruptions import has_interruptions
from kis_mcp.simulator.market.listings import listings
from kis_mcp.simulator.world import World


def share(world: World, key: str) -> Stream | None:
    """The share or fund of that code."""
    found = world.market.find(key)
    return Stream(found) if found is not None and has_interruptions(found) else None


def share_on_nextrade(world: World, key: str) -> Stream | None:
    """The same; sent where Nextrade trades it, which has the quotes of KRX here."""
    found = share(world, key)
    return found and replace(found, is_sent=listings()[key].trades_on_nxt)


VENUES: Mapping[str, Find] = {"H0ST": share, "H0NX": share_on_nextrade, "H0UN": share}
"""How the TRs of a venue begin → what they are about."""

STOCKS: Mapping[str, Source] = {
    **{f"{venue}CNT0": TickFeed(f"{venue}CNT0", find, trade_facts) for venue, find in VENUES.items()},
    "H0UNCNT0": TickFeed("H0UNCNT0", share_on_nextrade, trade_facts),
    **{f"{venue}ASP0": TickFeed(f"{venue}ASP0", find, book_facts) for venue, find in VENUES.items()},
}
"""Trades of both venues together are sent of what Nextrade trades alone, as was measured; order books of everything."""
