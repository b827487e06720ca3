"""The core tools that read markets."""

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from kis_mcp.catalog import Cursor, Page, PagePosition
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import (
    INTERVALS,
    Candle,
    CandleRange,
    Instrument,
    Use,
    builtin_instruments,
    get_candles as read_candles,
    get_order_book as read_order_book,
    get_quote as read_quote,
    lead_elsewhere,
    notes_on,
    read_last_trade_time,
)
from kis_mcp.server.tools.call import Call, facts, page, page_of
from kis_mcp.server.tools.hours import market_status, trade_moment

if TYPE_CHECKING:
    from kis_mcp.streams import LiveQuote

T = TypeVar("T")


async def get_quote(call: Call) -> Page:
    _, instrument = _instrument(call)
    reads = await call.reads()
    live_quotes = (await call.brokerage()).live_quotes
    if live_quotes and (live := live_quotes.find(instrument, reads.clock())):
        return _live_quote(
            live, reads.clock(), await market_status(call, reads, instrument.market, instrument.exchange)
        )
    found = await _lead_on(instrument, read_quote(reads, instrument))
    if live_quotes:
        live_quotes.keep(instrument, found, reads.as_of)
    quote, notes = facts(found), notes_on(found)
    try:
        if traded := await read_last_trade_time(reads, instrument):
            quote |= trade_moment(call, reads, instrument, found, traded)
    except KisMcpError as error:
        notes.append(f"When it last traded could not be read: {error.what}")
    quote |= await market_status(call, reads, instrument.market, instrument.exchange)
    return page_of(reads, notes=notes, quote=quote)


def _live_quote(live: "LiveQuote", now: datetime, status: Mapping[str, object]) -> Page:
    age = (now - live.trade.received_at).total_seconds()
    note = (
        f"Price, change, range, volume and turnover are from watch {live.watch_id}, {age:.1f} s old;"
        f" the rest was read at {live.base_as_of:%H:%M:%S} KST."
    )
    traded = live.trade.time.astimezone(KST)
    quote = {**facts(live.quote), "trade_date": traded.date(), "trade_time": traded.time().isoformat(), **status}
    return page(now, notes=[*notes_on(live.quote), note], quote=quote)


async def get_order_book(call: Call) -> Page:
    values, instrument = _instrument(call, "book")
    reads = await call.reads()
    today = reads.clock().astimezone(KST).date()
    book = await _lead_on(instrument, read_order_book(reads, instrument, depth=values["depth"], today=today), "book")
    told = facts(book)
    asks, bids = ([facts(level) for level in told.pop(side)] for side in ("asks", "bids"))
    return page_of(reads, book={**_identity(instrument), **told}, asks=asks, bids=bids)


async def get_candles(call: Call) -> Page:
    values, instrument = _instrument(call, "candles")
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
    found = await _lead_on(instrument, read_candles(reads, instrument, wanted, now=reads.clock()), "candles")
    in_minutes = isinstance(INTERVALS[wanted.interval], int)
    earlier = PagePosition({"before": found.earlier.isoformat()}) if found.earlier else None
    return page_of(
        reads,
        next_cursor=cursor.write(earlier) if earlier else None,
        instrument={**_identity(instrument), "timezone": instrument.timezone.key},
        notes=_notes_on_gaps(found.candles),
        candles=[_candle(candle, in_minutes=in_minutes) for candle in found.candles],
    )


def _instrument(call: Call, use: Use = "price") -> tuple[dict[str, Any], Instrument]:
    """The checked arguments, and the instrument that they name."""
    values = call.values()
    return values, builtin_instruments().resolve(values["symbol"], values.get("exchange"), use)


async def _lead_on(instrument: Instrument, reading: Awaitable[T], use: Use = "price") -> T:
    """What is read; where KIS refuses the symbol, its error leads to the tools for what else looks like that."""
    try:
        return await reading
    except BadArgument as error:
        lead = lead_elsewhere(instrument.symbol, use)
        if not error.kis_code or not lead:
            raise
        raise BadArgument(
            error.what,
            remedy=f"{lead} {error.remedy}",
            field="symbol",
            kis_code=error.kis_code,
            kis_message=error.kis_message,
        ) from error


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
