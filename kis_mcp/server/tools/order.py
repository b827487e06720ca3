"""The tools that order: their arguments → the KIS order that `send_order` takes to the desk."""

from collections.abc import Awaitable, Callable
from typing import Any

from kis_mcp.catalog import CONFIRMATION_TOKEN, FIELDS, CheckedArguments, Page, check_arguments, read_word
from kis_mcp.errors import BadArgument
from kis_mcp.market import builtin_instruments
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.send_order import send_order
from kis_mcp.trading.blotter import journaled_orders
from kis_mcp.trading.desk import OrderCall, draft_cancel, draft_change, draft_order
from kis_mcp.trading.venues import Listing, find_listing, has_session, market_of

_NOT_TERMS = frozenset({"symbol", "exchange", "market", "idempotency_key", CONFIRMATION_TOKEN, FIELDS})
_NOT_CHANGED = frozenset({"order_id", "market", "idempotency_key", CONFIRMATION_TOKEN})


async def place_order(call: Call) -> Page:
    async def prepare() -> CheckedArguments:
        return new_order(call)

    return await send_order(call, prepare, call.values().get("idempotency_key"))


def new_order(call: Call) -> CheckedArguments:
    """The KIS order that the arguments of place_order stand for.

    Raises:
        BadArgument: They contradict each other, or do not tell one instrument.
    """
    values = call.values()
    wanted = _find_listing(call, values)
    return _checked(call, draft_order(call.environments.catalog, wanted, **_without(values, _NOT_TERMS)))


def _find_listing(call: Call, values: dict[str, Any]) -> Listing:
    instruments = builtin_instruments()
    try:
        return find_listing(
            values["symbol"],
            values.get("exchange"),
            market_of(values["market"]) if "market" in values else None,
            has_session=lambda market: has_session(call.environments.catalog, market, values["session"]),
            find_instrument=instruments.find,
        )
    except BadArgument as error:
        remedy = f"{instruments.candidates(values['symbol'])} {error.remedy}".strip()
        raise BadArgument(error.what, remedy=remedy, field=error.field) from None


async def modify_order(call: Call) -> Page:
    return await _change(call, draft_change)


async def cancel_order(call: Call) -> Page:
    return await _change(call, draft_cancel)


async def _change(call: Call, draft: Callable[..., Awaitable[OrderCall]]) -> Page:
    values = call.values()

    async def prepare() -> CheckedArguments:
        reads, terms = await call.reads(), _without(values | _as_place_order_spells(call, values), _NOT_CHANGED)
        market, now = market_of(values["market"]), reads.clock()
        journaled = await journaled_orders(await (await call.brokerage()).journal(), reads, now)
        return _checked(call, await draft(reads, market, values["order_id"], **terms, now=now, journaled=journaled))

    return await send_order(call, prepare, values.get("idempotency_key"))


def _as_place_order_spells(call: Call, values: dict[str, Any]) -> dict[str, object]:
    """The arguments of a change that take a word of place_order."""
    place = call.environments.catalog.find("place_order")
    assert place is not None
    spelled = {name: place.parameter(name) for name in ("order_type", "credit_type") if name in values}
    return {name: read_word(values[name], tuple(word.codes or ())) for name, word in spelled.items() if word}


async def typed_order(call: Call) -> Page:
    """An order API under its own name."""

    async def prepare() -> CheckedArguments:
        return call.arguments.own()

    return await send_order(call, prepare)


def _checked(call: Call, order: OrderCall) -> CheckedArguments:
    api = call.environments.catalog.find(order.tool)
    assert api is not None, order.tool
    return check_arguments(api, order.arguments)


def _without(values: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in names}
