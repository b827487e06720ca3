"""The question that a person answers: a pure function of the journaled intent, the same text every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kis_mcp.catalog import one_line
from kis_mcp.trading.journal import Intent
from kis_mcp.trading.order import Action, Order, read_order_id
from kis_mcp.trading.venues import CONTRACT_MARKETS, LIMITED

_SHOWN = frozenset({"action", "symbol", "side", "quantity", "order_type", "price", "exchange", "order_id"})
"""Arguments that the question shows in words of its own."""

_TECHNICAL = frozenset({"order_branch", "all_remaining"})
"""Arguments by which KIS finds the order and how much of it is meant, which the question says otherwise."""

_WON, _CENT = Decimal(1), Decimal("0.01")
_LINES = {
    "kis_title": "Order",
    "instrument": "Instrument",
    "reserved_for": "Sent to the exchange",
    "order_type": "Type",
    "price": "Price",
    "amount": "Estimated amount",
    "fees": "Estimated fees and taxes",
    "margin": "Margin",
    "buying_power": "Share of buying power",
    "further": "Further",
    "account": "Account",
}
"""The terms that get a line of the question; the others are in its first and last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionFacts:
    """What a question says, part by part, for those who lay it out themselves.

    Attributes:
        environment: In capitals.
        headline: The order in one line.
        terms: Name → text, in reading order. The names are ``action``, ``kis_title``, ``instrument``, ``side``,
            ``quantity``, ``reserved_for``, ``order_type``, ``price``, ``amount``, ``fees``, ``margin``,
            ``buying_power``, ``further``, ``account`` and ``reference``; ``effect`` for what is no order; ``order_1``
            and so on with ``total_quantity`` for several orders. One that does not apply is missing.
    """

    environment: str
    headline: str
    terms: Mapping[str, str]
    warnings: tuple[str, ...]


def question(intent: Intent) -> str:
    """What would be sent, where, for how much, and what the guard has to say about it."""
    facts = order_facts(intent)
    lines = [
        f"[{facts.environment}] {facts.headline}",
        *(f"{_LINES[name]}: {text}" for name, text in facts.terms.items() if name in _LINES),
        *(f"Warning: {warning}" for warning in facts.warnings),
        f"{_closing_question(intent.order)} ({facts.terms['reference']})",
    ]
    return "\n".join(lines)


def joint_question(
    headline: str, orders: Sequence[QuestionFacts], total: str, stays: Sequence[str]
) -> tuple[str, QuestionFacts]:
    """One question for several orders, as text and part by part: everything that the question of each would say.

    Args:
        headline: What they are together.
        total: The quantities of all new orders added up, as the person types it where real money is at stake.
        stays: What was meant too and is not among them, and why.
    """
    environment, count = orders[0].environment, len(orders)
    terms = {f"order_{number}": _in_one_line(one) for number, one in enumerate(orders, 1)}
    warnings = [f"order {number}: {said}" for number, one in enumerate(orders, 1) for said in one.warnings]
    warnings += [one_line(f"not closed: {said}") for said in stays]
    lines = [
        f"[{environment}] {headline}",
        *(f"{number}. {text}" for number, text in enumerate(terms.values(), 1)),
        *(f"Warning, {warning}" for warning in warnings),
        f"Total quantity: {total}",
        f"Send {'this order' if count == 1 else f'these {count} orders'}?",
    ]
    facts = QuestionFacts(
        environment=environment,
        headline=headline,
        terms=terms | {"total_quantity": total},
        warnings=tuple(warnings),
    )
    return "\n".join(lines), facts


def _in_one_line(facts: QuestionFacts) -> str:
    parts = [f"{_LINES[name]}: {text}" for name, text in facts.terms.items() if name in _LINES]
    return "; ".join([facts.headline, *parts, facts.terms["reference"]])


def order_facts(intent: Intent) -> QuestionFacts:
    """What the question says."""
    order = intent.order
    terms = {
        "action": order.action.value if order.action is not Action.NEW else None,
        "kis_title": order.kis_title,
        "instrument": _instrument(order),
        "side": order.side,
        "quantity": _quantity(order),
        "reserved_for": _reserved_for(order),
        **({} if order.action is Action.CANCEL else _price_terms(order)),
        "further": _other_arguments(intent.arguments),
        "account": intent.account,
        "reference": f"{intent.tool}, intent {intent.id}",
    }
    return QuestionFacts(
        environment=intent.environment.value.upper(),
        headline=one_line(_headline(order)),
        terms={name: one_line(text) for name, text in terms.items() if text},
        warnings=tuple(map(one_line, intent.warnings)),
    )


def _headline(order: Order) -> str:
    side = order.side.upper() if order.side else "ORDER"
    what = f"{side} {_quantity(order)} {_name(order)}"
    match order.action:
        case Action.NEW:
            return what
        case Action.MODIFY:
            return f"CHANGE order {order.original_order_id}: {what}"
        case Action.CANCEL:
            return f"CANCEL order {order.original_order_id}: {what}"


def _quantity(order: Order) -> str:
    """How much is meant; of a standing order's open part, or beside what a reservation was for, where they differ."""
    if order.quantity is None:
        return "all that is open"
    wanted, standing = f"{order.quantity:,f}", order.original_quantity
    if standing is None or standing == order.quantity:
        return wanted
    is_part = order.quantity < standing and not read_order_id(order.original_order_id or "")[2]
    return f"{wanted} of {standing:,f}" if is_part else f"{standing:,f} -> {wanted}"


def _reserved_for(order: Order) -> str | None:
    if order.reserved_for is None or order.action is Action.CANCEL:
        return None
    return f"at the opening of {order.reserved_for:%A, %Y-%m-%d}"


def _name(order: Order) -> str:
    return order.name or order.symbol or ""


def _instrument(order: Order) -> str:
    symbol = f"{order.name} ({order.symbol})" if order.name else order.symbol or "as in the standing order"
    return f"{symbol}, {order.exchange}" if order.exchange else symbol


def _price_terms(order: Order) -> dict[str, str | None]:
    share = None if order.closes or order.margin is not None else order.buying_power_share
    return {
        "order_type": order.order_type or "limit",
        "price": _price_change(order),
        "amount": _amount(order),
        "fees": _fees(order),
        "margin": f"binds about {money(order.margin, order.currency)}" if order.margin is not None else None,
        "buying_power": f"{share:.1%}" if share is not None else None,
    }


def _price_change(order: Order) -> str:
    """The price, and before it that of the standing order."""
    price, standing = _price(order.price, order), _price(order.original_price, order)
    return price if order.original_price in (None, order.price) else f"{standing} -> {price}"


def _price(price: Decimal | None, order: Order) -> str:
    """Contracts are priced in points, or as their exchange counts, not in money."""
    if price is None:
        return "no price limit"
    return _plain(price) if order.market in CONTRACT_MARKETS else money(price, order.currency)


def _amount(order: Order) -> str:
    if order.amount is None:
        return "unknown"
    if order.expected_amount is not None:
        expected, most = _in_won_too(order.expected_amount, order), _in_won_too(order.amount, order)
        return (
            f"about {expected} at the last price{'; it can be less' if _brings_money(order) else f', at most {most}'}"
        )
    own = _in_won_too(order.amount, order)
    return own if order.price is not None and order.order_type in (None, *LIMITED) else f"up to {own}"


def _in_won_too(amount: Decimal, order: Order) -> str:
    """An amount in the order's currency and, at the rate that its worth was counted at, in won."""
    own = money(amount, order.currency)
    if order.currency == "KRW" or order.amount_krw is None or not order.amount:
        return own
    return f"{own} (about {order.amount_krw * amount / order.amount:,.0f} KRW)"


def _fees(order: Order) -> str:
    if order.fees is None:
        return "unknown"
    step = _WON if order.currency == "KRW" else _CENT
    most = money(order.fees.quantize(step), order.currency)
    if order.expected_fees is None:
        return f"about {most}"
    expected = f"about {money(order.expected_fees.quantize(step), order.currency)} at the last price"
    return expected if _brings_money(order) else f"{expected}, at most {most}"


def _brings_money(order: Order) -> bool:
    """Whether it only sells what is held, so that a higher price is no risk."""
    return order.side == "sell" and (order.closes or order.market not in CONTRACT_MARKETS)


def _other_arguments(arguments: Mapping[str, object]) -> str | None:
    """Whatever else is sent, so that no wish goes out that the person did not see; a False is none."""
    others = [
        name.replace("_", " ") if value is True else f"{name.replace('_', ' ')} {value}"
        for name, value in arguments.items()
        if name not in _SHOWN | _TECHNICAL and value is not False
    ]
    return ", ".join(others) or None


def _closing_question(order: Order) -> str:
    match order.action:
        case Action.NEW:
            return "Send this order?"
        case Action.MODIFY:
            return "Change the order?"
        case Action.CANCEL:
            return "Cancel the order?"


def money(amount: Decimal, currency: str | None) -> str:
    """An amount with its currency, whole ones without decimals."""
    return f"{_plain(amount)} {currency}" if currency else _plain(amount)


def _plain(number: Decimal) -> str:
    return f"{number:,.0f}" if number == number.to_integral_value() else f"{number:,f}"
