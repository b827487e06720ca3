"""Bars from ticks: by the exchange's sessions, ended by the next bar's first tick or by the clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner.sessions import Sessions, Span

GRACE: Final = timedelta(seconds=2)
"""KIS tells times in whole seconds, and its frames take a moment: so long after its end a bar may still get a tick."""

MOST_AHEAD: Final = timedelta(minutes=5)
"""So far beyond the clock a trade may be dated: clocks of computers that keep their time differ by less. A trade of a
later time would end bars that are not over, and no trade before that time would make a bar any more."""

MOST_BEHIND: Final = timedelta(hours=1)
"""So far behind the clock: what was held up longer on its way is told for another session."""

_ONE_MINUTE: Final = timedelta(minutes=1)
A_MOMENT: Final = timedelta(microseconds=1)


class Tick(NamedTuple):
    """One trade in the market.

    Attributes:
        time: The exchange's, aware.
        size: Shares or contracts; None where only the day's volume tells it.
        total: The day's volume so far; None where it is not told.
    """

    time: datetime
    price: Decimal
    size: int | None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class BuiltBar:
    """A bar that has ended.

    Attributes:
        is_whole: Whether every trade of its span could be heard.
    """

    bar: Bar
    span: Span
    is_whole: bool


class BarBuilder:
    """Builds the bars of one instrument. A span without a trade makes none, as in KIS' candles.

    Args:
        whole_from: Since when every trade is heard.
    """

    def __init__(self, sessions: Sessions, whole_from: datetime) -> None:
        self._sessions = sessions
        self.whole_from = whole_from
        self._span: Span | None = None
        self._ended_until: datetime | None = None
        self._open = self._high = self._low = self._close = Decimal(0)
        self._volume = 0
        self._last: Tick | None = None
        self._heard_at = whole_from

    @property
    def span(self) -> Span | None:
        """Of the bar that has not ended; None while no trade of one was heard."""
        return self._span

    def has_heard_since(self, moment: datetime) -> bool:
        """Whether every trade from a moment of the exchange on was heard. KIS tells whole seconds, and the machine's
        clock may be a little behind: what was traded just after the moment may have come before anyone listened."""
        return self.whole_from + GRACE <= moment

    def report_gap(self, ended_at: datetime) -> None:
        """Something may have been missed up to a moment."""
        self.whole_from = max(self.whole_from, ended_at)

    def take(self, tick: Tick) -> BuiltBar | None:
        """Take the next tick; returns the bar that it ends. One that comes twice, late, or outside the regular session
        changes nothing."""
        last = self._last
        if is_repeated(tick, last):
            return None
        if tick.total is not None:
            self._last = tick
        size = size_of(tick, last)
        span = self._span
        if span is not None and self._heard_at <= tick.time < span.sure_until:
            self._add(tick.price, size)
            return None
        found = self._sessions.span_of(tick.time)
        if found is None or (self._ended_until is not None and found.begins < self._ended_until):
            return None
        if span is not None and found.begins <= span.begins:
            if found.begins == span.begins:
                self._span, self._heard_at = found, tick.time
                self._add(tick.price, size)
            return None
        built = self._end()
        self._heard_at = tick.time
        self._begin(found, tick.price, size)
        return built

    def end_by(self, now: datetime) -> BuiltBar | None:
        """The bar that has ended by the clock, if there is one."""
        return self._end() if self._span is not None and now >= self._span.until + GRACE else None

    def begin_unheard(self, now: datetime) -> None:
        """Nothing can be heard now: what is traded makes a bar nevertheless, which is not whole, and ends by the
        clock."""
        self.report_gap(now + A_MOMENT)
        found = self._sessions.span_of(now) if self._span is None else None
        if found is not None and (self._ended_until is None or found.begins >= self._ended_until):
            self._heard_at = found.begins
            self._begin(found, Decimal(0), 0)

    def pass_over(self, until: datetime) -> None:
        """Bars up to a moment were had from elsewhere: what was built of them is given up."""
        self._ended_until = until if self._ended_until is None else max(self._ended_until, until)
        if self._span is not None and self._span.begins < until:
            self._span = None

    def _begin(self, span: Span, price: Decimal, size: int) -> None:
        self._span = span
        self._open = self._high = self._low = self._close = price
        self._volume = size

    def _add(self, price: Decimal, size: int) -> None:
        if price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        self._close = price
        self._volume += size

    def _end(self) -> BuiltBar | None:
        span = self._span
        if span is None:
            return None
        self._span, self._ended_until = None, span.until
        bar = Bar(span.ends_at, self._open, self._high, self._low, self._close, self._volume)
        return BuiltBar(bar, span, self.has_heard_since(span.begins))


def is_repeated(tick: Tick, last: Tick | None) -> bool:
    """Whether a tick was taken before: the day's volume grows with each. Where it begins anew, the time goes on."""
    if last is None or tick.total is None or last.total is None:
        return False
    return tick.time <= last.time and (tick.total <= last.total or tick.time.date() < last.time.date())


def size_of(tick: Tick, last: Tick | None) -> int:
    """What was traded: where only the day's volume is told, by how much it grew since the tick before."""
    if tick.size is not None:
        return tick.size
    before = last.total if last is not None and last.total is not None else 0
    return 0 if tick.total is None else tick.total - before if tick.total >= before else tick.total


def join_bars(bars: Iterable[Bar], sessions: Sessions) -> list[Bar]:
    """Longer bars of single minutes, the oldest first; those outside regular sessions are left out."""
    groups: dict[datetime, list[Bar]] = {}
    for bar in bars:
        if (span := sessions.span_of(bar.ends_at - _ONE_MINUTE)) is not None:
            groups.setdefault(span.ends_at, []).append(bar)
    return [
        Bar(
            ends_at,
            group[0].open,
            max(bar.high for bar in group),
            min(bar.low for bar in group),
            group[-1].close,
            sum(bar.volume for bar in group),
        )
        for ends_at, group in groups.items()
    ]
