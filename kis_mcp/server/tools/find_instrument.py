"""The core tool that finds what is listed."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from kis_mcp.catalog import Page, read_symbol
from kis_mcp.errors import KisMcpError
from kis_mcp.market import (
    CURRENCIES,
    Kind,
    Lead,
    Listing,
    Market,
    builtin_instruments,
    lead_elsewhere,
    tool_for,
)
from kis_mcp.server.tools.call import Call, facts, page

_KINDS: Mapping[str, tuple[Kind, ...]] = {
    "stock": ("stock",),
    "etf": ("etf", "etn"),
    "fund": ("fund",),
    "index": ("index",),
    "future": ("future", "spread"),
    "option": ("call", "put"),
    "elw": ("elw",),
    "bond": ("bond",),
    "other": ("warrant", "subscription_right"),
}
"""The argument's words → kinds of listings."""

_NOT_FETCHED = (
    "KIS' lists are not here yet, so that only the built-in list was searched. They are fetched in the background, and"
    " where that fails, again after ten minutes: ask again."
)
_OTHER_WAYS = "look for other data with search_tools."

_FLAGS = {"is_halted": "halted", "is_administered": "administered", "has_warning": "warning"}
_LEFT_OUT = {"standard_code", "underlying_name", "listed_on", "tick_size", "market_cap", "indices", *_FLAGS}


async def find_instrument(call: Call) -> Page:
    from kis_mcp.wiring import age_note

    values, query = call.values(), _query(call)
    markets = [values["market"].upper()] if "market" in values else []
    kinds = _KINDS[values["kind"]] if "kind" in values else ()
    try:
        listings = await call.environments.listings(call.environment)
        found = await listings.search(query, values["limit"], markets=markets, kinds=kinds)
    except KisMcpError as error:
        return _builtin(call, query, [f"KIS' lists could not be searched: {error.what}"])
    if found.read_at is None:
        return _builtin(call, query, [_NOT_FETCHED])
    now = listings.clock()
    notes = [age_note(found.read_at, now), _how_to_read(query, found.listings)]
    if not found.listings:
        notes.append(
            lead_elsewhere(query) or f"Not among the {found.count:,} instruments that KIS lists; {_OTHER_WAYS}"
        )
    return page(
        now,
        notes=[note for note in notes if note],
        instruments=[_row(listing) for listing in found.listings],
    )


def _query(call: Call) -> str:
    """What is looked for: a symbol as KIS writes it, where it was written as others do; else the words as they are."""
    query = call.values()["query"]
    parameter = call.api.parameter("query")
    assert parameter is not None
    symbol = read_symbol(call.api, parameter, query.upper()).symbol
    return query if symbol == query.upper() else symbol


def _row(listing: Listing) -> dict[str, Any]:
    """What the model reads of a listing: nothing that is empty, and only what warns of its flags."""
    builtin = builtin_instruments().find(listing.symbol)
    name_en = listing.name_en or (builtin.name_en if builtin and builtin.market == listing.market else "")
    told = {name: value for name, value in facts(listing).items() if name not in _LEFT_OUT}
    return {
        "symbol": listing.symbol,
        "use": _use(tool_for(listing)),
        **told,
        "name_en": name_en or None,
        "currency": listing.currency or CURRENCIES.get(listing.market),
        "underlying": listing.underlying_name or listing.underlying or None,
        **{word: True for name, word in _FLAGS.items() if getattr(listing, name)},
    }


def _use(tool: str | Lead) -> str | None:
    """A tool's name, with the arguments that it takes beside the symbol."""
    if isinstance(tool, str):
        return tool or None
    return " ".join((tool.tool, *(f"{name}={value}" for name, value in tool.arguments.items())))


def _how_to_read(query: str, found: Sequence[Listing]) -> str:
    """The next call, where it is not a core tool's."""
    if not found:
        return ""
    for listing in found:
        tool = tool_for(listing)
        if isinstance(tool, Lead):
            return tool.sentence(listing.symbol)
    is_named = query.casefold() in (found[0].symbol.casefold(), found[0].name_ko.casefold())
    return "" if is_named else lead_elsewhere(query)


def _builtin(call: Call, query: str, notes: list[str]) -> Page:
    """The answer from the list that comes with the package, which has stocks and funds of Korea and the US alone."""
    values = call.values()
    market, kind = values.get("market"), values.get("kind")
    found = builtin_instruments().search(query, cast("Market | None", market.upper() if market else None))
    kinds = _KINDS[kind] if kind else ("stock", "etf", "etn")
    rows = [
        {"symbol": each.symbol, "use": "get_quote", **facts(each), "currency": each.currency}
        for each in found
        if each.kind in kinds
    ]
    elsewhere = "" if rows and builtin_instruments().named(query) else builtin_instruments().lead(query)
    if elsewhere:
        notes.append(elsewhere)
    return page(call.now(), notes=notes, instruments=rows[: values["limit"]])
