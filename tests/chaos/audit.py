"""Holds what KIS took against what the journal says and what the person agreed to."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeAlias

from kis_mcp.trading.decision import HUMAN_CHANNELS
from kis_mcp.trading.journal import Record, Status
from kis_mcp.trading.order import Action, Order
from tests.chaos.findings import FindingLists

Content: TypeAlias = tuple[object, ...]
"""What an order says: KIS' API, and of a new one the instrument, side, quantity and price, else which order becomes
what."""


def content_of(api: str, order: Order) -> Content:
    """What an order in our own terms says."""
    original = bare_number(order.original_order_id or "")
    match order.action:
        case Action.NEW:
            return api, order.symbol, order.side, _whole(order.quantity), order.price
        case Action.MODIFY:
            return api, "modify", original, order.price
        case Action.CANCEL:
            return api, "cancel", original


def bare_number(order_id: str) -> str:
    """KIS' number in what tools show, without its zeros and a reservation's day."""
    return order_id.rpartition("-")[2].lstrip("0")


@dataclass(frozen=True, slots=True)
class Taken:
    """An order, change or cancel that KIS took."""

    number: str
    content: Content
    elements: Mapping[str, object]


@dataclass(slots=True)
class Findings(FindingLists):
    """What is wrong. Each is empty after a run without faults of ours.

    Attributes:
        unwanted: Stands at KIS, and no person agreed to just that.
        altered: Stands at KIS with other elements than the intent that the person agreed to.
        doubled: Stands at KIS more often than people agreed.
        missing: Stands at KIS, and the journal knows nothing of it.
        denied: Stands at KIS, and the journal says that it does not.
        imagined: Does not stand at KIS, and the journal says that it does.
        unsettled: The journal cannot tell, nor names the order at KIS that it may be, though KIS' lists can.
        surprises: What a client saw that it should not have seen.
    """

    unwanted: list[str] = field(default_factory=list[str])
    altered: list[str] = field(default_factory=list[str])
    doubled: list[str] = field(default_factory=list[str])
    missing: list[str] = field(default_factory=list[str])
    denied: list[str] = field(default_factory=list[str])
    imagined: list[str] = field(default_factory=list[str])
    unsettled: list[str] = field(default_factory=list[str])
    surprises: list[str] = field(default_factory=list[str])


def audit(
    taken: Sequence[Taken],
    records: Sequence[Record],
    agreed: Mapping[str, str],
    *,
    wanted: Counter[Content],
    question: Callable[[Record], str],
    elements: Callable[[Record], Mapping[str, object]],
    candidates: Mapping[str, Collection[str]],
) -> Findings:
    """What is wrong at the end of a run.

    Args:
        taken: KIS' own ledger.
        records: The whole journal.
        agreed: Intent → the question to which the person said yes.
        wanted: How often each order was wanted.
        question: What the person should have been asked about an intent.
        elements: What should have been sent for an intent.
        candidates: Intent → the numbers of the orders at KIS that the journal says it may be.
    """
    findings = Findings()
    at_kis: defaultdict[Content, list[Taken]] = defaultdict(list)
    ours: defaultdict[Content, list[Record]] = defaultdict(list)
    for order in taken:
        at_kis[order.content].append(order)
    for record in records:
        ours[content_of(record.intent.tool, record.intent.order)].append(record)
    for content, orders in at_kis.items():
        agreed_to = [record for record in ours[content] if _is_agreed(record, agreed, question)]
        told = f"{content}: {', '.join(order.number for order in orders)}"
        if not ours[content]:
            findings.missing.append(told)
        if not wanted[content] or not agreed_to:
            findings.unwanted.append(told)
        elif len(orders) > min(len(agreed_to), wanted[content]):
            findings.doubled.append(told)
        if any(not any(_is_same(order.elements, elements(record)) for record in agreed_to) for order in orders):
            findings.altered.append(told)
        if len(orders) > sum(_may_stand(record) for record in ours[content]):
            findings.denied.append(told)
    for content, intents in ours.items():
        findings.imagined += _imagined(at_kis[content], intents)
        numbers = {bare_number(order.number) for order in at_kis[content]}
        findings.unsettled += [
            f"{content}: {record.intent.id}"
            for record in intents
            if record.status.is_unresolved
            and numbers.isdisjoint(map(bare_number, candidates.get(record.intent.id, ())))
        ]
    return findings


def _is_agreed(record: Record, agreed: Mapping[str, str], question: Callable[[Record], str]) -> bool:
    decision = record.decision
    return (
        decision is not None
        and decision.verdict == "accepted"
        and decision.channel in HUMAN_CHANNELS
        and record.sent_at is not None
        and question(record) in agreed.get(record.intent.id, "")
    )


def _may_stand(record: Record) -> bool:
    """Whether the journal grants that KIS may have taken it; of a needless cancel it says that nobody can tell."""
    return record.status.may_stand or record.status is Status.NEEDLESS


def _is_same(sent: Mapping[str, object], meant: Mapping[str, object]) -> bool:
    return dict(sent) == dict(meant)


def _imagined(orders: Sequence[Taken], intents: Sequence[Record]) -> list[str]:
    """Accepted intents without an order of their own at KIS."""
    numbers = [order.number.lstrip("0") for order in orders]
    found: list[str] = []
    for record in intents:
        if record.status != "accepted":
            continue
        number = (record.order_id or "").lstrip("0") or next(iter(numbers), "")
        if number in numbers:
            numbers.remove(number)
        else:
            found.append(
                f"{content_of(record.intent.tool, record.intent.order)}: {record.intent.id}, order {record.order_id}"
            )
    return found


def _whole(quantity: Decimal | None) -> Any:
    return None if quantity is None else int(quantity)
