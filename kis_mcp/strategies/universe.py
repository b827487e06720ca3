"""Which instruments a document's universe stands for today: symbols, an index's members, or a ranking's rows."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.market import (
    IndexMembers,
    Instrument,
    Kis,
    Listing,
    builtin_instruments,
    find_country,
    find_index,
    read_ranking,
    require_ranking,
)
from kis_mcp.strategies.document import Strategy, Universe, resolve
from kis_mcp.trading.guard import fee_rates

ReadMembers: TypeAlias = Callable[[str], Awaitable[IndexMembers]]
"""Reads what is in an index, by one of `kis_mcp.market.find_index`'s names."""

_MARKETS = ("KR", "US")
_EXCHANGES_NEEDED = "A strategy takes only US tickers whose exchange is known here: find_instrument finds those."


@dataclass(frozen=True, slots=True)
class Chosen:
    """The instruments that a universe stands for.

    Attributes:
        instruments: Each once, in the order of their choice.
        how: How they were chosen, a sentence with the day; empty where they were given as symbols. What that hides from
            a test over the past, `kis_mcp.strategies.backtest.cautions_of` tells.
    """

    instruments: tuple[Instrument, ...]
    how: str = ""


async def resolve_universe(universe: Universe, kis: Kis, read_members: ReadMembers, now: datetime) -> Chosen:
    """The instruments of a universe as of now.

    Args:
        kis: Where rankings come from.
        read_members: Where the members of indices come from.
        now: By the clock of the environment.

    Raises:
        BadArgument: A symbol, index or ranking is none, or is of a market in which no strategy runs; or the index has
            no members in KIS' lists.
        KisMcpError: By KIS' answer.
    """
    if universe.index is not None:
        return await _of_index(find_index(universe.index), universe.count, read_members)
    if universe.ranking is not None:
        return await _of_ranking(universe.ranking, universe.market, universe.count, kis, now)
    return of_symbols(universe.symbols)


def problems_of_universe(universe: Universe) -> Iterator[tuple[str, str]]:
    """What of a universe stands for nothing, as far as that is known without KIS: its path in a document, and what to
    do."""
    path = "universe"
    for number, symbol in enumerate(universe.symbols):
        try:
            builtin_instruments().resolve(symbol)
        except BadArgument as error:
            remedy = _EXCHANGES_NEEDED if error.field == "exchange" else error.remedy
            yield f"{path}.symbols[{number}]", f"{error.what} {remedy}"
    try:
        if universe.index is not None:
            path = "universe.index"
            find_index(universe.index)
        if universe.ranking is not None:
            path = "universe.ranking"
            require_ranking(universe.ranking, universe.market)
    except BadArgument as error:
        yield path if error.field != "market" else "universe.market", f"{error.what} {error.remedy}"


def unlisted_of_universe(universe: Universe) -> Iterator[tuple[str, str]]:
    """The codes of a universe that may be some, and that the list of instruments here does not have."""
    for number, symbol in enumerate(universe.symbols):
        if builtin_instruments().find(symbol) is None:
            yield (
                f"universe.symbols[{number}]",
                f"{symbol} is not in the list of instruments here. See with find_instrument whether there is such.",
            )


def targets_below_costs(strategy: Strategy) -> Iterator[tuple[str, str]]:
    """That a take profit is less than buying and selling usually cost today, of the symbol that costs most."""
    target = resolve(strategy).exits.take_profit_percent
    if target is None or strategy.universe is None:
        return
    known = filter(None, map(builtin_instruments().find, strategy.universe.symbols))
    percent, symbol = max(((_round_trip_percent(each), each.symbol) for each in known), default=(Decimal(0), ""))
    if Decimal(str(target)) <= percent:
        yield (
            "exits.take_profit_percent",
            f"It is a loss: commission and taxes to buy and sell {symbol} usually come to {percent:.2f} %.",
        )


def _round_trip_percent(instrument: Instrument) -> Decimal:
    rates = fee_rates(instrument.market, "stock" if instrument.kind == "stock" else "etf", {})
    return rates[-1].buy_percent + rates[-1].sell_percent if rates else Decimal(0)


def of_symbols(symbols: Iterable[str]) -> Chosen:
    """The instruments of symbols.

    Raises:
        BadArgument: One is none.
    """
    return Chosen(_each_once(builtin_instruments().resolve(symbol) for symbol in symbols))


async def _of_index(index: str, count: int, read_members: ReadMembers) -> Chosen:
    found = await read_members(index)
    if found.read_at is None or not found.listings:
        others = ", ".join(found.others)
        raise BadArgument(
            f"KIS' lists of instruments tell no member of {index} here.",
            remedy=f"Use one of {others}, a ranking, or symbols."
            if others
            else "Try again in a minute: the lists are being fetched. Or give symbols.",
            field="universe.index",
        )
    known = builtin_instruments()
    has_sizes = bool(found.listings[0].market_cap)
    members = (found.listings if has_sizes else _in_built_in_order(found.listings))[:count]
    instruments = _each_once(
        known.find(each.symbol) or Instrument(each.symbol, "KR", each.exchange, each.name_ko, each.name_en, each.kind)
        for each in members
    )
    order = "largest" if has_sizes else "first"
    day = found.read_at.astimezone(KST).date()
    return Chosen(
        instruments, f"These are the {order} {len(instruments)} of {len(found.listings)} members of {index} on {day}."
    )


async def _of_ranking(by: str, market: str, count: int, kis: Kis, now: datetime) -> Chosen:
    ranked = await read_ranking(kis, by, market.strip().lower(), limit=count)
    country = find_country(ranked.market) or "KR"  # else one of Korea's boards
    if country not in _MARKETS:
        raise BadArgument(
            f"No strategy runs in {country}.", remedy="Choose a ranking of KR or US.", field="universe.market"
        )
    exchange = "krx" if country == "KR" else ranked.market
    known = builtin_instruments()
    instruments = _each_once(
        known.find(str(row["symbol"])) or Instrument(str(row["symbol"]), country, exchange, str(row["name"] or ""))
        for row in ranked.rows
        if row["symbol"]
    )
    if not instruments:
        raise BadArgument(
            f"KIS ranks nothing by {by} of {ranked.market} now.",
            remedy="Try again while the market is open, or give symbols.",
            field="universe.ranking",
        )
    return Chosen(
        instruments,
        f"These are the first {len(instruments)} of the ranking by {by} of {ranked.market} at {now:%Y-%m-%d %H:%M %Z}.",
    )


def _in_built_in_order(listings: Sequence[Listing]) -> Sequence[Listing]:
    """As the built-in list has them, which begins with the well-known; those that it lacks last."""
    places = {instrument.symbol: place for place, instrument in enumerate(builtin_instruments().all())}
    return sorted(listings, key=lambda listing: places.get(listing.symbol, len(places)))


def _each_once(instruments: Iterable[Instrument]) -> tuple[Instrument, ...]:
    return tuple({each.symbol: each for each in instruments}.values())
