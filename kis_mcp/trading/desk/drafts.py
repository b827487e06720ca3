"""Orders in market-neutral terms → the KIS API that takes them and its arguments; and the list of orders."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal, TypeAlias

from kis_mcp.catalog.arguments import validate
from kis_mcp.catalog.encode import tr_id
from kis_mcp.catalog.loader import Catalog
from kis_mcp.catalog.model import Api
from kis_mcp.clock import KST, Clock
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.trading.blotter.lists import EVERY_LIST, lists_of
from kis_mcp.trading.blotter.placed_order import PlacedOrder, PlacedStatus
from kis_mcp.trading.blotter.reading import offered, orders_between, orders_of_days
from kis_mcp.trading.blotter.reconcile import key_of
from kis_mcp.trading.desk.originals import facts_of, find_original
from kis_mcp.trading.journal import Journal
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, Side, is_same_symbol
from kis_mcp.trading.venues.markets import Listing, as_kis_writes
from kis_mcp.trading.venues.order_types import STOPS, UNPRICED
from kis_mcp.trading.venues.routes import Route, route_of

StatusFilter: TypeAlias = Literal["all", "open", "filled", "cancelled"]

_SHOWN: Mapping[StatusFilter, frozenset[PlacedStatus]] = {
    "all": frozenset(PlacedStatus),
    "open": frozenset({PlacedStatus.OPEN, PlacedStatus.PARTLY_FILLED}),
    "filled": frozenset({PlacedStatus.FILLED, PlacedStatus.PARTLY_FILLED}),
    "cancelled": frozenset({PlacedStatus.CANCELLED, PlacedStatus.AMENDED}),
}
_NO_CREDIT = "cash"


@dataclass(frozen=True, slots=True)
class OrderCall:
    """A KIS order API and its arguments, ready for `OrderDesk.propose`."""

    tool: str
    arguments: Mapping[str, object]


def place(
    catalog: Catalog,
    listing: Listing,
    *,
    session: str = "regular",
    side: Side,
    order_type: str = "limit",
    credit_type: str | None = None,
    **terms: object,
) -> OrderCall:
    """A new order. Which types the exchange takes is the guard's to say.

    Args:
        terms: The other arguments of the core tool; None is left out.

    Raises:
        BadArgument: The market has no such session, or its orders say no such thing.
    """
    route = route_of(listing.market, session)
    tool = route.credit if credit_type and route.credit else route.sell if side == "sell" and route.sell else route.new
    api = _api(catalog, tool)
    known = {"symbol": listing.symbol, "side": side, "exchange": listing.exchange, "order_type": order_type}
    said = {**terms, "credit_type": credit_type, "order_type": None if order_type == "limit" else order_type}
    if listing.market == "KR" and listing.exchange != "krx":
        said["exchange"] = listing.exchange
    return OrderCall(tool, _arguments(api, route, known, said))


async def modify(
    kis: Kis,
    market: str,
    order_id: str,
    *,
    session: str = "regular",
    price: Decimal | None = None,
    stop_price: Decimal | None = None,
    order_type: str | None = None,
    quantity: int | None = None,
    credit_type: str | None = None,
    now: datetime,
) -> OrderCall:
    """New terms for a standing order, or for ``quantity`` of it. What is not said stays as KIS has it.

    Raises:
        BadArgument: KIS lists no such order, cannot change it so, or there is nothing to change.
    """
    route = route_of(market, session)
    if route.modify is None:
        raise _only_cancelled(order_id)
    api, original = await _original(kis, route, route.modify, market, order_id, now)
    is_reserved = original.session == "reserved"
    if not (price or stop_price or order_type in UNPRICED or (is_reserved and (quantity or order_type))):
        raise BadArgument(
            "A change needs a new price.", remedy="Give price; to order less, cancel a part.", field="price"
        )
    if order_type == "market" and api.parameter("replace_with_market"):
        known = _known(kis, api, route, original, Action.CANCEL, quantity) | {"replace_with_market": True}
        return OrderCall(api.tool, _arguments(api, route, known, {"price": price, "stop_price": stop_price}))
    kept = order_type or _kept_type(api, original)
    known = _known(kis, api, route, original, Action.MODIFY, quantity) | {"order_type": kept}
    if kept not in UNPRICED and (is_reserved or stop_price):
        known["price"] = original.price
    if kept in STOPS or (kept is None and original.stop_price):
        known["stop_price"] = original.stop_price
    said: dict[str, object] = {"price": price, "stop_price": stop_price, "order_type": order_type}
    if is_reserved:
        is_repeated = original.end_date and original.order_date and original.end_date > original.order_date
        known |= {"end_date": original.end_date if is_repeated else None, "loan_date": original.loan_date}
        said["credit_type"] = _said_credit(order_id, credit_type)
    elif credit_type != _NO_CREDIT:
        said["credit_type"] = credit_type
    arguments = _arguments(api, route, known, said)
    if not _is_offered(api, arguments, now.date()):
        raise _only_cancelled(order_id)
    return OrderCall(api.tool, arguments)


async def cancel(
    kis: Kis,
    market: str,
    order_id: str,
    *,
    session: str = "regular",
    quantity: int | None = None,
    now: datetime,
) -> OrderCall:
    """The end of a standing order, or of ``quantity`` of it.

    Raises:
        BadArgument: KIS lists no such order, or cancels only all of it.
    """
    route = route_of(market, session)
    api, original = await _original(kis, route, route.cancel, market, order_id, now)
    known = _known(kis, api, route, original, Action.CANCEL, quantity)
    return OrderCall(api.tool, _arguments(api, route, known, {}))


async def listed(
    kis: Kis,
    journal: Journal,
    markets: Collection[str] | None,
    *,
    clock: Clock,
    start: date | None = None,
    end: date | None = None,
    symbol: str | None = None,
    status: StatusFilter = "all",
) -> tuple[list[PlacedOrder], list[str]]:
    """Orders at KIS, latest first, wherever they were placed, and what could not be read of them.

    Args:
        markets: None for all.
        start, end: Days in the exchange's calendar, both included; today when left out, with the reservations of
            earlier days that still wait.

    Raises:
        KisMcpError: No list could be read.
    """
    now = clock()
    start = start or end
    wanted = [each for each in EVERY_LIST if markets is None or any(map(each.may_hold, markets))]
    lists = offered(kis, wanted) or wanted
    found: list[PlacedOrder] = []
    problems: list[KisMcpError] = []
    for order_list in lists:
        try:
            placed = await (
                orders_between(kis, order_list, now, now)
                if start is None
                else orders_of_days(kis, order_list, start, end or now.date())
            )
        except KisMcpError as problem:
            problems.append(problem)
            continue
        known = {(order.key, order.order_date) for order in found}
        found += [
            order
            for order in placed.orders
            if (order.key, order.order_date) not in known
            and (start is not None or order_list.lasts != "until_sent" or _counts_today(order, now))
        ]
    if len(problems) == len(lists):
        raise problems[0]
    earliest = min((order.ordered_at for order in found if order.ordered_at), default=now)
    since = min(datetime.combine(start or now.date(), time(), KST), earliest) - timedelta(days=2)
    sent = [(key_of(record), record.sent_at) for record in await journal.accepted_since(since) if record.sent_at]
    orders = [
        replace(order, ours=any(order.key == key and order.may_be_of(sent_at) for key, sent_at in sent))
        for order in found
        if (markets is None or order.market in markets)
        and order.action is not Action.CANCEL
        and order.status in _SHOWN[status]
        and (symbol is None or is_same_symbol(order.symbol, as_kis_writes(symbol, order.market)))
    ]
    orders.sort(key=lambda order: (order.ordered_at or now, order.order_id), reverse=True)
    return orders, [f"A part of the orders could not be read: {problem.what}" for problem in problems]


async def _original(
    kis: Kis, route: Route, tool: str, market: str, order_id: str, now: datetime
) -> tuple[Api, PlacedOrder]:
    lists = [order_list for order_list in lists_of(tool, route.fixed) if order_list.may_hold(market)]
    return _api(kis.catalog, tool), await find_original(kis, lists, order_id, now, market=market)


def _known(
    kis: Kis, api: Api, route: Route, original: PlacedOrder, action: Action, quantity: int | None
) -> dict[str, object]:
    """What can be said of a change without asking the caller: whose it is, and how much of it is meant.

    Raises:
        BadArgument: KIS changes only all of it, and a part is meant.
    """
    known = facts_of(api, original, action) | {"action": action.value}
    amount, is_reserved = api.parameter("quantity"), original.session == "reserved"
    only_all = route.whole_only or amount is None or (is_reserved and action is Action.CANCEL)
    if only_all and quantity not in (None, original.remaining_quantity):
        raise BadArgument(
            f"Of order {original.order_id} {original.remaining_quantity:f} are open, and KIS changes only all of it.",
            remedy="Leave quantity out.",
            field="quantity",
        )
    if amount is None or (only_all and not amount.required and not route.whole_only):
        return known
    if api.parameter("all_remaining") is None:
        rest = int(original.remaining_quantity if action is Action.MODIFY else original.quantity)
        return known | {"quantity": quantity or rest}
    known["all_remaining"] = quantity is None or route.whole_only
    says_how_much = route.whole_only or (original.market == "domestic_futureoption" and kis.environment.uses_demo_api)
    return known | {"quantity": quantity or (int(original.remaining_quantity) if says_how_much else None)}


def _arguments(api: Api, route: Route, known: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    """The arguments of an API: what is known, where it asks for that, and what the caller said.

    Raises:
        BadArgument: The caller said something that it does not ask for.
    """
    arguments = {name: value for name, value in {**known, **route.fixed}.items() if api.parameter(name)}
    for name, value in said.items():
        if value is None:
            continue
        own = route.names.get(name, name)
        if api.parameter(own) is None:
            raise BadArgument(
                f"Such an order takes no {name}: KIS' {api.title.lower()} has none.",
                remedy="Leave it out, or name the market and session that are meant.",
                field=name,
            )
        arguments[own] = value
    return {name: value for name, value in arguments.items() if value is not None}


def _kept_type(api: Api, original: PlacedOrder) -> str | None:
    """The order's present type, where a change has to repeat it."""
    asked = api.parameter("order_type")
    word = original.order_type
    return word if asked and word in (asked.codes or ()) and word not in UNPRICED else None


def _only_cancelled(order_id: str) -> BadArgument:
    return BadArgument(
        f"KIS cannot change order {order_id}, only cancel it.", remedy="Cancel it, and place another.", field="order_id"
    )


def _said_credit(order_id: str, credit_type: str | None) -> str:
    if credit_type is None:
        raise BadArgument(
            f"A changed reservation is booked anew, and KIS does not list whether {order_id} is on credit.",
            remedy=f"Give credit_type as it was reserved, {_NO_CREDIT} for none.",
            field="credit_type",
        )
    return credit_type


def _is_offered(api: Api, arguments: Mapping[str, object], today: date) -> bool:
    """Whether KIS has a TR for it, demo's gaps apart."""
    try:
        tr_id(api, validate(api, arguments), demo=False, today=today)
    except BadArgument as problem:
        if problem.field != "action":
            raise
        return False
    return True


def _counts_today(reservation: PlacedOrder, now: datetime) -> bool:
    """Whether it was booked today, or may yet be sent."""
    today = now.astimezone(KST).date()
    is_of_today = reservation.ordered_at is None or reservation.ordered_at.astimezone(KST).date() == today
    is_repeated = reservation.end_date is not None and reservation.end_date > today
    return is_of_today or reservation.is_waiting or (reservation.status.is_open and is_repeated)


def _api(catalog: Catalog, tool: str) -> Api:
    api = catalog.find(tool)
    assert api is not None, tool
    return api
