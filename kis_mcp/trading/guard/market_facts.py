"""What the guard needs to know of the market: the instrument, its price, and what an order is worth in won."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.catalog import Record, number, text
from kis_mcp.market import KNOWN_BY_ABROAD, KNOWN_BY_KOREA, Instrument
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.reads import is_filled, read_record, try_read_record
from kis_mcp.trading.venues import LIMITED, Hours, InstrumentKind, kind_by_tick

_USUAL_COLLAR = Decimal(10)
"""How far above the last price, in percent, an order without limit is valued where the operator set no collar: more
than most stocks move in a day."""

_POWER_ABROAD = "overseas_stock_inquire_psamount"
_LISTING_ABROAD = "overseas_stock_search_info"

_WARRANT = "5"
"""What codes of warrants (ELW) begin with, beside others."""

_NOTHING: Record = {}


FindInstrument: TypeAlias = Callable[[str, str], Instrument | None]
"""Finds an instrument by its symbol and market, without asking KIS: other countries have the same codes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketFacts:
    """What was found; None where KIS was not asked or did not tell.

    Attributes:
        exists: Whether KIS knows the instrument; None where it could not be asked.
        last: The last price, in the units that orders are priced in.
        ceiling: What a unit may cost at most today, where the exchange sets a limit.
        tick: What the order's price is a multiple of, where KIS or a contract's terms say.
        lot: What quantities are multiples of.
        multiplier: What one unit of quantity is worth for each unit of price; None where it cannot be told.
        currency: Of the price, where the order does not say.
        krw_rate, krw_rate_source: Won for one unit of that currency, and the API that said so.
        is_option: Whether its seller answers for more than its price.
        is_spread: Whether it is two contracts, bought and sold together, priced by their difference.
        exposure: The price that an option's writer answers for, its strike.
        hours: Between which times it trades today, where KIS tells them with the contract.
    """

    exists: bool | None = None
    name: str | None = None
    kind: InstrumentKind | None = None
    last: Decimal | None = None
    ceiling: Decimal | None = None
    tick: Decimal | None = None
    lot: Decimal | None = None
    multiplier: Decimal | None = Decimal(1)
    currency: str | None = None
    krw_rate: Decimal | None = None
    krw_rate_source: str | None = None
    is_option: bool = False
    is_spread: bool = False
    exposure: Decimal | None = None
    hours: Hours | None = None


def builtin_facts(order: Order, find_instrument: FindInstrument) -> MarketFacts:
    """What the built-in list has of the order's instrument. It tells ETFs from all else, which trades like a stock."""
    instrument = find_instrument(order.symbol, order.market) if order.symbol else None
    if instrument is None:
        return MarketFacts(name=order.name)
    return MarketFacts(name=order.name or instrument.name, kind="etf" if instrument.kind == "etf" else "stock")


def estimate_amount(order: Order, facts: MarketFacts, *, collar: Decimal, closes: bool) -> Order:
    """The order with its instrument's name and what it is worth, as far as they can be told.

    A limit is the most that a buy costs and the least that a sale brings. Where no limit holds, the worth is that at
    the day's upper one, elsewhere at the last price, or the stop, and the collar, in percent.

    Args:
        closes: Whether it only closes what is held; an option that is written anew is valued at its underlying.
    """
    order = replace(order, name=facts.name, currency=order.currency or facts.currency)
    price = _highest_price(order, facts, collar)
    if price is not None and facts.is_option and order.side == "sell" and not closes:
        price = None if facts.exposure is None else max(price, facts.exposure)
    if order.action is Action.CANCEL or order.quantity is None or price is None or facts.multiplier is None:
        return order
    amount = order.quantity * abs(price) * facts.multiplier
    rate = Decimal(1) if order.currency == "KRW" else facts.krw_rate
    return replace(order, amount=amount, amount_krw=None if rate is None else amount * rate)


def expected_amount(order: Order, last: Decimal | None, multiplier: Decimal | None) -> Decimal | None:
    """An order's worth at its own price where that is a limit, else at the last one."""
    price = order.price if has_limit(order) else last or order.price
    if price is None or order.quantity is None or multiplier is None:
        return None
    return order.quantity * abs(price) * multiplier


def has_limit(order: Order) -> bool:
    """Whether its price holds until it is filled."""
    return order.price is not None and (order.order_type is None or order.order_type in LIMITED)


def _highest_price(order: Order, facts: MarketFacts, collar: Decimal) -> Decimal | None:
    """The highest price that a unit may be traded at, at the latest when it is counted."""
    market = max((price for price in (order.stop_price, facts.last) if price is not None), default=None)
    if order.price is not None and has_limit(order):
        return order.price if order.side != "sell" or market is None else max(order.price, market)
    unlimited = facts.ceiling or (market * (1 + (collar or _USUAL_COLLAR) / 100) if market else None)
    return unlimited if unlimited is None or order.price is None else max(order.price, unlimited)


async def read_korean_stock(
    kis: KisReads,
    order: Order,
    facts: MarketFacts,
    arguments: Mapping[str, object],  # noqa: ARG001
) -> MarketFacts:
    """Price, limits and kind of a stock on KRX. KIS quotes warrants (ELW) apart from all others."""
    quote = await try_read_record(kis, "domestic_stock_inquire_price", {"symbol": order.symbol})
    if is_filled(quote, *KNOWN_BY_KOREA) is False and (order.symbol or "").startswith(_WARRANT):
        warrant = await try_read_record(kis, "domestic_stock_inquire_elw_price", {"symbol": order.symbol})
        if is_filled(warrant, "price", "name"):
            return replace(facts, exists=True, kind="elw", last=number(warrant or _NOTHING, "price") or None)
    exists, quote = is_filled(quote, *KNOWN_BY_KOREA), quote or _NOTHING
    last, tick = number(quote, "price"), number(quote, "tick_size")
    return replace(
        facts,
        exists=exists,
        kind=facts.kind or (kind_by_tick(last, tick) if last and tick else None),
        last=last or None,
        ceiling=number(quote, "upper_limit_price") or None,
        lot=number(quote, "trading_unit_quantity"),
    )


async def read_overseas_stock(
    kis: KisReads,
    order: Order,
    facts: MarketFacts,
    arguments: Mapping[str, object],  # noqa: ARG001
) -> MarketFacts:
    """Price, lot and exchange rate of a stock abroad, and its name where the built-in list has none.

    Outside the US lots differ; demo does not tell them.
    """
    where = {"exchange": order.exchange, "symbol": order.symbol}
    in_detail = order.market != "US" and not kis.environment.uses_demo_api
    tool = "overseas_stock_price_detail" if in_detail else "overseas_stock_price"
    quote, name = await asyncio.gather(try_read_record(kis, tool, where), _read_name_abroad(kis, where, facts.name))
    exists, quote = is_filled(quote, *KNOWN_BY_ABROAD), quote or _NOTHING
    last = number(quote, "price") or number(quote, "previous_close") or None
    in_won = number(quote, "krw_price")
    facts = replace(
        facts,
        exists=exists,
        name=name,
        last=last,
        lot=number(quote, "trading_unit"),
        krw_rate=in_won / last if in_won and last else number(quote, "exchange_rate") or None,
        krw_rate_source=tool,
    )
    if exists is False or facts.krw_rate is not None or (price := order.price or last) is None:
        return facts
    power = await read_record(kis, _POWER_ABROAD, where | {"price": price})
    return replace(facts, krw_rate=number(power, "exchange_rate") or None, krw_rate_source=_POWER_ABROAD)


async def _read_name_abroad(kis: KisReads, where: Mapping[str, object], name: str | None) -> str | None:
    """The name of a stock: the given one, else KIS' Korean or English one; demo has no API that tells it."""
    if name or kis.environment.uses_demo_api:
        return name
    listing = await read_record(kis, _LISTING_ABROAD, where)
    return text(listing, "product_name", "name", "english_name")
