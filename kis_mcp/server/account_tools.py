"""The core tools about the account: what it is worth, holds, can buy, and has ordered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from kis_mcp.catalog.apis import Page
from kis_mcp.catalog.cursor import Cursor, Position
from kis_mcp.market.instrument import Market, parse_symbol
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.server.call import Call, facts, page
from kis_mcp.trading.accounts import balance, buying_power, positions
from kis_mcp.trading.orders import listed
from kis_mcp.trading.placed_orders import PlacedOrder

_BOTH: tuple[Market, ...] = ("KR", "US")


async def get_balance(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    balances = [facts(await balance(reads, market)) for market in _markets(values)]
    return page(reads.as_of, balances=balances)


async def get_positions(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    held = [facts(position) for market in _markets(values) for position in await positions(reads, market)]
    return page(reads.as_of, positions=held)


async def get_buying_power(call: Call) -> Page:
    values = call.values()
    instrument = builtin_instruments().resolve(values["symbol"], values.get("exchange"))
    reads = await call.reads()
    power = await buying_power(reads, instrument, values.get("price"))
    return page(reads.as_of, notes=reads.notes, buying_power=facts(power))


async def get_orders(call: Call) -> Page:
    values = call.values()
    symbol = parse_symbol(values["symbol"]) if "symbol" in values else None
    cursor = Cursor(call.environment, call.api.tool, values)
    start = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    session = await call.session()
    journal, reads = await session.journal(), await call.reads()
    found: list[PlacedOrder] = []
    for market in (symbol[1],) if symbol else _markets(values):
        found += await listed(
            reads,
            journal,
            market,
            clock=session.clock,
            start=values.get("start_date"),
            end=values.get("end_date"),
            symbol=symbol[0] if symbol else None,
            status=values["status"],
        )
    end = start + values["limit"]
    return page(
        reads.as_of,
        next_cursor=cursor.write(Position(offset=end)) if end < len(found) else None,
        orders=[facts(replace(order, branch="", family="", became=None)) for order in found[start:end]],
    )


def _markets(values: dict[str, Any]) -> tuple[Market, ...]:
    return (cast(Market, values["market"].upper()),) if "market" in values else _BOTH
