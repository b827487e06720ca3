"""The core tools about the account: what it is worth, holds, can buy, and has ordered."""

from __future__ import annotations

from typing import Any, cast

from kis_mcp.catalog.apis import Page
from kis_mcp.catalog.cursor import Cursor, PagePosition
from kis_mcp.market.instrument import Market
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.server.tools.call import Call, facts, page
from kis_mcp.trading.blotter.listing import list_orders
from kis_mcp.trading.portfolio.balances import balance, buying_power, positions
from kis_mcp.trading.venues.markets import market_of, possible_markets

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
    symbol = values.get("symbol")
    cursor = Cursor(call.environment, call.api.tool, values)
    start = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    brokerage = await call.brokerage()
    journal, reads = await brokerage.journal(), await call.reads()
    markets = [market_of(values["market"])] if "market" in values else possible_markets(symbol) if symbol else None
    found, problems = await list_orders(
        reads,
        journal,
        markets,
        clock=brokerage.clock,
        start=values.get("start_date"),
        end=values.get("end_date"),
        symbol=symbol,
        status=values["status"],
    )
    end = start + values["limit"]
    shown = {field.name for block in call.api.blocks for field in block.fields}
    return page(
        reads.as_of,
        notes=problems,
        complete=not problems,
        next_cursor=cursor.write(PagePosition(offset=end)) if end < len(found) else None,
        orders=[{name: value for name, value in facts(order).items() if name in shown} for order in found[start:end]],
    )


def _markets(values: dict[str, Any]) -> tuple[Market, ...]:
    return (cast(Market, values["market"].upper()),) if "market" in values else _BOTH
