"""The whole market: quotes, candles and books of every instrument at any time."""

from array import array
from collections import OrderedDict
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

from kis_mcp.simulator.market.book import Book, book
from kis_mcp.simulator.market.calendar import TICK_SECONDS, Calendar, Moment
from kis_mcp.simulator.market.followed import Followed, IndexHistory, within
from kis_mcp.simulator.market.funds import FundHistory
from kis_mcp.simulator.market.history import INDEX_VOLATILITY, DayBar, History
from kis_mcp.simulator.market.index_members import Index, indices
from kis_mcp.simulator.market.instruments import Instrument, contracts, instruments
from kis_mcp.simulator.market.listings import fund_terms, warrant_terms
from kis_mcp.simulator.market.options import OptionHistory, Pricing
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.market.session import Bar, Session
from kis_mcp.simulator.market.warrants import WarrantHistory, warrants

_KEPT_SESSIONS = 400
"""Enough for a day of every stock of a country, and some days of a few."""

_KEPT_INDEX_PATHS = 12
_BOOK_LEVELS = 10

AnyHistory: TypeAlias = History | OptionHistory | FundHistory | WarrantHistory


@dataclass(frozen=True, slots=True)
class Quote:
    """Where an instrument stands, in money.

    Attributes:
        at: The last trade's time, in the exchange's time zone.
        day: The trading day.
        low_limit, high_limit: The exchange's price limits; far apart where it has none.
    """

    instrument: Instrument
    day: date
    at: datetime
    price: Decimal
    previous_close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    volume: int
    turnover: Decimal
    previous_volume: int
    low_limit: Decimal
    high_limit: Decimal
    tick: Decimal

    @property
    def change(self) -> Decimal:
        return self.price - self.previous_close

    @property
    def change_rate(self) -> Decimal:
        """Percent of the previous close, two decimals."""
        return percent(self.change, self.previous_close)


@dataclass(frozen=True, slots=True)
class Candle:
    """A bar in money; ``start`` is when it began, in the exchange's time zone."""

    start: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int
    turnover: Decimal


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """``part`` in percent of ``whole``, two decimals; 0 of nothing."""
    return (part * 100 / whole).quantize(Decimal("0.01")) if whole else Decimal("0.00")


class Market:
    """Deterministic in (seed, symbol, time). Nothing that is asked changes it.

    Args:
        seed: Of the whole world.
        keep_hours: Whether exchanges keep their hours; otherwise they never close.
    """

    def __init__(self, seed: int, *, keep_hours: bool = False) -> None:
        self.seed = seed
        self.instruments = instruments() | dict(warrants()) | contracts()
        self._calendars = {
            home.country: Calendar(home.timezone, (home.opens, home.closes) if keep_hours else None)
            for home in homes().values()
        }
        self._histories: dict[str, AnyHistory] = {}
        self._indices: dict[str, IndexHistory] = {}
        self._index_paths: OrderedDict[tuple[str, date], array[int]] = OrderedDict()
        self._this_years: dict[str, tuple[date, tuple[DayBar, DayBar] | None]] = {}
        self._years: dict[str, tuple[date, tuple[DayBar, DayBar]]] = {}
        self._sessions: OrderedDict[tuple[str, date], Session] = OrderedDict()
        self._books: dict[str, tuple[date, int, Book]] = {}

    def find(self, symbol: str) -> Instrument | None:
        return self.instruments.get(symbol)

    def calendar(self, instrument: Instrument) -> Calendar:
        return self._calendars[instrument.country]

    def moment(self, instrument: Instrument, now: datetime) -> Moment:
        return self._calendars[instrument.country].moment(now)

    def underlying(self, instrument: Instrument) -> Instrument | None:
        """What a contract follows: an option its future, the future of a share that share; None of the rest."""
        if instrument.kind in ("call", "put"):
            futures = (i for i in self.instruments.values() if i.kind == "future")
            return next(future for future in futures if future.moves_with == instrument.moves_with)
        return self.instruments.get(instrument.moves_with) if instrument.kind == "future" else None

    def history(self, instrument: Instrument) -> AnyHistory:
        if instrument.symbol not in self._histories:
            self._histories[instrument.symbol] = self._new_history(instrument)
        return self._histories[instrument.symbol]

    def _new_history(self, instrument: Instrument) -> AnyHistory:
        future = self.underlying(instrument)
        if instrument.kind in ("call", "put") and future is not None:
            underlying = self.history(future)
            assert isinstance(underlying, History)
            return OptionHistory(self.seed, instrument, future, underlying)
        if terms := fund_terms().get(instrument.symbol):
            return FundHistory(self.seed, instrument, terms, self._followed(terms.follows))
        if terms := warrant_terms().get(instrument.symbol):
            return WarrantHistory(self.seed, instrument, terms, self._followed(terms.underlying))
        return History(self.seed, instrument)

    def fund(self, instrument: Instrument) -> FundHistory | None:
        """The history of a Korean fund, which tells its net asset value; None of what is none."""
        history = self.history(instrument)
        return history if isinstance(history, FundHistory) else None

    def warrant(self, instrument: Instrument) -> WarrantHistory | None:
        """The history of a warrant, which tells its model; None of what is none."""
        history = self.history(instrument)
        return history if isinstance(history, WarrantHistory) else None

    def is_listed(self, instrument: Instrument, day: date) -> bool:
        """Whether it can be traded on a day; a warrant only while it lives."""
        warrant = self.warrant(instrument) if instrument.kind == "warrant" else None
        return warrant is None or warrant.is_traded(day)

    def index_history(self, index: Index) -> IndexHistory:
        """The days of an index, in won that its members are worth."""
        if index.code not in self._indices:
            members = [self.history(member) for member in index.members]
            self._indices[index.code] = IndexHistory(index, [each for each in members if isinstance(each, History)])
        return self._indices[index.code]

    def index_path(self, index: Index, day: date) -> "array[int]":
        """What the members of an index are worth at each tick of a day."""
        key = (index.code, day)
        if key not in self._index_paths:
            prices = [self.session(member, day).prices for member in index.members]
            self._index_paths[key] = self.index_history(index).path(prices)
            if len(self._index_paths) > _KEPT_INDEX_PATHS:
                self._index_paths.popitem(last=False)
        return self._index_paths[key]

    def _traded_path(self, index: Index, day: date) -> "array[int]":
        bar = self.index_history(index).bar(day)
        assert bar is not None
        return within(self.index_path(index, day), bar)

    def _followed(self, name: str) -> Followed:
        """An index by its code, or an instrument by its symbol."""
        if index := indices().get(name):
            return Followed(
                bars=self.index_history(index),
                base=index.worth,
                path=lambda day: self.index_path(index, day),
                traded=lambda day: self._traded_path(index, day),
                day_of=lambda day: day,
                points=lambda worth: float(index.base) * worth / index.worth,
                volatility=INDEX_VOLATILITY,
            )
        instrument = self.instruments[name]
        history, calendar = self.history(instrument), self.calendar(instrument)
        assert isinstance(history, History)
        is_home = instrument.country == "KR"
        return Followed(
            bars=history,
            base=instrument.base_units,
            path=lambda day: self.session(instrument, day).prices,
            traded=lambda day: self.session(instrument, day).prices,
            day_of=(lambda day: day) if is_home else calendar.before,
            points=lambda units: float(instrument.price(units)),
            volatility=instrument.volatility,
        )

    def limits(self, instrument: Instrument, day: date) -> tuple[int, int]:
        """The lowest and highest price of a day in units: an option's at those of its future."""
        future = self.underlying(instrument)
        if instrument.kind in ("call", "put") and future is not None:
            low, high = map(Pricing(instrument, future, day), self.limits(future, day))
            return min(low, high), max(low, high)
        return instrument.limits(self.history(instrument).previous_close(day))

    def year(self, instrument: Instrument, day: date) -> tuple[DayBar, DayBar]:
        """The bars with the highest and the lowest price among the 250 before a day."""
        known = self._years.get(instrument.symbol)
        if known is None or known[0] != day:
            bars = self.history(instrument).until(self.calendar(instrument).before(day), 250)
            extremes = max(bars, key=lambda bar: bar.high), min(bars, key=lambda bar: bar.low)
            known = self._years[instrument.symbol] = (day, extremes)
        return known[1]

    def this_year(self, instrument: Instrument, day: date) -> tuple[DayBar, DayBar] | None:
        """The bars with the highest and the lowest price since the year began, before a day; None on its first."""
        known = self._this_years.get(instrument.symbol)
        if known is None or known[0] != day:
            before = self.calendar(instrument).before(day)
            bars = self.history(instrument).until(before, day.timetuple().tm_yday)
            bars = [bar for bar in bars if bar.day.year == day.year]
            extremes = (max(bars, key=lambda b: b.high), min(bars, key=lambda b: b.low)) if bars else None
            known = self._this_years[instrument.symbol] = (day, extremes)
        return known[1]

    def session(self, instrument: Instrument, day: date) -> Session:
        """The ticks of a day on or after the history's first."""
        key = (instrument.symbol, day)
        if key in self._sessions:
            self._sessions.move_to_end(key)
            return self._sessions[key]
        bar = self.history(instrument).bar(day)
        if bar is None:
            raise ValueError(f"{instrument.symbol} has no session on {day}")
        ticks = self.calendar(instrument).ticks_a_day
        path = None
        future = self.underlying(instrument)
        if instrument.kind in ("call", "put") and future is not None:
            path = Pricing(instrument, future, day).path(self.session(future, day).prices)
        elif tracker := self.fund(instrument) or self.warrant(instrument):
            path = tracker.path(day, ticks)
        session = Session(f"{self.seed}:{instrument.walk}:{day}:ticks", instrument, bar, ticks, path)
        self._sessions[key] = session
        if len(self._sessions) > _KEPT_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def quote(self, instrument: Instrument, now: datetime) -> Quote:
        moment = self.moment(instrument, now)
        history, calendar = self.history(instrument), self.calendar(instrument)
        bar = self.session(instrument, moment.day).until(moment.ticks)
        yesterday = history.bar(calendar.before(moment.day))
        previous = history.previous_close(moment.day)
        low, high = self.limits(instrument, moment.day)
        price = instrument.price
        return Quote(
            instrument=instrument,
            day=moment.day,
            at=calendar.time_of(moment.day, moment.ticks - 1),
            price=price(bar.close),
            previous_close=price(previous),
            open=price(bar.open),
            high=price(bar.high),
            low=price(bar.low),
            volume=bar.volume,
            turnover=instrument.amount(bar.turnover),
            previous_volume=yesterday.volume if yesterday else 0,
            low_limit=price(low),
            high_limit=price(high),
            tick=price(instrument.tick(bar.close)),
        )

    def book(self, instrument: Instrument, now: datetime) -> Book:
        moment = self.moment(instrument, now)
        kept = self._books.get(instrument.symbol)
        if kept and kept[:2] == (moment.day, moment.ticks):
            return kept[2]
        prices = self.session(instrument, moment.day).prices
        previous = self.history(instrument).previous_close(moment.day)
        before = prices[moment.ticks - 2] if moment.ticks > 1 else previous
        made = book(
            f"{self.seed}:{instrument.symbol}:{moment.day}:{moment.ticks}:book",
            instrument,
            prices[moment.ticks - 1],
            before,
            self.limits(instrument, moment.day),
            _BOOK_LEVELS,
        )
        self._books[instrument.symbol] = (moment.day, moment.ticks, made)
        return made

    def days(self, instrument: Instrument, now: datetime, *, until: date, count: int) -> list[Candle]:
        """Up to ``count`` daily candles ending with ``until``, newest first; today's holds what has happened so far."""
        moment = self.moment(instrument, now)
        candles: list[Candle] = []
        if until >= moment.day:
            so_far = self.session(instrument, moment.day).until(moment.ticks)
            candles.append(self._candle(instrument, moment.day, 0, so_far))
            until = self.calendar(instrument).before(moment.day)
        past = self.history(instrument).until(until, count - len(candles)) if count > len(candles) else []
        return candles + [self._candle(instrument, bar.day, 0, bar) for bar in reversed(past)]

    def minutes(
        self, instrument: Instrument, now: datetime, *, until: datetime, count: int, step: int = 1
    ) -> list[Candle]:
        """Up to ``count`` candles of ``step`` minutes, newest first, beginning with the one that holds ``until``.

        They stay within one trading day, the day of ``until``; the present one holds what has happened so far.
        """
        calendar, moment = self.calendar(instrument), self.moment(instrument, now)
        asked = calendar.moment(until)
        if asked.day > moment.day or self.history(instrument).bar(asked.day) is None:
            return []
        known = moment.ticks if asked.day == moment.day else calendar.ticks_a_day
        session = self.session(instrument, asked.day)
        width = step * 60 // TICK_SECONDS
        last = (min(asked.ticks, known) - 1) // width
        return [
            self._candle(
                instrument,
                asked.day,
                position * width,
                session.bar(position * width, min(known, (position + 1) * width)),
            )
            for position in range(last, max(-1, last - count), -1)
        ]

    def _candle(self, instrument: Instrument, day: date, tick: int, bar: DayBar | Bar) -> Candle:
        price = instrument.price
        return Candle(
            start=self.calendar(instrument).time_of(day, tick),
            open=price(bar.open),
            high=price(bar.high),
            low=price(bar.low),
            close=price(bar.close),
            volume=bar.volume,
            turnover=instrument.amount(bar.turnover),
        )
