"""What the guard needs to know of the market: the instrument's name and kind, and what an order is worth in won."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.errors import KisMcpError
from kis_mcp.trading.fields import number
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import STOCK_MARKETS, Action, Order
from kis_mcp.trading.ticks import InstrumentKind, kind_by_tick

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """What is known of an instrument without asking KIS."""

    name: str | None = None
    kind: InstrumentKind | None = None


Describe: TypeAlias = Callable[[str], Instrument | None]
"""Looks an instrument up by its symbol."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """What was found; None where KIS was not asked or did not tell.

    Attributes:
        ceiling: What one share may cost when the order has no price: the day's upper limit in Korea, the last price
            elsewhere.
        krw_rate: Won for one unit of the order's currency.
    """

    name: str | None = None
    kind: InstrumentKind | None = None
    ceiling: Decimal | None = None
    krw_rate: Decimal | None = None


async def gather(kis: Kis, order: Order, describe: Describe) -> MarketFacts:
    """Ask as little as the order needs; KIS' failure leaves gaps for the guard to judge, it is not raised."""
    known = (describe(order.symbol) if order.symbol else None) or Instrument()
    facts = MarketFacts(name=order.name or known.name, kind=known.kind)
    if order.action is Action.CANCEL or order.symbol is None:
        return facts
    if order.market == "KR":
        return await _korean(kis, order, facts)
    return await _overseas(kis, order, facts)


def valued(order: Order, facts: MarketFacts) -> Order:
    """The order with its name and worth, as far as they can be told."""
    price = order.price or facts.ceiling
    amount = None
    if order.market in STOCK_MARKETS and order.quantity is not None and price is not None:
        amount = order.quantity * price
    rate = Decimal(1) if order.currency == "KRW" else facts.krw_rate
    return replace(
        order,
        name=facts.name,
        amount=amount,
        amount_krw=amount * rate if amount is not None and rate is not None else None,
    )


async def _korean(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:
    if order.price is not None and facts.kind is not None:
        return facts
    quote = await _record(kis, "domestic_stock_inquire_price", {"symbol": order.symbol}, "price")
    last, tick = number(quote, "price"), number(quote, "tick_size")
    kind = facts.kind or (kind_by_tick(last, tick) if last and tick else None)
    return replace(facts, kind=kind, ceiling=number(quote, "upper_limit_price") or None)


async def _overseas(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:
    where = {"exchange": order.exchange, "symbol": order.symbol}
    ceiling = order.price
    if ceiling is None:
        ceiling = number(await _record(kis, "overseas_stock_price", where, "price"), "price") or None
    if ceiling is None:
        return facts
    power = await _record(kis, "overseas_stock_inquire_psamount", where | {"price": ceiling}, "buying_power")
    return replace(facts, ceiling=ceiling, krw_rate=number(power, "exchange_rate") or None)


async def _record(kis: Kis, tool: str, arguments: Mapping[str, object], block: str) -> Mapping[str, object]:
    try:
        return (await kis.rows(tool, arguments)).record(block)
    except KisMcpError as error:
        _log.warning("%s failed while an order was valued: %s", tool, error)
        return {}
