"""Which tool reads what is listed."""

import re
from collections.abc import Mapping

from kis_mcp.catalog import KRX_CODE
from kis_mcp.market.elsewhere import Lead
from kis_mcp.market.instrument import US_TICKER
from kis_mcp.market.listing import Kind, Listing

QUOTE = "get_quote"
"""Reads the stocks and funds of Korea and the US."""

_CONTRACT, _OVERSEAS = "domestic_fo_inquire_price", "overseas_stock_price"
_MARKETS: Mapping[Kind, str] = {"future": "futures", "spread": "futures", "call": "options", "put": "options"}
_BY_KIND: Mapping[Kind, Lead] = {
    "elw": Lead("For an ELW", "domestic_stock_inquire_elw_price", {}),
    "bond": Lead("For a bond", "domestic_bond_inquire_price", {}),
    "future": Lead("For a future abroad", "overseas_fo_inquire_price", {}),
    "spread": Lead("For a future abroad", "overseas_fo_inquire_price", {}),
    "call": Lead("For an option abroad", "overseas_fo_opt_price", {}),
    "put": Lead("For an option abroad", "overseas_fo_opt_price", {}),
}
_TRADED_AS = {"KR": KRX_CODE, "US": US_TICKER.replace("[./-]", "/")}


def tool_for(listing: Listing) -> str | Lead:
    """The core tool for an instrument, or how call_read_tool reads it; empty where no API does."""
    symbol, kind, market = listing.symbol, listing.kind, listing.market
    if kind == "index":
        return _index(listing)
    if kind in _MARKETS and market == "KR":
        return Lead("For a KRX contract", _CONTRACT, {"market": f"{_traded_on(listing)}_{_MARKETS[kind]}"})
    if kind in _BY_KIND:
        return _BY_KIND[kind]
    if market in _TRADED_AS:
        return QUOTE if re.fullmatch(_TRADED_AS[market], symbol) else ""
    return Lead("For a stock in Asia", _OVERSEAS, {"exchange": listing.exchange})


def _index(listing: Listing) -> Lead:
    if listing.market == "KR":
        return Lead("For a Korean index", "domestic_stock_inquire_index_price", {"index": listing.symbol}, False)
    if listing.market == "world":
        arguments = {"asset": "index", "symbol": listing.symbol}
        return Lead("For an index abroad", "overseas_stock_inquire_time_indexchartprice", arguments, False)
    return Lead("For an index abroad", _OVERSEAS, {"exchange": f"{listing.exchange}_index"})


def _traded_on(listing: Listing) -> str:
    """What a Korean contract is on, as KIS tells them apart: a share by six letters, an index by a code of four."""
    code = listing.underlying
    if len(code) == 4 and code.isdigit():
        return "index"
    return "stock" if re.fullmatch(KRX_CODE, code) else "commodity"
