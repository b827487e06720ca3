"""Holds every order that KIS has against what the person said yes to, as they read it.

What KIS has is the simulator's ledger. What was agreed to is read off the questions. Our journal is only asked which
order belongs to which intent and mandate, and is held to that.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.simulator.engine.model import Fill, Order
from kis_mcp.trading.journal import Record

ANSWERED_WITHIN: Final = timedelta(minutes=10)
ROUNDING: Final = Decimal(100)
"""KRW by which costs as the server estimates them may be below KIS'."""

_ACCOUNTS: Final = {
    Environment.SIM: "real:50000000-01",
    Environment.DEMO: "demo:12345678-01",
    Environment.REAL: "real:87654321-01",
}
"""Environment → host and account of `tests.client.settings_for`."""

_NOTHING = Decimal(0)
_LAST: Final = 10**9
_ORDER = re.compile(r"(?:(?P<change>CANCEL|CHANGE) order (?P<original>\S+): )?(?P<side>BUY|SELL) (?P<quantity>[\d,]+)")


@dataclass(slots=True, kw_only=True)
class Agreed:
    """A mandate that the person agreed to.

    Attributes:
        since, until_order: The places in KIS' ledger from which on and before which its orders may stand.
        shares: Its document never holds more of an instrument.
        asks_each: Whether each of its orders has to be asked about.
    """

    id: str
    environment: Environment
    strategy: str
    document: str
    symbols: frozenset[str]
    most_per_order: Decimal
    most_in_all: Decimal
    orders_a_day: int
    most_loss: Decimal
    until: datetime
    account: str
    asks_each: bool = False
    shares: int = 0
    since: int = 0
    until_order: int = _LAST

    @classmethod
    def read(cls, text: str) -> "Agreed":
        first, _, *lines = text.splitlines()
        said = dict(line.split(": ", 1) for line in lines if ": " in line)
        name, _, digest = said["Strategy"].partition(" ")
        assert said["Sides"] == "buy, and sell only what its own orders bought"
        return cls(
            id=_reference(lines[-1], "mandate"),
            environment=_environment(first),
            strategy=name,
            document=digest.strip("()"),
            symbols=frozenset(re.findall(r"\((\w+), KR\)", said["Instruments"])),
            most_per_order=_money(said["Most per order to buy"]),
            most_in_all=_money(said["Most in all, held at cost and open orders to buy"]),
            orders_a_day=int(said["Most orders a day"]),
            most_loss=_money(said["Most loss, at which it stops and what it holds stays"]),
            until=datetime.strptime(said["Until"], "%Y-%m-%d %H:%M KST").replace(tzinfo=KST),
            account=said["Account"],
        )


@dataclass(slots=True, kw_only=True)
class Consent:
    """A yes to one order.

    Attributes:
        since, until_order: As of a mandate: a yes is good for the call that it answers.
    """

    intent: str
    environment: Environment
    account: str
    action: str
    side: str
    quantity: int
    original: str
    symbol: str
    price: Decimal | None
    since: int = 0
    until_order: int = _LAST

    @classmethod
    def read(cls, text: str) -> "list[Consent]":
        """What a question asks for: one order, or several."""
        first, *lines = text.splitlines()
        if numbered := [line for line in lines if re.match(r"\d+\. ", line)]:
            return [cls._of(_environment(first), *line.partition(". ")[2].split("; ")) for line in numbered]
        return [cls._of(_environment(first), first.partition("] ")[2], *lines)]

    @classmethod
    def _of(cls, environment: Environment, headline: str, *parts: str) -> "Consent":
        said = dict(part.split(": ", 1) for part in parts if ": " in part)
        found = _ORDER.match(headline)
        assert found is not None, headline
        symbol = re.search(r"\((\w+)\)", said["Instrument"])
        assert symbol is not None, said
        price = said.get("Price", "").rpartition(" -> ")[2]
        return cls(
            intent=_reference(parts[-1], "intent"),
            environment=environment,
            account=said["Account"],
            action={None: "NEW", "CANCEL": "CANCEL", "CHANGE": "AMEND"}[found["change"]],
            side=found["side"],
            quantity=int(found["quantity"].replace(",", "")),
            original=found["original"] or "",
            symbol=symbol[1],
            price=_money(price) if price.endswith("KRW") else None,
        )


@dataclass(slots=True)
class Ledger:
    """What the person agreed to, and the orders that were held against it.

    Attributes:
        prices: Asked for the price of a symbol at a moment.
        halted: The places in KIS' ledger between which nothing new may stand.
    """

    orders: Sequence[Order] = ()
    fills: Sequence[Fill] = ()
    agreed: dict[str, Agreed] = field(default_factory=dict[str, Agreed])
    consents: list[Consent] = field(default_factory=list[Consent])
    pages: dict[str, Consent] = field(default_factory=dict[str, Consent])
    halted: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    prices: Mapping[str, Decimal] = field(default_factory=dict[str, Decimal])
    own: list[tuple[Order, Agreed]] = field(default_factory=list[tuple[Order, Agreed]])
    _intents: set[str] = field(default_factory=set[str])

    def judge(self, place: int, record: Record, environment: Environment) -> None:
        """Hold one order of KIS' ledger against what was agreed to."""
        order, intent = self.orders[place], record.intent
        assert intent.id not in self._intents, "two orders of one intent"
        self._intents.add(intent.id)
        assert order.account == _ACCOUNTS[environment], "another account"
        if order.action.name == "NEW":
            assert not any(begin <= place < end for begin, end in self.halted), "while trading was halted"
        if intent.mandate_id is None:
            asked = [one for one in self.consents if one.intent == intent.id]
            assert any(one.since <= place < one.until_order and _is_it(one, order) for one in asked), "nobody said yes"
            return
        agreed = self.agreed.get(intent.mandate_id)
        assert agreed is not None, "nobody agreed to its mandate"
        assert agreed.since <= place < agreed.until_order, "its mandate was not in force"
        assert agreed.environment is environment and agreed.account == _masked(order), "another account"
        if agreed.asks_each:
            asked = self.pages.get(intent.id)
            assert asked is not None and _is_it(asked, order), "real, and nobody said yes to this one"
        self._judge_by_mandate(order, agreed)
        self.own.append((order, agreed))

    def _judge_by_mandate(self, order: Order, agreed: Agreed) -> None:
        assert order.action.name == "NEW", "a strategy changes no order"
        assert order.placed_at < agreed.until, "its mandate was over"
        assert order.symbol in agreed.symbols
        same = [one for one, by in self.own if by is agreed]
        assert len([one for one in same if one.day == order.day]) < agreed.orders_a_day, "too many on a day"
        again = [one for one in same if (one.symbol, one.side) == (order.symbol, order.side)]
        assert all(_minute(one) != _minute(order) for one in again), "two orders of one decision"
        strategy = [one for one, by in self.own if (by.strategy, by.environment) == _whose(agreed)]
        if order.side.name == "SELL":
            bought = sum(one.filled for one in strategy if one.side.name == "BUY" and one.symbol == order.symbol)
            sold = sum(one.filled + one.remaining for one in strategy if _sells(one, order.symbol))
            assert order.quantity <= bought - sold, "more than it bought"
            return
        held = sum(one.filled + one.remaining for one in again)
        held -= sum(one.filled for one in same if _sells(one, order.symbol))
        assert held + order.quantity <= agreed.shares, "more than its document holds"
        assert order.limit is not None
        worth = order.limit * order.quantity
        assert worth <= agreed.most_per_order, "too much in one"
        bound, lost = self._bound(strategy), self._lost(strategy, same)
        assert bound + worth <= agreed.most_in_all, "too much in all"
        assert lost < agreed.most_loss + ROUNDING, "after its loss"

    def _bound(self, orders: Sequence[Order]) -> Decimal:
        """The cost of what orders hold, and the worth of the buys among them that stand."""
        standing = sum(((one.limit or _NOTHING) * one.remaining for one in orders if one.side.name == "BUY"), _NOTHING)
        lots, _ = self._lots(orders)
        return standing + sum((count * price for own in lots.values() for count, price in own), _NOTHING)

    def _lost(self, strategy: Sequence[Order], same: Sequence[Order]) -> Decimal:
        """Realised by a mandate's sales, and open on all that its strategy holds, with its costs."""
        lots, gains = self._lots(strategy)
        open_gain = sum(
            (count * (self.prices[symbol] - price) for symbol, own in lots.items() for count, price in own), _NOTHING
        )
        numbers = {one.number for one in same}
        costs = sum((fill.commission + fill.tax for fill in self.fills if fill.order in numbers), _NOTHING)
        return costs - open_gain - sum((gains.get(number, _NOTHING) for number in numbers), _NOTHING)

    def _lots(self, orders: Sequence[Order]) -> tuple[dict[str, list[tuple[int, Decimal]]], dict[str, Decimal]]:
        """What is held by symbol, first bought first sold, and what each sale gained."""
        numbers = {one.number for one in orders}
        lots: dict[str, list[tuple[int, Decimal]]] = {}
        gains: dict[str, Decimal] = {}
        for fill in self.fills:
            if fill.order not in numbers:
                continue
            own, left = lots.setdefault(fill.symbol, []), fill.quantity
            if fill.side.name == "BUY":
                own.append((left, fill.price))
                continue
            while left and own:
                count, price = own.pop(0)
                used = min(left, count)
                left -= used
                gains[fill.order] = gains.get(fill.order, _NOTHING) + used * (fill.price - price)
                if count > used:
                    own.insert(0, (count - used, price))
        return lots, gains


def _is_it(one: Consent, order: Order) -> bool:
    return (
        (one.action, one.side, one.quantity, one.symbol)
        == (order.action.name, order.side.name, order.quantity, order.symbol)
        and one.original.lstrip("0") == order.original.lstrip("0")
        and one.account == _masked(order)
        and (one.action == "CANCEL" or (one.price or _NOTHING) == order.price)
    )


def _whose(agreed: Agreed) -> tuple[str, Environment]:
    return agreed.strategy, agreed.environment


def _sells(order: Order, symbol: str) -> bool:
    return order.side.name == "SELL" and order.symbol == symbol


def _minute(order: Order) -> datetime:
    return order.placed_at.replace(second=0, microsecond=0)


def _masked(order: Order) -> str:
    number = order.account.partition(":")[2]
    return f"{number[:2]}****{number[6:]}"


def _environment(first: str) -> Environment:
    return Environment(first[1 : first.index("]")].lower())


def _money(text: str) -> Decimal:
    return Decimal(text.removesuffix(" KRW").replace(",", ""))


def _reference(line: str, kind: str) -> str:
    found = re.search(rf"{kind} (\w{{26}})", line)
    assert found is not None, line
    return found[1]
