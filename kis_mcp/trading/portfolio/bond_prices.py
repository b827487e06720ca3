"""The last prices of bonds, whose holdings KIS lists without a value."""

import asyncio
from collections.abc import Collection, Mapping
from decimal import Decimal

from kis_mcp.catalog import number
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.reads import try_read_record

_QUOTE = "domestic_bond_inquire_price"


async def read_bond_prices(kis: KisReads, symbols: Collection[str]) -> Mapping[str, Decimal]:
    """The last price of each bond, for 10,000 won of face value; its previous close where it has not traded today.

    One that KIS does not quote is left out.
    """
    quotes = await asyncio.gather(*(try_read_record(kis, _QUOTE, {"symbol": symbol}) for symbol in symbols))
    return {
        symbol: price
        for symbol, quote in zip(symbols, quotes, strict=True)
        if quote and (price := number(quote, "price") or number(quote, "previous_close"))
    }
