"""Everything that the guard wants to know of KIS for one order, asked once and at the same time."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from kis_mcp.trading.calendars import trading_days
from kis_mcp.trading.facts import GuardFacts
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.market_facts import Describe, gather, valued
from kis_mcp.trading.sessions import TradingDays, venue_of


async def gathered(
    kis: Kis, facts: GuardFacts, tool: str, values: Mapping[str, object], describe: Describe
) -> GuardFacts:
    """The facts with what KIS has to say of them. KIS' failures leave gaps for the rules to judge."""
    facts = replace(facts, venue=venue_of(tool, values))
    market, days = await asyncio.gather(gather(kis, facts.order, describe), _days(kis, facts))
    return replace(facts, order=valued(facts.order, market), kind=market.kind, trading_days=days)


async def _days(kis: Kis, facts: GuardFacts) -> TradingDays | None:
    """The venue's trading days, where its hours are to be kept."""
    if facts.is_cancel or facts.venue is None or not facts.limits.check_sessions:
        return None
    return await trading_days(kis, facts.venue, facts.now)
