"""Korean shares and funds: trades and order books on KRX, Nextrade and both together."""

from collections.abc import Mapping

from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import TickFeed, always
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.interruptions import has_interruptions
from kis_mcp.simulator.market.listings import listings
from kis_mcp.simulator.world import World


def share(world: World, key: str) -> Instrument | None:
    """The share or fund of that code."""
    found = world.market.find(key)
    return found if found is not None and has_interruptions(found) else None


def on_nextrade(world: World, instrument: Instrument) -> bool:  # noqa: ARG001
    """Whether Nextrade trades it, which has the quotes of KRX here."""
    return listings()[instrument.symbol].trades_on_nxt


VENUES = {"H0ST": always, "H0NX": on_nextrade, "H0UN": always}
"""How the TRs of a venue begin → what they are told of."""

STOCKS: Mapping[str, Source] = {
    "H0STCNT0": TickFeed("H0STCNT0", share, trade_facts),
    "H0NXCNT0": TickFeed("H0NXCNT0", share, trade_facts, on_nextrade),
    "H0UNCNT0": TickFeed("H0UNCNT0", share, trade_facts, on_nextrade),
    **{f"{venue}ASP0": TickFeed(f"{venue}ASP0", share, book_facts, trades) for venue, trades in VENUES.items()},
}
"""Trades of both venues together are sent of what Nextrade trades alone, as was measured; order books of everything."""
