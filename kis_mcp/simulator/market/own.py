"""Candles that a user brings: the history of a symbol in place of the seeded one."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import accumulate
from operator import sub

from kis_mcp.simulator.market.calendar import TICK_SECONDS, Calendar
from kis_mcp.simulator.market.history import DayBar, History, to_tick, trading_days_until
from kis_mcp.simulator.market.holidays import trading_day
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.session import Bar, Session, buys

_TICKS_A_MINUTE = 60 // TICK_SECONDS


@dataclass(frozen=True, slots=True)
class OwnCandles:
    """One symbol's candles, in units.

    Attributes:
        days: Of trading days that follow each other; where a day has minutes, their sum.
        minutes: Day → minute of the day in the exchange's time (540 is 9:00) → its candle.
    """

    days: Mapping[date, DayBar]
    minutes: Mapping[date, Mapping[int, Bar]]
    _sessions: dict[date, "OwnSession"] = field(default_factory=dict[date, "OwnSession"])

    def session(self, instrument: Instrument, calendar: Calendar, day: date) -> "OwnSession | None":
        """The ticks of a day that has minutes."""
        if day in self.minutes and day not in self._sessions:
            self._sessions[day] = OwnSession(instrument, calendar, day, self.minutes[day])
        return self._sessions.get(day)


class OwnHistory(History):
    """The user's days; before and after them the seeded ones, brought to the same prices where they meet."""

    def __init__(self, seed: int, instrument: Instrument, own: OwnCandles) -> None:
        super().__init__(seed, instrument)
        self._of = instrument
        self._own = own.days
        self._first, self._last = min(own.days), max(own.days)
        self._model = History(seed, instrument)

    def bar(self, day: date) -> DayBar | None:
        if day in self._own:
            return self._own[day]
        bar = self._model.bar(day)
        if bar is None:
            return None
        opening, high, low, close = (self._brought(units, day) for units in (bar.open, bar.high, bar.low, bar.close))
        return DayBar.of(day, opening, high, low, close, bar.volume)

    def previous_close(self, day: date) -> int:
        before = self.bar(trading_day(self._of.country, day, -1))
        return before.close if before else self._brought(self._model.previous_close(day), day)

    def close_of(self, day: date) -> int:
        bar = self.bar(day)
        return bar.close if bar is not None else super().close_of(day)

    def closes_before(self, day: date) -> list[int]:
        bars = (self.bar(each) for each in trading_days_until(self._of.country, day - timedelta(days=1)))
        return [bar.close for bar in bars if bar is not None]

    def _brought(self, units: int, day: date) -> int:
        """A price of the seeded history at the level of the user's nearest candle."""
        if day < self._first:
            ours, theirs = self._own[self._first].open, self._model.previous_close(self._first)
        else:
            nearest = min(self._last, trading_day(self._of.country, day, -1))
            bar = self._model.bar(nearest)
            ours, theirs = self._own[nearest].close, bar.close if bar else units
        return to_tick(self._of, units * ours / theirs)


class OwnSession(Session):
    """The ticks of a day that has minutes; while it has none, the price stands and nothing is traded.

    A minute's ticks go from its open over both extremes to its close, so that the candle of any stretch of whole
    minutes is exact, and orders meet every price.
    """

    def __init__(self, instrument: Instrument, calendar: Calendar, day: date, minutes: Mapping[int, Bar]) -> None:
        ticks, lot = calendar.ticks_a_day, instrument.lot
        opening = calendar.time_of(day, 0)
        begins = opening.hour * 60 + opening.minute
        price = minutes[min(minutes)].open
        self.prices = array("q", bytes(8 * ticks))
        self._opens = array("q", bytes(8 * ticks))
        volumes, turnovers = [0] * ticks, [0] * ticks
        for minute in range(ticks // _TICKS_A_MINUTE):
            start = minute * _TICKS_A_MINUTE
            bar = minutes.get(begins + minute)
            path = _path(bar, is_first=start == 0) if bar else (price,) * _TICKS_A_MINUTE
            self._opens[start] = bar.open if bar else price
            for tick, price in enumerate(path, start):
                self.prices[tick] = price
                if tick > start:
                    self._opens[tick] = self.prices[tick - 1]
            if bar:
                parts = [bar.volume // lot // _TICKS_A_MINUTE * lot] * (_TICKS_A_MINUTE - 1)
                volumes[start : start + _TICKS_A_MINUTE] = [*parts, bar.volume - sum(parts)]
                costs = [bar.turnover // _TICKS_A_MINUTE] * (_TICKS_A_MINUTE - 1)
                turnovers[start : start + _TICKS_A_MINUTE] = [*costs, bar.turnover - sum(costs)]
        self._tops = array("q", map(max, self._opens, self.prices))
        self._bottoms = array("q", map(min, self._opens, self.prices))
        if (first := minutes.get(begins)) is not None:
            self._tops[1], self._bottoms[1] = first.high, first.low
        self._volumes = array("q", accumulate(volumes))
        self._turnovers = array("q", accumulate(turnovers))
        self._buys = array(
            "q", accumulate(v if is_buy else 0 for v, is_buy in zip(volumes, buys(self.prices), strict=True))
        )

    def until(self, ticks: int) -> Bar:
        return self.bar(0, ticks)

    def bar(self, start: int, end: int) -> Bar:
        before = (self._volumes[start - 1], self._turnovers[start - 1]) if start else (0, 0)
        return Bar(
            self._opens[start],
            max(self._tops[start:end]),
            min(self._bottoms[start:end]),
            self.prices[end - 1],
            self._volumes[end - 1] - before[0],
            self._turnovers[end - 1] - before[1],
        )

    def bought_until(self, ticks: int) -> int:
        return self._buys[ticks - 1]

    def first_at(self, price: int) -> int:
        reached = zip(self._bottoms, self._tops, strict=True)
        return next(tick for tick, extremes in enumerate(reached) if price in extremes)

    def volume_at(self, tick: int) -> int:
        return sub(self._volumes[tick], self._volumes[tick - 1] if tick else 0)

    def volume_from(self, tick: int) -> int:
        return self._volumes[-1] - (self._volumes[tick - 1] if tick else 0)


def _path(bar: Bar, *, is_first: bool) -> tuple[int, int, int]:
    """The prices of a minute's ticks. A session's first one is its open, at which orders of the opening fill."""
    rises = bar.close >= bar.open
    one, other = (bar.low, bar.high) if rises else (bar.high, bar.low)
    return (bar.open, other, bar.close) if is_first else (one, other, bar.close)
