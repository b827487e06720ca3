"""What a caller means by a symbol of any market."""

import re

from kis_mcp.catalog import read_symbol
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import Instrument, Quotable, find_quotable, quotable_of
from kis_mcp.server.tools.call import Call

_AT_EXCHANGE = re.compile(r"([a-z_]{3,12}): ?(.+)")
_AMONG_LISTED = 5
"""Of what KIS lists under a symbol's letters, those that are looked through for the symbol itself."""


async def resolve_subject(call: Call, argument: str, text: str) -> Instrument | Quotable:
    """What a caller names: by its exchange, its symbol's shape, or what KIS lists under it.

    Raises:
        BadArgument: It is not known, or may be several things.
    """
    if named := _AT_EXCHANGE.fullmatch(text.strip()):
        return find_quotable(named[2], named[1])
    parameter = call.api.parameter(argument)
    assert parameter is not None
    written = read_symbol(call.api, parameter, text)
    if written.exchanges:
        return find_quotable(written.symbol, written.exchanges[0])
    try:
        return find_quotable(written.symbol)
    except BadArgument:
        if listed := await _find_listed(call, written.symbol):
            return listed
        raise


async def _find_listed(call: Call, symbol: str) -> Instrument | Quotable | None:
    """The only thing that KIS lists under a symbol; None where that is none or several, or cannot be looked up."""
    try:
        listings = await call.environments.listings(call.environment)
        found = (await listings.search(symbol, _AMONG_LISTED)).listings
    except KisMcpError:
        return None
    same = {quotable_of(each) for each in found if each.symbol.upper() == symbol} - {None}
    return same.pop() if len(same) == 1 else None
