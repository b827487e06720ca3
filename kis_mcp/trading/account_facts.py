"""What the guard needs to know of the account: what it can buy, what it holds, and how the day went."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.catalog.model import Api
from kis_mcp.trading.facts import AccountFacts, GuardFacts
from kis_mcp.trading.fields import number, text
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.market_facts import MarketFacts, record, rows
from kis_mcp.trading.order import STOCK_MARKETS, Action, Order, is_same_symbol
from kis_mcp.trading.order_lists import LISTED
from kis_mcp.trading.order_reading import offered, readable

Question: TypeAlias = tuple[str, Mapping[str, object]]
"""A read API and what it is asked with."""

_CAPACITY: Mapping[str, str] = {
    "domestic_stock_order_cash": "domestic_stock_inquire_psbl_order",
    "domestic_stock_order_credit": "domestic_stock_inquire_credit_psamount",
    "overseas_stock_order": "overseas_stock_inquire_psamount",
    "overseas_stock_daytime_order": "overseas_stock_inquire_psamount",
    "domestic_fo_order": "domestic_fo_inquire_psbl_order",
    "domestic_fo_order night": "domestic_fo_inquire_psbl_ngt_order",
    "overseas_fo_order": "overseas_fo_inquire_psamount",
    "domestic_bond_buy": "domestic_bond_inquire_psbl_order",
}
"""Order API → what tells how much of it KIS would take."""

_MOST = (
    "max_buy_quantity",
    "max_orderable_quantity",
    "orderable_quantity_after_exchange",
    "overseas_max_orderable_quantity",
    "total_orderable_quantity",
    "market_orderable_quantity",
    "buyable_quantity",
)
_CLOSABLE = ("closable_quantity", "closable_quantity_1")
_HELD = ("holding_quantity", "overseas_balance_quantity", "balance_quantity", "open_quantity")

_HOLDINGS: Mapping[str, tuple[Question, ...]] = {
    "KR": (("domestic_stock_inquire_balance", {}),),
    "domestic_bond": (("domestic_bond_inquire_balance", {}),),
    "domestic_futureoption": (("domestic_fo_inquire_balance", {}),),
    "overseas_futureoption": (("overseas_fo_inquire_unpd", {}),),
    **{
        market: tuple(
            ("overseas_stock_inquire_balance", {"exchange": exchange, "currency": currency}) for exchange in exchanges
        )
        for market, currency, exchanges in (
            ("US", "USD", ("nasdaq", "nyse", "amex")),
            ("HK", "HKD", ("hong_kong",)),
            ("CN", "CNY", ("shanghai", "shenzhen")),
            ("JP", "JPY", ("tokyo",)),
            ("VN", "VND", ("hanoi", "ho_chi_minh")),
        )
    },
}
"""Market → what lists the holdings there."""

_DAY_RESULT: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "stock": ("domestic_stock_inquire_balance", "summary", ("asset_change_amount",)),
    "futures": ("domestic_fo_inquire_balance", "summary", ("trade_profit_loss_total", "valuation_profit_loss_sum")),
    "overseas_futures": (
        "overseas_fo_inquire_deposit",
        "deposit",
        ("closed_profit_loss", "derivative_valuation_profit_loss"),
    ),
}
"""Account → which fields of which block make up today's result, in won."""


async def account_facts(
    kis: Kis, api: Api, values: Mapping[str, object], facts: GuardFacts, market: MarketFacts
) -> AccountFacts:
    """Ask what the order needs and the operator's limits want, all at once."""
    order, limits = facts.order, facts.limits
    is_new = order.action is Action.NEW
    capacity, sellable, positions, loss = await asyncio.gather(
        _capacity(kis, api, values, order, market) if is_new else _nothing(),
        _sellable(kis, order, values) if is_new else _nothing(),
        _positions(kis, api, order, facts.now) if is_new and limits.max_open_positions else _nothing(),
        _loss_today(kis, api) if limits.max_daily_loss else _nothing(),
    )
    return replace(
        capacity or AccountFacts(),
        **({} if sellable is None else {"closable": sellable}),
        positions=positions,
        loss_today=loss,
    )


async def _nothing() -> None: ...


async def _capacity(
    kis: Kis, api: Api, values: Mapping[str, object], order: Order, market: MarketFacts
) -> AccountFacts | None:
    """What KIS would take of an order that needs money or margin."""
    key = f"{api.tool} {values.get('session')}"
    asked = kis.catalog.find(_CAPACITY.get(key) or _CAPACITY.get(api.tool, ""))
    if asked is None or (order.side == "sell" and order.market in STOCK_MARKETS):
        return None
    arguments = {
        parameter.name: values[parameter.name]
        for parameter in asked.parameters
        if parameter.name in values and (not parameter.codes or values[parameter.name] in parameter.codes)
    }
    price = order.price or market.last
    if order.market in STOCK_MARKETS - {"KR"} and price is not None:
        arguments["price"] = price
    answer = await record(kis, asked.tool, arguments, fresh=True)
    return AccountFacts(
        most=max((quantity for name in _MOST if (quantity := number(answer, name)) is not None), default=None),
        without_loan=number(answer, "buy_quantity_without_receivable"),
        closable=number(answer, *_CLOSABLE),
    )


async def _sellable(kis: Kis, order: Order, values: Mapping[str, object]) -> Decimal | None:
    """What of a holding can be sold; None for a buy, and where the stock comes from elsewhere."""
    questions = _HOLDINGS.get(order.market, ())
    is_borrowed = "credit_type" in values or values.get("sell_kind") == "borrowed"
    if order.side != "sell" or is_borrowed or order.market not in STOCK_MARKETS | {"domestic_bond"}:
        return None
    asked = [(tool, arguments) for tool, arguments in questions if arguments.get("exchange") in (None, order.exchange)]
    found = await asyncio.gather(*(rows(kis, tool, arguments, fresh=True) for tool, arguments in asked))
    if not found or any(holdings is None for holdings in found):
        return None
    return sum(
        (
            number(row, "orderable_quantity") or Decimal(0)
            for holdings in found
            for row in holdings or ()
            if is_same_symbol(text(row, "symbol") or "", order.symbol)
        ),
        Decimal(0),
    )


async def _positions(kis: Kis, api: Api, order: Order, now: datetime) -> frozenset[str] | None:
    """The instruments held in the order's market, and those with an open order that adds to them."""
    questions = _HOLDINGS.get(order.market, ())
    found = await asyncio.gather(*(rows(kis, tool, arguments, fresh=True) for tool, arguments in questions))
    placed, problems = await readable(kis, offered(kis, LISTED.get(api.tool, ())), now, now, fresh=True)
    if not found or problems or any(holdings is None for holdings in found):
        return None
    held = {
        text(row, "short_symbol", "symbol") or "" for holdings in found for row in holdings or () if number(row, *_HELD)
    }
    adds = ("buy",) if order.market in STOCK_MARKETS else ("buy", "sell")
    return frozenset(held) | {other.symbol for other in placed.orders if other.status.is_open and other.side in adds}


async def _loss_today(kis: Kis, api: Api) -> Decimal | None:
    """How much the account that the order goes to has lost today, as KIS tells it."""
    tool, block, names = _DAY_RESULT.get(api.account or "", ("", "", ()))
    if not tool:
        return None
    summary = await record(kis, tool, {}, block=block, fresh=True)
    results = [number(summary, name) for name in names]
    known = [result for result in results if result is not None]
    return -sum(known, Decimal(0)) if len(known) == len(results) else None
