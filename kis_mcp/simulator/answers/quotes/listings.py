"""What is told of stocks and funds abroad only: their listing, their exchange's hours, and how their book changed."""

from datetime import datetime

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject, direction
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


def listing_facts(subject: Subject) -> Facts:
    """Facts of a stock or fund abroad by readable name; nothing of what is traded in Korea, or of contracts."""
    instrument = subject.instrument
    if instrument.category != "overseas_stock":
        return {}
    exchange, home = instrument.listed_on, instrument.home
    lots = {f"{side}_unit_quantity": instrument.lot if side in _LOTS[exchange.lots] else 1 for side in ("buy", "sell")}
    facts: Facts = {
        "market_code": exchange.market_code,
        "currency_name": home.currency_ko,
        "overseas_stock_type": _TYPES[instrument.kind],
        "etp_type_name": "ETF" if instrument.kind == "etf" else None,
        "etf_risk_indicator_code": "001" if instrument.kind == "etf" else None,
        "trading_halt_type": "01",
        "listed": True,
        "delisted": False,
        "daytime_tradable": bool(exchange.day_code),
        "last_received_datetime": subject.quote.at,
        "capital": par_value(instrument) * instrument.listed_shares if instrument.kind == "stock" else None,
        "quote_status_short": "실",
        "quote_status": "실시간",
        "trade_volume": _last_volume(subject),
        **lots,
        **_hours(subject),
        **_yesterday(subject),
    }
    return facts


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


def _hours(subject: Subject) -> Facts:
    home = subject.instrument.home
    facts: dict[str, object] = {}
    for name, clock in (("open", home.opens), ("close", home.closes)):
        at = datetime.combine(subject.quote.day, clock, home.timezone)
        facts[f"market_{name}_local_time"] = clock
        facts[f"market_{name}_korea_time"] = at.astimezone(KST).timetz()
    return facts


def _yesterday(subject: Subject) -> Facts:
    """The change of the day before, in won at its rate."""
    candles = subject.market.days(subject.instrument, subject.now, until=subject.quote.day, count=3)
    if len(candles) < 3:
        return {}
    _, close, before = (candle.close for candle in candles)
    day, change = subject.rates.before(subject.now), close - before
    return {
        "previous_krw_price": subject.rates.in_won(subject.instrument.home, close, day),
        "previous_krw_change": subject.rates.in_won(subject.instrument.home, change, day),
        "previous_krw_change_rate": percent(change, before),
        "previous_krw_price_direction": direction(change),
    }
