"""What a caller wants to watch: orders' rules of telling markets apart, and the venues that only quote."""

from dataclasses import replace

from kis_mcp.catalog import read_share
from kis_mcp.errors import BadArgument
from kis_mcp.market import EXCHANGES, KOREA, builtin_instruments
from kis_mcp.trading.venues.markets import Listing, find_listing, market_of


def find_watched(symbol: str, exchange: str | None = None, market: str | None = None) -> Listing:
    """The instrument whose live data a caller wants.

    Args:
        symbol: As the caller writes it.
        exchange: The table's word, those for quotes alone (``unified``) included; None for the usual one.
        market: As a caller names it; None where symbol and exchange show it.

    Raises:
        BadArgument: They contradict each other, or do not tell one instrument.
    """
    symbol, exchange = _with_named_exchange(symbol, exchange)
    quotes_only = exchange is not None and any(each.word == exchange and not each.takes_orders for each in EXCHANGES)
    instruments = builtin_instruments()
    try:
        listing = find_listing(
            symbol,
            None if quotes_only else exchange,
            market_of(market) if market else (KOREA if quotes_only else None),
            has_session=lambda _: True,
            find_instrument=instruments.find,
        )
    except BadArgument as error:
        remedy = f"{instruments.candidates(symbol)} {error.remedy}".strip()
        raise BadArgument(error.what, remedy=remedy, field=error.field) from None
    return replace(listing, exchange=exchange) if quotes_only else listing


def _with_named_exchange(symbol: str, exchange: str | None) -> tuple[str, str | None]:
    """The symbol as KIS writes it, and the exchange that comes with it where none is given.

    Raises:
        BadArgument: They contradict each other.
    """
    written = read_share(symbol)
    if not written.exchanges:
        return written.symbol, exchange
    if exchange is None:
        return written.symbol, None if written.is_korean else written.exchanges[0]
    if exchange not in written.exchanges:
        raise BadArgument(
            f"symbol {symbol[:40]!r} does not go with exchange {exchange}.",
            remedy=f"Give symbol as {written.symbol!r} with the exchange that is meant.",
            field="exchange",
        )
    return written.symbol, exchange
