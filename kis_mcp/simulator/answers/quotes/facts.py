"""What the market model knows of an instrument, by the readable names of ``elements.csv``.

Each fact is worked out only when an answer has a field of its name.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import cast

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.quotes.investors import HOLDERS
from kis_mcp.simulator.answers.quotes.korean import KOREAN
from kis_mcp.simulator.answers.quotes.measures import MEASURES
from kis_mcp.simulator.answers.quotes.subject import Fact, Facts, Subject, direction
from kis_mcp.simulator.market.book import Book
from kis_mcp.simulator.market.calendar import TICK_SECONDS
from kis_mcp.simulator.market.market import Candle, percent
from kis_mcp.simulator.market.rights import par

_CENT = Decimal("0.01")


class FactSheet(Mapping[str, object]):
    """Facts of a subject, worked out on demand, with some given ones on top."""

    def __init__(self, subject: Subject, given: Facts | None = None) -> None:
        self._subject = subject
        self._given = {**_ALWAYS, **(given or {})}

    def with_facts(self, **facts: object) -> "FactSheet":
        """The same with more on top."""
        return FactSheet(self._subject, {**self._given, **facts})

    def __getitem__(self, name: str) -> object:
        if name in self._given:
            return self._given[name]
        return _FACTS[name](self._subject)

    def get(self, key: str, default: object = None) -> object:
        """As of any mapping; quick, because most lookups miss."""
        if key in self._given:
            return self._given[key]
        fact = _FACTS.get(key)
        return default if fact is None else fact(self._subject)

    def __iter__(self) -> Iterator[str]:
        return iter({**_FACTS, **self._given})

    def __len__(self) -> int:
        return len({**_FACTS, **self._given})


def candle_facts(candle: Candle, previous: Decimal) -> Facts:
    """What is true of one candle.

    Args:
        previous: The close before it, or of the day before where changes count from there.
    """
    change = candle.close - previous
    start = candle.start
    return {
        "date": start.date(),
        "time": start.timetz(),
        "trade_date": start.date(),
        "local_date": start.date(),
        "local_business_date": start.date(),
        "korea_date": start.astimezone(KST).date(),
        "trade_time": start.timetz(),
        "local_time": start.timetz(),
        "korea_time": start.astimezone(KST).timetz(),
        "price": candle.close,
        "close": candle.close,
        "open": candle.open,
        "high": candle.high,
        "low": candle.low,
        "volume": candle.volume,
        "trade_volume": candle.volume,
        "turnover": candle.turnover,
        "trade_turnover": candle.turnover,
        "change": change,
        "change_rate": percent(change, previous),
        "price_direction": direction(change),
        "cumulative_split_rate": Decimal("1.00"),
        "split_rate": Decimal("0.00"),
        "ex_right_type": "none",
        "modified": False,
    }


def book_facts(subject: Subject) -> Facts:
    """Prices and sizes of each level of an instrument's book, and their sums."""
    return book_facts_of(subject.book)


def book_facts_of(book: Book) -> Facts:
    """Prices and sizes of each level, and their sums."""
    facts: dict[str, object] = {}
    for side, levels in (("ask", book.asks), ("bid", book.bids)):
        for position in range(10):
            level = levels[position] if position < len(levels) else None
            facts[f"{side}_price_{position + 1}"] = level.price if level else Decimal(0)
            facts[f"{side}_quantity_{position + 1}"] = level.quantity if level else 0
        facts[f"total_{side}_quantity"] = sum(level.quantity for level in levels)
    return facts


def book_changes(subject: Subject) -> Facts:
    """How the sizes of the levels and their sums differ from those of the tick before; 0 at a day's first."""
    market, instrument = subject.market, subject.instrument
    first = market.moment(instrument, subject.now).ticks == 1
    then = subject.now if first else subject.now - timedelta(seconds=TICK_SECONDS)
    now, before = book_facts(subject), book_facts(Subject(market, instrument, then))
    names = (name for name in now if "_quantity" in name)
    mid = (_best(subject, "ask")[0] + _best(subject, "bid")[0]) / 2
    return {
        **{
            name.replace("_quantity", "_quantity_change"): cast("int", now[name]) - cast("int", before[name])
            for name in names
        },
        "krx_mid_price": mid,
    }


def _best(subject: Subject, side: str) -> tuple[Decimal, int]:
    levels = subject.book.asks if side == "ask" else subject.book.bids
    return (levels[0].price, levels[0].quantity) if levels else (Decimal(0), 0)


def _change_from(subject: Subject, name: str) -> Decimal:
    return subject.quote.price - getattr(subject.quote, name)


def _to_previous(subject: Subject, name: str) -> Decimal:
    quote = subject.quote
    return percent(getattr(quote, name) - quote.previous_close, quote.previous_close)


def _multiple(price: Decimal, value: Decimal) -> Decimal | None:
    return (price / value).quantize(_CENT) if value else None


def _market_cap(subject: Subject) -> Decimal:
    """KIS counts it in 100 million won at home, in the currency abroad."""
    cap = subject.quote.price * subject.shares
    return cap // 100_000_000 if subject.instrument.country == "KR" else cap


def _krw(subject: Subject, amount: Decimal) -> Decimal:
    return subject.rates.in_won(subject.instrument.home, amount, subject.rates.today(subject.now))


def _at_limit(subject: Subject) -> str:
    quote = subject.quote
    return direction(quote.change, at_limit=quote.price in (quote.low_limit, quote.high_limit))


def _previous(subject: Subject, name: str) -> Decimal:
    bar = subject.yesterday
    return subject.instrument.price(getattr(bar, name)) if bar else Decimal(0)


def _pivot(subject: Subject, steps: int) -> Decimal:
    high, low, close = (_previous(subject, name) for name in ("high", "low", "close"))
    pivot = (high + low + close) / 3
    levels = {0: pivot, 1: 2 * pivot - low, 2: pivot + high - low, -1: 2 * pivot - high, -2: pivot - high + low}
    return levels[steps].quantize(subject.instrument.price(1))


_QUOTE: Mapping[str, Fact] = {
    "price": lambda s: s.quote.price,
    "last_price": lambda s: s.quote.price,
    "close": lambda s: s.quote.price,
    "change": lambda s: s.quote.change,
    "change_rate": lambda s: s.quote.change_rate,
    "price_rate": lambda s: s.quote.change_rate,
    "price_direction": _at_limit,
    "open": lambda s: s.quote.open,
    "high": lambda s: s.quote.high,
    "low": lambda s: s.quote.low,
    "open_rate": lambda s: _to_previous(s, "open"),
    "high_rate": lambda s: _to_previous(s, "high"),
    "low_rate": lambda s: _to_previous(s, "low"),
    "volume": lambda s: s.quote.volume,
    "turnover": lambda s: s.quote.turnover,
    "previous_close": lambda s: s.quote.previous_close,
    "base_price": lambda s: s.quote.previous_close,
    "previous_open": lambda s: _previous(s, "open"),
    "previous_high": lambda s: _previous(s, "high"),
    "previous_low": lambda s: _previous(s, "low"),
    "previous_volume": lambda s: s.quote.previous_volume,
    "previous_turnover": lambda s: _previous(s, "turnover"),
    "volume_change": lambda s: s.quote.volume - s.quote.previous_volume,
    "volume_change_rate": lambda s: percent(Decimal(s.quote.volume), Decimal(s.quote.previous_volume)),
    "upper_limit_price": lambda s: s.quote.high_limit if s.instrument.has_limits else Decimal(0),
    "lower_limit_price": lambda s: s.quote.low_limit if s.instrument.has_limits else Decimal(0),
    "price_limit_width": lambda s: s.quote.high_limit - s.quote.previous_close,
    "tick_size": lambda s: s.quote.tick,
    "weighted_average_price": lambda s: (
        (s.quote.turnover / s.quote.volume / s.instrument.multiplier).quantize(_CENT) if s.quote.volume else Decimal(0)
    ),
    "high_to_open_rate": lambda s: percent(s.quote.high - s.quote.open, s.quote.open),
    "change_from_open": lambda s: _change_from(s, "open"),
    "change_from_high": lambda s: _change_from(s, "high"),
    "change_from_low": lambda s: _change_from(s, "low"),
    "change_from_base_price": lambda s: s.quote.change,
    "change_from_base_price_rate": lambda s: s.quote.change_rate,
    "direction_from_open": lambda s: direction(_change_from(s, "open")),
    "direction_from_high": lambda s: direction(_change_from(s, "high")),
    "direction_from_low": lambda s: direction(_change_from(s, "low")),
    "open_to_previous_close_rate": lambda s: _to_previous(s, "open"),
    "high_to_previous_close_rate": lambda s: _to_previous(s, "high"),
    "low_to_previous_close_rate": lambda s: _to_previous(s, "low"),
    "ask_price": lambda s: _best(s, "ask")[0],
    "bid_price": lambda s: _best(s, "bid")[0],
    "ask_quantity": lambda s: _best(s, "ask")[1],
    "bid_quantity": lambda s: _best(s, "bid")[1],
    "net_bid_quantity": lambda s: sum(x.quantity for x in s.book.bids) - sum(x.quantity for x in s.book.asks),
    "total_ask_quantity": lambda s: sum(level.quantity for level in s.book.asks),
    "total_bid_quantity": lambda s: sum(level.quantity for level in s.book.bids),
    "quote_time": lambda s: s.quote.at.timetz(),
    "quote_date": lambda s: s.quote.day,
    "trade_time": lambda s: s.quote.at.timetz(),
    "local_time": lambda s: s.quote.at.timetz(),
    "korea_time": lambda s: s.quote.at.astimezone(KST).timetz(),
    "local_date": lambda s: s.quote.day,
    "krw_price": lambda s: _krw(s, s.quote.price),
    "krw_change": lambda s: _krw(s, s.quote.change),
    "krw_change_rate": lambda s: s.quote.change_rate,
    "krw_price_direction": _at_limit,
    "previous_krw_price": lambda s: _krw(s, s.quote.previous_close),
}


def _extreme(side: str, part: int) -> Fact:
    """The price (part 0) or day (part 1) of the highest or lowest trade of a year."""
    return lambda subject: getattr(subject, side)[part]


def _to_extreme(side: str) -> Fact:
    """How far the price is from the highest or lowest trade of a year, in percent."""
    return lambda subject: percent(subject.quote.price - getattr(subject, side)[0], getattr(subject, side)[0])


_RANGE: dict[str, Fact] = {}
for _name, _side in (
    ("high_52_week", "highest"),
    ("high_250_day", "highest"),
    ("year_high", "highest_this_year"),
    ("low_52_week", "lowest"),
    ("low_250_day", "lowest"),
    ("year_low", "lowest_this_year"),
):
    _RANGE[_name] = _extreme(_side, 0)
    _RANGE[f"{_name}_date"] = _extreme(_side, 1)
    _RANGE[f"price_to_{_name}_rate"] = _to_extreme(_side)

_PIVOTS: Mapping[str, Fact] = {
    "pivot_point": lambda s: _pivot(s, 0),
    "pivot_first_resistance_price": lambda s: _pivot(s, 1),
    "pivot_second_resistance_price": lambda s: _pivot(s, 2),
    "pivot_first_support_price": lambda s: _pivot(s, -1),
    "pivot_second_support_price": lambda s: _pivot(s, -2),
    "demark_resistance": lambda s: _pivot(s, 1),
    "demark_support": lambda s: _pivot(s, -1),
}
_COMPANY: Mapping[str, Fact] = {
    "symbol": lambda s: s.instrument.symbol,
    "short_symbol": lambda s: s.instrument.symbol,
    "realtime_symbol": lambda s: f"D{s.instrument.listed_on.quote_code}{s.instrument.symbol}",
    "name": lambda s: s.instrument.name_ko,
    "product_name": lambda s: s.instrument.name_ko,
    "short_name": lambda s: s.instrument.name_ko,
    "english_name": lambda s: s.instrument.name_en,
    "exchange": lambda s: s.instrument.exchange,
    "exchange_name": lambda s: s.instrument.listed_on.name_ko,
    "market_name": lambda s: s.instrument.listed_on.name_ko,
    "representative_market_name": lambda s: s.instrument.board.upper() or s.instrument.listed_on.trading_code,
    "country_name": lambda s: s.instrument.home.name_ko,
    "country_code": lambda s: s.instrument.home.code,
    "currency": lambda s: s.instrument.currency,
    "par_value_currency": lambda s: s.instrument.currency,
    "capital_currency": lambda s: s.instrument.currency,
    "industry_name": lambda s: s.instrument.sector,
    "decimal_places": lambda s: s.instrument.decimals,
    "listed_shares": lambda s: s.shares,
    "market_cap": _market_cap,
    "eps": lambda s: s.statement and s.statement.eps,
    "bps": lambda s: s.statement and s.statement.bps,
    "per": lambda s: s.statement and _multiple(s.quote.price, s.statement.eps),
    "pbr": lambda s: s.statement and _multiple(s.quote.price, s.statement.bps),
    "par_value": lambda s: par(s.instrument, s.quote.day),
    "volume_turnover_rate": lambda s: percent(Decimal(s.quote.volume), Decimal(s.shares)),
    "trading_unit": lambda s: s.instrument.lot,
    "trading_unit_quantity": lambda s: s.instrument.lot,
    "exchange_rate": lambda s: s.rates.quoted(s.instrument.home, s.rates.today(s.now)),
    "previous_exchange_rate": lambda s: s.rates.quoted(s.instrument.home, s.rates.before(s.now)),
}
_ALWAYS: Facts = {
    "buy_availability": "매도/매수 가능",
    "tradability": "매매 가능",
    "short_sale_allowed": True,
}
_FACTS: Mapping[str, Fact] = {**_QUOTE, **HOLDERS, **MEASURES, **_RANGE, **_PIVOTS, **_COMPANY, **KOREAN}
