"""The core tools about the account: what it is worth, holds, can buy, and has ordered."""

from collections.abc import Sequence
from typing import Any

from kis_mcp.catalog import Cursor, Page, PagePosition
from kis_mcp.market import builtin_instruments
from kis_mcp.server.tools.call import Call, facts, page_of, rows_of
from kis_mcp.trading.blotter import PlacedOrder, clock_notes, list_orders, notes_on_missing_lists, notes_on_notices
from kis_mcp.trading.portfolio import notes_on_coverage, read_balances, read_buying_power, read_holdings
from kis_mcp.trading.venues import market_of, possible_markets


async def get_balance(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    markets = _markets(values)
    found = await read_balances(reads, markets)
    notes = [*found.notes, *(notes_on_coverage(reads) if markets is None else [])]
    return page_of(reads, notes=notes, complete=found.complete, balances=rows_of(call.api, "balances", found.rows))


async def get_positions(call: Call) -> Page:
    values, reads = call.values(), await call.reads()
    markets = _markets(values)
    found = await read_holdings(reads, markets)
    return page_of(
        reads,
        notes=[*found.notes, *(notes_on_coverage(reads) if markets is None else [])],
        complete=found.complete,
        positions=rows_of(call.api, "positions", found.positions),
    )


async def get_buying_power(call: Call) -> Page:
    values = call.values()
    instrument = builtin_instruments().resolve(values["symbol"], values.get("exchange"))
    reads = await call.reads()
    power = await read_buying_power(reads, instrument, values.get("price"))
    return page_of(reads, buying_power=facts(power))


async def get_orders(call: Call) -> Page:
    values = call.values()
    symbol = values.get("symbol")
    cursor = Cursor(call.environment, call.api.tool, values)
    start = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    brokerage = await call.brokerage()
    journal, reads = await brokerage.journal(), await call.reads()
    markets = _markets(values) or (possible_markets(symbol) if symbol else None)
    found, problems = await list_orders(
        reads,
        journal,
        markets,
        clock=brokerage.clock,
        start=values.get("start_date"),
        end=values.get("end_date"),
        symbol=symbol,
        status=values["status"],
        notices=(await brokerage.desk()).notices,
    )
    end = start + values["limit"]
    return page_of(
        reads,
        notes=[*problems, *notes_on_notices(found), *notes_on_missing_lists(reads, markets), *clock_notes(reads)],
        complete=not problems,
        next_cursor=cursor.write(PagePosition(offset=end)) if end < len(found) else None,
        orders=_order_rows(call, found[start:end]),
    )


def _order_rows(call: Call, orders: Sequence[PlacedOrder]) -> list[dict[str, Any]]:
    """Orders under the numbers by which tools know them; those that KIS' list leaves out are marked."""
    rows = rows_of(call.api, "orders", orders)
    return [_order_row(row, order) for row, order in zip(rows, orders, strict=True)]


def _order_row(row: dict[str, Any], order: PlacedOrder) -> dict[str, Any]:
    """One order; where its fills are not known, it may be filled although the journal has it as open."""
    row = {**row, "order_id": order.printed_id}
    hidden = {"in_kis_list"} if order.in_kis_list else set[str]()
    if not order.has_known_fills:
        hidden |= {"filled_quantity", "remaining_quantity"}
        row["status"] = "unknown" if order.status.is_open else row["status"]
    return {name: value for name, value in row.items() if name not in hidden}


def _markets(values: dict[str, Any]) -> list[str] | None:
    """The market that is asked for; None for all."""
    return [market_of(values["market"])] if "market" in values else None
