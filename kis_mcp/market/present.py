"""How an instrument stands now, as the event that would tell it."""

from datetime import datetime

from kis_mcp.clock import KST
from kis_mcp.market.events import Book, Event, Status, Trade
from kis_mcp.market.exchanges import KOREA
from kis_mcp.market.kis import Kis
from kis_mcp.market.live_sources import Interest, find_quoted
from kis_mcp.market.order_book import get_order_book
from kis_mcp.market.quote import get_quote, is_vi_active


async def read_present(kis: Kis, interest: Interest, now: datetime, *, fresh: bool = False) -> Event | None:
    """The price of a stock or fund as if it had just traded, its order book, or whether it is halted or in a volatility
    interruption. None of other instruments, and where KIS does not tell it: their next event does.

    Args:
        now: What the event's times are.
        fresh: Whether a cached answer, up to 5 seconds old, is not good enough.

    Raises:
        KisMcpError: By KIS' answer.
    """
    symbol, market, exchange = interest.symbol, interest.market, interest.exchange
    instrument = find_quoted(symbol, market, exchange)
    if instrument is None or interest.kind == "order":
        return None
    if interest.kind == "book":
        book = await get_order_book(kis, instrument, today=now.astimezone(KST).date(), fresh=fresh)
        return Book(
            symbol=symbol,
            market=market,
            exchange=exchange,
            time=now,
            received_at=now,
            asks=book.asks,
            bids=book.bids,
        )
    quote = await get_quote(kis, instrument, fresh=fresh)
    if interest.kind == "status":
        return Status(
            symbol=symbol,
            market=market,
            exchange=exchange,
            time=now,
            received_at=now,
            halted=quote.halted,
            vi_active=await is_vi_active(kis, instrument) if market == KOREA else None,
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
