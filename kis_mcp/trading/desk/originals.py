"""The standing order that a change or cancel concerns, as KIS has it: what the caller says of it does not count."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from kis_mcp.catalog import Api
from kis_mcp.errors import BadArgument
from kis_mcp.market import KOREA
from kis_mcp.trading.blotter import PlacedOrder, PlacedStatus, find_order, lists_of, pick_available
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order, read_order_id

_FOR_CHANGES_ONLY = frozenset({"symbol", "side"})
_DAYS = ("reservation_date", "order_date")
"""Arguments that say of which day the order is."""

_SHORT_ISIN = 9
_CONTRACTS: Mapping[str, str] = {
    **dict.fromkeys("1A", "futures"),
    **dict.fromkeys("2B", "call"),
    **dict.fromkeys("3C", "put"),
    **dict.fromkeys("4D", "spread"),
}
"""What the first character of a KRX contract's symbol says it is."""


async def original_of(
    kis: KisReads,
    api: Api,
    values: Mapping[str, object],
    order: Order,
    now: datetime,
    journaled: Sequence[PlacedOrder] = (),
) -> PlacedOrder | None:
    """The order that ``order`` changes or cancels; None for a new order, and where KIS keeps no list of such.

    Raises:
        BadArgument: KIS lists no such order, or several.
    """
    named = {name: values[name] for name in ("exchange", "session") if values.get(name)}
    lists = pick_available(kis, lists_of(kis.catalog, api.tool, named))
    if order.action is Action.NEW or not lists:
        return None
    if named.get("session") == "night":
        lists = lists[:1]
    days = [day for name in _DAYS if isinstance(day := values.get(name), date)]
    found = await find_order(
        kis,
        lists,
        read_order_id(order.original_order_id or "")[0],
        now,
        symbol=order.symbol,
        day=days[0] if days else None,
        journaled=journaled,
    )
    if found.session == "reserved" and days and not found.is_of_day(days[0]):
        raise BadArgument(
            f"KIS lists reservation {found.order_id} of {found.order_date}, none of {days[0]}.",
            remedy="Take number and day from get_orders.",
            field="reservation_date",
        )
    return found


def identify_original(api: Api, original: PlacedOrder, action: object) -> dict[str, object]:
    """The arguments by which an API knows the order that it changes or cancels."""
    identity = {
        "order_id": original.order_id,
        "reservation_id": original.order_id,
        "order_date": original.order_date,
        "reservation_date": original.order_date,
        "order_branch": original.branch,
        "exchange": original.exchange,
        "symbol": _isin(original.symbol) if original.market == "domestic_bond" else original.symbol,
        "side": original.side,
    }
    parameters = {parameter.name: parameter for parameter in api.parameters}
    return {
        name: value
        for name, value in identity.items()
        if value
        and name in parameters
        and (parameters[name].required or action != Action.CANCEL or name not in _FOR_CHANGES_ONLY)
    }


def fill_in_original(api: Api, values: Mapping[str, object], original: PlacedOrder) -> dict[str, object]:
    """The arguments with what KIS says of the original in the places where the API asks for it.

    Raises:
        BadArgument: The arguments contradict each other on how much is meant.
    """
    action, quantity = values.get("action"), values.get("quantity")
    if quantity not in (None, original.remaining_quantity) and values.get("all_remaining") is True:
        raise BadArgument(
            f"A quantity of {quantity} is given, but all_remaining is true: KIS would take all that is open.",
            remedy="Set all_remaining to false, or leave the quantity out.",
            field="all_remaining",
        )
    if (
        action == Action.CANCEL
        and original.session == "reserved"
        and quantity not in (None, original.remaining_quantity)
    ):
        raise BadArgument(
            f"A quantity of {quantity} is given, but KIS cancels all {original.remaining_quantity:f} of a reservation.",
            remedy="Leave the quantity out, or give all of it.",
            field="quantity",
        )
    own = identify_original(api, original, action)
    if action == Action.CANCEL:
        parameter = api.parameter("order_type")
        words = (parameter.codes if parameter else None) or ()
        if original.order_type in words and original.market == "KR" and not original.session:
            own["order_type"] = original.order_type
        if isinstance(quantity, int) and original.remaining_quantity > 0:
            own["quantity"] = min(quantity, int(original.remaining_quantity))
    if values.get("session") == "night":
        own["instrument_type"] = _CONTRACTS.get(original.symbol[:1])
    return {**values, **own}


def describe_change(order: Order, original: PlacedOrder) -> Order:
    """The change or cancel as a person should see it, with the original's instrument and side."""
    return replace(
        order,
        market=original.market,
        symbol=original.symbol,
        name=original.name,
        side=original.side,
        exchange=original.exchange,
        currency=original.currency,
        quantity=order.quantity if order.quantity is not None else original.remaining_quantity,
        original_price=original.price or None,
        original_quantity=original.remaining_quantity,
        reserved_for=original.order_date if original.session == "reserved" and original.market == KOREA else None,
    )


def describe_end(original: PlacedOrder) -> str | None:
    """How an order ended of which a person wants something changed, in a sentence; None while it stands."""
    if original.status.is_open:
        return None
    filled, price = original.filled_quantity, original.average_fill_price
    at = f" at {price.normalize():,f} {original.currency or ''}".rstrip() if filled and price else ""
    if original.status is PlacedStatus.FILLED:
        how = f"filled: {filled:,f}{at}"
    else:
        how = f"{original.status.value}, {filled:,f} of {original.quantity:,f} filled{at}"
    return f"Order {original.printed_id} of {original.symbol} is {how}."


def _isin(symbol: str) -> str:
    """A Korean bond's standard code: KIS lists it without the country before and the check digit after it."""
    if len(symbol) != _SHORT_ISIN:
        return symbol
    digits = "".join(str(int(character, 36)) for character in f"KR{symbol}")
    doubled = (int(digit) * (2 - position % 2) for position, digit in enumerate(reversed(digits)))
    check = -sum(number // 10 + number % 10 for number in doubled) % 10
    return f"KR{symbol}{check}"
