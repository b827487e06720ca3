"""What became of orders: the journal's record of each beside what KIS lists, and the orders placed elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.catalog import Catalog
from kis_mcp.clock import KST
from kis_mcp.market import OrderNotice
from kis_mcp.trading.blotter.after_notices import after_notices, notes_on_notices
from kis_mcp.trading.blotter.journaled import journaled_order, printed_id_of
from kis_mcp.trading.blotter.lists import EVERY_LIST, OrderList, lists_of
from kis_mcp.trading.blotter.notice_book import NoticeBook
from kis_mcp.trading.blotter.placed_order import OrderKey, PlacedOrder
from kis_mcp.trading.blotter.reading import pick_available, read_orders
from kis_mcp.trading.blotter.reconcile import key_of
from kis_mcp.trading.blotter.state import OrderState, state_of
from kis_mcp.trading.journal import Journal, Outcome, Reconciliation, Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, is_same_order_id, read_order_id
from kis_mcp.trading.venues import STOCK_MARKETS

MOST_RECORDS = 5_000

COLUMNS = (
    "at",
    "state",
    "is_final",
    "ours",
    "account",
    "action",
    "market",
    "exchange",
    "symbol",
    "name",
    "side",
    "order_type",
    "quantity",
    "price",
    "currency",
    "largest_amount_krw",
    "filled_quantity",
    "remaining_quantity",
    "average_fill_price",
    "filled_amount",
    "order_id",
    "original_order_id",
    "intent_id",
    "decision",
    "decided_by",
    "decided_at",
    "sent_at",
    "ordered_at",
    "outcome",
    "kis_code",
    "message",
    "candidates",
    "reconciliations",
)
"""The facts of an order, in reading order.

``largest_amount_krw`` is what it was worth at most when it was proposed; ``filled_amount`` is what was traded of a
stock, in ``currency``.
"""

Findings: TypeAlias = Mapping[str, Sequence[Outcome | Reconciliation]]
_ONE_DAY = timedelta(days=1)
_BOOKED_WITHIN = timedelta(days=14)
"""How long before its day a reservation can be booked: after the trading day before, however long the holidays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedOrder:
    """One order, and where it stands.

    Attributes:
        at: When it was proposed; of one placed elsewhere, when KIS took it, as far as that is known.
        record: What the journal has of it; None for an order that was placed elsewhere.
        placed: What KIS lists of it; None where it was not found or not looked for.
        own_id: How tools show its number by the journal alone.
        findings: What was learnt after it was sent, oldest first.
    """

    at: datetime
    state: OrderState
    record: Record | None = None
    placed: PlacedOrder | None = None
    own_id: str | None = None
    findings: Sequence[Outcome | Reconciliation] = ()

    @property
    def is_ours(self) -> bool:
        return self.record is not None

    @property
    def is_reservation(self) -> bool:
        return read_order_id(str(self.facts().get("order_id", "")))[2]

    def is_reserved_for(self, day: date) -> bool:
        """Whether a reservation is known by that day, the one that it is for or the one on which it was booked."""
        if self.placed is not None:
            return self.placed.is_of_day(day)
        return day in (read_order_id(self.own_id or "")[1], self.at.astimezone(KST).date())

    @property
    def is_final(self) -> bool:
        """Whether nothing can come of it any more. A cancel that KIS took has done what it was for."""
        record = self.record
        is_done_cancel = (
            record is not None and record.intent.order.action is Action.CANCEL and record.status is Status.ACCEPTED
        )
        return is_done_cancel or self.state.is_final

    @property
    def candidates(self) -> tuple[str, ...]:
        """The orders at KIS that one in an unknown state may be."""
        last = self.findings[-1] if self.findings else None
        return last.candidates if isinstance(last, Reconciliation) else ()

    def facts(self) -> dict[str, object]:
        """What was asked, who confirmed it how, when it was sent and what came of it; without what is empty."""
        own = {"at": self.at, "state": self.state.value, "is_final": self.is_final, "ours": self.is_ours}
        facts = {**own, **self._from_journal(), **self._from_kis()}
        return {name: facts[name] for name in COLUMNS if facts.get(name) not in (None, "")}

    def _from_journal(self) -> Mapping[str, object]:
        if self.record is None:
            return {}
        record, intent = self.record, self.record.intent
        order, decision = intent.order, self.record.decision
        return {
            "intent_id": intent.id,
            "account": intent.account,
            "action": order.action.value,
            "symbol": order.symbol,
            "name": order.name,
            "market": order.market,
            "exchange": order.exchange,
            "side": order.side,
            "order_type": order.order_type,
            "quantity": order.quantity,
            "price": order.price,
            "currency": order.currency,
            "largest_amount_krw": order.amount_krw,
            "order_id": self.placed.printed_id if self.placed else self.own_id,
            "original_order_id": order.original_order_id,
            "decision": decision.verdict if decision else None,
            "decided_by": decision.channel if decision else None,
            "decided_at": record.decided_at,
            "sent_at": record.sent_at,
            "outcome": record.status.value if record.sent_at else None,
            "kis_code": record.kis_code,
            "message": record.message,
            "candidates": ", ".join(self.candidates),
            "reconciliations": "; ".join(
                _describe(entry) for entry in self.findings if isinstance(entry, Reconciliation)
            ),
        }

    def _from_kis(self) -> Mapping[str, object]:
        placed = self.placed
        if placed is None:
            return {}
        facts: dict[str, object] = {
            "ordered_at": placed.ordered_at,
            "filled_quantity": placed.filled_quantity,
            "remaining_quantity": placed.remaining_quantity,
            "average_fill_price": placed.average_fill_price,
            "filled_amount": _filled_amount(placed),
        }
        if self.record is not None:
            return facts
        return {
            "action": placed.action.value,
            "symbol": placed.symbol,
            "name": placed.name,
            "market": placed.market,
            "exchange": placed.exchange,
            "side": placed.side,
            "order_type": placed.order_type,
            "quantity": placed.quantity,
            "price": placed.price,
            "currency": placed.currency,
            "order_id": placed.printed_id,
            "original_order_id": placed.original_order_id,
            **facts,
        }


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """Orders, latest first, and what a reader has to know of how complete they are."""

    orders: list[TrackedOrder]
    notes: list[str]


async def order_history(
    journal: Journal,
    kis: KisReads | None,
    start: date,
    end: date,
    now: datetime,
    *,
    catalog: Catalog,
    lists: Sequence[OrderList] = EVERY_LIST,
    notices: NoticeBook | None = None,
) -> OrderHistory:
    """The orders of these days in Korean time: all that the journal has, and those that KIS lists beside them.

    Args:
        kis: Where to ask; None for the journal alone.
        lists: Those of KIS to read.
        notices: What KIS notified of orders that were placed elsewhere.
    """
    since, until = _midnight(start), _midnight(end + _ONE_DAY)
    book = notices or NoticeBook()
    notes: list[str] = []
    placed: Sequence[PlacedOrder] = ()
    if kis is not None:
        found, notes = await read_orders(kis, pick_available(kis, lists), since, min(until, now))
        placed = [order for order in found.orders if order.ordered_at is None or since <= order.ordered_at < until]
        if not found.complete and not notes:
            notes = ["KIS' lists of orders could not be read to their ends."]
    records = await journal.history(since=since, until=until, limit=MOST_RECORDS)
    if len(records) == MOST_RECORDS:
        notes.append(f"There are more than {MOST_RECORDS} orders in these days; ask for fewer days.")
    is_told = placed or book.families()
    earlier = await journal.history(since=since - _ONE_DAY, until=since, limit=MOST_RECORDS) if is_told else ()
    listing = _pairs(catalog, [*records, *earlier], placed)
    sent_ids = [record.intent.id for record in records if record.sent_at]
    findings, notified = await journal.findings(sent_ids), await journal.notices(sent_ids)
    ours = [_tracked(catalog, record, listing.get(record.intent.id), findings, notified, now) for record in records]
    paired = {id(order) for order in listing.values()}
    sent_for_us = {order.became for order in listing.values()}
    elsewhere = [order for order in placed if id(order) not in paired and order.key not in sent_for_us]
    if kis is not None:
        own = {key_of(catalog, record) for record in (*records, *earlier) if record.order_id is not None}
        shown = own | {order.key for order in placed}
        clock_error = kis.clock_error or timedelta()
        elsewhere = [book.add_to(order, clock_error) for order in elsewhere]
        elsewhere += [
            order
            for order in book.orders(book.families(), since - clock_error, clock_error)
            if order.key not in shown and order.ordered_at is not None and since <= order.ordered_at < until
        ]
    tracked = [*ours, *(_tracked_elsewhere(order, since, now) for order in elsewhere)]
    orders = sorted(tracked, key=lambda order: order.at, reverse=True)
    return OrderHistory(orders, [*notes, *notes_on_notices(_placed_of(orders))])


async def order_of_intent(
    journal: Journal, kis: KisReads, record: Record, now: datetime, *, fresh: bool = False
) -> OrderHistory:
    """Where the order of one intent stands, after a look at KIS' lists of it; ``fresh`` where no earlier answer will
    do."""
    notes: list[str] = []
    placed: PlacedOrder | None = None
    # KIS' lists are of days by its own clock: this machine's may have been beyond midnight.
    if (sent_at := record.best_sent_at) is not None and record.order_id is not None:
        lists = pick_available(kis, lists_of(kis.catalog, record.intent.tool, record.intent.arguments))
        until = max(sent_at, min(sent_at + _ONE_DAY, now))
        found, notes = await read_orders(kis, lists, sent_at, until, fresh=fresh)
        placed = _pairs(kis.catalog, [record], found.orders).get(record.intent.id)
    findings, notified = await journal.findings([record.intent.id]), await journal.notices([record.intent.id])
    order = _tracked(kis.catalog, record, placed, findings, notified, now)
    notes += notes_on_notices(_placed_of([order]))
    if order.candidates:
        notes.append(
            "Several orders at KIS fit, and nothing tells which is this one, or whether any is: "
            f"{', '.join(order.candidates)}. Show them to the person, who can tell."
        )
    return OrderHistory([order], notes)


async def orders_of_number(
    journal: Journal, kis: KisReads, order_id: str, day: date, now: datetime, *, notices: NoticeBook | None = None
) -> OrderHistory:
    """Where the orders with this number stand; there may be one in each market, or none."""
    number, printed_day, is_reservation = read_order_id(order_id)
    day = printed_day or day
    start = day - _BOOKED_WITHIN if is_reservation else day
    lists = [each for each in EVERY_LIST if each.session == "reserved" or not is_reservation]
    found = await order_history(journal, kis, start, day, now, catalog=kis.catalog, lists=lists, notices=notices)
    orders = [
        order
        for order in found.orders
        if (not is_reservation or (order.is_reservation and order.is_reserved_for(day)))
        and any(is_same_order_id(side.order_id, number) for side in (order.record, order.placed) if side is not None)
    ]
    missing = [] if orders else [f"Neither the journal nor KIS has an order {order_id} of {day}; give its day as date."]
    return OrderHistory(orders, [*missing, *_successors(orders, found.orders), *found.notes])


def _successors(orders: Sequence[TrackedOrder], every: Sequence[TrackedOrder]) -> list[str]:
    """What became of orders that were changed."""
    return [
        f"Order {old.placed.printed_id} was changed: it is order {new.placed.printed_id} since."
        for old in orders
        for new in every
        if old.placed is not None
        and new.placed is not None
        and new.placed.action is Action.MODIFY
        and new.placed.family == old.placed.family
        and is_same_order_id(new.placed.original_order_id, old.placed.order_id)
    ]


def _placed_of(orders: Iterable[TrackedOrder]) -> list[PlacedOrder]:
    return [order.placed for order in orders if order.placed is not None]


def _tracked(
    catalog: Catalog,
    record: Record,
    listed: PlacedOrder | None,
    findings: Findings,
    notified: Mapping[str, Sequence[OrderNotice]],
    now: datetime,
) -> TrackedOrder:
    notices = notified.get(record.intent.id, ())
    placed = _after_notices(catalog, record, listed, notices) if notices else listed
    return TrackedOrder(
        at=record.intent.at,
        state=state_of(record, placed, now),
        record=record,
        placed=placed,
        own_id=printed_id_of(catalog, record),
        findings=findings.get(record.intent.id, ()),
    )


def _after_notices(
    catalog: Catalog, record: Record, listed: PlacedOrder | None, notices: Sequence[OrderNotice]
) -> PlacedOrder | None:
    """An order of ours with what was notified of it; a new one also where KIS does not list it."""
    if listed is None and record.status is Status.ACCEPTED and record.intent.order.action is Action.NEW:
        lists = lists_of(catalog, record.intent.tool, record.intent.arguments)
        listed = journaled_order(record, lists[0]) if lists else None
    return None if listed is None else after_notices(listed, notices)


def _tracked_elsewhere(placed: PlacedOrder, since: datetime, now: datetime) -> TrackedOrder:
    return TrackedOrder(at=placed.ordered_at or since, state=state_of(None, placed, now), placed=placed)


def _pairs(catalog: Catalog, records: Iterable[Record], placed: Sequence[PlacedOrder]) -> Mapping[str, PlacedOrder]:
    """Intent → the order at KIS that it became."""
    by_key: dict[OrderKey, list[PlacedOrder]] = {}
    for order in placed:
        by_key.setdefault(order.key, []).append(order)
    return {
        record.intent.id: order
        for record in records
        if record.order_id is not None and (sent_at := record.best_sent_at) is not None
        for order in by_key.get(key_of(catalog, record), ())
        if order.may_be_of(sent_at)
    }


def _filled_amount(placed: PlacedOrder) -> Decimal | None:
    """None until something is filled, and of contracts and bonds, whose prices are for other units than quantities."""
    if placed.market not in STOCK_MARKETS or placed.average_fill_price is None or not placed.filled_quantity:
        return None
    return placed.filled_quantity * placed.average_fill_price


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), KST)


def _describe(entry: Reconciliation) -> str:
    return f"{entry.at:%Y-%m-%d %H:%M:%S} {entry.conclusion}: {entry.message}"
