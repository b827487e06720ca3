"""Which instruments a call is about."""

from collections.abc import Sequence
from itertools import count, takewhile, zip_longest

from kis_mcp.catalog import Parameter
from kis_mcp.simulator.answers.quotes.subject import Subject
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import stock_exchanges
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_SHARE_MARKETS = frozenset({"", "J", "NX", "UN"})
_WARRANTS = "W"
_SHARE_CATEGORIES = frozenset({"domestic_stock", "overseas_stock"})


def subject_of(world: World, call: Call) -> Subject | None:
    """The instrument that a call asks about; None where it names none, or an index, contract, warrant or bond that the
    market does not list.

    Raises:
        Rejected: The share does not exist.
    """
    for parameter in call.api.parameters:
        if parameter.type == "symbol" and parameter.element and not parameter.is_list:
            symbol = call.text(parameter.element.upper())
            if symbol:
                exchange = call.text("EXCD") or call.text("PRDT_TYPE_CD")
                instrument = _instrument(world, call, symbol, exchange)
                return Subject(world.market, instrument, call.now) if instrument else None
    return None


def subjects_of(world: World, call: Call) -> Sequence[Subject]:
    """The instruments that a call lists one by one, in its order, or else every one of its category that it wants.

    A contract that the market does not list is left out.

    Raises:
        Rejected: A listed share does not exist.
    """
    listed = next((p for p in call.api.parameters if p.is_list and p.type == "symbol"), None)
    if listed is None:
        chosen = [i for i in world.market.instruments.values() if i.category == _category(call) and _wanted(i, call)]
    else:
        exchanges = numbered(call, call.api.parameter(listed.pairs_with or ""))
        symbols = numbered(call, listed)
        pairs = zip_longest(symbols, exchanges[: len(symbols)], fillvalue="")
        chosen = [_instrument(world, call, symbol, exchange) for symbol, exchange in pairs]
    return [Subject(world.market, instrument, call.now) for instrument in chosen if instrument]


def numbered(call: Call, parameter: Parameter | None) -> Sequence[str]:
    """What was sent for a list parameter, up to the first blank."""
    if parameter is None or parameter.element is None:
        return ()
    texts = (call.text(parameter.element.format(n=n).upper()) for n in count(1))
    return list(takewhile(bool, texts))


def _instrument(world: World, call: Call, symbol: str, exchange: str) -> Instrument | None:
    instrument = world.market.find(symbol)
    if instrument is not None and (instrument.category == _category(call) or "PRDT_TYPE_CD" in call.elements):
        is_abroad = instrument.category == "overseas_stock"
        if is_abroad and exchange and stock_exchanges().get(exchange) is not instrument.listed_on:
            raise Rejected(Problem.UNKNOWN_SYMBOL)
        if _is_answered(world, call, instrument):
            return instrument
        if not any(block.is_list for block in call.api.blocks):
            return None
    if call.api.category in _SHARE_CATEGORIES and call.text("FID_COND_MRKT_DIV_CODE") in _SHARE_MARKETS:
        raise Rejected(Problem.UNKNOWN_SYMBOL)
    return None


def _is_answered(world: World, call: Call, instrument: Instrument) -> bool:
    """A warrant's API tells nothing of a share, others nothing of a warrant, and none what is not listed on the day."""
    if call.api.category == "elw" or call.text("FID_COND_MRKT_DIV_CODE") == _WARRANTS:
        is_asked = instrument.kind == "warrant"
    else:
        is_asked = instrument.kind != "warrant" or "PRDT_TYPE_CD" in call.elements
    return is_asked and world.market.is_listed(instrument, call.now)


def _category(call: Call) -> str:
    """Funds and warrants are listed among the shares."""
    return "domestic_stock" if call.api.category in ("etfetn", "elw") else call.api.category


def _wanted(instrument: Instrument, call: Call) -> bool:
    """Whether an instrument is on the exchange that a call asks for. Warrants are listed by APIs of their own."""
    if instrument.kind == "warrant":
        return False
    exchange = stock_exchanges().get(call.text("EXCD"))
    return exchange is None or instrument.listed_on is exchange
