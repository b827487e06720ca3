"""Holds what KIS has of strategies' orders against what the person agreed to and what the journal says.

What KIS has is the simulator's own ledger, and each order there came with the name of its intent; what was agreed to is
what the test itself agreed to. The journal is asked for nothing but what it says, and is held to it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.simulator.engine.model import Action, Fill, Order
from kis_mcp.trading.journal import Record, Status
from kis_mcp.trading.mandate import Mandate
from kis_mcp.trading.order import is_same_order_id
from tests.chaos.findings import FindingLists

_NOTHING = Decimal(0)
_A_SECOND = timedelta(seconds=1)
_SAME_TIME = timedelta(minutes=4)
"""So far apart an order may come before and after the time at which an intent says that it was sent."""


@dataclass(slots=True, kw_only=True)
class Agreed:
    """A run, and what it was agreed to.

    Attributes:
        shares: Its document never holds more of an instrument.
        since: When it was agreed to, by KIS' clock: the servers' may be set back behind it.
        ended_at: When its mandate was ended by somebody, by KIS' clock; None while nobody did.
    """

    run_id: str
    mandate: Mandate
    shares: int
    since: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known at the end.

    Attributes:
        orders, fills: KIS' own.
        account: Symbol → shares, as KIS has them.
        sent: Number of an order at KIS → the intent that it came with.
        others: Numbers of what a person ordered and cancelled beside.
        agreed: In the order in which it was agreed to.
        records: The whole journal.
        candidates: Intent → the numbers of the orders at KIS that the journal says it may be.
        positions: Run and symbol → what the run says that it holds.
        clocks: Since when, by KIS' clock, the servers' clock was how far ahead of it; the oldest first.
        late: For so long a request may be on its way.
        leaps: When, by KIS' clock, time passed at once, and how much.
    """

    orders: Sequence[Order]
    fills: Sequence[Fill]
    account: Mapping[str, int]
    sent: Mapping[str, str]
    others: Set[str]
    agreed: Sequence[Agreed]
    records: Sequence[Record]
    candidates: Mapping[str, Sequence[str]]
    positions: Mapping[tuple[str, str], int]
    clocks: Sequence[tuple[datetime, timedelta]]
    late: timedelta
    leaps: Sequence[tuple[datetime, timedelta]] = ()


@dataclass(slots=True)
class Findings(FindingLists):
    """What is wrong. Each is empty after a run without faults of ours.

    Attributes:
        unknown_to_us: Stands at KIS, and came of no intent under a mandate and from no person.
        doubled: Two orders for one decision, or more shares than a run's document ever holds.
        outside: Of another instrument, side or worth than its mandate allows.
        too_many: More orders on a day than its mandate allows, by the servers' clock.
        too_much: More money bound at once than its mandate allows.
        after_the_end: Sent before its mandate, or after its end.
        delayed: It reached KIS long before or after the journal says that it was sent.
        imagined: The journal says that KIS took it, and KIS has no such order.
        mistaken: The journal takes another's order for it, a person's or another run's.
        denied: KIS took it, and the journal says that it did not.
        unsettled: The journal still takes it for unknown, and does not name the order at KIS that it may be.
        position: What a run says that it holds is not what KIS filled of its orders.
        account: What all runs say that they hold is not what the account has beside the person's.
    """

    unknown_to_us: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    outside: list[str] = field(default_factory=list[str])
    too_many: list[str] = field(default_factory=list[str])
    too_much: list[str] = field(default_factory=list[str])
    after_the_end: list[str] = field(default_factory=list[str])
    delayed: list[str] = field(default_factory=list[str])
    imagined: list[str] = field(default_factory=list[str])
    mistaken: list[str] = field(default_factory=list[str])
    denied: list[str] = field(default_factory=list[str])
    unsettled: list[str] = field(default_factory=list[str])
    position: list[str] = field(default_factory=list[str])
    account: list[str] = field(default_factory=list[str])


def audit(evidence: Evidence) -> Findings:
    """What is wrong at the end of a run."""
    findings, evidence = Findings(), _with_equals_as_told(evidence)
    by_mandate = {one.mandate.id: one for one in evidence.agreed}
    by_intent = {record.intent.id: record for record in evidence.records}
    own: defaultdict[str, list[Order]] = defaultdict(list)
    came_of: defaultdict[str, list[Order]] = defaultdict(list)
    for order in evidence.orders:
        if order.number in evidence.others:
            continue
        record = by_intent.get(evidence.sent.get(order.number, ""))
        agreed = by_mandate.get(record.intent.mandate_id or "") if record is not None else None
        if record is None or agreed is None:
            findings.unknown_to_us.append(_told(order))
            continue
        came_of[record.intent.id].append(order)
        if order.action is not Action.NEW:
            cancelled = by_intent.get(evidence.sent.get(order.original, ""))
            _look_at_cancel(order, agreed, by_mandate.get((cancelled and cancelled.intent.mandate_id) or ""), findings)
            continue
        own[agreed.run_id].append(order)
        _look_at_bounds(order, agreed, findings)
        _look_at_time(order, record, agreed, evidence, findings)
    for record in evidence.records:
        _look_at_record(record, came_of[record.intent.id], evidence, findings)
    keys = Counter(record.intent.idempotency_key for record in evidence.records if record.sent_at)
    findings.doubled += [f"{key}: {count} intents" for key, count in keys.items() if key is None or count > 1]
    for agreed in evidence.agreed:
        _look_at_run(agreed, own[agreed.run_id], evidence, findings)
        _look_at_days(agreed, own[agreed.run_id], evidence, findings)
    by_strategy: defaultdict[str, list[Agreed]] = defaultdict(list)
    for agreed in evidence.agreed:
        by_strategy[agreed.mandate.strategy].append(agreed)
    for runs in by_strategy.values():
        _look_at_money(runs, own, evidence, findings)
    _look_at_account(evidence, findings)
    return findings


def _with_equals_as_told(evidence: Evidence) -> Evidence:
    """Of equal orders that were lost at the same time nobody can tell which of them arrived: the journal may take each
    for the other, and whoever it says sent it has it."""
    by_intent = {record.intent.id: record for record in evidence.records}
    full, sent = {number.lstrip("0"): number for number in evidence.sent}, dict(evidence.sent)
    for record in evidence.records:
        number = full.get((record.order_id or "").lstrip("0"), "")
        whose = by_intent.get(evidence.sent.get(number, ""))
        if record.status is Status.ACCEPTED and whose is not None and _are_equal(record, whose):
            sent[number] = record.intent.id
    return replace(evidence, sent=sent)


def _are_equal(one: Record, other: Record) -> bool:
    if one.sent_at is None or other.sent_at is None:
        return False
    return one.intent.fingerprint == other.intent.fingerprint and abs(one.sent_at - other.sent_at) <= _SAME_TIME


def _look_at_record(record: Record, orders: Sequence[Order], evidence: Evidence, findings: Findings) -> None:
    """Hold what the journal says of an intent against the orders at KIS that came of it."""
    intent, number = record.intent.id, (record.order_id or "").lstrip("0")
    if len(orders) > 1:
        findings.doubled.append(f"{intent}: {', '.join(map(_told, orders))}")
    numbers = {order.number.lstrip("0") for order in orders}
    at_kis = {order.number.lstrip("0") for order in evidence.orders}
    named = {each.lstrip("0") for each in evidence.candidates.get(intent, ())}
    if record.status is Status.ACCEPTED:
        if number not in at_kis or not all(_says(record, order) for order in orders):
            findings.imagined.append(f"{intent}: order {record.order_id}")
        elif number not in numbers:
            findings.mistaken.append(f"{intent}: order {record.order_id} is another's")
    elif orders and not record.status.may_stand:
        findings.denied.append(f"{intent}, {record.status}: {_told(orders[0])}")
    elif record.status.is_unresolved and not (numbers or at_kis) & named:
        findings.unsettled.append(f"{intent}, {record.status}: {', '.join(map(_told, orders)) or 'KIS has none'}")


def _says(record: Record, order: Order) -> bool:
    wanted = record.intent.order
    if order.action is Action.CANCEL:
        return wanted.action.name == "CANCEL" and is_same_order_id(wanted.original_order_id, order.original)
    price = wanted.price or _NOTHING
    same = (wanted.symbol, wanted.side, wanted.quantity) == (order.symbol, _side(order), order.quantity)
    return same and price == order.price


def _look_at_cancel(order: Order, agreed: Agreed, whose: Agreed | None, findings: Findings) -> None:
    """A strategy takes back what it ordered itself, when it likes, and changes nothing."""
    is_own = whose is not None and whose.mandate.strategy == agreed.mandate.strategy
    if order.action is not Action.CANCEL or not is_own:
        findings.outside.append(f"{_told(order)}, {order.action.name} of {order.original}")


def _look_at_bounds(order: Order, agreed: Agreed, findings: Findings) -> None:
    mandate = agreed.mandate
    if order.symbol not in {one.symbol for one in mandate.symbols} or _side(order) not in mandate.sides:
        findings.outside.append(_told(order))
    if _side(order) == "buy" and (order.limit is None or order.limit * order.quantity > mandate.most_per_order):
        findings.outside.append(f"{_told(order)}, at most {mandate.most_per_order} an order")


def _look_at_time(order: Order, record: Record, agreed: Agreed, evidence: Evidence, findings: Findings) -> None:
    """When it came to KIS, by KIS' clock where somebody agreed to the mandate or ended it, else by the servers'."""
    evidence = _with_leaps(evidence, order.placed_at)
    came, late, sent = _by_servers(order.placed_at, evidence), evidence.late, record.sent_at
    if sent is None or not any(-_A_SECOND <= at - sent <= late for at in came):
        findings.delayed.append(f"{_told(order)}: sent {sent}")
    mandate, ended = agreed.mandate, agreed.ended_at
    is_early = order.placed_at < agreed.since - _A_SECOND
    is_late = min(came) > mandate.until + late or (sent is not None and sent >= mandate.until)
    if is_early or is_late or (ended is not None and _is_after(order, sent, ended, evidence)):
        findings.after_the_end.append(f"{_told(order)}: from {agreed.since} to {mandate.until} or {ended}, sent {sent}")


def _with_leaps(evidence: Evidence, came: datetime) -> Evidence:
    """What passed at once while a request may have been on its way lets it come so much later."""
    passed = [span for at, span in evidence.leaps if timedelta() <= came - span - at <= evidence.late]
    return replace(evidence, late=sum(passed, evidence.late))


def _is_after(order: Order, sent: datetime | None, ended: datetime, evidence: Evidence) -> bool:
    was_sent_after = sent is not None and sent > max(_by_servers(ended, evidence)) + _A_SECOND
    return order.placed_at > ended + evidence.late or (order.placed_at > ended and was_sent_after)


def _by_servers(at: datetime, evidence: Evidence) -> list[datetime]:
    """What the servers' clock showed at a time of KIS', as it was set then and while a request may have been on its way
    before."""
    before = [ahead for since, ahead in evidence.clocks if since <= at - evidence.late]
    near = [ahead for since, ahead in evidence.clocks if at - evidence.late < since <= at + _A_SECOND]
    return [at + ahead for ahead in (*before[-1:], *near)]


def _look_at_run(agreed: Agreed, orders: Sequence[Order], evidence: Evidence, findings: Findings) -> None:
    open_still = {record.intent.id for record in evidence.records if record.status.is_unresolved}
    for symbol in {one.symbol for one in agreed.mandate.symbols}:
        numbers = {order.number for order in orders if order.symbol == symbol}
        held = unsure = 0
        for fill in evidence.fills:
            if fill.order not in numbers:
                continue
            shares = fill.quantity if fill.side.name == "BUY" else -fill.quantity
            held += shares
            unsure += shares if evidence.sent[fill.order] in open_still else 0
            if not 0 <= held <= agreed.shares:
                findings.doubled.append(f"{agreed.run_id}: holds {held} {symbol} of {agreed.shares} at {fill.at}")
        said = evidence.positions.get((agreed.run_id, symbol), 0)
        if said not in (held, held - unsure):
            findings.position.append(f"{agreed.run_id}: says {said} {symbol}, and KIS filled {held}")


def _look_at_days(agreed: Agreed, orders: Iterable[Order], evidence: Evidence, findings: Findings) -> None:
    sent_at = {record.intent.id: record.sent_at for record in evidence.records}
    days = Counter(at.date() for order in orders if (at := sent_at[evidence.sent[order.number]]) is not None)
    most = agreed.mandate.orders_a_day
    findings.too_many += [f"{agreed.run_id}: {count} on {day}, {most}" for day, count in days.items() if count > most]


def _look_at_money(
    runs: Sequence[Agreed], own: Mapping[str, Sequence[Order]], evidence: Evidence, findings: Findings
) -> None:
    """What a strategy has bound at each of its orders: the cost of what is held and the rest of its buys."""
    mandate_of = {order.number: one.mandate for one in runs for order in own[one.run_id]}
    orders = {order.number: order for order in evidence.orders if order.number in mandate_of}
    events = [(order.placed_at, 0, order.sequence, order, order.quantity) for order in orders.values()]
    events += [
        (cancel.placed_at, 0, cancel.sequence, orders[cancel.original], cancel.quantity)
        for cancel in evidence.orders
        if cancel.action is Action.CANCEL and cancel.original in orders
    ]
    events += [(fill.at, 1, fill.sequence, orders[fill.order], fill) for fill in evidence.fills if fill.order in orders]
    held: defaultdict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    rest: dict[str, int] = {}
    for _, _, sequence, order, what in sorted(events, key=lambda event: event[:3]):
        if isinstance(what, Fill):
            _fill(held[order.symbol], what)
            if order.number in rest:
                rest[order.number] -= what.quantity
            continue
        if _side(order) != "buy":
            continue
        if sequence != order.sequence:
            rest[order.number] = rest.get(order.number, 0) - what
            continue
        rest = {number: count for number, count in rest.items() if count > 0 and orders[number].day == order.day}
        rest[order.number] = order.quantity
        bound = sum((price * count for lots in held.values() for count, price in lots), _NOTHING)
        bound += sum(((orders[number].limit or _NOTHING) * count for number, count in rest.items()), _NOTHING)
        most = mandate_of[order.number].most_in_all
        if bound > most:
            findings.too_much.append(f"{_told(order)}: {bound} of {most}")


def _look_at_account(evidence: Evidence, findings: Findings) -> None:
    """What all runs say and what the person traded, against what the account has; what the journal takes for unknown
    may be missing."""
    open_still = {record.intent.id for record in evidence.records if record.status.is_unresolved}
    expected, unsure = Counter[str](), Counter[str]()
    for (_, symbol), said in evidence.positions.items():
        expected[symbol] += said
    for fill in evidence.fills:
        shares = fill.quantity if fill.side.name == "BUY" else -fill.quantity
        if fill.order in evidence.others:
            expected[fill.symbol] += shares
        elif evidence.sent.get(fill.order) in open_still:
            unsure[fill.symbol] += shares
    for symbol in {*expected, *evidence.account}:
        has = evidence.account.get(symbol, 0)
        if has not in (expected[symbol], expected[symbol] + unsure[symbol]):
            findings.account.append(f"{symbol}: the account has {has}, and {expected[symbol]} are told of")


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
    return (
        f"{order.number} {_side(order)} {order.quantity} {order.symbol} at {order.price}, {order.placed_at:%H:%M:%S.%f}"
    )
