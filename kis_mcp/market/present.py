"""How an instrument stands now, as the event that would tell it."""

from datetime import datetime

from kis_mcp.clock import KST
from kis_mcp.market.elsewhere import tool_of_book
from kis_mcp.market.events import Book, Event, Status, Trade
from kis_mcp.market.exchanges import KOREA
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis
from kis_mcp.market.live_sources import Interest
from kis_mcp.market.order_book import Level, get_order_book, read_sides
from kis_mcp.market.quotables import Quotable, find_priced, read_quote
from kis_mcp.market.quote import is_vi_active


async def read_present(kis: Kis, interest: Interest, now: datetime, *, fresh: bool = False) -> Event | None:
    """The price of whatever has one as if it had just traded, its order book, or whether a stock or fund is halted or
    in a volatility interruption. None where KIS does not tell it: the next event does.

    Args:
        now: What the event's times are.
        fresh: Whether a cached answer, up to 5 seconds old, is not good enough.

    Raises:
        KisMcpError: By KIS' answer.
    """
    symbol, market, exchange = interest.symbol, interest.market, interest.exchange
    subject = None if interest.kind == "order" else find_priced(symbol, market, exchange)
    if subject is None:
        return None
    if interest.kind == "book":
        asks, bids = await _sides(kis, subject, now, fresh=fresh)
        if not (asks or bids):
            return None
        return Book(symbol=symbol, market=market, exchange=exchange, time=now, received_at=now, asks=asks, bids=bids)
    if interest.kind == "status" and not isinstance(subject, Instrument):
        return None
    quote = await read_quote(kis, subject, fresh=fresh)
    if isinstance(subject, Instrument) and interest.kind == "status":
        return Status(
            symbol=symbol,
            market=market,
            exchange=exchange,
            time=now,
            received_at=now,
            halted=quote.halted,
            vi_active=await is_vi_active(kis, subject) if market == KOREA else None,
        )
    if quote.price is None:
        return None
    return Trade(
        symbol=symbol,
        market=market,
        exchange=exchange,
        time=now,
        received_at=now,
        price=quote.price,
        change=quote.change,
        change_rate=quote.change_rate,
        volume=quote.volume,
    )


async def _sides(
    kis: Kis, subject: Instrument | Quotable, now: datetime, *, fresh: bool
) -> tuple[tuple[Level, ...], tuple[Level, ...]]:
    """The asks and bids; empty where no API tells them."""
    if isinstance(subject, Instrument):
        book = await get_order_book(kis, subject, today=now.astimezone(KST).date(), fresh=fresh)
        return book.asks, book.bids
    tool = tool_of_book(subject.tool)
    return await read_sides(kis, tool, subject.arguments, fresh=fresh) if tool else ((), ())
