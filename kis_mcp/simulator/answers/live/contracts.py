"""Korean futures and options: trades and order books by day and by night."""

from collections.abc import Mapping, Set as AbstractSet
from dataclasses import replace

from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import Find, Stream, TickFeed
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.chains import product_of
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.world import World

_THOUSAND = 1_000


def future_on(*kinds: str) -> Find:
    """The future of a code, where it is on an index, a share, or something else."""

    def find(world: World, key: str) -> Stream | None:
        found = _contract(world, key)
        is_wanted = found is not None and found.kind == "future" and _underlying(found) in kinds
        return Stream(found) if found is not None and is_wanted else None

    return find


def option(world: World, key: str) -> Stream | None:
    """The option of that code."""
    found = _contract(world, key)
    return Stream(found) if found is not None and found.kind != "future" else None


def at_night(find: Find) -> Find:
    """The same in the night session, which a world with hours does not have: it trades by day alone."""

    def find_at_night(world: World, key: str) -> Stream | None:
        found = find(world, key)
        return found and replace(found, is_sent=world.market.calendar(found.instrument).never_closes)

    return find_at_night


def _contract(world: World, key: str) -> Instrument | None:
    found = world.market.find(key)
    return found if found is not None and found.category == "domestic_futureoption" else None


def _underlying(future: Instrument) -> str:
    product = product_of(future)
    if product is None or product.follows in indices():
        return "index"
    return "share" if product.sector == "stock" else "other"


def _night_trade(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:
    """With the turnover in thousand won, as in KIS' example of night futures alone."""
    trade = trade_facts(world, subject, names)
    return trade and {**trade, "turnover": subject.quote.turnover // _THOUSAND}


_MARKETS: Mapping[str, Find] = {
    "H0IF": future_on("index"),
    "H0ZF": future_on("share"),
    "H0CF": future_on("other"),
    "H0IO": option,
    "H0ZO": option,
    "H0MF": at_night(future_on("index", "other")),
    "H0EU": at_night(option),
}
"""How the TRs of a market begin → what they are about. The world has no options on shares: in their place it takes
those that it has."""

CONTRACTS: Mapping[str, Source] = {
    f"{market}{kind}": TickFeed(f"{market}{kind}", find, tell)
    for market, find in _MARKETS.items()
    for kind, tell in (("CNT0", trade_facts), ("ASP0", book_facts))
} | {"H0MFCNT0": TickFeed("H0MFCNT0", _MARKETS["H0MF"], _night_trade)}
