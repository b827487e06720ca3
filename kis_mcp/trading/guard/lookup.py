"""Looking up what the guard wants to know of KIS for one order: once, and as far as possible at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.catalog import CheckedArguments
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.trading.guard.account_facts import loan_of, read_account_facts
from kis_mcp.trading.guard.contract_facts import read_bond, read_korean_contract, read_overseas_contract
from kis_mcp.trading.guard.facts import GuardFacts
from kis_mcp.trading.guard.fees import estimated_fees
from kis_mcp.trading.guard.market_facts import (
    FindInstrument,
    MarketFacts,
    builtin_facts,
    estimate_amount,
    expected_amount,
    has_limit,
    read_korean_stock,
    read_overseas_stock,
)
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order, order_of
from kis_mcp.trading.venues import TradingDays, trading_days, venue_of

ReadMarketFacts: TypeAlias = Callable[[KisReads, Order, MarketFacts, Mapping[str, object]], Awaitable[MarketFacts]]

_BY_MARKET: Mapping[str, ReadMarketFacts] = {
    "KR": read_korean_stock,
    "domestic_bond": read_bond,
    "domestic_futureoption": read_korean_contract,
    "overseas_futureoption": read_overseas_contract,
}
"""Who reads an instrument's price and worth, by market; the others are stocks abroad."""


async def look_up_facts(
    kis: KisReads, facts: GuardFacts, arguments: CheckedArguments, find_instrument: FindInstrument
) -> GuardFacts:
    """The facts with what KIS has to say of them. KIS' failures leave gaps for the rules to judge."""
    order, limits = facts.order, facts.limits
    loan, wrong_loan = loan_of(arguments, order.side)
    begins, ends = (_clock(arguments.get(name)) for name in ("start_time", "end_time"))
    facts = replace(
        facts,
        venue=venue_of(arguments.api, arguments),
        loan=loan,
        wrong_loan=wrong_loan,
        begins=begins,
        ends=ends,
    )
    market = builtin_facts(order, find_instrument)
    if facts.is_cancel:
        return replace(facts, order=replace(order, name=market.name), kind=market.kind)
    if order.symbol is not None:
        market = await _BY_MARKET.get(order.market, read_overseas_stock)(kis, order, market, arguments)
    if market.exists is False:
        return replace(facts, exists=False)
    account, (days, unknown_days) = await asyncio.gather(
        read_account_facts(kis, arguments, facts, market), _read_days(kis, facts)
    )
    if facts.venue and facts.venue.sends_at_opening and order.reserved_for is None:
        day = facts.venue.day_of_opening(_last_opening(facts), days, unknown_days)
        order = replace(order, reserved_for=day)
    facts = replace(
        facts,
        account=account,
        trading_days=days if limits.check_sessions else None,
        unknown_days=unknown_days if limits.check_sessions else frozenset(),
        exists=market.exists,
        kind=market.kind,
        is_option=market.is_option,
        is_small_price=market.is_option or market.is_spread,
        last_price=market.last,
        tick=market.tick,
        lot=market.lot,
        multiplier=market.multiplier,
        krw_rate=market.krw_rate,
        krw_rate_source=market.krw_rate_source,
        contract_hours=market.hours if limits.check_sessions else None,
    )
    order = estimate_amount(order, market, collar=limits.price_collar, closes=facts.reduces_risk)
    expected = None if has_limit(order) or not market.last else expected_amount(order, market.last, market.multiplier)
    order = replace(
        order,
        fees=estimated_fees(order, market.kind, limits.commissions),
        expected_amount=expected,
        expected_fees=estimated_fees(replace(order, amount=expected), market.kind, limits.commissions),
        buying_power_share=order.quantity / account.most if order.quantity and account.most else None,
        closes=facts.reduces_risk,
    )
    return replace(facts, order=order)


async def read_last_price(kis: KisReads, order: Order) -> Decimal | None:
    """The last price of an order's stock; None where KIS does not tell it."""
    read = _BY_MARKET.get(order.market, read_overseas_stock)
    where = {"symbol": order.symbol, "exchange": order.exchange}
    return (await read(kis, order, MarketFacts(), where)).last


async def read_selling_lot(kis: KisReads, arguments: CheckedArguments) -> int:
    """What the quantity of such an order is a multiple of; 1 of a buy, and where any quantity is sold."""
    order, venue = order_of(arguments.api, arguments), venue_of(arguments.api, arguments)
    if order.side != "sell" or venue is None or not venue.sells_lots or order.order_type == venue.odd_lot_type:
        return 1
    read = _BY_MARKET.get(order.market, read_overseas_stock)
    market = await read(kis, order, MarketFacts(), arguments)
    return int(market.lot or venue.buy_lot)


def _clock(value: object) -> time | None:
    return value if isinstance(value, time) else time.fromisoformat(value) if isinstance(value, str) else None


def _last_opening(facts: GuardFacts) -> datetime:
    """After which moment the next day opens: in a simulator that never closes each day opens at midnight."""
    never_closes = facts.environment is Environment.SIM and not facts.limits.check_sessions
    return datetime.combine(facts.now.astimezone(KST).date(), time.max, KST) if never_closes else facts.now


async def _read_days(kis: KisReads, facts: GuardFacts) -> tuple[TradingDays, frozenset[date]]:
    """The venue's trading days and which of them are unknown, where its hours are to be kept or tell when it sends."""
    if facts.venue is None or not (facts.limits.check_sessions or facts.venue.sends_at_opening):
        return {}, frozenset()
    return await trading_days(kis, facts.venue, facts.now)
