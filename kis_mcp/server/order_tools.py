"""The tools that order: their arguments → the KIS order that `send_order` takes to the desk."""

from __future__ import annotations

from typing import Any, cast

from kis_mcp.catalog.apis import Page
from kis_mcp.catalog.reserved import CONFIRMATION_TOKEN
from kis_mcp.market.instrument import Market
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.server.call import Call
from kis_mcp.server.orders import send_order
from kis_mcp.trading import orders
from kis_mcp.trading.orders import OrderCall


async def place_order(call: Call) -> Page:
    values = call.values()

    async def prepare() -> OrderCall:
        return orders.place(
            builtin_instruments().resolve(values["symbol"], values.get("exchange")),
            side=values["side"],
            quantity=values["quantity"],
            order_type=values["order_type"],
            price=values.get("price"),
            stop_price=values.get("stop_price"),
            session=values["session"],
        )

    return await send_order(call, prepare, values.get("idempotency_key"))


async def modify_order(call: Call) -> Page:
    values = call.values()

    async def prepare() -> OrderCall:
        reads = await call.reads()
        return await orders.modify(
            reads,
            _market(values),
            values["order_id"],
            price=values.get("price"),
            order_type=values.get("order_type"),
            quantity=values.get("quantity"),
            session=values["session"],
            now=reads.clock(),
        )

    return await send_order(call, prepare, values.get("idempotency_key"))


async def cancel_order(call: Call) -> Page:
    values = call.values()

    async def prepare() -> OrderCall:
        reads = await call.reads()
        return await orders.cancel(
            reads,
            _market(values),
            values["order_id"],
            quantity=values.get("quantity"),
            session=values["session"],
            now=reads.clock(),
        )

    return await send_order(call, prepare, values.get("idempotency_key"))


async def typed_order(call: Call) -> Page:
    """An order API under its own name."""

    async def prepare() -> OrderCall:
        own = {name: value for name, value in call.arguments.items() if name != CONFIRMATION_TOKEN}
        return OrderCall(call.api.tool, own)

    call.values()
    return await send_order(call, prepare)


def _market(values: dict[str, Any]) -> Market:
    return cast(Market, values["market"].upper())
