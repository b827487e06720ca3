"""What an order would cost, and what it would leave: an inspected order, with what KIS tells of the account."""

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal

from kis_mcp.catalog import number, rounded
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.desk.inspection import Inspection
from kis_mcp.trading.guard import estimated_costs, expected_amount, tick_of
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Order, is_same_symbol
from kis_mcp.trading.portfolio import read_account_summary, read_market_holdings, share, total
from kis_mcp.trading.reads import read_record
from kis_mcp.trading.venues import CONTRACT_MARKETS, KRX_CONTRACTS, is_option

_PERCENT = Decimal("0.01")
_WON, _CENT = Decimal(1), Decimal("0.01")


@dataclass(frozen=True, slots=True)
class PriceStep:
    """What an order's price is a multiple of, and the nearest prices where it is none."""

    tick: Decimal
    price_below: Decimal | None = None
    price_above: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCosts:
    """What an order comes to, in ``currency``; None where it cannot be told.

    Attributes:
        expected_amount: At its limit; without one at the last price. Of a future that is its notional value.
        largest_amount: What the caps count, as the question to the person says it.
        commission, taxes, rates: On the expected amount; the rates with their sources.
        expected_total: What a buy takes and a sale brings, commission and taxes counted. None of a future, which is not
            paid for.
        expected_krw, krw_rate, krw_rate_source: The expected amount in won, and who tells the rate.
        margin, margin_source: What its contracts bind, and who tells it; None where it opens none.
    """

    currency: str | None
    expected_amount: Decimal | None = None
    largest_amount: Decimal | None = None
    commission: Decimal | None = None
    taxes: Decimal | None = None
    rates: str | None = None
    expected_total: Decimal | None = None
    expected_krw: Decimal | None = None
    krw_rate: Decimal | None = None
    krw_rate_source: str | None = None
    margin: Decimal | None = None
    margin_source: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEffect:
    """An order beside the account that it goes to; None where it cannot be told.

    Attributes:
        buying_power_before, buying_power_after: Money for such an order, in the order's currency, now and when it is
            filled. Of a sale of what is held none: KIS tells buying power for a purchase.
        max_quantity: What KIS would take of it at most, by its own count, which need not be by the margin.
        share_of_buying_power: Of contracts their margin of the buying power, else its quantity of ``max_quantity``, in
            percent; None for one that closes.
        wealth_krw: What all accounts are worth.
        share_of_wealth: The expected amount of that, in percent.
        position_before, position_after: Of the instrument, below zero for a short one, now and when it is filled.
        sellable: What of it can be sold or closed, open orders counted.
    """

    buying_power_before: Decimal | None = None
    buying_power_after: Decimal | None = None
    max_quantity: Decimal | None = None
    share_of_buying_power: Decimal | None = None
    wealth_krw: Decimal | None = None
    share_of_wealth: Decimal | None = None
    position_before: Decimal | None = None
    position_after: Decimal | None = None
    sellable: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderPreview:
    """All that is said of an order before it is proposed.

    Attributes:
        notes: What is missing, and why.
    """

    step: PriceStep | None
    costs: OrderCosts
    account: AccountEffect
    notes: list[str]


def price_step(inspection: Inspection) -> PriceStep | None:
    """None for an order without a price, and where the exchange's step is not known here."""
    price, tick = inspection.order.price, tick_of(inspection.facts)
    if price is None or tick is None:
        return None
    rest = price % tick
    return PriceStep(tick, price - rest, price - rest + tick) if rest else PriceStep(tick)


async def preview_order(kis: KisReads, inspection: Inspection) -> OrderPreview:
    """The costs of an inspected order and its effect on the account; KIS' failures leave gaps, and notes on them."""
    step = price_step(inspection)
    if not inspection.asked_kis or inspection.facts.exists is False:
        return OrderPreview(step, OrderCosts(currency=inspection.order.currency), AccountEffect(), [])
    notes: list[str] = []
    costs = _costs(inspection)
    held, wealth = await asyncio.gather(_read_held(kis, inspection.order, notes), _read_wealth(kis, notes))
    effect = _effect(inspection, costs, held, wealth, await _read_power(kis, inspection))
    return OrderPreview(step, costs, effect, notes)


def _costs(inspection: Inspection) -> OrderCosts:
    facts, order = inspection.facts, inspection.order
    amount = expected_amount(order, facts.last_price, facts.multiplier)
    at_this = replace(order, amount=amount)
    fees = estimated_costs(at_this, facts.kind, facts.limits.commissions)
    step = _WON if order.currency == "KRW" else _CENT
    commission, taxes = (rounded(fees.commission, step), rounded(fees.taxes, step)) if fees else (None, None)
    rate = Decimal(1) if order.currency == "KRW" else facts.krw_rate
    is_abroad = order.currency != "KRW" and rate is not None
    paid_for = None if _is_future(order) else amount
    return OrderCosts(
        currency=order.currency,
        expected_amount=amount,
        largest_amount=order.amount,
        commission=commission,
        taxes=taxes,
        rates=fees.source if fees else None,
        expected_total=_with_fees(order, paid_for, commission, taxes),
        expected_krw=rounded(amount * rate, _WON) if amount is not None and rate is not None else None,
        krw_rate=rate if is_abroad else None,
        krw_rate_source=facts.krw_rate_source if is_abroad else None,
        margin=order.margin,
        margin_source=facts.margin_source,
    )


def _with_fees(
    order: Order, amount: Decimal | None, commission: Decimal | None, taxes: Decimal | None
) -> Decimal | None:
    if amount is None or commission is None or taxes is None:
        return None
    return amount + commission + taxes if order.side == "buy" else amount - commission - taxes


def _is_future(order: Order) -> bool:
    return order.market in CONTRACT_MARKETS and not is_option(order.market, order.symbol or "")


async def _read_held(kis: KisReads, order: Order, notes: list[str]) -> tuple[Decimal | None, Decimal | None]:
    """How much of the instrument is held, and how much of that can be closed."""
    try:
        held = await read_market_holdings(kis, order.market, exchange=order.exchange, fresh=True)
    except KisMcpError as error:
        notes.append(f"The holdings of {order.market} could not be read: {error.what}")
        return None, None
    lots = [lot for lot in held if is_same_symbol(lot.symbol, order.symbol)]
    return total(lot.quantity for lot in lots), total(lot.sellable_quantity for lot in lots)


async def _read_wealth(kis: KisReads, notes: list[str]) -> Decimal | None:
    try:
        summary = await read_account_summary(kis)
    except KisMcpError as error:
        notes.append(f"What the accounts are worth could not be read: {error.what}")
        return None
    if not summary.complete:
        notes.append("The accounts are worth what could be read of them; get_account_summary says what is missing.")
    return summary.total.total


async def _read_power(kis: KisReads, inspection: Inspection) -> Decimal | None:
    """The money for such an order: as the guard saw it, or what the account for contracts has left."""
    facts, order = inspection.facts, inspection.order
    if order.market not in CONTRACT_MARKETS:
        return facts.account.cash
    if order.market == KRX_CONTRACTS:
        record = await read_record(kis, "domestic_fo_inquire_balance", {}, block="summary", fresh=True)
        return number(record, "total_orderable_amount")
    asked = {"currency": (order.currency or "").lower()}
    return number(await read_record(kis, "overseas_fo_inquire_deposit", asked, fresh=True), "orderable_amount")


def _share_of_power(order: Order, costs: OrderCosts, power: Decimal | None) -> Decimal | None:
    """What an order binds of the money for it: of contracts their margin, else its part of what KIS would take."""
    if order.market in CONTRACT_MARKETS and costs.margin is not None and power:
        return costs.margin / power
    return None if order.closes else order.buying_power_share


def _effect(
    inspection: Inspection,
    costs: OrderCosts,
    held: tuple[Decimal | None, Decimal | None],
    wealth: Decimal | None,
    power: Decimal | None,
) -> AccountEffect:
    facts, order = inspection.facts, inspection.order
    position, sellable = held
    bound = costs.expected_total if order.side == "buy" and not _is_future(order) else costs.margin
    after = power - bound if power is not None and bound is not None else None
    ratio = _share_of_power(order, costs, power)
    signed = None if order.quantity is None else order.quantity if order.side == "buy" else -order.quantity
    return AccountEffect(
        buying_power_before=power,
        buying_power_after=after,
        max_quantity=facts.account.most,
        share_of_buying_power=None if ratio is None else rounded(ratio * 100, _PERCENT),
        wealth_krw=wealth,
        share_of_wealth=None if wealth is None else share(costs.expected_krw, wealth),
        position_before=position,
        position_after=total((position, signed)),
        sellable=sellable,
    )
