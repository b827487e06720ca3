"""Orders in market-neutral terms → the KIS API that takes them and its arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from kis_mcp.catalog import Api, Catalog, OrderUse, check_arguments, tr_id
from kis_mcp.errors import BadArgument
from kis_mcp.trading.blotter import PlacedOrder, find_order, lists_of
from kis_mcp.trading.desk.originals import identify_original
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Side
from kis_mcp.trading.venues import STOPS, UNPRICED, Listing, Route, find_route

_NO_CREDIT = "cash"

_INSTEAD: Mapping[str, str] = {
    "order_type": "Leave it out: the order is a limit order; to trade at once, give the other side's best price.",
    "stop_price": "Leave it out: set an alert at that price with alerts, and place the order when it fires.",
}
"""What an order says that its KIS API cannot take → what does the same there."""


@dataclass(frozen=True, slots=True)
class OrderCall:
    """A KIS order API and its arguments, ready for `OrderDesk.propose`."""

    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What a caller wants to change of a standing order; None stays as it is."""

    price: Decimal | None
    stop_price: Decimal | None
    order_type: str | None
    quantity: int | None
    credit_type: str | None


def draft_order(
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
    credit_type = None if credit_type == _NO_CREDIT else credit_type
    uses: tuple[OrderUse, ...] = ("sell", "new") if side == "sell" else ("new",)
    route = find_route(catalog, listing.market, session, *(("credit",) if credit_type else ()), *uses)
    assert route is not None, listing.market
    own = {"symbol": listing.symbol, "side": side, "exchange": listing.exchange, "order_type": order_type}
    said = {**terms, "credit_type": credit_type, "order_type": None if order_type == "limit" else order_type}
    if listing.market == "KR" and listing.exchange != "krx":
        said["exchange"] = listing.exchange
    return OrderCall(route.api.tool, _build_arguments(route, own, said))


async def draft_change(
    kis: KisReads,
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
    journaled: Sequence[PlacedOrder] = (),
) -> OrderCall:
    """New terms for a standing order, or for ``quantity`` of it. What is not said stays as KIS has it.

    Raises:
        BadArgument: KIS lists no such order, cannot change it so, or there is nothing to change.
    """
    route = find_route(kis.catalog, market, session, "modify")
    if route is None:
        raise _only_cancelled(order_id)
    original = await _find_original(kis, route, market, order_id, now, journaled)
    change = _Change(
        price=price, stop_price=stop_price, order_type=order_type, quantity=quantity, credit_type=credit_type
    )
    _require_new_terms(original, change)
    if order_type == "market" and route.api.parameter("replace_with_market"):
        own = _repeat_original(kis, route, original, Action.CANCEL, quantity) | {"replace_with_market": True}
        said: Mapping[str, object] = {"price": price, "stop_price": stop_price}
        return OrderCall(route.api.tool, _build_arguments(route, own, said))
    own = _repeat_original(kis, route, original, Action.MODIFY, quantity) | _keep_terms(route.api, original, change)
    arguments = _build_arguments(route, own, _say_change(original, change))
    if not _has_tr(route.api, arguments, now.date()):
        raise _only_cancelled(order_id)
    return OrderCall(route.api.tool, arguments)


async def draft_cancel(
    kis: KisReads,
    market: str,
    order_id: str,
    *,
    session: str = "regular",
    quantity: int | None = None,
    now: datetime,
    journaled: Sequence[PlacedOrder] = (),
) -> OrderCall:
    """The end of a standing order, or of ``quantity`` of it.

    Raises:
        BadArgument: KIS lists no such order, or cancels only all of it.
    """
    route = find_route(kis.catalog, market, session, "cancel")
    assert route is not None, market
    original = await _find_original(kis, route, market, order_id, now, journaled)
    own = _repeat_original(kis, route, original, Action.CANCEL, quantity)
    return OrderCall(route.api.tool, _build_arguments(route, own, {}))


async def _find_original(
    kis: KisReads, route: Route, market: str, order_id: str, now: datetime, journaled: Sequence[PlacedOrder]
) -> PlacedOrder:
    every = lists_of(kis.catalog, route.api.tool, route.terms.fixed)
    lists = [each for each in every if each.may_hold(market)]
    return await find_order(kis, lists, order_id, now, market=market, journaled=journaled)


def _repeat_original(
    kis: KisReads, route: Route, original: PlacedOrder, action: Action, quantity: int | None
) -> dict[str, object]:
    """What can be said of a change without asking the caller: whose it is, and how much of it is meant.

    Raises:
        BadArgument: KIS changes only all of it, and a part is meant.
    """
    api, whole_only = route.api, route.terms.whole_only
    arguments = identify_original(api, original, action) | {"action": action.value}
    amount, is_reserved = api.parameter("quantity"), original.session == "reserved"
    only_all = whole_only or amount is None or (is_reserved and action is Action.CANCEL)
    if only_all and quantity not in (None, original.remaining_quantity):
        raise BadArgument(
            f"Of order {original.order_id} {original.remaining_quantity:f} are open, and KIS changes only all of it.",
            remedy="Leave quantity out.",
            field="quantity",
        )
    if amount is None or (only_all and not amount.required and not whole_only):
        return arguments
    left = int(original.remaining_quantity if original.status.is_open else original.quantity)
    if api.parameter("all_remaining") is None:
        return arguments | {"quantity": quantity or (left if action is Action.MODIFY else int(original.quantity))}
    arguments["all_remaining"] = quantity is None or whole_only
    says_how_much = whole_only or (original.market == "domestic_futureoption" and kis.environment.uses_demo_api)
    return arguments | {"quantity": quantity or (left if says_how_much else None)}


def _require_new_terms(original: PlacedOrder, change: _Change) -> None:
    """That there is something new to say; a reservation is booked anew, so any term of it may change.

    Raises:
        BadArgument: There is not.
    """
    is_new_reservation = original.session == "reserved" and (change.quantity or change.order_type)
    if not (change.price or change.stop_price or change.order_type in UNPRICED or is_new_reservation):
        raise BadArgument(
            "A change needs a new price.", remedy="Give price; to order less, cancel a part.", field="price"
        )


def _keep_terms(api: Api, original: PlacedOrder, change: _Change) -> dict[str, object]:
    """The original's terms that a change has to repeat."""
    order_type, is_reserved = change.order_type or _keep_type(api, original), original.session == "reserved"
    kept: dict[str, object] = {"order_type": order_type}
    if order_type not in UNPRICED and (is_reserved or change.stop_price):
        kept["price"] = original.price
    if order_type in STOPS or (order_type is None and original.stop_price):
        kept["stop_price"] = original.stop_price
    if is_reserved:
        is_repeated = original.end_date and original.order_date and original.end_date > original.order_date
        kept |= {"end_date": original.end_date if is_repeated else None, "loan_date": original.loan_date}
    return kept


def _say_change(original: PlacedOrder, change: _Change) -> dict[str, object]:
    """What the caller says of a change, the quantity apart.

    Raises:
        BadArgument: A reservation is changed, and it is not said whether it is on credit.
    """
    said: dict[str, object] = {
        "price": change.price,
        "stop_price": change.stop_price,
        "order_type": change.order_type,
        "credit_type": change.credit_type,
    }
    is_reserved = original.session == "reserved"
    if is_reserved and change.credit_type is None:
        raise BadArgument(
            f"A changed reservation is booked anew, and KIS does not list whether {original.order_id} is on credit.",
            remedy=f"Give credit_type as it was reserved, {_NO_CREDIT} for none.",
            field="credit_type",
        )
    if not is_reserved and change.credit_type == _NO_CREDIT:
        del said["credit_type"]
    return said


def _build_arguments(route: Route, own: Mapping[str, object], said: Mapping[str, object]) -> dict[str, object]:
    """The arguments of an API: our own, where it asks for them, and what the caller said.

    Raises:
        BadArgument: The caller said something that it does not ask for.
    """
    api, terms = route.api, route.terms
    arguments = {name: value for name, value in {**own, **terms.fixed}.items() if api.parameter(name)}
    for name, value in said.items():
        if value is None:
            continue
        argument = terms.names.get(name, name)
        parameter = api.parameter(argument)
        if parameter is not None and value == "market" and value not in (parameter.codes or (value,)):
            raise BadArgument(
                "There are no market orders here.",
                remedy="Use limit; to trade at once, give the other side's best price as price.",
                field=name,
            )
        if parameter is None:
            raise BadArgument(
                f"Such an order takes no {name}: KIS' {api.title.lower()} has none.",
                remedy=_INSTEAD.get(name, "Leave it out, or name the market and session that are meant."),
                field=name,
            )
        arguments[argument] = value
    return {name: value for name, value in arguments.items() if value is not None}


def _keep_type(api: Api, original: PlacedOrder) -> str | None:
    """The order's present type, where a change has to repeat it."""
    parameter = api.parameter("order_type")
    word = original.order_type
    return word if parameter and word in (parameter.codes or ()) and word not in UNPRICED else None


def _only_cancelled(order_id: str) -> BadArgument:
    return BadArgument(
        f"KIS cannot change order {order_id}, only cancel it.", remedy="Cancel it, and place another.", field="order_id"
    )


def _has_tr(api: Api, arguments: Mapping[str, object], today: date) -> bool:
    """Whether KIS has a TR for it, demo's gaps apart."""
    try:
        tr_id(api, check_arguments(api, arguments), demo=False, today=today)
    except BadArgument as problem:
        if problem.field != "action":
            raise
        return False
    return True
