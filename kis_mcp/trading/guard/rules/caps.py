"""How much may go out: the operator's caps."""

from dataclasses import replace

from kis_mcp.trading.guard.facts import Finding, GuardFacts
from kis_mcp.trading.order import Action
from kis_mcp.trading.venues import STOPS


def quantity_can_be_told(facts: GuardFacts) -> Finding | None:
    cap = facts.limits.max_quantity
    if cap is None or facts.order.quantity is not None:
        return None
    return _cannot_check("quantity", f"{cap:,f}", "KIS_MAX_ORDER_QUANTITY", facts)


def quantity_cap(facts: GuardFacts) -> Finding | None:
    quantity, cap = facts.order.quantity, facts.limits.max_quantity
    if quantity is None or cap is None or quantity <= cap:
        return None
    return Finding(
        f"The quantity is {quantity:,f}; one order may have at most {cap:,f} (KIS_MAX_ORDER_QUANTITY).",
        f"Order at most {cap:,f}, or ask the operator to raise the cap.",
        "quantity",
    )


def notional_cap(facts: GuardFacts) -> Finding | None:
    amount, cap = facts.order.amount_krw, facts.limits.max_notional
    if cap is None:
        return None
    if amount is None:
        return _cannot_check("order's value in won", f"{cap:,f} KRW", "KIS_MAX_ORDER_NOTIONAL", facts)
    if amount <= cap:
        return None
    return Finding(
        f"The order is worth up to {amount:,.0f} KRW; one order may be worth at most {cap:,f} KRW"
        " (KIS_MAX_ORDER_NOTIONAL).",
        "Order less, or ask the operator to raise the cap.",
        "quantity",
    )


def orders_per_day(facts: GuardFacts) -> Finding | None:
    cap = facts.limits.max_orders_per_day
    if cap is None or facts.sent_today < cap or facts.order.closes:
        return None
    return Finding(
        f"{facts.sent_today} orders and changes were sent today; at most {cap} may be (KIS_MAX_ORDERS_PER_DAY).",
        "Wait for the next day in Korea, or ask the operator to raise the cap.",
    )


def open_positions(facts: GuardFacts) -> Finding | None:
    cap, positions, order = facts.limits.max_open_positions, facts.account.positions, facts.order
    if cap is None or order.action is not Action.NEW or facts.reduces_risk:
        return None
    if positions is None:
        return _cannot_check("open positions", f"{cap}", "KIS_MAX_OPEN_POSITIONS", facts)
    positions |= facts.just_sent
    if order.symbol in positions or len(positions) < cap:
        return _warn_of_gaps("positions", f"{cap}", "KIS_MAX_OPEN_POSITIONS", facts)
    return Finding(
        f"{len(positions)} instruments or more are held or being bought; at most {cap} may be"
        " (KIS_MAX_OPEN_POSITIONS).",
        "Close a position first, or ask the operator to raise the cap.",
        "symbol",
    )


def daily_loss(facts: GuardFacts) -> Finding | None:
    cap, loss = facts.limits.max_daily_loss, facts.account.loss_today
    if cap is None or facts.reduces_risk:
        return None
    if loss is None:
        return _cannot_check("loss of the day", f"{cap:,f} KRW", "KIS_MAX_DAILY_LOSS", facts)
    if loss < cap:
        return _warn_of_gaps("loss of the day", f"{cap:,f} KRW", "KIS_MAX_DAILY_LOSS", facts)
    return Finding(
        f"The account has lost {loss:,.0f} KRW today; from {cap:,f} KRW on (KIS_MAX_DAILY_LOSS) only what closes"
        " positions goes out.",
        "Stop for today, or ask the operator to raise the cap.",
    )


def price_collar(facts: GuardFacts) -> Finding | None:
    """Refuses a price far on the losing side of the market, or of the stop of an order that is said to wait for it.
    For options and spreads it only warns: their prices are small beside what they stand for, and often old, so that a
    good order may be far from the last one."""
    order, collar = facts.order, facts.limits.price_collar
    if not collar or order.price is None:
        return None
    market = (order.stop_price if order.order_type in STOPS else None) or facts.last_price
    if market is None or market <= 0 or order.price <= 0:
        finding = _cannot_check("distance from the last price", f"{collar:f} %", "KIS_PRICE_COLLAR_PERCENT", facts)
        return replace(finding, refuses=finding.refuses and not facts.is_small_price)
    away = (order.price / market - 1) * 100
    if abs(away) <= collar:
        return None
    loses = order.side != ("sell" if away > 0 else "buy")
    return Finding(
        f"The price {order.price:,f} is {abs(away):.1f} % {'above' if away > 0 else 'below'} the market's {market:,f}"
        f"{f'; at most {collar:f} % on the losing side' if loses else ''} (KIS_PRICE_COLLAR_PERCENT).",
        "Give a price nearer to the market." if loses else "It may never be filled.",
        "price",
        refuses=loses and not facts.is_small_price,
    )


def price_limit(facts: GuardFacts) -> Finding | None:
    """Korea's exchanges let no price leave the day's limits, others do."""
    order = facts.order
    if (
        order.price is not None
        or order.order_type is None
        or order.market == "KR"
        or order.market.startswith("domestic")
    ):
        return None
    return Finding(
        f"A {order.order_type} order has no price limit, and the exchange keeps none either: it may be filled far from"
        f" the last price{f' of {facts.last_price:,f}' if facts.last_price else ''}.",
        "Use a limit order to have a price kept.",
        "order_type",
        refuses=False,
    )


def written_option(facts: GuardFacts) -> Finding | None:
    order = facts.order
    if not facts.is_option or order.side != "sell" or facts.reduces_risk:
        return None
    return Finding(
        f"It writes options on {order.symbol} or changes an order that may: the loss has no limit, and the estimated"
        " amount is only their strike price.",
        "Buy options to risk no more than their price.",
        refuses=False,
    )


def short_sale(facts: GuardFacts) -> Finding | None:
    if facts.loan != "short":
        return None
    return Finding(
        f"It sells borrowed {facts.order.symbol}: no holding was looked for, and the loss has no limit.",
        "Leave out the words for a short sale to sell what is held.",
        refuses=False,
    )


def _cannot_check(what: str, cap: str, setting: str, facts: GuardFacts) -> Finding:
    return Finding(
        f"The {what} cannot be told, so the cap of {cap} ({setting}) cannot be checked.",
        "Try again when KIS tells it; the setting is the operator's to change.",
        refuses=facts.is_real and not facts.sells_holding,
    )


def _warn_of_gaps(what: str, cap: str, setting: str, facts: GuardFacts) -> Finding | None:
    if not facts.account.left_out:
        return None
    return Finding(
        f"The cap of {cap} ({setting}) was checked without the {what} that KIS refuses to tell:"
        f" {'; '.join(facts.account.left_out)}.",
        "Go on only if the account has nothing there.",
        refuses=False,
    )
