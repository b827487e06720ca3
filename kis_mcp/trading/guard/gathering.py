"""Everything that the guard wants to know of KIS for one order, asked once and as far as possible at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TypeAlias

from kis_mcp.catalog.model import Api
from kis_mcp.trading.guard.account_facts import account_facts, loan_of
from kis_mcp.trading.guard.contract_facts import bond, korean_contract, overseas_contract
from kis_mcp.trading.guard.facts import GuardFacts
from kis_mcp.trading.guard.fees import estimated_fees
from kis_mcp.trading.guard.market_facts import (
    Describe,
    MarketFacts,
    Values,
    known,
    korean_stock,
    overseas_stock,
    valued,
)
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Order
from kis_mcp.trading.venues.calendars import trading_days
from kis_mcp.trading.venues.sessions import TradingDays, venue_of

Lookup: TypeAlias = Callable[[Kis, Order, MarketFacts, Values], Awaitable[MarketFacts]]

_LOOKUPS: Mapping[str, Lookup] = {
    "KR": korean_stock,
    "domestic_bond": bond,
    "domestic_futureoption": korean_contract,
    "overseas_futureoption": overseas_contract,
}
"""What tells an instrument's price and worth, by market; the others are stocks abroad."""


async def gathered(kis: Kis, facts: GuardFacts, api: Api, values: Values, describe: Describe) -> GuardFacts:
    """The facts with what KIS has to say of them. KIS' failures leave gaps for the rules to judge."""
    order, limits = facts.order, facts.limits
    loan, wrong_loan = loan_of(values, order.side)
    facts = replace(facts, venue=venue_of(api, values), loan=loan, wrong_loan=wrong_loan)
    market = known(order, describe)
    if facts.is_cancel:
        return replace(facts, order=replace(order, name=market.name), kind=market.kind)
    if order.symbol is not None:
        market = await _LOOKUPS.get(order.market, overseas_stock)(kis, order, market, values)
    if market.exists is False:
        return replace(facts, exists=False)
    account, (days, unknown_days) = await asyncio.gather(
        account_facts(kis, api, values, facts, market), _days(kis, facts)
    )
    facts = replace(
        facts,
        account=account,
        trading_days=days,
        unknown_days=unknown_days,
        exists=market.exists,
        kind=market.kind,
        is_option=market.is_option,
        is_small_price=market.is_option or market.is_spread,
        last_price=market.last,
        tick=market.tick,
        lot=market.lot,
        contract_hours=market.hours if limits.check_sessions else None,
    )
    order = valued(order, market, collar=limits.price_collar, closes=facts.reduces_risk)
    share = order.quantity / account.most if order.quantity and account.most else None
    fees = estimated_fees(order, market.kind, limits.commissions)
    return replace(facts, order=replace(order, fees=fees, buying_power_share=share, closes=facts.reduces_risk))


async def _days(kis: Kis, facts: GuardFacts) -> tuple[TradingDays | None, frozenset[date]]:
    """The venue's trading days and which of them are unknown, where its hours are to be kept."""
    if facts.venue is None or not facts.limits.check_sessions:
        return None, frozenset()
    return await trading_days(kis, facts.venue, facts.now)
