"""Who trades a share: members of the exchange, and programmes."""

from collections.abc import Mapping, Set as AbstractSet

from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.stocks import VENUES
from kis_mcp.simulator.answers.live.ticks import TickFeed
from kis_mcp.simulator.answers.quotes.members import top_facts
from kis_mcp.simulator.answers.quotes.programmes import programme_until
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.world import World


def _members(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:  # noqa: ARG001
    """The members that bought and sold most; None while nothing is traded."""
    if not subject.session.volume_at(subject.ticks - 1):
        return None
    return {**top_facts(subject), "symbol": subject.instrument.symbol}


def _programmes(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:  # noqa: ARG001
    """What programmes have bought and sold today; None while that stays."""
    now, before = (programme_until(subject, subject.ticks - back) for back in (0, 1))
    if now == before:
        return None
    return {
        "symbol": subject.instrument.symbol,
        "trade_time": subject.quote.at.timetz(),
        "sell_trade_volume": now.sold,
        "sell_turnover": now.earned,
        "buy_trade_volume": now.bought,
        "buy_turnover": now.paid,
        "net_buy_trade_volume": now.net,
        "net_buy_turnover": now.net_paid,
    }


FLOWS: Mapping[str, Source] = {
    f"{venue}{kind}": TickFeed(f"{venue}{kind}", find, tell, quotes=False)
    for venue, find in VENUES.items()
    for kind, tell in (("MBC0", _members), ("PGM0", _programmes))
}
"""Which orders programmes have in the book, nobody in the world knows."""
