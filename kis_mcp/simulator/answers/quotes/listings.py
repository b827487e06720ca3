"""What is told of stocks and funds abroad only: their listing, their exchange's hours, and how their book changed."""

from collections.abc import Mapping, Set
from datetime import datetime
from decimal import Decimal
from typing import cast

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.quotes.subject import Fact, Facts, Subject, direction
from kis_mcp.simulator.market.book import Level
from kis_mcp.simulator.market.companies import par_value
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.places import Home

CHANGES_OF_BOOKS = frozenset({"bid_quantity_change_1", "total_bid_quantity_change"})
"""Names that tell a block about changes of an order book from others."""

_LEVELS = 10
_DEPTH_IN_ASIA = 1
"""KIS shows ten levels of US books and one of the others."""

_TYPES = {"stock": "01", "etf": "03"}
_LOTS = {"all": ("buy", "sell"), "buys": ("buy",), "": ()}


def listing_facts(subject: Subject, names: Set[str]) -> Facts:
    """Those of the named facts that a stock or fund abroad has; nothing of what is traded in Korea, or of contracts."""
    if subject.instrument.category != "overseas_stock":
        return {}
    return {name: _LISTING[name](subject) for name in names & _LISTING.keys()}


def book_abroad(subject: Subject) -> Facts:
    """How the quantities of a book differ from those one tick earlier, level by level; no deeper than KIS shows it.
    Nothing of what is traded in Korea."""
    if subject.instrument.category != "overseas_stock":
        return {}
    instrument, now, then = subject.instrument, subject.book, _earlier(subject)
    depth = _LEVELS if instrument.country == "US" else _DEPTH_IN_ASIA
    facts: dict[str, object] = {}
    for side in ("ask", "bid"):
        levels, before = getattr(now, f"{side}s"), getattr(then.book, f"{side}s") if then else ()
        if then:
            facts[f"total_{side}_quantity_change"] = _total(levels) - _total(before)
        for place in range(_LEVELS):
            if place >= depth:
                facts |= {f"{side}_price_{place + 1}": None, f"{side}_quantity_{place + 1}": None}
            elif then:
                facts[f"{side}_quantity_change_{place + 1}"] = _at(levels, place) - _at(before, place)
    return facts


def session_of(home: Home, at: datetime) -> str:
    """The part of the day in which the exchanges of a country are at a time, by their own hours."""
    clock = at.astimezone(home.timezone).time()
    return "pre_market" if clock < home.opens else "regular" if clock < home.closes else "after_market"


def _earlier(subject: Subject) -> Subject | None:
    """The same one tick before the last; None where the day has had one only."""
    moment = subject.market.moment(subject.instrument, subject.now)
    if moment.ticks < 2:
        return None
    calendar = subject.market.calendar(subject.instrument)
    return Subject(subject.market, subject.instrument, calendar.time_of(moment.day, moment.ticks - 2))


def _total(levels: tuple[Level, ...]) -> int:
    return sum(level.quantity for level in levels)


def _at(levels: tuple[Level, ...], place: int) -> int:
    return levels[place].quantity if place < len(levels) else 0


def _last_volume(subject: Subject) -> int:
    moment = subject.market.moment(subject.instrument, subject.now)
    return subject.market.session(subject.instrument, moment.day).volume_at(moment.ticks - 1)


def _unit(side: str) -> Fact:
    """How many shares an order on a side has at least."""
    return lambda s: s.instrument.lot if side in _LOTS[s.instrument.listed_on.lots] else 1


def _hour(name: str) -> Fact:
    """When the exchange opens or closes on the quote's day."""

    def at(subject: Subject) -> datetime:
        home = subject.instrument.home
        return datetime.combine(subject.quote.day, getattr(home, name), home.timezone)

    return at


def _local(name: str) -> Fact:
    return lambda s: cast("datetime", _hour(name)(s)).timetz()


def _korean(name: str) -> Fact:
    return lambda s: cast("datetime", _hour(name)(s)).astimezone(KST).timetz()


def _is_fund(subject: Subject) -> bool:
    return subject.instrument.kind == "etf"


def _yesterday(subject: Subject) -> tuple[Decimal, Decimal]:
    """The close of the day before and that of its own day before; the same twice where there is none."""
    closes = [c.close for c in subject.market.days(subject.instrument, subject.now, until=subject.quote.day, count=3)]
    return closes[1], closes[-1]


def _changed(subject: Subject) -> Decimal:
    close, before = _yesterday(subject)
    return close - before


def _at_yesterdays_rate(subject: Subject, amount: Decimal) -> Decimal:
    return subject.rates.in_won(subject.instrument.home, amount, subject.rates.before(subject.now))


_LISTING: Mapping[str, Fact] = {
    "market_code": lambda s: s.instrument.listed_on.market_code,
    "currency_name": lambda s: s.instrument.home.currency_ko,
    "overseas_stock_type": lambda s: _TYPES[s.instrument.kind],
    "etp_type_name": lambda s: "ETF" if _is_fund(s) else None,
    "etf_risk_indicator_code": lambda s: "001" if _is_fund(s) else None,
    "trading_halt_type": lambda _: "01",
    "listed": lambda _: True,
    "delisted": lambda _: False,
    "daytime_tradable": lambda s: bool(s.instrument.listed_on.day_code),
    "last_received_datetime": lambda s: s.quote.at,
    "capital": lambda s: None if _is_fund(s) else par_value(s.instrument) * s.instrument.listed_shares,
    "quote_status_short": lambda _: "실",
    "quote_status": lambda _: "실시간",
    "trade_volume": _last_volume,
    "buy_unit_quantity": _unit("buy"),
    "sell_unit_quantity": _unit("sell"),
    "market_open_local_time": _local("opens"),
    "market_close_local_time": _local("closes"),
    "market_open_korea_time": _korean("opens"),
    "market_close_korea_time": _korean("closes"),
    "previous_krw_price": lambda s: _at_yesterdays_rate(s, _yesterday(s)[0]),
    "previous_krw_change": lambda s: _at_yesterdays_rate(s, _changed(s)),
    "previous_krw_change_rate": lambda s: percent(_changed(s), _yesterday(s)[1]),
    "previous_krw_price_direction": lambda s: direction(_changed(s)),
}
