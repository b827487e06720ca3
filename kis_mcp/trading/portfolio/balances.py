"""What the account holds and can buy, in one form for Korean and US stocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

from kis_mcp.catalog.fields import number, text
from kis_mcp.market.instrument import Instrument, Market
from kis_mcp.trading.kis import Kis

_NOTHING: dict[str, Any] = {}
_CENTS = Decimal("0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """One stock held. Money is in ``currency``, the rate in percent of what was paid."""

    symbol: str
    name: str | None
    market: Market
    exchange: str
    currency: str
    quantity: Decimal
    sellable_quantity: Decimal | None
    average_price: Decimal | None
    price: Decimal | None
    value: Decimal | None
    purchase_amount: Decimal | None
    profit: Decimal | None
    profit_rate: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """One market's part of the account, in ``currency``.

    Attributes:
        cash: What is left when every trade so far has settled; None where KIS does not tell (US in demo).
        withdrawable_cash: What can be taken out today, where KIS tells.
        stock_value: Holdings at current prices.
        total_value: Cash and holdings.
        purchase_amount: What the holdings cost.
        profit, profit_rate: Of the holdings, not realized; the rate in percent of what they cost.
    """

    market: Market
    currency: str
    cash: Decimal | None
    withdrawable_cash: Decimal | None
    stock_value: Decimal | None
    total_value: Decimal | None
    purchase_amount: Decimal | None
    profit: Decimal | None
    profit_rate: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyingPower:
    """How much of one stock can be bought at a price, with cash in ``currency`` and no loan."""

    symbol: str
    market: Market
    currency: str
    price: Decimal | None
    cash: Decimal | None
    max_quantity: Decimal | None


async def balance(kis: Kis, market: Market) -> Balance:
    """Cash, holdings and profit of one market."""
    return await (_korean_balance(kis) if market == "KR" else _us_balance(kis))


async def positions(kis: Kis, market: Market) -> list[Position]:
    """The stocks held in one market; those sold to the last share are left out."""
    found = await (_korean_positions(kis) if market == "KR" else _us_positions(kis))
    return [position for position in found if position.quantity]


async def buying_power(kis: Kis, instrument: Instrument, price: Decimal | None = None) -> BuyingPower:
    """How much of ``instrument`` can be bought at ``price``, by default the last one."""
    korean = instrument.market == "KR"
    where: dict[str, object] = {"symbol": instrument.symbol}
    if not korean:
        where["exchange"] = instrument.exchange
    if price is None:
        quote = await kis.rows("domestic_stock_inquire_price" if korean else "overseas_stock_price", where)
        price = number(quote.record("price"), "price")
    asked = where | {"price": price}
    if korean:
        tool, cash, quantity = (
            "domestic_stock_inquire_psbl_order",
            "buy_amount_without_receivable",
            "buy_quantity_without_receivable",
        )
        asked["order_type"] = "limit"
    else:
        tool, cash, quantity = (
            "overseas_stock_inquire_psamount",
            "overseas_orderable_amount",
            "max_orderable_quantity",
        )
    power = (await kis.rows(tool, asked, fresh=True)).record("buying_power")
    return BuyingPower(
        symbol=instrument.symbol,
        market=instrument.market,
        currency=instrument.currency,
        price=price,
        cash=number(power, cash),
        max_quantity=number(power, quantity),
    )


async def _korean_balance(kis: Kis) -> Balance:
    page = await kis.rows("domestic_stock_inquire_balance", {})
    summary = next(iter(page.rows("summary")), _NOTHING)
    cost, profit = number(summary, "purchase_amount_total"), number(summary, "valuation_profit_loss_total")
    return Balance(
        market="KR",
        currency="KRW",
        cash=number(summary, "provisional_settlement_amount"),
        withdrawable_cash=None,
        stock_value=number(summary, "securities_valuation_amount"),
        total_value=number(summary, "total_valuation_amount"),
        purchase_amount=cost,
        profit=profit,
        profit_rate=_rate(profit, cost),
    )


async def _us_balance(kis: Kis) -> Balance:
    page = await kis.rows("overseas_stock_inquire_present_balance", {"market": "us", "amounts_in": "foreign"})
    cash_row = next((row for row in page.rows("cash") if row.get("currency") == "USD"), _NOTHING)
    held = await positions(kis, "US")
    cash = number(cash_row, "fx_deposit")
    value, cost, profit = (
        _total(amounts)
        for amounts in (
            [position.value for position in held],
            [position.purchase_amount for position in held],
            [position.profit for position in held],
        )
    )
    return Balance(
        market="US",
        currency="USD",
        cash=cash,
        withdrawable_cash=number(cash_row, "fx_withdrawable_amount"),
        stock_value=value,
        total_value=None if cash is None or value is None else cash + value,
        purchase_amount=cost,
        profit=profit,
        profit_rate=_rate(profit, cost),
    )


async def _korean_positions(kis: Kis) -> list[Position]:
    page = await kis.rows("domestic_stock_inquire_balance", {})
    return [
        Position(
            symbol=text(row, "symbol") or "",
            name=text(row, "name"),
            market="KR",
            exchange="krx",
            currency="KRW",
            quantity=number(row, "holding_quantity") or Decimal(0),
            sellable_quantity=number(row, "orderable_quantity"),
            average_price=number(row, "purchase_average_price"),
            price=number(row, "price"),
            value=number(row, "valuation_amount"),
            purchase_amount=number(row, "purchase_amount"),
            profit=number(row, "valuation_profit_loss"),
            profit_rate=number(row, "valuation_profit_loss_rate"),
        )
        for row in page.rows("positions")
    ]


async def _us_positions(kis: Kis) -> list[Position]:
    exchanges = ("nasdaq", "nyse", "amex") if kis.environment.uses_demo_api else ("us",)
    pages = [
        await kis.rows("overseas_stock_inquire_balance", {"exchange": exchange, "currency": "USD"})
        for exchange in exchanges
    ]
    return [_us_position(row) for row in chain.from_iterable(page.rows("positions") for page in pages)]


def _us_position(row: Mapping[str, object]) -> Position:
    return Position(
        symbol=text(row, "symbol") or "",
        name=text(row, "name"),
        market="US",
        exchange=text(row, "exchange") or "",
        currency=text(row, "currency") or "USD",
        quantity=number(row, "overseas_balance_quantity") or Decimal(0),
        sellable_quantity=number(row, "orderable_quantity"),
        average_price=number(row, "purchase_average_price"),
        price=number(row, "price"),
        value=number(row, "overseas_stock_valuation_amount"),
        purchase_amount=number(row, "fx_purchase_amount"),
        profit=number(row, "fx_valuation_profit_loss"),
        profit_rate=number(row, "valuation_profit_loss_rate"),
    )


def _total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """Their sum; None where one of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal(0)) if len(known) == len(amounts) else None


def _rate(profit: Decimal | None, cost: Decimal | None) -> Decimal | None:
    return (profit / cost * 100).quantize(_CENTS) if profit is not None and cost else None
