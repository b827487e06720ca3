"""How much may go out: the operator's caps."""

from kis_mcp.trading.facts import Finding, GuardFacts


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
        return Finding(
            f"The order's value in won cannot be told, so the cap of {cap:,f} KRW (KIS_MAX_ORDER_NOTIONAL) cannot be"
            " checked.",
            "Try again when KIS gives the price and exchange rate, or give a limit price.",
            refuses=facts.is_real,
        )
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
    if cap is None or facts.sent_today < cap:
        return None
    return Finding(
        f"{facts.sent_today} orders and changes were sent today; at most {cap} may be (KIS_MAX_ORDERS_PER_DAY).",
        "Wait for the next day in Korea, or ask the operator to raise the cap.",
    )
