"""What the guard needs to know of the market: the instrument, its price, and what an order is worth in won."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.catalog.decode import Record
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.fields import number
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.ticks import InstrumentKind, kind_by_tick

_NOTHING: Record = {}
_NO_ROWS: list[Record] = []

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
        last: The last price.
        ceiling: What a unit may cost at most today, where the exchange sets a limit.
        lot: What quantities are multiples of.
        multiplier: What one unit of quantity is worth for each unit of price; None where it cannot be told.
        currency: Of the price, where the order does not say.
        krw_rate: Won for one unit of that currency.
        exposure: The price that an option's writer answers for; None for anything else.
    """

    name: str | None = None
    kind: InstrumentKind | None = None
    last: Decimal | None = None
    ceiling: Decimal | None = None
    lot: Decimal | None = None
    multiplier: Decimal | None = Decimal(1)
    currency: str | None = None
    krw_rate: Decimal | None = None
    exposure: Decimal | None = None


def known(order: Order, describe: Describe) -> MarketFacts:
    """What is known of the order's instrument without asking KIS."""
    instrument = (describe(order.symbol) if order.symbol else None) or Instrument()
    return MarketFacts(name=order.name or instrument.name, kind=instrument.kind)


def valued(order: Order, facts: MarketFacts, *, collar: Decimal, closes: bool) -> Order:
    """The order with its name and worth, as far as they can be told.

    Without a limit it is valued at the day's upper one, elsewhere at the last price and the collar, in percent.

    Args:
        closes: Whether it only closes what is held; an option that is written anew is valued at its underlying.
    """
    order = replace(order, name=facts.name, currency=order.currency or facts.currency)
    market = order.stop_price or facts.last
    price = order.price or facts.ceiling or (market * (1 + collar / 100) if market else None)
    if price is not None and facts.exposure is not None and order.side == "sell" and not closes:
        price = max(price, facts.exposure)
    if order.action is Action.CANCEL or order.quantity is None or price is None or facts.multiplier is None:
        return order
    amount = order.quantity * price * facts.multiplier
    rate = Decimal(1) if order.currency == "KRW" else facts.krw_rate
    return replace(order, amount=amount, amount_krw=None if rate is None else amount * rate)


async def korean_stock(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:
    """Price, limits and kind of a stock on KRX."""
    quote = await record(kis, "domestic_stock_inquire_price", {"symbol": order.symbol})
    last, tick = number(quote, "price"), number(quote, "tick_size")
    return replace(
        facts,
        kind=facts.kind or (kind_by_tick(last, tick) if last and tick else None),
        last=last or None,
        ceiling=number(quote, "upper_limit_price") or None,
        lot=number(quote, "trading_unit_quantity"),
    )


async def overseas_stock(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:
    """Price, lot and exchange rate of a stock abroad. Outside the US lots differ; demo does not tell them."""
    where = {"exchange": order.exchange, "symbol": order.symbol}
    in_detail = order.market != "US" and not kis.environment.uses_demo_api
    quote = await record(kis, "overseas_stock_price_detail" if in_detail else "overseas_stock_price", where)
    last = number(quote, "price") or None
    facts = replace(
        facts, last=last, lot=number(quote, "trading_unit"), krw_rate=number(quote, "exchange_rate") or None
    )
    if facts.krw_rate is not None or (price := order.price or last) is None:
        return facts
    power = await record(kis, "overseas_stock_inquire_psamount", where | {"price": price})
    return replace(facts, krw_rate=number(power, "exchange_rate") or None)


async def rows(kis: Kis, tool: str, arguments: Mapping[str, object], *, fresh: bool = False) -> Sequence[Record] | None:
    """The first list that a read API answers with; None where KIS fails."""
    blocks = await _blocks(kis, tool, arguments, fresh=fresh)
    return None if blocks is None else next((block for block in blocks.values() if isinstance(block, list)), _NO_ROWS)


async def record(
    kis: Kis, tool: str, arguments: Mapping[str, object], *, block: str | None = None, fresh: bool = False
) -> Record:
    """A block of a read API's answer as one record, by default the first such; empty where there is none."""
    blocks = await _blocks(kis, tool, arguments, fresh=fresh) or {}
    if block is None:
        return next((one for one in blocks.values() if isinstance(one, dict)), _NOTHING)
    found = blocks.get(block, _NOTHING)
    return found if isinstance(found, dict) else next(iter(found), _NOTHING)


async def _blocks(
    kis: Kis, tool: str, arguments: Mapping[str, object], *, fresh: bool
) -> Mapping[str, Record | list[Record]] | None:
    try:
        return (await kis.rows(tool, arguments, fresh=fresh)).blocks
    except KisMcpError as error:
        _log.warning("%s failed while an order was looked at: %s", tool, error)
        return None
