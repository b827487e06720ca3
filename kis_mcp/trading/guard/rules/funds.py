"""Whether the account has what the order takes, open orders counted."""

from kis_mcp.trading.guard.facts import Finding, GuardFacts


def buying_power(facts: GuardFacts) -> Finding | None:
    quantity, most, own = facts.order.quantity, facts.account.most, facts.account.without_loan
    if quantity is None:
        return None
    if most is None:
        return _cannot_check("buying power or margin", facts) if "most" in facts.account.needs else None
    if quantity > most:
        return Finding(
            f"The quantity is {quantity:,f}; with the account's buying power KIS takes at most {most:,f}.",
            f"Order at most {most:,f}, or at a better price." if most else "Free some money or margin first.",
            "quantity",
        )
    if own is not None and quantity > own:
        return Finding(
            f"Only {own:,f} of {quantity:,f} can be paid with cash.",
            "The rest is bought on credit (receivable, 미수) that falls due at settlement.",
            refuses=False,
        )
    return None


def holding_covers_the_sale(facts: GuardFacts) -> Finding | None:
    order, closable = facts.order, facts.account.closable
    is_contract = order.market.endswith("futureoption")
    if order.side != "sell" or is_contract or order.quantity is None:
        return None
    if closable is None:
        return _cannot_check("holdings", facts) if "closable" in facts.account.needs else None
    if order.quantity <= closable:
        return None
    return Finding(
        f"{order.quantity:,f} are to be sold, but only {closable:,f} of {order.symbol} can be.",
        f"Sell at most {closable:,f}; an open order may hold the rest." if closable else "See get_positions.",
        "quantity",
    )


def _cannot_check(what: str, facts: GuardFacts) -> Finding:
    return Finding(
        f"KIS does not tell the {what} for {facts.order.quantity:,f} of {facts.order.symbol}.",
        "Try again when KIS tells it.",
        refuses=facts.is_real and not facts.sells_holding,
    )
