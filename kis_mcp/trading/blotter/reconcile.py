"""Settling what became of an order whose answer was lost, from KIS' own list and notices of orders.

Nothing is ever sent again.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from kis_mcp.catalog import Catalog
from kis_mcp.clock import KST, Clock
from kis_mcp.trading.blotter.assignment import assign
from kis_mcp.trading.blotter.kis_clock import kis_time, orders_of_today
from kis_mcp.trading.blotter.lists import OrderList, lists_of
from kis_mcp.trading.blotter.notice_book import NoticeBook
from kis_mcp.trading.blotter.placed_order import SAME_DAY, OrderKey, PlacedOrder, PlacedOrders, PlacedStatus, order_key
from kis_mcp.trading.blotter.reading import pick_available, read_orders
from kis_mcp.trading.journal import Conclusion, Intent, Journal, Outcome, Reconciliation, Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, is_same_order_id, is_same_symbol

EARLIEST = timedelta(seconds=60)
LATEST = timedelta(seconds=180)
"""An order that KIS took within this time before and after our send, by both clocks, may be ours."""

DOUBTFUL = timedelta(hours=1)
"""An order that is alike but this much older is no proof that ours is missing: this machine's clock may be wrong."""

CERTAIN_AFTER = timedelta(minutes=20)
"""Only a list read this long after the send, by KIS' clock, may show by its silence that the order did not arrive: up
to 60 s until it leaves, 25 s until our socket is reset and sends no more, and then 924.6 s that a proxy or gateway in
between, which has taken it over, may go on sending it (the kernel's ip-sysctl on net.ipv4.tcp_retries2 = 15)."""

REOPENED_WITHIN = timedelta(days=1)
"""How long an order that KIS' list did not show is looked for again."""

_MOST_REOPENED = 1_000
_WRONG_CLOCK = timedelta(days=8)
"""How far the machine's clock may have been off when other orders were journaled."""

_NO_PROOF = "KIS lists no such order, but its list may leave orders out here, or the time is not sure."
_BY_TIMES = "An equal order was lost at about that time: which of them this is, only their times tell."
_REOPENED = "IT STANDS AT KIS after all, though it was called not accepted before."
_log = logging.getLogger(__name__)


class Reconciler:
    """Looks up the orders of unresolved intents and journals what it finds.

    Args:
        notices: What KIS notified of orders. An order that its list does not show yet counts as if it did; where the
            list cannot be read whole, only if no notice since the order was sent can have been missed.
    """

    def __init__(self, kis: KisReads, journal: Journal, *, clock: Clock, notices: NoticeBook | None = None) -> None:
        self._kis = kis
        self._journal = journal
        self._clock = clock
        self._notices = notices or NoticeBook()

    async def settle(self, record: Record) -> Record:
        """What stands of an intent after one look at KIS' list; it stays unresolved where KIS fails, and where it
        went to an account that this server does not have."""
        intent, sent_at = record.intent, record.sent_at
        if sent_at is None or not record.status.may_be_settled or not await self.is_own(intent):
            return record
        if record.status is Status.SENT:
            lost = "No answer is recorded: whoever sent the order has ended, or still waits for it."
            record = await self._journal.conclude(
                Outcome(intent_id=intent.id, at=self._clock(), state="unknown", message=lost)
            )
        sent = record.kis_sent_at or sent_at
        placed, now = await self._read(intent, min(sent, sent_at))
        placed = self._with_notified(placed, intent, sent_at)
        if not placed.orders and not placed.complete:
            return record

        def conclude(standing: Sequence[Record]) -> Reconciliation:
            others = [other for other in standing if other.intent.id != intent.id and _is_about_then(other, sent)]
            found = match(self._kis.catalog, record, placed, others=others, now=now)
            is_certain = record.kis_sent_at is not None and self._kis.clock_error is not None
            if found.conclusion == "not_accepted" and not (is_certain and _shows_what_is_missing(self._kis, intent)):
                found = replace(found, conclusion="unresolved", message=_NO_PROOF)
            if record.status is Status.NOT_ACCEPTED and found.conclusion == "accepted":
                found = replace(found, message=f"{_REOPENED} {found.message}")
                _log.error("Order intent %s was called not accepted, but stands at KIS", intent.id)
            return replace(found, at=self._clock())

        return await self._journal.settle(intent.id, since=sent_at - _WRONG_CLOCK, conclude=conclude)

    async def _read(self, intent: Intent, since: datetime) -> tuple[PlacedOrders, datetime]:
        """The lists that the order would show in, and the time at KIS; read again where that turns out to be another
        than it was taken for, since then the wrong days were asked for."""
        lists, now = lists_of(self._kis.catalog, intent.tool, intent.arguments), kis_time(self._kis, self._clock())
        placed, _ = await read_orders(self._kis, lists, _earliest(intent, min(since, now)), now, fresh=True)
        if abs(kis_time(self._kis, self._clock()) - now) > EARLIEST:
            now = kis_time(self._kis, self._clock())
            placed, _ = await read_orders(self._kis, lists, _earliest(intent, min(since, now)), now, fresh=True)
        return placed, now

    def _with_notified(self, placed: PlacedOrders, intent: Intent, sent_at: datetime) -> PlacedOrders:
        """KIS' list with the orders that it does not show, and of which notices came."""
        lists = lists_of(self._kis.catalog, intent.tool, intent.arguments)
        families, listed = {each.family for each in lists}, {order.key for order in placed.orders}
        if not placed.complete and not self._notices.is_complete(families, sent_at):
            return placed
        clock_error = self._kis.clock_error or timedelta()
        notified = self._notices.orders(families, sent_at - EARLIEST, clock_error)
        return replace(placed, orders=(*placed.orders, *(order for order in notified if order.key not in listed)))

    async def learn_kis_time(self, intent: Intent) -> None:
        """Let KIS tell its time where it is not known: an order that is lost without it can never be called absent."""
        if self._kis.clock_error is None:
            lists = pick_available(self._kis, lists_of(self._kis.catalog, intent.tool, intent.arguments))
            for order_list in lists[:1]:
                try:
                    await orders_of_today(self._kis, order_list, self._clock())
                except Exception as error:
                    _log.warning("KIS did not tell its time before an order: %s", error)

    async def unresolved(self) -> list[Record]:
        """The unresolved intents of this server's accounts, oldest first."""
        return [record for record in await self._journal.unresolved() if await self.is_own(record.intent)]

    async def called_absent(self) -> list[Record]:
        """The latest intents of this server's accounts that KIS' list did not show: one may turn up yet."""
        latest = await self._journal.history(since=self._clock() - REOPENED_WITHIN, limit=_MOST_REOPENED)
        absent = [record for record in latest if record.status is Status.NOT_ACCEPTED]
        return [record for record in absent if await self.is_own(record.intent)]

    async def is_own(self, intent: Intent) -> bool:
        """Whether it is for an account that this server has."""
        return intent.account_id in [await self._journal.account_id(one) for one in self._kis.accounts.values()]


def match(
    catalog: Catalog, record: Record, placed: PlacedOrders, *, others: Sequence[Record], now: datetime
) -> Reconciliation:
    """What lists of orders say about one unknown intent, where ``others`` are those that stand too, or may.

    One order that fits in content and time, and that no other intent has or may have, is it. Several leave it open.
    None means that it did not arrive, provided the lists were read to their ends, long enough after the send, and hold
    no other order that could be it: by a wrong clock, or where KIS counts in other units. Otherwise it stays open.

    Of several unknown intents for the same order each takes its own by their times, once none can be on its way any
    more, and if no order is left over.

    Raises:
        ValueError: It was not sent.
    """
    intent, sent_at = record.intent, record.best_sent_at
    if sent_at is None:
        raise ValueError(f"Order intent {intent.id} was not sent.")
    lists = lists_of(catalog, intent.tool, intent.arguments)
    if changed := _changed_order(intent, sent_at, placed, lists):
        what = "cancelled" if intent.order.action is Action.CANCEL else "as it should become"
        return _conclusion(intent, now, "accepted", f"Order {changed.printed_id} is {what}.")
    taken = {key_of(catalog, other) for other in others if other.status is Status.ACCEPTED}
    like = [order for order in placed.orders if order.key not in taken and _is_like(order, intent, lists)]
    own, is_by_times = _own_order(catalog, record, like, others, now)
    if own is not None:
        found_in = "in the list of orders at KIS" if own.in_kis_list else "in KIS' notices of orders"
        by_times = f" {_BY_TIMES}" if is_by_times else ""
        return _conclusion(intent, now, "accepted", f"Found {found_in}.{by_times}", own.order_id)
    if ended := _order_to_cancel_that_ended(intent, sent_at, placed):
        what = f"Order {ended.printed_id} has ended (cancelled or expired): nothing of it is open."
        return _conclusion(intent, now, "needless", f"{what} Whether KIS took this cancel, it does not tell.")
    if possible := [order for order in like if not _is_too_old(order, sent_at)]:
        fitting = [order for order in possible if _fits(order, record)]
        numbers = tuple(order.order_id for order in fitting or possible)
        what = f"It may be any of these orders at KIS: {', '.join(numbers)}."
        return _conclusion(intent, now, "unresolved", what, candidates=numbers)
    return _conclude_from_silence(intent, sent_at, placed, lists, now)


def _own_order(
    catalog: Catalog, record: Record, like: Sequence[PlacedOrder], others: Sequence[Record], now: datetime
) -> tuple[PlacedOrder | None, bool]:
    """Which of the orders that nobody has is the intent's, if that can be told; and whether times alone tell it."""
    orders = [order for order in like if _fits(order, record)]
    rivals: list[Record] = []
    while found := [
        other for other in others if other not in rivals and any(_may_become(catalog, other, order) for order in orders)
    ]:
        rivals += found
        orders = [order for order in like if any(_fits(order, each) for each in (record, *rivals))]
    if rivals and not all(_is_equal_and_over(each, record, now) for each in (record, *rivals)):
        return None, False
    return assign(orders, (record, *rivals), _fits).get(record.intent.id), bool(rivals)


def _conclude_from_silence(
    intent: Intent, sent_at: datetime, placed: PlacedOrders, lists: Sequence[OrderList], now: datetime
) -> Reconciliation:
    """What it means that no listed order can be the intent's."""
    if not placed.complete:
        return _conclusion(intent, now, "unresolved", "The list of orders at KIS could not be read to its end.")
    if now - sent_at < CERTAIN_AFTER:
        return _conclusion(intent, now, "unresolved", "It is not in the list of orders at KIS yet.")
    if not _proves_absence(intent, sent_at, placed, lists):
        return _conclusion(intent, now, "unresolved", "KIS lists no such order, but not every order shows there.")
    return _conclusion(intent, now, "not_accepted", "KIS lists no such order.")


def key_of(catalog: Catalog, record: Record) -> OrderKey:
    """The order at KIS that an accepted intent became."""
    intent = record.intent
    family = next((order_list.family for order_list in lists_of(catalog, intent.tool, intent.arguments)), "")
    return order_key(family, record.order_id or "", intent.order.symbol or "")


def _earliest(intent: Intent, sent_at: datetime) -> datetime:
    """From when on the lists are read: a change or cancel may show in what was ordered days before."""
    days = [intent.arguments.get(name) for name in ("reservation_date", "order_date")]
    ordered = [datetime.combine(date.fromisoformat(day), time(), KST) for day in days if isinstance(day, str)]
    return min([sent_at - DOUBTFUL, *ordered])


def _is_like(order: PlacedOrder, intent: Intent, lists: Sequence[OrderList]) -> bool:
    """Whether it may be the order, as far as content goes."""
    is_exact = any(order_list.is_exact for order_list in lists)
    return (
        _is_of_the_kind(order, intent, lists)
        and _is_of_the_instrument(order, intent)
        and (not is_exact or _says_the_same(order, intent))
    )


def _is_of_the_kind(order: PlacedOrder, intent: Intent, lists: Sequence[OrderList]) -> bool:
    wanted = intent.order
    if _shows_by_effect(intent, lists):
        return wanted.action is Action.MODIFY and order.action is Action.NEW
    if wanted.action is Action.NEW:
        return order.action is Action.NEW
    return order.action is wanted.action and is_same_order_id(order.original_order_id, wanted.original_order_id)


def _is_of_the_instrument(order: PlacedOrder, intent: Intent) -> bool:
    return is_same_symbol(order.symbol, intent.order.symbol) and intent.order.side in (None, order.side)


def _says_the_same(order: PlacedOrder, intent: Intent) -> bool:
    wanted = intent.order
    quantity = None if intent.arguments.get("all_remaining") is True else wanted.quantity
    return quantity in (None, order.quantity) and wanted.price in (None, order.price)


def _fits(order: PlacedOrder, record: Record) -> bool:
    at, sent_at = order.ordered_at, record.best_sent_at
    is_in_time = at is not None and sent_at is not None and -EARLIEST <= at - sent_at <= LATEST
    return is_in_time and _says_the_same(order, record.intent)


def _may_become(catalog: Catalog, record: Record, order: PlacedOrder) -> bool:
    """Whether another unknown intent may be this order."""
    intent = record.intent
    if not record.status.is_unresolved or not _fits(order, record):
        return False
    return _is_like(order, intent, lists_of(catalog, intent.tool, intent.arguments))


def _is_equal_and_over(rival: Record, record: Record, now: datetime) -> bool:
    """Whether it wants the same as another, and can be on its way no more."""
    sent_at = rival.best_sent_at
    is_over = sent_at is not None and now - sent_at >= CERTAIN_AFTER
    return is_over and rival.intent.fingerprint == record.intent.fingerprint


def _shows_what_is_missing(kis: KisReads, intent: Intent) -> bool:
    """Whether absence from the lists proves anything in this environment."""
    lists = lists_of(kis.catalog, intent.tool, intent.arguments)
    return all(kis.environment in order_list.proves_absence_in for order_list in lists)


def _is_about_then(record: Record, sent: datetime) -> bool:
    other = record.best_sent_at
    return other is not None and abs(other - sent) < SAME_DAY


def _is_too_old(order: PlacedOrder, sent_at: datetime) -> bool:
    return order.ordered_at is not None and order.ordered_at < sent_at - DOUBTFUL


def _changed_order(
    intent: Intent, sent_at: datetime, placed: PlacedOrders, lists: Sequence[OrderList]
) -> PlacedOrder | None:
    """The standing order, where what it has become shows that the change or cancel was taken.

    That it is cancelled shows nothing: its session may have ended, or somebody else cancelled it. When it was, does.
    """
    original = _original(intent, sent_at, placed) if _shows_by_effect(intent, lists) else None
    if original is None:
        return None
    if intent.order.action is Action.CANCEL:
        at = original.cancelled_at
        return original if at is not None and -EARLIEST <= at - sent_at <= LATEST else None
    return original if _is_of_the_instrument(original, intent) and _says_the_same(original, intent) else None


def _order_to_cancel_that_ended(intent: Intent, sent_at: datetime, placed: PlacedOrders) -> PlacedOrder | None:
    """The order that an unknown cancel was for, where a whole list shows that nothing of it is open any more."""
    if intent.order.action is not Action.CANCEL or not placed.complete:
        return None
    original = _original(intent, sent_at, placed)
    return original if original is not None and original.status is PlacedStatus.CANCELLED else None


def _proves_absence(intent: Intent, sent_at: datetime, placed: PlacedOrders, lists: Sequence[OrderList]) -> bool:
    if not lists or not all(order_list.proves_absence_in for order_list in lists):
        return False
    return not _shows_by_effect(intent, lists) or _original(intent, sent_at, placed) is not None


def _original(intent: Intent, sent_at: datetime, placed: PlacedOrders) -> PlacedOrder | None:
    """The order that was to be changed: of its day, or the latest before the change, since numbers recur."""
    day = intent.arguments.get("reservation_date")
    found = [
        order
        for order in placed.orders
        if is_same_order_id(order.order_id, intent.order.original_order_id)
        and is_same_symbol(order.symbol, intent.order.symbol)
        and (not isinstance(day, str) or order.is_of_day(date.fromisoformat(day)))
        and (order.ordered_at is None or order.ordered_at <= sent_at + LATEST)
    ]
    exact = [order for order in found if isinstance(day, str) and order.order_date == date.fromisoformat(day)]
    return max(exact or found, key=lambda order: order.ordered_at or sent_at, default=None)


def _shows_by_effect(intent: Intent, lists: Sequence[OrderList]) -> bool:
    """Whether it is a change or cancel in lists that have no rows for such."""
    return intent.order.action is not Action.NEW and not any(order_list.lists_changes for order_list in lists)


def _conclusion(
    intent: Intent,
    now: datetime,
    conclusion: Conclusion,
    message: str,
    order_id: str | None = None,
    candidates: tuple[str, ...] = (),
) -> Reconciliation:
    return Reconciliation(
        intent_id=intent.id,
        at=now,
        conclusion=conclusion,
        order_id=order_id,
        message=message,
        candidates=candidates,
    )
