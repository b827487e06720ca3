"""What contracts and bonds are worth: what one unit of quantity stands for, as KIS and the exchanges' rules say."""

import csv
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache

from kis_mcp.catalog.data import resources_folder
from kis_mcp.trading.fields import number, text
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.market_facts import MarketFacts, record, rows
from kis_mcp.trading.order import Order

_BOND_UNIT = Decimal(1_000) / Decimal(10_000)
"""Bonds are counted in 1,000 won of face value and priced for 10,000."""


async def bond(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:  # noqa: ARG001
    return replace(facts, multiplier=_BOND_UNIT)


async def korean_contract(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:
    """A future or option on KRX: its multiplier by product, for single stocks by what KIS says of the underlying."""
    symbol = order.symbol or ""
    is_option = symbol[:1] in ("2", "3", "B", "C")
    product = _products().get(symbol[1:3], {})
    market = f"{product.get('kind', 'stock')}_{'options' if is_option else 'futures'}"
    quote = await record(kis, "domestic_fo_inquire_price", {"symbol": symbol, "market": market}, block="price")
    name = text(quote, "name")
    multiplier = Decimal(product["multiplier"]) if product else await _multiplier_of(kis, name)
    return replace(
        facts,
        name=facts.name or name,
        last=number(quote, "price") or None,
        ceiling=number(quote, "upper_limit_price") or None,
        multiplier=multiplier,
        exposure=number(quote, "strike_price") or None if is_option else None,
    )


async def overseas_contract(kis: Kis, order: Order, facts: MarketFacts) -> MarketFacts:
    """A future or option abroad: its multiplier from the worth of a tick, its currency's rate from the account."""
    symbol = order.symbol or ""
    kind = "opt" if " " in symbol else "stock"
    contract = await record(kis, f"overseas_fo_{kind}_detail", {"symbol": symbol})
    size, worth, currency = number(contract, "tick_size"), number(contract, "tick_value"), text(contract, "currency")
    quote = await record(kis, f"overseas_fo_{'opt' if kind == 'opt' else 'inquire'}_price", {"symbol": symbol})
    margins = await rows(kis, "overseas_stock_foreign_margin", {}) or []
    rates = (number(row, "base_exchange_rate") for row in margins if row.get("currency") == currency)
    return replace(
        facts,
        last=number(quote, "price") or None,
        multiplier=worth / size if size and worth else number(contract, "contract_size") or None,
        currency=currency,
        krw_rate=next((rate for rate in rates if rate), None),
        exposure=_strike(symbol) if kind == "opt" else None,
    )


@cache
def _products() -> Mapping[str, Mapping[str, str]]:
    """The products of KRX whose multiplier is part of the exchange's rules, by their part of a symbol."""
    with (resources_folder() / "krx_contracts.csv").open(encoding="utf-8", newline="") as lines:
        return {row["product"]: row for row in csv.DictReader(lines)}


async def _multiplier_of(kis: Kis, name: str | None) -> Decimal | None:
    """The multiplier of a single stock's contracts, by the underlying that their name begins with."""
    found = await rows(kis, "domestic_fo_margin_rate", {}) or [] if name else []
    fitting = [row for row in found if (name or "").startswith(text(row, "underlying_name") or "\0")]
    fitting.sort(key=lambda row: len(text(row, "underlying_name") or ""))
    return number(fitting[-1], "trading_multiplier") or None if fitting else None


def _strike(symbol: str) -> Decimal | None:
    """The strike price in an overseas option's symbol, such as ``OESU24 C5500``."""
    digits = symbol.partition(" ")[2][1:]
    return Decimal(digits) if digits.replace(".", "", 1).isdigit() else None
