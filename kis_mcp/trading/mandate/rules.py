"""Whether an order is within a mandate: small pure rules, and no I/O."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.environment import Environment
from kis_mcp.errors import MandateExceeded, OrderRefused
from kis_mcp.trading.mandate.book import MandateBook, exchange_day
from kis_mcp.trading.mandate.orders import InstrumentKey
from kis_mcp.trading.mandate.terms import Mandate, MandateRecord, MandateStatus
from kis_mcp.trading.order import Action, Order

_CASH_ORDERS: Mapping[str, Action] = {
    "domestic_stock_order_cash": Action.NEW,
    "domestic_stock_order_rvsecncl": Action.CANCEL,
    "overseas_stock_order": Action.NEW,
    "overseas_stock_order_rvsecncl": Action.CANCEL,
    "overseas_stock_daytime_order": Action.NEW,
    "overseas_stock_daytime_order_rvsecncl": Action.CANCEL,
}
"""The KIS APIs that may order under a mandate, and what for: never on credit, never to change an order."""

_PLAIN_ARGUMENTS = frozenset(
    {
        "symbol",
        "side",
        "quantity",
        "price",
        "stop_price",
        "order_type",
        "exchange",
        "algo_period",
        "start_time",
        "end_time",
    }
)
"""What a new order may say: nothing that borrows, or that a mandate does not speak of."""

_ASK_AGAIN = "A person has to agree to another mandate; no tool widens this one."
_ENDED_WORDS: Mapping[MandateStatus, str] = {
    MandateStatus.PROPOSED: "nobody has agreed to it yet",
    MandateStatus.REFUSED: "it was refused",
    MandateStatus.DECLINED: "the person declined it",
    MandateStatus.CANCELLED: "the question was dismissed",
    MandateStatus.EXPIRED: "its time is over",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateCheck:
    """All that the rules look at.

    Attributes:
        book: Without the order that is looked at.
        order: Valued by the guard.
        tool, arguments: The KIS API that it would go to, and what is said there.
        account_id, environment: Where it would go.
        is_settled: Whether KIS told how far the earlier orders are filled.
    """

    record: MandateRecord
    book: MandateBook
    order: Order
    tool: str
    arguments: Mapping[str, object]
    account_id: str
    environment: Environment
    now: datetime
    is_settled: bool = True

    @property
    def mandate(self) -> Mandate:
        return self.record.mandate

    @property
    def key(self) -> InstrumentKey:
        return self.order.symbol or "", self.order.market

    @property
    def is_cancel(self) -> bool:
        return self.order.action is Action.CANCEL


MandateRule: TypeAlias = Callable[[MandateCheck], str | None]


def _is_agreed(check: MandateCheck) -> str | None:
    """A cancel of its own order may go out after the mandate has ended too: it only takes back."""
    status = check.record.status(check.now)
    if status is MandateStatus.IN_FORCE or (check.is_cancel and check.record.is_agreed):
        return None
    end = check.record.end
    if end is not None and status is MandateStatus.ENDED:
        return f"The mandate is not in force: it ended at {end.at:%Y-%m-%d %H:%M}, {end.reason}."
    return f"The mandate is not in force: {_ENDED_WORDS[status]}."


def _goes_where_it_was_agreed(check: MandateCheck) -> str | None:
    mandate = check.mandate
    if (mandate.environment, mandate.account_id) == (check.environment, check.account_id):
        return None
    return f"The mandate is for account {mandate.account} in {mandate.environment}, and the order would go elsewhere."


def _is_a_plain_order(check: MandateCheck) -> str | None:
    if _CASH_ORDERS.get(check.tool) is not check.order.action:
        return "A mandate lets out new orders for cash and cancels of them: no change, no credit, no reservation."
    others = check.arguments.keys() - _PLAIN_ARGUMENTS
    if not check.is_cancel and others:
        return f"An order under a mandate says nothing of {', '.join(sorted(others))}."
    return None


def _cancels_its_own(check: MandateCheck) -> str | None:
    if not check.is_cancel or check.book.has_order(check.order, check.now):
        return None
    return f"Order {check.order.original_order_id} is not one that this mandate let out."


def _is_for_its_symbol(check: MandateCheck) -> str | None:
    if check.is_cancel or check.key in {(one.symbol, one.market) for one in check.mandate.symbols}:
        return None
    return f"{check.order.symbol} ({check.order.market}) is not among the instruments of the mandate."


def _is_on_its_side(check: MandateCheck) -> str | None:
    if check.is_cancel or check.order.side in check.mandate.sides:
        return None
    return f"The mandate does not let it {check.order.side}."


def _sells_its_own(check: MandateCheck) -> str | None:
    if check.is_cancel or check.order.side != "sell":
        return None
    quantity, held = check.order.quantity, check.book.sellable(check.key)
    if quantity is not None and 0 < quantity <= held:
        return None
    wanted = "An unknown quantity" if quantity is None else f"{quantity:,f}"
    return f"{wanted} of {check.order.symbol} is to be sold, and its own orders hold {held:,f} that can be."


def _fits_the_day(check: MandateCheck) -> str | None:
    """What is bought can be sold the same day: each position keeps one order for that."""
    if check.is_cancel:
        return None
    count, most = check.book.count_on(exchange_day(check.order.market, check.now)), check.mandate.orders_a_day
    if count >= most:
        return f"{count} orders went out today; the mandate lets out {most} a day."
    if check.order.side != "buy" or "sell" not in check.mandate.sides:
        return None
    exits = len(check.book.own.to_sell() | {check.key})
    if count + 1 + exits <= most:
        return None
    return (
        f"{most - count} of {most} orders are left today, and of them it keeps {exits} to sell what it holds or would"
        " buy."
    )


def _is_worth_little_enough(check: MandateCheck) -> str | None:
    order, mandate = check.order, check.mandate
    if order.side != "buy" or check.is_cancel:
        return None
    if order.currency != mandate.currency:
        return f"The order is in {order.currency or 'an unknown currency'}, and the mandate in {mandate.currency}."
    if order.amount is None or order.amount <= 0 or not order.quantity:
        return "What the order is worth cannot be told, so it cannot be held to the mandate."
    if order.amount > mandate.most_per_order:
        return (
            f"The order is worth up to {_money(order.amount, mandate)}; the mandate lets out at most"
            f" {_money(mandate.most_per_order, mandate)} in one."
        )
    return None


def _fits_in_all(check: MandateCheck) -> str | None:
    order, mandate, bound = check.order, check.mandate, check.book.bound
    if order.side != "buy" or check.is_cancel or order.amount is None or bound + order.amount <= mandate.most_in_all:
        return None
    return (
        f"The order is worth up to {_money(order.amount, mandate)}, and {_money(bound, mandate)} are bound already;"
        f" the mandate lets it bind {_money(mandate.most_in_all, mandate)} in all."
    )


def _has_not_lost_too_much(check: MandateCheck) -> str | None:
    return None if check.is_cancel else loss_exceeds(check, {})


def loss_exceeds(check: MandateCheck, prices: Mapping[InstrumentKey, Decimal]) -> str | None:
    """Why the mandate's loss lets nothing more be bought; what it holds may still be sold.

    Args:
        prices: Of what is held.
    """
    loss, most = check.book.loss(prices), check.mandate.most_loss
    if check.order.side != "buy" or loss < most:
        return None
    return f"It has lost {_money(loss, check.mandate)}; from {_money(most, check.mandate)} on it buys nothing more."


_RULES: tuple[MandateRule, ...] = (
    _is_agreed,
    _goes_where_it_was_agreed,
    _is_a_plain_order,
    _cancels_its_own,
    _is_for_its_symbol,
    _is_on_its_side,
    _sells_its_own,
    _has_not_lost_too_much,
    _fits_the_day,
)
_RULES_ON_WORTH: tuple[MandateRule, ...] = (_is_worth_little_enough, _fits_in_all)
_LEAN_ON_FILLS = (_sells_its_own, _fits_in_all)
_NOT_TODAY = "It may order again on the exchange's next day."
_NOT_YET = "KIS does not tell what its earlier orders have come to; try again later."


def exceeds(check: MandateCheck, *, is_valued: bool = True) -> OrderRefused | None:
    """Why an order is outside its mandate; None where it is within.

    It is a `MandateExceeded`, which stops the strategy, unless the order may be within the next day, or once KIS tells
    what the earlier orders have come to.

    Args:
        is_valued: Whether the guard has valued the order already.
    """
    rules = (*_RULES, *(_RULES_ON_WORTH if is_valued else ()))
    found = ((rule, rule(check)) for rule in rules)
    rule, why = next(((rule, said) for rule, said in found if said), (None, None))
    if why is None:
        return None
    if rule is _fits_the_day:
        return OrderRefused(why, remedy=_NOT_TODAY)
    if rule in _LEAN_ON_FILLS and not check.is_settled:
        return OrderRefused(why, remedy=_NOT_YET)
    return MandateExceeded(why, remedy=_ASK_AGAIN)


def _money(amount: Decimal, mandate: Mandate) -> str:
    decimals = 0 if amount == amount.to_integral_value() else 2
    return f"{amount:,.{decimals}f} {mandate.currency}"
