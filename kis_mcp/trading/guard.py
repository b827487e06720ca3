"""The guard: small pure rules over facts that were gathered once, before a person is asked.

A rule says nothing, warns the person, or refuses the order. What it says names the value, the limit and the remedy.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRefused
from kis_mcp.trading.journal import Record
from kis_mcp.trading.order import STOCK_MARKETS, Action, Order
from kis_mcp.trading.order_types import PRICED, UNPRICED
from kis_mcp.trading.ticks import InstrumentKind, krx_tick, us_tick

DUPLICATE_WINDOW = timedelta(seconds=60)
"""The same order again within this time is taken for a mistake."""


@dataclass(frozen=True, slots=True)
class OrderLimits:
    """What the operator allows.

    Attributes:
        max_notional: Most that one order may be worth, in won (KIS_MAX_ORDER_NOTIONAL).
        max_quantity: Most shares or contracts of one order (KIS_MAX_ORDER_QUANTITY).
        allow_real_orders: Whether orders may go out in real at all (KIS_ALLOW_REAL_ORDERS).
    """

    max_notional: Decimal | None = None
    max_quantity: Decimal | None = None
    allow_real_orders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardFacts:
    """All that the rules look at.

    Attributes:
        order: Valued, where a value could be found.
        kind: Of the instrument, where it is known.
        same: Earlier intents for the same order, latest first.
        idempotency_key: The caller's key for this one.
        remaining: What is left of the standing order that a change or cancel concerns.
        now: The time.
    """

    environment: Environment
    limits: OrderLimits
    order: Order
    kind: InstrumentKind | None = None
    same: Sequence[Record] = ()
    idempotency_key: str | None = None
    remaining: Decimal | None = None
    now: datetime

    @property
    def is_real(self) -> bool:
        return self.environment is Environment.REAL

    @property
    def is_cancel(self) -> bool:
        return self.order.action is Action.CANCEL


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule has to say."""

    what: str
    remedy: str
    field: str | None = None
    refuses: bool = True
    rule: str = ""


Rule: TypeAlias = Callable[[GuardFacts], Finding | None]


def check(facts: GuardFacts, *, before_asking_kis: bool = False) -> list[Finding]:
    """Everything that the rules have to say, in their order.

    Args:
        before_asking_kis: Leave out the rules that only make sense on facts from KIS.
    """
    rules = {name: rule for name, rule in RULES.items() if not (before_asking_kis and rule in _NEED_KIS)}
    found = ((name, rule(facts)) for name, rule in rules.items())
    return [
        Finding(finding.what, finding.remedy, finding.field, finding.refuses, name)
        for name, finding in found
        if finding
    ]


def refusal(findings: Sequence[Finding]) -> OrderRefused | None:
    """The error for the findings that refuse, or None."""
    refusing = [finding for finding in findings if finding.refuses]
    if not refusing:
        return None
    return OrderRefused(
        " ".join(finding.what for finding in refusing),
        remedy=" ".join(finding.remedy for finding in refusing),
        field=refusing[0].field,
    )


def real_orders(facts: GuardFacts) -> Finding | None:
    if not facts.is_real or facts.limits.allow_real_orders:
        return None
    return Finding(
        "Orders with real money are switched off.",
        "The operator can allow them with KIS_ALLOW_REAL_ORDERS=1; use sim or demo to practise.",
        "KIS_ALLOW_REAL_ORDERS",
    )


def caps_are_set(facts: GuardFacts) -> Finding | None:
    caps = {
        "KIS_MAX_ORDER_NOTIONAL": facts.limits.max_notional,
        "KIS_MAX_ORDER_QUANTITY": facts.limits.max_quantity,
    }
    missing = [name for name, value in caps.items() if value is None]
    if not facts.is_real or facts.is_cancel or not missing:
        return None
    return Finding(
        f"Orders with real money need caps; not set: {', '.join(missing)}.",
        "The operator sets both: the most that one order may be worth in won, and its most shares.",
        missing[0],
    )


def original_is_named(facts: GuardFacts) -> Finding | None:
    if facts.order.action is Action.NEW or facts.order.original_order_id:
        return None
    return Finding(
        f"It does not say which order to {facts.order.action.value}.",
        "Give the number of the standing order.",
        "order_id",
    )


def quantity_is_positive(facts: GuardFacts) -> Finding | None:
    quantity = facts.order.quantity
    if quantity is None:
        if facts.order.action is not Action.NEW:
            return None
        return Finding("The order has no quantity.", "Give a quantity of at least 1.", "quantity")
    if quantity > 0:
        return None
    return Finding(f"The quantity is {quantity:,f}.", "Give a quantity of at least 1.", "quantity")


def quantity_remains(facts: GuardFacts) -> Finding | None:
    quantity, remaining = facts.order.quantity, facts.remaining
    if quantity is None or remaining is None or quantity <= remaining:
        return None
    return Finding(
        f"The quantity is {quantity:,f}, but only {remaining:,f} of the order are still open.",
        f"Give at most {remaining:,f}." if remaining else "Nothing is left to change or cancel.",
        "quantity",
    )


def quantity_cap(facts: GuardFacts) -> Finding | None:
    quantity, cap = facts.order.quantity, facts.limits.max_quantity
    if facts.is_cancel or quantity is None or cap is None or quantity <= cap:
        return None
    return Finding(
        f"The quantity is {quantity:,f}; one order may have at most {cap:,f} (KIS_MAX_ORDER_QUANTITY).",
        f"Order at most {cap:,f}, or ask the operator to raise the cap.",
        "quantity",
    )


def notional_cap(facts: GuardFacts) -> Finding | None:
    amount, cap = facts.order.amount_krw, facts.limits.max_notional
    if facts.is_cancel or cap is None:
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


def price_fits_order_type(facts: GuardFacts) -> Finding | None:
    order = facts.order
    order_type = order.order_type or ("limit" if order.market in STOCK_MARKETS else "")
    if facts.is_cancel:
        return None
    if order.price is None and order_type in PRICED:
        return Finding(f"A {order_type} order needs a price.", "Give a price above 0.", "price")
    if order.price is not None and order_type in UNPRICED:
        return Finding(
            f"A {order_type} order takes no price, but {order.price:,f} was given.",
            "Leave the price out, or use order_type limit to have it kept.",
            "price",
        )
    if order.price is not None and order.price < 0:
        return Finding(f"The price is {order.price:,f}.", "Give a price above 0.", "price")
    return None


def price_on_tick(facts: GuardFacts) -> Finding | None:
    order = facts.order
    if facts.is_cancel or order.price is None or order.price <= 0 or order.market not in ("KR", "US"):
        return None
    if order.market == "US":
        return _off_tick(order.price, us_tick(order.price), "USD")
    finding = _off_tick(order.price, krx_tick(order.price, facts.kind or "stock"), "KRW")
    if finding is None or facts.kind is not None or _off_tick(order.price, krx_tick(order.price, "etf"), "KRW"):
        return finding
    return Finding(f"{finding.what} Only an ETF or ETN may have it.", finding.remedy, finding.field, refuses=False)


def not_a_duplicate(facts: GuardFacts) -> Finding | None:
    for record in facts.same:
        if record.sent_at is None or not record.status.may_stand:
            continue
        recent = facts.now - record.sent_at < DUPLICATE_WINDOW
        unresolved = record.status.is_unresolved
        if not recent and not unresolved:
            continue
        when = f"{record.sent_at:%Y-%m-%d %H:%M:%S}"
        what = f"The same order was sent at {when} and its state is {record.status.value}."
        if facts.idempotency_key != record.intent.idempotency_key:
            return Finding(what, "This one comes in addition to it.", refuses=False)
        return Finding(
            what,
            "Look at it with get_orders. If a second one is wanted, give another idempotency_key"
            + ("." if unresolved else f" or wait {DUPLICATE_WINDOW.seconds} seconds."),
            "idempotency_key",
        )
    return None


RULES: Mapping[str, Rule] = {
    rule.__name__: rule
    for rule in (
        real_orders,
        caps_are_set,
        original_is_named,
        quantity_is_positive,
        quantity_remains,
        quantity_cap,
        price_fits_order_type,
        price_on_tick,
        notional_cap,
        not_a_duplicate,
    )
}


_NEED_KIS = (notional_cap,)


def _off_tick(price: Decimal, tick: Decimal, currency: str) -> Finding | None:
    if price % tick == 0:
        return None
    below = price - price % tick
    return Finding(
        f"The price {price:,f} {currency} is off the tick of {tick:,f}.",
        f"Use {below:,f} or {below + tick:,f}.",
        "price",
    )
