"""Which instruments a call is about."""

from collections.abc import Sequence

from kis_mcp.simulator.answers.subject import Subject
from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Country, Instrument
from kis_mcp.simulator.world import World

_SHARE_MARKETS = frozenset({"", "J", "NX", "UN"})
_US_EXCHANGES = {
    "NAS": "nasdaq",
    "NYS": "nyse",
    "AMS": "amex",
    "BAQ": "nasdaq",
    "BAY": "nyse",
    "BAA": "amex",
    "512": "nasdaq",
    "513": "nyse",
    "529": "amex",
}
_SHARE_CATEGORIES = frozenset({"domestic_stock", "overseas_stock"})


def subject_of(world: World, call: Call) -> Subject | None:
    """The instrument that a call asks about, or None.

    An index, a derivative or a bond that the market does not list gets a stand-in that moves like any other.

    Raises:
        Rejected: The share does not exist.
    """
    for parameter in call.api.parameters:
        if parameter.type == "symbol" and parameter.element and not parameter.is_list:
            symbol = call.text(parameter.element.upper())
            if symbol:
                exchange = call.text("EXCD") or call.text("PRDT_TYPE_CD")
                return Subject(world.market, _instrument(world, call, symbol, exchange), call.now)
    return None


def subjects_of(world: World, call: Call) -> Sequence[Subject]:
    """The instruments that a call lists one by one, or else every instrument of its country, the most traded first.

    Raises:
        Rejected: A listed share does not exist.
    """
    listed = [parameter for parameter in call.api.parameters if parameter.is_list and parameter.type == "symbol"]
    exchanges = {p.name: p for p in call.api.parameters}
    if listed and (element := listed[0].element):
        pair = exchanges.get(listed[0].pairs_with or "")
        found: list[Subject] = []
        for n in range(1, 100):
            symbol = call.text(element.format(n=n).upper())
            if not symbol:
                break
            exchange = call.text(pair.element.format(n=n).upper()) if pair and pair.element else ""
            found.append(Subject(world.market, _instrument(world, call, symbol, exchange), call.now))
        return found
    country = _country(call)
    every = [i for i in world.market.instruments.values() if i.country == country]
    every.sort(key=lambda instrument: -instrument.daily_volume * instrument.base_units)
    return [Subject(world.market, instrument, call.now) for instrument in every]


def _instrument(world: World, call: Call, symbol: str, exchange: str) -> Instrument:
    country = _country(call)
    instrument = world.market.find(symbol)
    if instrument is not None and (instrument.country == country or "PRDT_TYPE_CD" in call.elements):
        if (
            instrument.country == "US"
            and exchange
            and _US_EXCHANGES.get(exchange, instrument.exchange) != instrument.exchange
        ):
            raise Rejected(Problem.UNKNOWN_SYMBOL)
        return instrument
    if call.api.category in _SHARE_CATEGORIES and call.text("FID_COND_MRKT_DIV_CODE") in _SHARE_MARKETS:
        raise Rejected(Problem.UNKNOWN_SYMBOL)
    return world.market.stand_in(symbol, country)


def _country(call: Call) -> Country:
    return "US" if call.api.category.startswith("overseas") else "KR"
