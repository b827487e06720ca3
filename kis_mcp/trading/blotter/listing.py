"""The orders at KIS, of every market or some, as a person asks for them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Literal, TypeAlias

from kis_mcp.clock import KST, Clock
from kis_mcp.errors import KisMcpError
from kis_mcp.trading.blotter.journaled import journaled_orders
from kis_mcp.trading.blotter.kis_clock import kis_time, orders_of_today
from kis_mcp.trading.blotter.lists import EVERY_LIST, OrderList
from kis_mcp.trading.blotter.notice_book import NoticeBook
from kis_mcp.trading.blotter.placed_order import SAME_DAY, PlacedOrder, PlacedStatus
from kis_mcp.trading.blotter.reading import orders_of_days, pick_available
from kis_mcp.trading.blotter.reconcile import key_of
from kis_mcp.trading.journal import Journal
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, is_same_symbol
from kis_mcp.trading.venues import as_kis_writes

StatusFilter: TypeAlias = Literal["all", "open", "filled", "cancelled"]

_SHOWN: Mapping[StatusFilter, frozenset[PlacedStatus]] = {
    "all": frozenset(PlacedStatus),
    "open": frozenset({PlacedStatus.OPEN, PlacedStatus.PARTLY_FILLED}),
    "filled": frozenset({PlacedStatus.FILLED, PlacedStatus.PARTLY_FILLED}),
    "cancelled": frozenset({PlacedStatus.CANCELLED, PlacedStatus.AMENDED}),
}
_SENT_BEFORE = timedelta(days=2)
"""How far before the first listed order the journal is searched: farther than the days of two exchanges lie apart."""

_NONE = timedelta()


async def list_orders(
    kis: KisReads,
    journal: Journal,
    markets: Collection[str] | None,
    *,
    clock: Clock,
    start: date | None = None,
    end: date | None = None,
    symbol: str | None = None,
    status: StatusFilter = "all",
    notices: NoticeBook | None = None,
) -> tuple[list[PlacedOrder], list[str]]:
    """Orders at KIS, latest first, wherever they were placed, and what could not be read of them.

    Args:
        markets: None for all.
        start, end: Days in the exchange's calendar, both included; today when left out, with the reservations of
            earlier days that still wait.
        notices: What KIS notified of orders; where that is more than its lists show, it counts.

    Raises:
        KisMcpError: No list could be read.
    """
    now = clock()
    days = (start or end, end or kis_time(kis, now).date())
    lists = [each for each in EVERY_LIST if markets is None or any(map(each.may_hold, markets))]
    found, problems = await _read_lists(kis, pick_available(kis, lists) or lists, days, now)
    at_kis = kis_time(kis, now)
    days = (days[0], end or at_kis.date())
    found = await _mark_ours(kis, journal, found, since=days[0] or at_kis.date(), now=at_kis)
    if own := await _missing(kis, journal, found, lists, days, now):
        found += own
        for fills, some in (
            ("fills not known", [order for order in own if order.notified_at is None]),
            ("fills as KIS notified them", [order for order in own if order.notified_at is not None]),
        ):
            if numbers := ", ".join(order.printed_id for order in some):
                problems.append(f"Not in KIS' list; from this server's journal, {fills}: {numbers}.")
    found = _after_notices(found, notices or NoticeBook(), lists, days, kis.clock_error or _NONE, at_kis)
    orders = [
        order
        for order in found
        if (markets is None or order.market in markets)
        and order.action is not Action.CANCEL
        and order.status in _SHOWN[status]
        and (symbol is None or is_same_symbol(order.symbol, as_kis_writes(symbol, order.market)))
    ]
    orders.sort(key=lambda order: (order.ordered_at or now, order.order_id), reverse=True)
    return orders, problems


def _after_notices(
    found: Sequence[PlacedOrder],
    book: NoticeBook,
    lists: Sequence[OrderList],
    days: tuple[date | None, date],
    clock_error: timedelta,
    now: datetime,
) -> list[PlacedOrder]:
    """The orders with what was notified of them, and those that are told by notices alone."""
    orders = [book.add_to(order, clock_error) for order in found]
    first, last = days[0] or now.astimezone(KST).date(), days[1]
    shown = {order.key for order in found}
    elsewhere = [
        order
        for order in book.orders({each.family for each in lists}, now - clock_error - SAME_DAY, clock_error)
        if order.key not in shown and order.order_date is not None and first <= order.order_date <= last
    ]
    return [*orders, *elsewhere]


def notes_on_missing_lists(kis: KisReads, markets: Collection[str] | None) -> list[str]:
    """Which of the lists that could hold such orders are not read here, and why; empty where all are."""
    wanted = [each for each in EVERY_LIST if markets is None or any(map(each.may_hold, markets))]
    offered = pick_available(kis, wanted)
    missing = {(each.family, each.session): each for each in reversed(wanted) if each not in offered}
    apis = {each.name: kis.catalog.find(each.tool) for each in missing.values()}
    not_set = sorted(name for name, api in apis.items() if api is not None and api.account not in kis.accounts)
    not_in_demo = sorted(apis.keys() - set(not_set))
    return [
        *([f"Not in it: orders of {', '.join(not_set)}, for which no account is set."] if not_set else []),
        *([f"Not in it: orders of {', '.join(not_in_demo)}, which KIS' demo does not list."] if not_in_demo else []),
    ]


async def _missing(
    kis: KisReads,
    journal: Journal,
    found: Sequence[PlacedOrder],
    lists: Sequence[OrderList],
    days: tuple[date | None, date],
    now: datetime,
) -> list[PlacedOrder]:
    """The orders of these days that the journal says KIS took, and that its lists do not show."""
    families, listed = {order_list.family for order_list in lists}, {order.key for order in found}
    first, last = days[0] or kis_time(kis, now).date(), days[1]
    return [
        order
        for order in await journaled_orders(journal, kis, now)
        if order.family in families
        and order.key not in listed
        and order.ordered_at is not None
        and first <= order.ordered_at.astimezone(KST).date() <= last
    ]


async def _read_lists(
    kis: KisReads, lists: Sequence[OrderList], days: tuple[date | None, date], now: datetime
) -> tuple[list[PlacedOrder], list[str]]:
    """Each order of the lists once, and what went wrong with some of them. A first day of None is today.

    Raises:
        KisMcpError: No list could be read.
    """
    found: list[PlacedOrder] = []
    problems: list[KisMcpError] = []
    gaps: list[str] = []
    first, last = days
    for order_list in lists:
        try:
            if first is None:
                read = await orders_of_today(kis, order_list, now, fresh=False)
            else:
                read = await orders_of_days(kis, order_list, first, last)
        except KisMcpError as problem:
            problems.append(problem)
            continue
        placed = read.orders
        gaps += read.gaps
        if first is None and order_list.lasts == "until_sent":
            placed = [order for order in placed if _counts_today(order, kis_time(kis, now))]
        earlier = {(order.key, order.order_date) for order in found}
        found += [order for order in placed if (order.key, order.order_date) not in earlier]
    if len(problems) == len(lists):
        raise problems[0]
    return found, [*(f"A part of the orders could not be read: {problem.what}" for problem in problems), *gaps]


async def _mark_ours(
    kis: KisReads, journal: Journal, orders: Sequence[PlacedOrder], *, since: date, now: datetime
) -> list[PlacedOrder]:
    """The orders, those in the journal marked as ours, with their type in it where KIS lists none."""
    earliest = min((order.ordered_at for order in orders if order.ordered_at), default=now)
    sent_since = min(datetime.combine(since, time(), KST), earliest) - _SENT_BEFORE - abs(kis.clock_error or _NONE)
    records = await journal.accepted_since(sent_since)
    sent = [(key_of(kis.catalog, one), at, one.intent.order) for one in records if (at := one.best_sent_at)]
    marked: list[PlacedOrder] = []
    for order in orders:
        own = [said for key, sent_at, said in sent if order.key == key and order.may_be_of(sent_at)]
        order_type = order.order_type or next((said.order_type for said in own), None)
        marked.append(replace(order, ours=bool(own), order_type=order_type))
    return marked


def _counts_today(reservation: PlacedOrder, now: datetime) -> bool:
    """Whether it was booked today, or may yet be sent."""
    today = now.astimezone(KST).date()
    is_of_today = reservation.ordered_at is None or reservation.ordered_at.astimezone(KST).date() == today
    is_repeated = reservation.end_date is not None and reservation.end_date > today
    return is_of_today or reservation.is_waiting or (reservation.status.is_open and is_repeated)
