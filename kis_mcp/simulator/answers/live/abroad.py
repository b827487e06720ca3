"""What is traded abroad: stocks, futures and options."""

from collections.abc import Collection, Mapping, Set as AbstractSet
from datetime import timedelta

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.live.books import book_facts
from kis_mcp.simulator.answers.live.source import Source
from kis_mcp.simulator.answers.live.ticks import Find, Stream, TickFeed
from kis_mcp.simulator.answers.live.trades import trade_facts
from kis_mcp.simulator.answers.quotes.listings import book_abroad, session_of
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
from kis_mcp.simulator.world import World

_LATE = timedelta(minutes=15)
"""How late the free quotes of Asia are."""

_SIDES = {"buy": "2", "sell": "5"}
"""KIS' codes of who brought the trade of a contract about."""


def _stock_in(america: Collection[str], asia: Collection[str]) -> Find:
    """The stock of a key: a letter, the code of its exchange, and the ticker. A world with hours has no daytime market.

    Args:
        america, asia: The keys that are taken there: free, paid or daytime.
    """

    def find(world: World, key: str) -> Stream | None:
        found = world.market.find(key[4:])
        if found is None or found.category != "overseas_stock":
            return None
        place, is_american = found.listed_on, found.country == "US"
        names = {f"D{place.quote_code}": "free", f"R{place.quote_code}": "paid", f"R{place.day_code}": "daytime"}
        name = names.get(key[:4])
        if name not in (america if is_american else asia):
            return None
        is_sent = name != "daytime" or world.market.calendar(found).never_closes
        return Stream(found, is_sent, _LATE if name == "free" and not is_american else timedelta())

    return find


def _contract(world: World, key: str) -> Stream | None:
    """The future or option of that code."""
    found = world.market.find(key)
    return Stream(found) if found is not None and found.category == "overseas_futureoption" else None


def _times(subject: Subject) -> Facts:
    """When it is, there and in Korea."""
    at = subject.quote.at
    in_korea = at.astimezone(KST)
    return {
        "local_business_date": subject.quote.day,
        "korea_date": in_korea.date(),
        "received_date": in_korea.date(),
        "received_time": in_korea.timetz(),
        "received_time_fraction": f"{at.microsecond // 100:04}",
        "market_session": session_of(subject.instrument.home, at),
    }


def _stock_trade(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:
    trade = trade_facts(world, subject, names)
    return trade and {**trade, **_times(subject)}


def _stock_book(world: World, subject: Subject, names: AbstractSet[str]) -> Facts:
    """Of ten levels in America and of one elsewhere."""
    return {**book_facts(world, subject, names), **book_abroad(subject), **_times(subject)}


def _settlement(subject: Subject) -> Facts:
    """The settlement price of the day before, and the way from it."""
    quote = subject.quote
    return {
        "previous_settlement_price": quote.previous_close,
        "change_from_settlement": quote.change,
        "change_from_settlement_rate": quote.change_rate,
        "direction_from_settlement": direction(quote.change),
    }


def _contract_trade(world: World, subject: Subject, names: AbstractSet[str]) -> Facts | None:
    trade = trade_facts(world, subject, names)
    return trade and {
        **trade,
        **_times(subject),
        **_settlement(subject),
        "trade_side": _SIDES[str(trade["trade_side"])],
    }


def _contract_book(world: World, subject: Subject, names: AbstractSet[str]) -> Facts:
    return {**book_facts(world, subject, names), **_times(subject), **_settlement(subject)}


ABROAD: Mapping[str, Source] = {
    "HDFSCNT0": TickFeed("HDFSCNT0", _stock_in(("free", "paid", "daytime"), ("free", "paid")), _stock_trade),
    "HDFSASP0": TickFeed("HDFSASP0", _stock_in(("free", "daytime"), ("paid",)), _stock_book),
    "HDFSASP1": TickFeed("HDFSASP1", _stock_in((), ("free",)), _stock_book),
    "HDFFF020": TickFeed("HDFFF020", _contract, _contract_trade),
    "HDFFF010": TickFeed("HDFFF010", _contract, _contract_book),
}
