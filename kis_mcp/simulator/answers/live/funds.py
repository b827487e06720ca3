"""The net asset value of funds."""

from collections.abc import Mapping, Set as AbstractSet
from decimal import Decimal

from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.stocks import share
from kis_mcp.simulator.answers.live.ticks import Stream, TickFeed
from kis_mcp.simulator.answers.quotes.net_assets import nav_facts, won
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.market.funds import FundHistory
from kis_mcp.simulator.world import World


def _fund(world: World, key: str) -> Stream | None:
    """The ETF or ETN of that code."""
    found = share(world, key)
    return found if found is not None and found.instrument.kind in ("etf", "etn") else None


def _value(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:  # noqa: ARG001
    """The value and its day; None where it has not moved since the tick before."""
    history = world.market.fund(subject.instrument)
    if history is None or (subject.ticks > 1 and _shown(history, subject, 0) == _shown(history, subject, 1)):
        return None
    return {**nav_facts(subject, history), "symbol": subject.instrument.symbol}


def _shown(history: FundHistory, subject: Subject, ticks_ago: int) -> Decimal:
    day = subject.quote.day
    levels = history.levels(day, subject.market.calendar(subject.instrument).ticks_a_day)
    return won(history.nav(day, levels[subject.ticks - 1 - ticks_ago]))


FUNDS: Mapping[str, Source] = {"H0STNAV0": TickFeed("H0STNAV0", _fund, _value, quotes=False)}
