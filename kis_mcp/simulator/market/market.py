"""The whole market: quotes, candles and books of every instrument at any time."""

from array import array
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from kis_mcp.simulator.market.bonds import bonds, terms_of
from kis_mcp.simulator.market.book import Book, book
from kis_mcp.simulator.market.calendar import TICK_SECONDS, Calendar, Moment
from kis_mcp.simulator.market.candle import Candle
from kis_mcp.simulator.market.chains import Listing, forward, product_of
from kis_mcp.simulator.market.derived import new_history
from kis_mcp.simulator.market.followed import IndexHistory, index_history_of
from kis_mcp.simulator.market.funds import FundHistory
from kis_mcp.simulator.market.futures import FutureHistory, PriceHistory
from kis_mcp.simulator.market.history import DayBar, History, for_shares_of, walk_of
from kis_mcp.simulator.market.index_members import Index
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.interruptions import Interruption, may_interrupt
from kis_mcp.simulator.market.options import OptionHistory
from kis_mcp.simulator.market.own import OwnCandles, OwnHistory
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.market.session import KEPT_SESSIONS, Bar, Session, session_of, tick_seed
from kis_mcp.simulator.market.warrants import WarrantHistory, warrants

_KEPT_INDEX_PATHS = 12
_BOOK_LEVELS = 10


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


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """``part`` in percent of ``whole``, two decimals; 0 of nothing."""
    return (part * 100 / whole).quantize(Decimal("0.01")) if whole else Decimal("0.00")


@lru_cache(_KEPT_INDEX_PATHS)
def _index_path(seed: int, index: Index, day: date, ticks: int) -> "array[int]":
    """What the members of an index are worth at each tick of a day, for all markets of a seed without own candles."""
    bars = [(member, walk_of(seed, member).bar(day)) for member in index.members]
    sessions = [session_of(seed, member, bar, ticks) for member, bar in bars if bar is not None]
    return index_history_of(seed, index).path(day, [session.prices for session in sessions])


class Market:
    """Deterministic in (seed, symbol, time). Nothing that is asked changes it.

    Args:
        seed: Of the whole world.
        keep_hours: Whether exchanges keep their hours; otherwise they never close.
        own: Symbol → candles that a user brings for it.
    """

    def __init__(self, seed: int, *, keep_hours: bool = False, own: Mapping[str, OwnCandles] | None = None) -> None:
        self.seed = seed
        self._own = own or {}
        self.instruments: Mapping[str, Instrument] = Listing({**warrants(), **bonds()})
        self._calendars = {home.country: Calendar(home, keep_hours=keep_hours) for home in homes().values()}
        self._histories: dict[str, PriceHistory] = {}
        self._indices: dict[str, IndexHistory] = {}
        self._index_paths: OrderedDict[tuple[str, date], array[int]] = OrderedDict()
        self._this_years: dict[str, tuple[date, tuple[DayBar, DayBar] | None]] = {}
        self._years: dict[str, tuple[date, tuple[DayBar, DayBar]]] = {}
        self._sessions: OrderedDict[tuple[str, date], Session] = OrderedDict()
        self._interruptions: dict[tuple[str, date], tuple[Interruption, ...]] = {}
        self._books: dict[str, tuple[date, int, Book]] = {}

    def find(self, symbol: str) -> Instrument | None:
        return self.instruments.get(symbol)

    def book_seed(self, instrument: Instrument, day: date) -> str:
        """What the sizes in an instrument's book of a day are drawn from."""
        return f"{self.seed}:{instrument.identity}:{day}:book"

    def is_listed(self, instrument: Instrument, now: datetime) -> bool:
        """Whether it trades now."""
        return self.is_listed_on(instrument, now.astimezone(instrument.timezone).date())

    def is_listed_on(self, instrument: Instrument, day: date) -> bool:
        """Whether it trades: a Korean contract, bond or warrant only from its first day to its last."""
        if instrument.kind == "warrant":
            warrant = self.warrant(instrument)
            return warrant is None or warrant.is_traded(day)
        product = product_of(instrument)
        if product is None and instrument.kind != "bond":
            return True
        if product is not None and instrument.expiry is not None:
            return product.first_day(instrument) <= day <= instrument.expiry
        terms = terms_of(instrument.symbol)
        return terms.issued <= day < terms.matures

    def calendar(self, instrument: Instrument) -> Calendar:
        return self._calendars[instrument.country]

    def moment(self, instrument: Instrument, now: datetime) -> Moment:
        return self._calendars[instrument.country].moment(now)

    def underlying(self, instrument: Instrument) -> Instrument | None:
        """What a contract follows: an option its future, the future of a share that share; None of the rest."""
        if instrument.kind in ("call", "put"):
            if product_of(instrument) is not None:
                return forward(instrument)
            futures = [i for i in self.instruments.values() if i.kind == "future"]
            futures = [future for future in futures if future.moves_with == instrument.moves_with]
            return next((future for future in futures if future.symbol in instrument.symbol), futures[0])
        return self.instruments.get(instrument.moves_with) if instrument.kind == "future" else None

    def history(self, instrument: Instrument) -> PriceHistory:
        if instrument.identity not in self._histories:
            own = self._own.get(instrument.symbol)
            made = OwnHistory(self.seed, instrument, own) if own else new_history(self, instrument)
            self._histories[instrument.identity] = made
        return self._histories[instrument.identity]

    def fund(self, instrument: Instrument) -> FundHistory | None:
        """The history of a Korean fund, which tells its net asset value; None of what is none."""
        history = self.history(instrument)
        return history if isinstance(history, FundHistory) else None

    def warrant(self, instrument: Instrument) -> WarrantHistory | None:
        """The history of a warrant, which tells its model; None of what is none."""
        history = self.history(instrument)
        return history if isinstance(history, WarrantHistory) else None

    def index_history(self, index: Index) -> IndexHistory:
        """The days of an index, in won that its members are worth."""
        if not self._own:
            return index_history_of(self.seed, index)
        if index.code not in self._indices:
            members = [self.history(member) for member in index.members]
            self._indices[index.code] = IndexHistory(index, [each for each in members if isinstance(each, History)])
        return self._indices[index.code]

    def index_path(self, index: Index, day: date) -> "array[int]":
        """What the members of an index are worth at each tick of a day."""
        key = (index.code, day)
        if key not in self._index_paths:
            self._index_paths[key] = self._new_index_path(index, day)
            if len(self._index_paths) > _KEPT_INDEX_PATHS:
                self._index_paths.popitem(last=False)
        return self._index_paths[key]

    def _new_index_path(self, index: Index, day: date) -> "array[int]":
        if not self._own:
            return _index_path(self.seed, index, day, self.calendar(index.members[0]).ticks_a_day)
        return self.index_history(index).path(day, [self.session(member, day).prices for member in index.members])

    def limits(self, instrument: Instrument, day: date) -> tuple[int, int]:
        """The lowest and highest price of a day in units: an option's at those of its future."""
        future, history = self.underlying(instrument), self.history(instrument)
        if isinstance(history, OptionHistory) and future is not None:
            low, high = map(history.pricing(day), self.limits(future, day))
            return min(low, high), max(low, high)
        return instrument.limits(history.previous_close(day))

    def year(self, instrument: Instrument, day: date) -> tuple[DayBar, DayBar]:
        """The bars with the highest and the lowest price among the 250 before a day."""
        known = self._years.get(instrument.symbol)
        if known is None or known[0] != day:
            bars = self.past(instrument, day, self.calendar(instrument).before(day), 250)
            extremes = max(bars, key=lambda bar: bar.high), min(bars, key=lambda bar: bar.low)
            known = self._years[instrument.symbol] = (day, extremes)
        return known[1]

    def this_year(self, instrument: Instrument, day: date) -> tuple[DayBar, DayBar] | None:
        """The bars with the highest and the lowest price since the year began, before a day; None on its first."""
        known = self._this_years.get(instrument.symbol)
        if known is None or known[0] != day:
            before = self.calendar(instrument).before(day)
            bars = self.past(instrument, day, before, day.timetuple().tm_yday)
            bars = [bar for bar in bars if bar.day.year == day.year]
            extremes = (max(bars, key=lambda b: b.high), min(bars, key=lambda b: b.low)) if bars else None
            known = self._this_years[instrument.symbol] = (day, extremes)
        return known[1]

    def past(self, instrument: Instrument, day: date, until: date, count: int) -> list[DayBar]:
        """Up to ``count`` whole bars up to and including ``until``, oldest first, for the shares of a day; what a user
        brings stays as it is."""
        bars = self.history(instrument).until(until, count)
        return bars if instrument.symbol in self._own else [for_shares_of(instrument, day, bar) for bar in bars]

    def session(self, instrument: Instrument, day: date) -> Session:
        """The ticks of a day on or after the history's first."""
        own = self._own.get(instrument.symbol)
        if own and (its_session := own.session(instrument, self.calendar(instrument), day)):
            return its_session
        key = (instrument.identity, day)
        if key in self._sessions:
            self._sessions.move_to_end(key)
            return self._sessions[key]
        bar = self.history(instrument).bar(day)
        if bar is None:
            raise ValueError(f"{instrument.symbol} has no session on {day}")
        ticks, path = self.calendar(instrument).ticks_a_day, self._path(instrument, day, bar)
        if path is None:
            session = session_of(self.seed, instrument, bar, ticks)
        else:
            session = Session(tick_seed(self.seed, instrument, day), instrument, bar, ticks, path)
        self._sessions[key] = session
        if len(self._sessions) > KEPT_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def interruptions(self, instrument: Instrument, day: date) -> tuple[Interruption, ...]:
        """The volatility interruptions of a whole day."""
        key = (instrument.symbol, day)
        if key not in self._interruptions:
            bar = self.history(instrument).bar(day)
            possible = bar is not None and may_interrupt(instrument, bar.high, bar.low)
            self._interruptions[key] = self.session(instrument, day).interruptions if possible else ()
        return self._interruptions[key]

    def _path(self, instrument: Instrument, day: date, bar: DayBar) -> "array[int] | None":
        """The prices of what follows another instrument; None of what moves on its own."""
        future, history = self.underlying(instrument), self.history(instrument)
        if isinstance(history, OptionHistory) and future is not None:
            return history.pricing(day).path(self.session(future, day).prices)
        if isinstance(history, FundHistory | WarrantHistory):
            return history.path(day, self.calendar(instrument).ticks_a_day)
        return history.path(day, bar) if isinstance(history, FutureHistory) else None

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
            self.book_seed(instrument, moment.day),
            instrument,
            prices[moment.ticks - 1],
            before,
            self.limits(instrument, moment.day),
            _BOOK_LEVELS,
            tick=moment.ticks,
        )
        self._books[instrument.symbol] = (moment.day, moment.ticks, made)
        return made

    def days(
        self, instrument: Instrument, now: datetime, *, until: date, count: int, adjusted: bool = True
    ) -> list[Candle]:
        """Up to ``count`` daily candles ending with ``until``, newest first; today's holds what has happened so far.

        Args:
            adjusted: Whether prices and volumes are for today's shares, or for those of each day, as they were traded.
        """
        moment = self.moment(instrument, now)
        candles: list[Candle] = []
        if until >= moment.day:
            so_far = self.session(instrument, moment.day).until(moment.ticks)
            candles.append(self._candle(instrument, moment.day, 0, so_far))
            until = self.calendar(instrument).before(moment.day)
        left = count - len(candles)
        if left <= 0:
            return candles
        past = (
            self.past(instrument, moment.day, until, left) if adjusted else self.history(instrument).until(until, left)
        )
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
