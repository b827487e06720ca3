"""Who may order at all: the operator's switches and lists, and the same order twice."""

from kis_mcp.trading.guard.facts import Finding, GuardFacts
from kis_mcp.trading.guard.likeness import LATE_ARRIVAL
from kis_mcp.trading.halt import LIFTED_BY, halted_text
from kis_mcp.trading.journal import DUPLICATE_WINDOW, Record, Status

_MOST_TOLD = 3


def real_orders(facts: GuardFacts) -> Finding | None:
    if not facts.is_real or facts.limits.allow_real_orders:
        return None
    return Finding(
        "Orders with real money are switched off.",
        "The operator can allow them with KIS_ALLOW_REAL_ORDERS=1; use sim or demo to practise.",
        "KIS_ALLOW_REAL_ORDERS",
    )


def orders_are_not_halted(facts: GuardFacts) -> Finding | None:
    if facts.halted is None:
        return None
    return Finding(halted_text(facts.halted), f"Cancels still go through. {LIFTED_BY}")


def caps_are_set(facts: GuardFacts) -> Finding | None:
    caps = {
        "KIS_MAX_ORDER_NOTIONAL": facts.limits.max_notional,
        "KIS_MAX_ORDER_QUANTITY": facts.limits.max_quantity,
    }
    missing = [name for name, value in caps.items() if value is None]
    if not facts.is_real or not missing:
        return None
    return Finding(
        f"Orders with real money need caps; not set: {', '.join(missing)}.",
        "The operator sets both: the most that one order may be worth in won, and its most shares.",
        missing[0],
    )


def symbol_is_allowed(facts: GuardFacts) -> Finding | None:
    order, allowed = facts.order, facts.limits.allowed_symbols
    if any(denied.denies(order) for denied in facts.limits.denied_symbols):
        return Finding(
            f"{order.symbol} may not be ordered (KIS_DENIED_SYMBOLS).",
            "Choose another instrument, or ask the operator to take it off the list.",
            "symbol",
        )
    if not allowed or any(listed.allows(order) for listed in allowed):
        return None
    return Finding(
        f"{order.symbol or 'An unknown instrument'} is not among the {len(allowed)} that may be ordered"
        " (KIS_ALLOWED_SYMBOLS).",
        f"Choose one of {', '.join(listed.symbol for listed in sorted(allowed)[:10])}, or ask the operator to add it.",
        "symbol",
    )


def _is_of_this_day(facts: GuardFacts, record: Record) -> bool:
    return record.sent_at is not None and abs(facts.now - record.sent_at) < LATE_ARRIVAL


def not_a_duplicate(facts: GuardFacts) -> Finding | None:
    for record in facts.same:
        if record.sent_at is not None and record.status is Status.NOT_ACCEPTED and _is_of_this_day(facts, record):
            return Finding(
                f"The same order was sent at {record.sent_at:%Y-%m-%d %H:%M:%S}; its answer was lost, and KIS' list did"
                " not show it later.",
                "Should that one turn up after all, this one comes in addition to it.",
                refuses=False,
            )
        if record.sent_at is None or not record.status.may_stand:
            continue
        recent = facts.now - record.sent_at < DUPLICATE_WINDOW
        unresolved = record.status.is_unresolved
        if not recent and not unresolved:
            continue
        when = f"{record.sent_at:%Y-%m-%d %H:%M:%S}"
        what = f"The same order was sent at {when} and its state is {record.status.value}."
        if facts.idempotency_key != record.intent.idempotency_key or (facts.is_cancel and not recent):
            return Finding(what, "This one comes in addition to it.", refuses=False)
        return Finding(
            what,
            "Look at it with get_orders. If a second one is wanted, give another idempotency_key"
            + ("." if unresolved else f" or wait {DUPLICATE_WINDOW.seconds} seconds."),
            "idempotency_key",
        )
    return None


def no_like_order_was_lost(facts: GuardFacts) -> Finding | None:
    """Tell of those that `not_a_duplicate` does not tell of."""
    same = {
        record.intent.id
        for record in facts.same
        if record.status.is_unresolved or (record.status is Status.NOT_ACCEPTED and _is_of_this_day(facts, record))
    }
    told = [_lost(record) for record in facts.lost if record.intent.id not in same]
    if not told:
        return None
    return Finding(" ".join(told[:_MOST_TOLD]), "This one comes in addition to it.", refuses=False)


def _lost(record: Record) -> str:
    order, at = record.intent.order, record.sent_at or record.intent.at
    price = f"{order.price:,f}" if order.price is not None else "no price"
    what = f"{order.quantity:,f} at {price}" if order.quantity is not None else price
    match record.status:
        case Status.ACCEPTED:
            fate = f"it was found at KIS later{f' as order {record.order_id}' if record.order_id else ''}"
        case Status.NOT_ACCEPTED:
            fate = "KIS' list did not show it later"
        case _:
            fate = "nobody can tell yet whether it stands at KIS"
    return f"An order like this one ({what}) was sent at {at:%Y-%m-%d %H:%M:%S} and its answer was lost: {fate}."
