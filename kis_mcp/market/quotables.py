"""Whatever has a price at KIS: which API quotes it, and its quote in the terms of all others.

Stocks and funds of Korea and the US are `Instrument`; all else is a `Quotable`.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from kis_mcp.catalog import KRX_CODE, number
from kis_mcp.errors import BadArgument
from kis_mcp.market.contracts import krx_contract_kind
from kis_mcp.market.elsewhere import INDEX_NAMES, KRX_FUTURE, Lead, find_leads
from kis_mcp.market.exchanges import COUNTRIES, CURRENCIES, EXCHANGES, KOREA
from kis_mcp.market.instrument import US_TICKER, Instrument, Market
from kis_mcp.market.instruments import builtin_instruments
from kis_mcp.market.kis import Kis
from kis_mcp.market.listing import Listing
from kis_mcp.market.live_sources import BONDS, KRX_CONTRACTS, OVERSEAS_CONTRACTS, find_quoted
from kis_mcp.market.quote import Quote, get_quote, quote_of
from kis_mcp.market.rows import KNOWN_BY_ABROAD, is_told
from kis_mcp.market.uses import tool_for

INDEX = "index"
"""Stands before a symbol that an index shares with a share, in the place of an exchange."""

WORLD = "world"
OVERSEAS_STOCK = "overseas_stock_price"

_DETAILED = "overseas_stock_price_detail"
_INDEX_TOOL, _WORLD_TOOL = "domestic_stock_inquire_index_price", "overseas_stock_inquire_time_indexchartprice"
_CONTRACT_TOOL, _WARRANT_TOOL = "domestic_fo_inquire_price", "domestic_stock_inquire_elw_price"


@dataclass(frozen=True, slots=True)
class Quotable:
    """What an API tells the price of.

    Attributes:
        symbol: As KIS writes it.
        market: A country, the category of a contract or bond, or ``world`` for indices abroad.
        exchange: The table's word; empty where it has none.
        currency: Empty of what is counted in points, and where only KIS' answer tells it.
        arguments: The tool's, the symbol included.
    """

    symbol: str
    market: str
    exchange: str
    currency: str
    tool: str
    arguments: Mapping[str, str] = field(hash=False)
    name: str | None = None


@dataclass(frozen=True, slots=True)
class _Source:
    """How one API tells a price.

    Attributes:
        market, exchange, currency: Of all that it tells, where that is one.
        known: Fields of which one is filled if KIS knows the symbol.
        block: Of its answer.
        names: A quote's field → the API's, where that is another.
        units: A quote's field → in what it is counted.
    """

    market: str
    exchange: str
    currency: str
    known: Collection[str]
    block: str = "price"
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    units: Mapping[str, int] = field(default_factory=dict[str, int])


_SOURCES: Mapping[str, _Source] = {
    _WARRANT_TOOL: _Source(KOREA, "krx", "KRW", ("price", "name")),
    "domestic_bond_inquire_price": _Source(BONDS, "krx", "KRW", ("price", "name", "previous_close")),
    _CONTRACT_TOOL: _Source(KRX_CONTRACTS, "krx", "", ("price", "name", "base_price")),
    "overseas_fo_inquire_price": _Source(OVERSEAS_CONTRACTS, "", "", ("price", "currency", "previous_close")),
    "overseas_fo_opt_price": _Source(
        OVERSEAS_CONTRACTS,
        "",
        "",
        ("price", "currency", "settlement_price"),
        names={"previous_close": "settlement_price"},
    ),
    _INDEX_TOOL: _Source(
        KOREA,
        "krx",
        "",
        ("index_price",),
        block="index",
        names={"price": "index_price", "open": "index_open", "high": "index_high", "low": "index_low"},
        units={"volume": 1_000, "turnover": 1_000_000},
    ),
    _WORLD_TOOL: _Source(WORLD, "", "", ("price", "name"), block="summary"),
    OVERSEAS_STOCK: _Source("", "", "", KNOWN_BY_ABROAD),
}
"""API → how it tells a price."""

_WORLD_SYMBOL = re.compile(r".*[#@].*|\..+")
_FOUR = re.compile(r"[0-9][0-9A-Z]{3}")


def find_quotable(text: str, exchange: str = "") -> Instrument | Quotable:
    """What a caller wants the price of, as far as symbol, name and shape tell.

    Args:
        text: Its symbol, or the name of an index.
        exchange: The table's word, or ``index``; empty where the symbol has to show it.

    Raises:
        BadArgument: It may be several things, or is none that is known.
    """
    symbol = text.strip().upper()
    if exchange:
        return _at(symbol, exchange)
    if known := builtin_instruments().find(symbol):
        return known
    leads = _leads(text, symbol)
    if len(leads) == 1:
        return _from_lead(leads[0], symbol, text.strip())
    if re.fullmatch(KRX_CODE, symbol):
        return Instrument(symbol, "KR", "krx")
    if _FOUR.fullmatch(symbol):
        remedy, what = f"Write tokyo:{symbol} or {INDEX}:{symbol}.", f"{symbol} may be a Tokyo stock or a Korean index."
        raise BadArgument(what, remedy=remedy, field="symbols")
    if re.fullmatch(US_TICKER, symbol):
        hint = builtin_instruments().candidates(text)
        remedy = f"{hint} If {symbol} is the ticker, write nasdaq:{symbol}, nyse:{symbol} or amex:{symbol}.".strip()
        raise BadArgument(f"The exchange of {symbol} is not known.", remedy=remedy, field="symbols")
    return builtin_instruments().resolve(text)


def quotable_of(listing: Listing) -> Instrument | Quotable | None:
    """What KIS lists; None where no API quotes it."""
    use = tool_for(listing)
    if isinstance(use, str):
        market = cast(Market, listing.market)
        instrument = Instrument(
            listing.symbol, market, listing.exchange, listing.name_ko, listing.name_en, listing.kind
        )
        return instrument if use else None
    if use.tool not in _SOURCES or str(use.arguments.get("exchange", "krx")) not in ("krx", *COUNTRIES):
        return None
    return replace(_from_lead(use, listing.symbol), name=listing.name_ko or listing.name_en or None)


def find_priced(symbol: str, market: str, exchange: str) -> Instrument | Quotable | None:
    """What reads the price of something that is watched; None where no API quotes it.

    Args:
        market, exchange: As in `kis_mcp.market.events.Event`.
    """
    if instrument := find_quoted(symbol, market, exchange):
        return instrument
    if market in (OVERSEAS_CONTRACTS, BONDS):
        leads = [lead for lead in find_leads(symbol) if _SOURCES[lead.tool].market == market]
        return _from_lead(leads[0], symbol) if leads else None
    if market in (KOREA, KRX_CONTRACTS):
        return _from_lead(Lead("", _WARRANT_TOOL if market == KOREA else _CONTRACT_TOOL, {}), symbol)
    return _at(symbol, exchange) if exchange and COUNTRIES.get(exchange) == market else None


async def read_quote(kis: Kis, subject: Instrument | Quotable, *, fresh: bool = False) -> Quote:
    """The price of anything.

    Args:
        fresh: Whether a cached answer, up to 5 seconds old, is not good enough.

    Raises:
        KisMcpError: By KIS' answer.
    """
    if isinstance(subject, Instrument):
        return await get_quote(kis, subject, fresh=fresh)
    source = _SOURCES[subject.tool]
    tool = _DETAILED if subject.tool == OVERSEAS_STOCK and not kis.environment.uses_demo_api else subject.tool
    row = (await kis.rows(tool, subject.arguments, fresh=fresh)).record(source.block)
    if not is_told(row, source.known):
        raise BadArgument(
            f"KIS knows no {subject.symbol} in {subject.exchange or subject.market}.",
            remedy="Look for its symbol with find_instrument.",
            field="symbols",
        )
    return quote_of(subject, _in_names_of_quotes(source, row))


def notes_on_points(subjects: Sequence[Instrument | Quotable]) -> list[str]:
    """That prices of these contracts may lack their decimal point, which KIS leaves out for some."""
    unscaled = [each.symbol for each in subjects if each.market == OVERSEAS_CONTRACTS]
    return [f"Of {', '.join(unscaled)} KIS may leave out the decimal point."] if unscaled else []


def _in_names_of_quotes(source: _Source, row: Mapping[str, object]) -> dict[str, object]:
    read = {**row, **{name: row.get(theirs) for name, theirs in source.names.items()}}
    for name, unit in source.units.items():
        value = number(row, name)
        read[name] = None if value is None else value * unit
    price, change = number(read, "price"), number(read, "index_change")
    if price is not None and change is not None:
        read["previous_close"] = price - change
    return read


def _leads(text: str, symbol: str) -> list[Lead]:
    """What a symbol or the name of an index shows. What has six letters as a share has may be a contract, with its
    month at the end, or an ELW; what has four, a Korean index only if it begins with 0."""
    if re.fullmatch(KRX_FUTURE, symbol):
        return [Lead("", _CONTRACT_TOOL, {})]
    if _FOUR.fullmatch(symbol):
        return [Lead("", _INDEX_TOOL, {"index": symbol}, False)] if symbol.startswith("0") else []
    leads = find_leads(text)
    if re.fullmatch(KRX_CODE, symbol):
        return [lead for lead in leads if lead.tool == _WARRANT_TOOL]
    return leads or ([_world(symbol)] if _WORLD_SYMBOL.fullmatch(symbol) else [])


def _at(symbol: str, exchange: str) -> Instrument | Quotable:
    """What has this symbol at an exchange, or among the indices."""
    if exchange == INDEX:
        is_korean = _FOUR.fullmatch(symbol) is not None
        return _from_lead(Lead("", _INDEX_TOOL, {"index": symbol}, False) if is_korean else _world(symbol), symbol)
    country = COUNTRIES.get(exchange) if exchange in {each.word for each in EXCHANGES} else None
    if country is None:
        words = ", ".join(each.word for each in EXCHANGES if each.word != "sor")
        raise BadArgument(f"There is no exchange {exchange}.", remedy=f"Use {words} or {INDEX}.", field="symbols")
    if country in ("KR", "US"):
        return builtin_instruments().resolve(symbol, exchange)
    return _from_lead(Lead("", OVERSEAS_STOCK, {"exchange": exchange}), symbol.zfill(5) if country == "HK" else symbol)


def _world(symbol: str) -> Lead:
    asset = "exchange_rate" if symbol.startswith("FX@") else "index"
    return Lead("", _WORLD_TOOL, {"asset": asset, "symbol": symbol}, with_symbol=False)


def _from_lead(lead: Lead, symbol: str, text: str = "") -> Quotable:
    """What a lead reads; ``text``, which led to it, is its name where it is no symbol."""
    source, arguments = _SOURCES[lead.tool], dict(lead.arguments)
    if lead.tool == _CONTRACT_TOOL:
        arguments["market"] = krx_contract_kind(symbol)
    if lead.with_symbol:
        arguments["symbol"] = symbol
    exchange = arguments.get("exchange", source.exchange)
    market = source.market or COUNTRIES[exchange]
    is_named = lead.tool in (_INDEX_TOOL, _WORLD_TOOL) and symbol not in arguments.values()
    return Quotable(
        arguments.get("index") or arguments["symbol"],
        market,
        exchange,
        source.currency or (CURRENCIES[market] if lead.tool == OVERSEAS_STOCK else ""),
        lead.tool,
        arguments,
        name=INDEX_NAMES.get(arguments.get("index", "")) or (text if is_named and text else None),
    )
