"""The core tools that read markets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from kis_mcp.catalog.apis import Page
from kis_mcp.catalog.cursor import Cursor, PagePosition
from kis_mcp.clock import KST
from kis_mcp.errors import KisMcpError
from kis_mcp.market.candles import INTERVALS, Candle, CandleRange
from kis_mcp.market.candles import get_candles as read_candles
from kis_mcp.market.instrument import Instrument, Market
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.market.last_trade import read_last_trade_time
from kis_mcp.market.order_book import get_order_book as read_order_book
from kis_mcp.market.quote import get_quote as read_quote
from kis_mcp.market.quote import notes_on
from kis_mcp.server.tools.call import Call, facts, page, page_of


async def find_instrument(call: Call) -> Page:
    values = call.values()
    market = cast("Market | None", values["market"].upper() if "market" in values else None)
    found = builtin_instruments().search(values["query"], market)
    rows = [{**facts(instrument), "currency": instrument.currency} for instrument in found[: values["limit"]]]
    notes = [] if rows else ["Not in the built-in list. If you know the symbol, use it as it is."]
    return page(call.environments.clock(), notes=notes, instruments=rows)


async def get_quote(call: Call) -> Page:
    _, instrument = _instrument(call)
    reads = await call.reads()
    found = await read_quote(reads, instrument)
    quote, notes = facts(found), notes_on(found)
    try:
        if traded := await read_last_trade_time(reads, instrument):
            quote["trade_time"] = traded.isoformat()
    except KisMcpError as error:
        notes.append(f"When it last traded could not be read: {error.what}")
    return page_of(reads, notes=notes, quote=quote)


async def get_order_book(call: Call) -> Page:
    values, instrument = _instrument(call)
    reads = await call.reads()
    today = reads.clock().astimezone(KST).date()
    book = await read_order_book(reads, instrument, depth=values["depth"], today=today)
    told = facts(book)
    asks, bids = ([facts(level) for level in told.pop(side)] for side in ("asks", "bids"))
    return page_of(reads, book={**_identity(instrument), **told}, asks=asks, bids=bids)


async def get_candles(call: Call) -> Page:
    values, instrument = _instrument(call)
    reads = await call.reads()
    cursor = Cursor(call.environment, call.api.tool, values)
    position = cursor.read(values["cursor"]) if "cursor" in values else PagePosition()
    wanted = CandleRange(
        interval=values["interval"],
        start=values.get("start_date"),
        end=values.get("end_date"),
        limit=values["limit"],
        adjusted=values["adjusted"],
        before=datetime.fromisoformat(position.keys["before"]) if position.keys else None,
    )
    found = await read_candles(reads, instrument, wanted, now=reads.clock())
    in_minutes = isinstance(INTERVALS[wanted.interval], int)
    earlier = PagePosition({"before": found.earlier.isoformat()}) if found.earlier else None
    return page_of(
        reads,
        next_cursor=cursor.write(earlier) if earlier else None,
        instrument={**_identity(instrument), "timezone": instrument.timezone.key},
        notes=_notes_on_gaps(found.candles),
        candles=[_candle(candle, in_minutes=in_minutes) for candle in found.candles],
    )


def _instrument(call: Call) -> tuple[dict[str, Any], Instrument]:
    """The checked arguments, and the instrument that they name."""
    values = call.values()
    return values, builtin_instruments().resolve(values["symbol"], values.get("exchange"))


def _identity(instrument: Instrument) -> dict[str, object]:
    return {
        "symbol": instrument.symbol,
        "name": instrument.name,
        "market": instrument.market,
        "exchange": instrument.exchange,
        "currency": instrument.currency,
    }


def _notes_on_gaps(candles: Sequence[Candle]) -> list[str]:
    days = [candle.time.date().isoformat() for candle in candles if not candle.was_traded]
    return [f"Not traded, so only the close is told, which is an earlier one: {', '.join(days)}."] if days else []


def _candle(candle: Candle, *, in_minutes: bool) -> dict[str, object]:
    return {**facts(candle), "time": candle.time if in_minutes else candle.time.date()}
