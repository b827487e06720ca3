"""The question that a person answers: a pure function of the journaled intent, the same text every time."""

from collections.abc import Mapping
from decimal import Decimal

from kis_mcp.trading.journal import Intent
from kis_mcp.trading.order import Action, Order

_SHOWN = frozenset({"action", "symbol", "side", "quantity", "order_type", "price", "exchange", "order_id"})
"""Arguments that the question shows in words of its own."""


def question(intent: Intent) -> str:
    """What would be sent, where, for how much, and what the guard has to say about it."""
    order = intent.order
    lines = [
        f"[{intent.environment.value.upper()}] {_headline(order)}",
        f"Instrument: {_instrument(order)}",
        *_terms(order),
        _further(intent.arguments),
        f"Account: {intent.account}",
        *(f"Warning: {warning}" for warning in intent.warnings),
        f"{_asks(order)} ({intent.tool}, intent {intent.id})",
    ]
    return "\n".join(line for line in lines if line)


def _headline(order: Order) -> str:
    side = order.side.upper() if order.side else "ORDER"
    shares = f"{order.quantity:,f}" if order.quantity is not None else "all that is open"
    match order.action:
        case Action.NEW:
            return f"{side} {shares} {_name(order)}"
        case Action.MODIFY:
            return f"CHANGE order {order.original_order_id}: {side} {shares} {_name(order)}"
        case Action.CANCEL:
            return f"CANCEL order {order.original_order_id}: {side} {shares} {_name(order)}"


def _name(order: Order) -> str:
    return order.name or order.symbol or ""


def _instrument(order: Order) -> str:
    symbol = f"{order.name} ({order.symbol})" if order.name else order.symbol or "as in the standing order"
    return f"{symbol}, {order.exchange}" if order.exchange else symbol


def _terms(order: Order) -> list[str]:
    if order.action is Action.CANCEL:
        return []
    price = f" at {money(order.price, order.currency)}" if order.price else ", no price limit"
    return [f"Type: {order.order_type or 'limit'}{price}", f"Estimated amount: {_amount(order)}"]


def _amount(order: Order) -> str:
    if order.amount is None:
        return "unknown"
    own = f"up to {money(order.amount, order.currency)}" if order.price is None else money(order.amount, order.currency)
    if order.currency == "KRW" or order.amount_krw is None:
        return own
    return f"{own} (about {order.amount_krw:,.0f} KRW)"


def _further(arguments: Mapping[str, object]) -> str | None:
    """Whatever else is sent, so that nothing goes out that the person did not see."""
    said = [f"{name} {value}" for name, value in arguments.items() if name not in _SHOWN]
    return f"Further: {', '.join(said)}" if said else None


def _asks(order: Order) -> str:
    match order.action:
        case Action.NEW:
            return "Send this order?"
        case Action.MODIFY:
            return "Change the order?"
        case Action.CANCEL:
            return "Cancel the order?"


def money(amount: Decimal, currency: str | None) -> str:
    """An amount with its currency, won without decimals."""
    shown = f"{amount:,.0f}" if currency == "KRW" and amount == amount.to_integral_value() else f"{amount:,f}"
    return f"{shown} {currency}" if currency else shown
