"""What contracts and bonds are worth: what one unit of quantity stands for, as KIS and the exchanges' rules say."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.catalog import Record, number, text
from kis_mcp.clock import KST
from kis_mcp.market import krx_product
from kis_mcp.trading.guard.market_facts import MarketFacts
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order
from kis_mcp.trading.reads import is_filled, read_record, try_read_list, try_read_record
from kis_mcp.trading.venues import BOND_UNIT, KRX_CONTRACTS, OVERSEAS_CONTRACTS, Hours, is_option, krx_tick, stepped

_RATES = "overseas_stock_foreign_margin"

_GENERAL_MARKET_LOT = Decimal(10)
"""Of a bond, outside the small-lot market."""


async def read_bond(kis: KisReads, order: Order, facts: MarketFacts, arguments: Mapping[str, object]) -> MarketFacts:
    """A bond on KRX. One that has not traded today is priced at its previous close."""
    quote = await try_read_record(kis, "domestic_bond_inquire_price", {"symbol": order.symbol})
    exists, quote = is_filled(quote, "name", "price", "previous_close"), quote or {}
    is_general = arguments.get("small_lot_market") is False and not arguments.get("retail_market")
    return replace(
        facts,
        exists=exists,
        name=facts.name or text(quote, "name"),
        last=number(quote, "price") or number(quote, "previous_close") or None,
        lot=_GENERAL_MARKET_LOT if is_general else None,
        multiplier=BOND_UNIT,
    )


async def read_korean_contract(
    kis: KisReads, order: Order, facts: MarketFacts, arguments: Mapping[str, object]
) -> MarketFacts:
    """A future or option on KRX: multiplier and tick by product, for single stocks by what KIS says of the underlying.

    At night its price is that of the night session.
    """
    symbol = order.symbol or ""
    option = is_option(KRX_CONTRACTS, symbol)
    product = krx_product(symbol)
    what = "options" if option else "futures"
    market = f"{'night' if arguments.get('session') == 'night' else product.get('kind', 'stock')}_{what}"
    quote = await try_read_record(kis, "domestic_fo_inquire_price", {"symbol": symbol, "market": market}, block="price")
    exists, quote = is_filled(quote, "name", "price", "base_price", "upper_limit_price"), quote or {}
    name, price = text(quote, "name"), order.price
    multiplier = Decimal(product["multiplier"]) if product else await _read_multiplier(kis, name)
    steps = product.get(f"{what}_tick")
    tick = stepped(steps, price) if price and steps else None
    if price and multiplier and what == "futures" and not product:
        tick = _stock_tick(price)
    return replace(
        facts,
        exists=exists,
        name=facts.name or name,
        last=number(quote, "price") or number(quote, "base_price") or None,
        ceiling=number(quote, "upper_limit_price") or None,
        tick=tick,
        multiplier=multiplier,
        is_option=option,
        is_spread=symbol[:1] in ("4", "D"),
        exposure=number(quote, "strike_price") or None if option else None,
    )


async def read_overseas_contract(
    kis: KisReads,
    order: Order,
    facts: MarketFacts,
    arguments: Mapping[str, object],  # noqa: ARG001
) -> MarketFacts:
    """A future or option abroad: its multiplier from the worth of a tick, its currency's rate from the account."""
    symbol = order.symbol or ""
    option = is_option(OVERSEAS_CONTRACTS, symbol)
    contract = await try_read_record(kis, f"overseas_fo_{'opt' if option else 'stock'}_detail", {"symbol": symbol})
    exists, contract = is_filled(contract, "tick_size", "tick_value", "currency"), contract or {}
    size, worth, currency = number(contract, "tick_size"), number(contract, "tick_value"), text(contract, "currency")
    quote = await read_record(kis, f"overseas_fo_{'opt' if option else 'inquire'}_price", {"symbol": symbol})
    margins = await try_read_list(kis, _RATES, {}) or []
    rates = (number(row, "base_exchange_rate") for row in margins if row.get("currency") == currency)
    return replace(
        facts,
        exists=exists,
        last=_in_order_units(number(quote, "price"), size) or None,
        tick=size or None,
        multiplier=worth / size if size and worth else number(contract, "contract_size") or None,
        currency=currency,
        krw_rate=next((rate for rate in rates if rate), None),
        krw_rate_source=_RATES,
        is_option=option,
        is_spread=text(contract, "spread_symbol_1") is not None,
        exposure=_strike(symbol) if option else None,
        hours=_hours(contract),
    )


def _stock_tick(price: Decimal) -> Decimal | None:
    """The step of a single stock's future, which is its stock's; None where it may be a fund's, whose step is finer."""
    return None if price % krx_tick(price, "etf") == 0 else krx_tick(price, "stock")


def _in_order_units(price: Decimal | None, tick: Decimal | None) -> Decimal | None:
    """A quote of KIS without the point that it leaves out: 6AU22 is quoted as 6722.0 and ordered at 0.67220.

    A price has as many decimals as its tick; where the quote has fewer, its point stands too far right.
    """
    if not price or not tick:
        return None
    missing = _decimals(tick.normalize()) - _decimals(price)
    return price.scaleb(-missing) if missing > 0 else price


def _decimals(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    assert isinstance(exponent, int)
    return max(-exponent, 0)


def _hours(contract: Record) -> Hours | None:
    parts = [text(contract, f"market_{end}_{part}") for end in ("open", "close") for part in ("date", "time")]
    if None in parts:
        return None
    opens, closes = (datetime.fromisoformat(f"{parts[i]}T{parts[i + 1]}").replace(tzinfo=KST) for i in (0, 2))
    return opens, closes


async def _read_multiplier(kis: KisReads, name: str | None) -> Decimal | None:
    """The multiplier of a single stock's contracts, by the underlying that their name begins with."""
    found = await try_read_list(kis, "domestic_fo_margin_rate", {}) or [] if name else []
    fitting = [row for row in found if (name or "").startswith(text(row, "underlying_name") or "\0")]
    fitting.sort(key=lambda row: len(text(row, "underlying_name") or ""))
    return number(fitting[-1], "trading_multiplier") or None if fitting else None


def _strike(symbol: str) -> Decimal | None:
    """The strike price in an overseas option's symbol, such as ``OESU24 C5500``."""
    digits = symbol.partition(" ")[2][1:]
    return Decimal(digits) if digits.replace(".", "", 1).isdigit() else None
