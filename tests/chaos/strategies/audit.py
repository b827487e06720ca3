"""Holds what KIS has of a strategy's orders against what the person agreed to and what the journal says.

What KIS has is the simulator's own ledger; what was agreed to is what the test itself agreed to. The journal is only
asked which order it takes for which, and is then held to it.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.simulator.engine.model import Fill, Order
from kis_mcp.trading.journal import Record, Status
from kis_mcp.trading.mandate import Mandate

_NOTHING = Decimal(0)


@dataclass(slots=True, kw_only=True)
class Agreed:
    """A run, and what it was agreed to.

    Attributes:
        shares: Its document never holds more of an instrument.
        ended_at: When its mandate was ended by somebody; None while nobody did.
    """

    run_id: str
    mandate: Mandate
    shares: int
    ended_at: datetime | None = None

    @property
    def ends(self) -> datetime:
        return min(self.ended_at or self.mandate.until, self.mandate.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known at the end.

    Attributes:
        orders, fills: KIS' own.
        agreed: In the order in which it was agreed to.
        records: The whole journal.
        candidates: Intent → the numbers of the orders at KIS that the journal says it may be.
        positions: Run and symbol → what the run says that it holds.
        late: For so long a request may be on its way.
    """

    orders: Sequence[Order]
    fills: Sequence[Fill]
    agreed: Sequence[Agreed]
    records: Sequence[Record]
    candidates: Mapping[str, Sequence[str]]
    positions: Mapping[tuple[str, str], int]
    late: timedelta


@dataclass(slots=True)
class Findings:
    """What is wrong. Each is empty after a run without faults of ours.

    Attributes:
        unknown_to_us: Stands at KIS, and no intent of the journal may be it.
        doubled: Two orders for one decision, or more shares than a run's document ever holds.
        outside: Of another instrument, side or worth than its mandate allows.
        too_many: More orders on a day of the exchange than its mandate allows.
        too_much: More money bound at once than its mandate allows.
        after_the_end: Sent after the end of its mandate.
        imagined: The journal says that KIS took it, and KIS has no such order.
        denied: KIS took it, and the journal says that it did not.
        unsettled: The journal still takes it for unknown, and does not name the order at KIS that it may be.
        position: What a run says that it holds is not what KIS filled of its orders.
    """

    unknown_to_us: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    outside: list[str] = field(default_factory=list[str])
    too_many: list[str] = field(default_factory=list[str])
    too_much: list[str] = field(default_factory=list[str])
    after_the_end: list[str] = field(default_factory=list[str])
    imagined: list[str] = field(default_factory=list[str])
    denied: list[str] = field(default_factory=list[str])
    unsettled: list[str] = field(default_factory=list[str])
    position: list[str] = field(default_factory=list[str])

    @property
    def all(self) -> dict[str, list[str]]:
        return {part.name: found for part in fields(self) if (found := getattr(self, part.name))}


def audit(evidence: Evidence) -> Findings:
    """What is wrong at the end of a run."""
    findings = Findings()
    by_mandate = {one.mandate.id: one for one in evidence.agreed}
    intent_of = _match(evidence, findings)
    own: defaultdict[str, list[Order]] = defaultdict(list)
    for order in evidence.orders:
        record = intent_of.get(order.number)
        agreed = by_mandate.get(record.intent.mandate_id or "") if record is not None else None
        if record is None or agreed is None:
            findings.unknown_to_us.append(_told(order))
            continue
        own[agreed.run_id].append(order)
        _look_at(order, record, agreed, evidence.late, findings)
    keys = Counter(record.intent.idempotency_key for record in evidence.records)
    findings.doubled += [f"{key}: {count} intents" for key, count in keys.items() if key is None or count > 1]
    for agreed in evidence.agreed:
        _look_at_run(agreed, own[agreed.run_id], evidence, findings)
    by_strategy: defaultdict[str, list[Agreed]] = defaultdict(list)
    for agreed in evidence.agreed:
        by_strategy[agreed.mandate.strategy].append(agreed)
    for runs in by_strategy.values():
        _look_at_money(runs, own, evidence, findings)
    return findings


def _match(evidence: Evidence, findings: Findings) -> dict[str, Record]:
    """Order at KIS → the intent that it came of: by the number that the journal has, else by all that it says."""
    orders = {order.number.lstrip("0"): order for order in evidence.orders}
    found: dict[str, Record] = {}
    for record in evidence.records:
        if record.status is not Status.ACCEPTED:
            continue
        order = orders.get((record.order_id or "").lstrip("0"))
        if order is None or not _says(record, order):
            findings.imagined.append(f"{record.intent.id}: order {record.order_id}")
        elif order.number in found:
            findings.imagined.append(f"{record.intent.id}: order {record.order_id} is another's")
        else:
            found[order.number] = record
    for record in evidence.records:
        if record.status is Status.ACCEPTED or record.sent_at is None:
            continue
        near = [
            order
            for order in evidence.orders
            if order.number not in found
            and _says(record, order)
            and timedelta(0) <= order.placed_at - record.sent_at <= evidence.late
        ]
        if near:
            found[near[0].number] = record
            numbers = {number.lstrip("0") for number in evidence.candidates.get(record.intent.id, ())}
            if not record.status.may_stand:
                findings.denied.append(f"{record.intent.id}, {record.status}: {_told(near[0])}")
            elif near[0].number.lstrip("0") not in numbers:
                findings.unsettled.append(f"{record.intent.id}: {_told(near[0])}")
        elif record.status.is_unresolved:
            findings.unsettled.append(f"{record.intent.id}, {record.status}: KIS has no such order")
    return found


def _says(record: Record, order: Order) -> bool:
    wanted = record.intent.order
    price = wanted.price or _NOTHING
    same = (wanted.symbol, wanted.side, wanted.quantity) == (order.symbol, _side(order), order.quantity)
    return same and price == order.price


def _look_at(order: Order, record: Record, agreed: Agreed, late: timedelta, findings: Findings) -> None:
    mandate = agreed.mandate
    if order.symbol not in {one.symbol for one in mandate.symbols} or _side(order) not in mandate.sides:
        findings.outside.append(_told(order))
    if _side(order) == "buy" and (order.limit is None or order.limit * order.quantity > mandate.most_per_order):
        findings.outside.append(f"{_told(order)}, at most {mandate.most_per_order} an order")
    is_late = order.placed_at > agreed.ends + late
    if is_late or record.sent_at is None or record.sent_at > agreed.ends or order.placed_at < mandate.at:
        findings.after_the_end.append(f"{_told(order)}: from {mandate.at} to {agreed.ends}, sent {record.sent_at}")


def _look_at_run(agreed: Agreed, orders: Sequence[Order], evidence: Evidence, findings: Findings) -> None:
    days = Counter(order.placed_at.date() for order in orders)
    most = agreed.mandate.orders_a_day
    findings.too_many += [f"{agreed.run_id}: {count} on {day}, {most}" for day, count in days.items() if count > most]
    numbers = {order.number for order in orders}
    for symbol in {one.symbol for one in agreed.mandate.symbols}:
        held = 0
        for fill in evidence.fills:
            if fill.order in numbers and fill.symbol == symbol:
                held += fill.quantity if fill.side.name == "BUY" else -fill.quantity
                if not 0 <= held <= agreed.shares:
                    findings.doubled.append(f"{agreed.run_id}: holds {held} {symbol} of {agreed.shares} at {fill.at}")
        said = evidence.positions.get((agreed.run_id, symbol), 0)
        if said != held:
            findings.position.append(f"{agreed.run_id}: says {said} {symbol}, and KIS filled {held}")


def _look_at_money(
    runs: Sequence[Agreed], own: Mapping[str, Sequence[Order]], evidence: Evidence, findings: Findings
) -> None:
    """What a strategy has bound at each of its orders: the cost of what is held and the rest of its buys."""
    mandate_of = {order.number: one.mandate for one in runs for order in own[one.run_id]}
    orders = {order.number: order for order in evidence.orders if order.number in mandate_of}
    events = [(order.placed_at, 0, order.sequence, order, None) for order in orders.values()]
    events += [(fill.at, 1, fill.sequence, orders[fill.order], fill) for fill in evidence.fills if fill.order in orders]
    held: defaultdict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    rest: dict[str, int] = {}
    for _, _, _, order, fill in sorted(events, key=lambda event: event[:3]):
        if fill is not None:
            _fill(held[order.symbol], fill)
            if order.number in rest:
                rest[order.number] -= fill.quantity
            continue
        if _side(order) != "buy":
            continue
        rest = {number: count for number, count in rest.items() if count and orders[number].day == order.day}
        rest[order.number] = order.quantity
        bound = sum((price * count for lots in held.values() for count, price in lots), _NOTHING)
        bound += sum(((orders[number].limit or _NOTHING) * count for number, count in rest.items()), _NOTHING)
        most = mandate_of[order.number].most_in_all
        if bound > most:
            findings.too_much.append(f"{_told(order)}: {bound} of {most}")


def _fill(lots: list[tuple[int, Decimal]], fill: Fill) -> None:
    """First bought is first sold."""
    if fill.side.name == "BUY":
        lots.append((fill.quantity, fill.price))
        return
    left = fill.quantity
    while left and lots:
        count, price = lots.pop(0)
        used = min(left, count)
        left -= used
        if count > used:
            lots.insert(0, (count - used, price))


def _side(order: Order) -> str:
    return order.side.name.lower()


def _told(order: Order) -> str:
    return f"{order.number} {_side(order)} {order.quantity} {order.symbol} at {order.price}, {order.placed_at:%H:%M:%S.%f}"
