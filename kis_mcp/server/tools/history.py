"""The core tools that tell what became of orders."""

from datetime import timedelta

from kis_mcp.catalog import Cursor, Page, PagePosition
from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call, page_of
from kis_mcp.trading.blotter import clock_notes, order_history, order_of_intent, orders_of_number
from kis_mcp.trading.order import is_same_symbol

_DAYS_BEFORE = timedelta(days=6)


async def get_order_status(call: Call) -> Page:
    """One order; by number there may be one in each market.

    Raises:
        BadArgument: There is no such order, or not exactly one name of it is given.
    """
    values = call.values()
    if ("intent_id" in values) == ("order_id" in values):
        raise BadArgument(
            "get_order_status takes either intent_id or order_id.",
            remedy="Give the intent_id of an order tool's answer, or the order_id of get_orders.",
            field="intent_id",
        )
    brokerage, reads = await call.brokerage(), await call.reads()
    desk, journal, now = await brokerage.desk(), await brokerage.journal(), brokerage.clock()
    if "intent_id" in values:
        record = await desk.look_up(values["intent_id"].upper())
        found = await order_of_intent(journal, reads, record, now)
    else:
        found = await orders_of_number(
            journal, reads, values["order_id"], values.get("date") or now.date(), now, notices=desk.notices
        )
    notes = [*found.notes, *clock_notes(reads)]
    return page_of(reads, notes=notes, orders=[order.facts() for order in found.orders])


async def get_order_history(call: Call) -> Page:
    values = call.values()
    cursor = Cursor(call.environment, call.api.tool, values)
    offset = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    brokerage, reads = await call.brokerage(), await call.reads()
    journal, now = await brokerage.journal(), brokerage.clock()
    end = values.get("end_date") or now.date()
    found = await order_history(
        journal,
        reads,
        values.get("start_date") or end - _DAYS_BEFORE,
        end,
        now,
        catalog=reads.catalog,
        notices=(await brokerage.desk()).notices,
    )
    orders = [
        facts
        for facts in (order.facts() for order in found.orders)
        if values.get("state") in (None, facts["state"])
        and is_same_symbol(str(facts.get("symbol", "")), values.get("symbol"))
    ]
    following = offset + values["limit"]
    return page_of(
        reads,
        notes=found.notes,
        next_cursor=cursor.write(PagePosition(offset=following)) if following < len(orders) else None,
        orders=orders[offset:following],
    )
