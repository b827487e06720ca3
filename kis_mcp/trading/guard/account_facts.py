"""What the guard needs to know of the account: what it can buy, what it holds, and how the day went."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from kis_mcp.catalog import Api, CheckedArguments, number
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.guard.facts import AccountFacts, GuardFacts, Loan
from kis_mcp.trading.guard.market_facts import MarketFacts
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order, Side, is_same_symbol
from kis_mcp.trading.portfolio import read_loss_today, read_market_holdings, read_open_positions, total
from kis_mcp.trading.reads import PartialAnswer, read_record
from kis_mcp.trading.venues import STOCK_MARKETS

_MOST = (
    "max_buy_quantity",
    "max_orderable_quantity",
    "orderable_quantity_after_exchange",
    "overseas_max_orderable_quantity",
    "total_orderable_quantity",
    "market_orderable_quantity",
    "buyable_quantity",
)
_CASH = ("buy_amount_without_receivable", "overseas_orderable_amount", "buyable_amount")
_LOANS: Mapping[str, tuple[Loan, Side]] = {
    "margin_open": ("open", "buy"),
    "margin_repay": ("repay", "sell"),
    "short_open": ("short", "sell"),
    "short_repay": ("repay", "buy"),
    "collateral_loan": ("repay", "sell"),
    "lending_return": ("repay", "sell"),
    "borrowed": ("short", "sell"),
}
"""The word for a loan, whoever lends → what it means, and the side that goes with it."""

_CLOSABLE = ("closable_quantity", "closable_quantity_1")


async def read_account_facts(
    kis: KisReads, arguments: CheckedArguments, facts: GuardFacts, market: MarketFacts
) -> AccountFacts:
    """Ask what the order needs, and then what the operator's limits want, which partly is the same."""
    api, order, limits = arguments.api, facts.order, facts.limits
    is_new = order.action is Action.NEW
    capacity = _capacity_question(kis, api, arguments, order) if is_new else None
    power, sellable = await asyncio.gather(
        _read_capacity(kis, capacity, arguments, facts, market) if capacity else _nothing(),
        _read_sellable_quantity(kis, order) if facts.is_cash_sale else _nothing(),
    )
    positions: PartialAnswer[frozenset[str]] = PartialAnswer(None)
    loss: PartialAnswer[Decimal] = PartialAnswer(None)
    if is_new and limits.max_open_positions:
        positions = await read_open_positions(kis, api, order, limits.max_open_positions, facts.now)
    if limits.max_daily_loss:
        loss = await read_loss_today(kis, api, order, market.krw_rate, facts.now)
    needs = {"most": capacity is not None, "closable": facts.is_cash_sale}
    return replace(
        power or AccountFacts(),
        needs=frozenset(name for name, is_needed in needs.items() if is_needed),
        **({} if sellable is None else {"closable": sellable + facts.freed}),
        positions=positions.value,
        loss_today=loss.value,
        left_out=tuple(dict.fromkeys((*positions.left_out, *loss.left_out))),
    )


def loan_of(arguments: Mapping[str, object], side: Side | None) -> tuple[Loan | None, str | None]:
    """What an order has to do with a loan of money or stock, by the words of its arguments, and the word that
    contradicts its side."""
    for name in ("credit_type", "position_type", "sell_kind"):
        word = str(arguments.get(name))
        loan, goes_with = _LOANS.get(word.removeprefix("broker_").removeprefix("ksfc_"), (None, None))
        if loan and side not in (None, goes_with):
            return None, f"{name} {word}"
        if loan:
            return loan, None
    return None, None


async def _nothing() -> None: ...


def _capacity_question(kis: KisReads, api: Api, values: Mapping[str, object], order: Order) -> Api | None:
    """What tells how much KIS would take of an order that needs money or margin."""
    if api.order is None or (order.side == "sell" and order.market in STOCK_MARKETS):
        return None
    by_session = api.order.capacity
    return kis.catalog.find(by_session.get(str(values.get("session"))) or by_session.get("", ""))


async def _read_capacity(
    kis: KisReads, question: Api, values: Mapping[str, object], facts: GuardFacts, market: MarketFacts
) -> AccountFacts:
    """How much KIS would take of an order, and what of it needs no loan or closes what is held."""
    order = facts.order
    arguments = {
        parameter.name: values[parameter.name]
        for parameter in question.parameters
        if parameter.name in values and (not parameter.codes or values[parameter.name] in parameter.codes)
    }
    price = order.price or market.last
    if order.market in STOCK_MARKETS - {"KR"} and price is not None:
        arguments["price"] = price
    answer = await read_record(kis, question.tool, arguments, fresh=True)
    closable = _add(number(answer, *_CLOSABLE), facts.freed)
    most = max((quantity for name in _MOST if (quantity := number(answer, name)) is not None), default=None)
    return AccountFacts(
        most=_add(most, facts.freed),
        without_loan=number(answer, "buy_quantity_without_receivable"),
        cash=number(answer, *_CASH),
        closable=_least(closable, await _read_opposite_quantity(kis, order)) if closable else closable,
    )


def _add(quantity: Decimal | None, freed: Decimal) -> Decimal | None:
    return None if quantity is None else quantity + freed


def _least(closable: Decimal, held: Decimal | None) -> Decimal | None:
    return None if held is None else min(closable, held)


async def _read_opposite_quantity(kis: KisReads, order: Order) -> Decimal | None:
    """How many contracts are held on the other side of an order, by the list of them: only those can be closed."""
    try:
        held = await read_market_holdings(kis, order.market, fresh=True)
    except KisMcpError:
        return None
    quantities = [
        holding.quantity
        for holding in held
        if holding.symbol == order.symbol and holding.is_short is (order.side == "buy")
    ]
    return total(None if quantity is None else abs(quantity) for quantity in quantities)


async def _read_sellable_quantity(kis: KisReads, order: Order) -> Decimal | None:
    """What of a holding can be sold."""
    try:
        held = await read_market_holdings(kis, order.market, exchange=order.exchange, fresh=True)
    except KisMcpError:
        return None
    return total(
        holding.sellable_quantity
        for holding in held
        if holding.is_open and is_same_symbol(holding.symbol, order.symbol)
    )
