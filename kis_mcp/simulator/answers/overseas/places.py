"""How KIS names exchanges abroad and the instruments on them."""

from collections.abc import Sequence

from kis_mcp.simulator.answers.portfolio import Portfolio
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.places import Country, homes, stock_exchanges
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.world import World

_EVERY_EXCHANGE = frozenset({"", "%"})
_EVERY_COUNTRY = frozenset({"", "000"})
_ALL_OF_THE_US = "NASD"


def listing(instrument: Instrument) -> dict[str, object]:
    """The elements that identify an instrument, its market and its currency, under all their names."""
    exchange, home = instrument.listed_on, instrument.home
    return {
        "pdno": instrument.symbol,
        "ovrs_pdno": instrument.symbol,
        "prdt_name": instrument.name_ko,
        "ovrs_item_name": instrument.name_ko,
        "item_name": instrument.name_ko,
        "prdt_type_cd": exchange.product_code,
        "ovrs_excg_cd": exchange.trading_code,
        "tr_mket_name": exchange.name_ko,
        "tr_crcy_cd": home.currency,
        "tr_crcy": home.currency,
        "buy_crcy_cd": home.currency,
        "natn_cd": home.code,
        "tr_natn": home.code,
        "natn_kor_name": home.name_ko,
        "tr_natn_name": home.name_ko,
    }


def on_exchange(instrument: Instrument, call: Call) -> bool:
    """Whether an instrument is on the exchange that a call asks for; NASD stands for all of the US."""
    code = call.text("OVRS_EXCG_CD")
    if code in _EVERY_EXCHANGE:
        return concerns(call, instrument)
    if code == _ALL_OF_THE_US:
        return instrument.country == "US"
    return stock_exchanges().get(code) is instrument.listed_on


def in_market(instrument: Instrument, call: Call) -> bool:
    """Whether an instrument is in the country, and there on the market, that a call names; blanks and zeros are all."""
    market = call.text("TR_MKET_CD")
    is_there = call.text("NATN_CD") in _EVERY_COUNTRY | {instrument.home.code}
    return is_there and market in ("", "00", instrument.listed_on.market_code)


def country_of(call: Call) -> Country:
    """The country of the exchange that a call names."""
    exchange = stock_exchanges().get(call.text("OVRS_EXCG_CD"))
    return exchange.home.country if exchange else "US"


def portfolios(world: World, call: Call) -> Sequence[Portfolio]:
    """What an account has in stocks abroad, in the country that a call names or in each."""
    account, asked = world.account(call), call.text("NATN_CD")
    abroad = {exchange.home.country for exchange in stock_exchanges().values()}
    chosen = [home for home in homes().values() if home.country in abroad and asked in _EVERY_COUNTRY | {home.code}]
    return [Portfolio(world, account, "overseas_stock", call, home.country) for home in chosen]


def require_exchange(world: World, call: Call) -> None:
    """Refuse an instrument that another exchange lists, and a TR id that is for other exchanges.

    Raises:
        Rejected: The exchange that is named does not list it, or has other TR ids.
    """
    instrument = world.listed(call, call.text("PDNO"))
    if stock_exchanges().get(call.text("OVRS_EXCG_CD")) is not instrument.listed_on or not concerns(call, instrument):
        raise Rejected(Problem.UNKNOWN_SYMBOL)


def concerns(call: Call, instrument: Instrument) -> bool:
    """Whether a call's TR id is for the exchange of an instrument; many are for all."""
    rule = call.api.tr
    if "exchange" not in rule.by:
        return True
    tr_ids = rule.real if call.host is Host.REAL else rule.demo
    return any(tr_id == call.received.tr_id and instrument.exchange in words.split() for words, tr_id in tr_ids.items())
