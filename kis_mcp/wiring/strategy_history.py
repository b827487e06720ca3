"""Bars that KIS keeps, for strategies that run: earlier days from the disk where they were read before, today from KIS.

A day of today is put together of its minutes: KIS' candle of a day takes in the after-market from 16:00 on, which a
strategy's day does not. Those of earlier days are KIS'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, cast

from kis_mcp.errors import BadArgument, NotInEnvironment
from kis_mcp.market import INTERVALS, Candle, CandleRange, Candles, Instrument, Quote, get_candles, get_quote
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.backtest import (
    MOST_MINUTE_DAYS,
    Bar,
    History,
    bars_of_candles,
    days_of,
    in_shares_of_today,
    regular_bars,
)
from kis_mcp.strategies.runner import Sessions, join_bars
from kis_mcp.wiring.reads import Reads

MOST_CANDLES: Final = 2_000
_ONE_MINUTE: Final = timedelta(minutes=1)
_SPARE_DAYS: Final = (1, 4, 12)
"""So many days more are looked at, and then so many, until there are enough bars: weekends and holidays have none."""


@dataclass(frozen=True, slots=True)
class _Unread:
    """A store whose content is not believed any more, and written anew."""

    store: HistoryFiles

    def read(self, name: str) -> None:
        """Nothing."""

    def write(self, name: str, content: bytes) -> None:
        self.store.write(name, content)


class StrategyHistory:
    """Implements `kis_mcp.strategies.runner.ports.BarHistory`.

    Args:
        store: Where earlier days are kept.
        interval: The strategy's. KIS keeps no single trades: there are no bars of `tick`.
    """

    def __init__(
        self,
        reads: Reads,
        store: HistoryFiles,
        instruments: Mapping[str, Instrument],
        interval: str,
        sessions: Sessions,
    ) -> None:
        self._reads = reads
        self._store = store
        self._instruments = instruments
        self._interval = interval
        self._sessions = sessions
        self._length = INTERVALS.get(interval)
        self._split = set[str]()

    async def latest(self, symbol: str, count: int) -> Sequence[Bar]:
        if self._length is None:
            return []
        found = await self._of_today(symbol, None)
        for spare in _SPARE_DAYS:
            needed = count - len(found)
            if needed <= 0:
                break
            start = self._today(symbol) - timedelta(days=days_of(self._interval, needed) + spare)
            earlier = await self._earlier(symbol, start)
            if len(earlier) >= needed or spare == _SPARE_DAYS[-1]:
                found = [*earlier, *found]
        return found[-count:]

    async def since(self, symbol: str, after: datetime) -> Sequence[Bar]:
        today = self._today(symbol)
        day = after.astimezone(self._instruments[symbol].timezone).date()
        earlier = await self._earlier(symbol, day) if day < today else []
        found = [*earlier, *await self._of_today(symbol, after)]
        return [bar for bar in found if bar.ends_at > after]

    async def adjustment(self, symbol: str, day: date, *, in_session: bool) -> Decimal | None:
        """By KIS' candles of that day, adjusted and as they were. Today's base price counts where it is outside the
        last day's range: a close is always within. None where the quote is still the last day's, as it may be before
        the opening: its base price is older."""
        ratio = await self._adjustment(self._instruments[symbol], day, in_session=in_session)
        if ratio is not None and ratio != 1:
            self._split.add(symbol)
        return ratio

    async def _adjustment(self, instrument: Instrument, day: date, *, in_session: bool) -> Decimal | None:
        one = Decimal(1)
        was = await self._day(instrument, day)
        adjusted = await self._day(instrument, day, adjusted=True)
        if was is None or adjusted is None or was.time != adjusted.time:
            return one
        if adjusted.close != was.close or not in_session:
            return _ratio(adjusted.close, was.close)
        last = await self._day(instrument, self._today(instrument.symbol) - timedelta(days=1))
        quote = await get_quote(self._reads, instrument, fresh=True)
        base = quote.previous_close
        if last is None or base is None or last.low is None or last.high is None:
            return one
        if _is_of(quote, last):
            return None
        return one if last.low <= base <= last.high else _ratio(base, last.close)

    async def _day(self, instrument: Instrument, day: date, *, adjusted: bool = False) -> Candle | None:
        """The last candle of a day up to this one."""
        found = await self._read(instrument, CandleRange("1d", None, day, limit=1, adjusted=adjusted))
        return found.candles[-1] if found.candles else None

    def _today(self, symbol: str) -> date:
        return self._reads.clock().astimezone(self._instruments[symbol].timezone).date()

    async def _earlier(self, symbol: str, start: date) -> list[Bar]:
        """Of the days up to yesterday, of the weeks up to the last one, as far as KIS keeps them."""
        instrument, today = self._instruments[symbol], self._today(symbol)
        last = today - timedelta(days=today.weekday() + 1 if self._length == "week" else 1)
        if isinstance(self._length, int):
            start = max(start, today - timedelta(days=MOST_MINUTE_DAYS - 1))
        read, store = partial(self._read, instrument), _Unread(self._store) if symbol in self._split else self._store
        try:
            bars = await History(instrument, self._interval, read, store, today).between(start, last)
        except (BadArgument, NotInEnvironment):  # nothing was traded, or demo, which has minutes of today only
            return []
        if isinstance(self._length, int):
            bars = await in_shares_of_today(bars, instrument, read, store, today)
            bars = regular_bars(bars, self._length, self._sessions.hours)
        self._split.discard(symbol)
        return list(bars.rows())

    async def _of_today(self, symbol: str, after: datetime | None) -> list[Bar]:
        """Those that have ended today; this week's, where the week has ended."""
        instrument, now = self._instruments[symbol], self._reads.clock()
        today = self._today(symbol)
        if self._length == "week":
            start = today - timedelta(days=today.weekday())
            wanted = CandleRange(self._interval, start, today, limit=1)
            bars = bars_of_candles((await self._read(instrument, wanted)).candles, self._interval, instrument.market)
        else:
            bars = join_bars(await self._minutes(instrument, today, after, now), self._sessions)
        return [bar for bar in bars if self._sessions.end_of_bar(bar.ends_at) <= now]

    async def _minutes(self, instrument: Instrument, today: date, after: datetime | None, now: datetime) -> list[Bar]:
        limit = MOST_CANDLES
        if after is not None and isinstance(self._length, int):
            limit = min(limit, int((now - after) / _ONE_MINUTE) + 2 * self._length)
        wanted = CandleRange("1m", today, today, limit=max(1, limit))
        return bars_of_candles((await self._read(instrument, wanted)).candles, "1m", instrument.market)

    async def _read(self, instrument: Instrument, wanted: CandleRange) -> Candles:
        return await get_candles(self._reads, instrument, wanted, now=self._reads.clock())


def _is_of(quote: Quote, day: Candle) -> bool:
    """Whether a quote is still of a day whose candle may have the after-market too."""
    parts = (quote.open, quote.low, quote.high, day.low, day.high)
    if quote.open != day.open or not all(parts):
        return False
    _, low, high, lowest, highest = cast("tuple[Decimal, ...]", parts)
    return lowest <= low and high <= highest


def _ratio(after: Decimal | None, before: Decimal | None) -> Decimal:
    return after / before if after and before else Decimal(1)
