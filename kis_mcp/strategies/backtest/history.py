"""Reads the history of an instrument: what is kept of it from the disk, the rest from KIS, which is kept then.

Prices of days and longer are adjusted for splits and rights, so that a later split changes all that is kept. Whatever
is read beside it therefore overlaps it by some bars: where they differ, what is kept is given up and read again.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol, TypeAlias

from kis_mcp.errors import BadArgument
from kis_mcp.market import INDEX, INTERVALS, CandleRange, Candles, Instrument
from kis_mcp.strategies.backtest.bars import Bar, Bars
from kis_mcp.strategies.backtest.calendar_days import require_possible_day
from kis_mcp.strategies.backtest.candle_bars import bars_of_candles, last_weekday
from kis_mcp.strategies.backtest.packed import KeptHistory, pack, unpack

MOST_MINUTE_DAYS: Final = 365
"""KIS keeps minutes of about one year."""

_DAYS_A_BAR: Final[Mapping[str, int]] = {"day": 2, "week": 8}
_MINUTES_A_DAY: Final = 391
"""With the one of the closing auction."""

OVERLAP: Final = timedelta(days=14)
"""Two weeks hold bars of any interval, holidays included."""

_CANDLES_AT_ONCE: Final = 2_000

ReadCandles: TypeAlias = Callable[[CandleRange], Awaitable[Candles]]
"""Reads some candles of the instrument, as `kis_mcp.market.get_candles`."""


class HistoryStore(Protocol):
    """Keeps histories by name, whole or not at all."""

    def read(self, name: str) -> bytes | None: ...

    def write(self, name: str, content: bytes) -> None: ...


def days_of(interval: str, count: int) -> int:
    """How many days of the calendar have so many bars, without holidays."""
    length = INTERVALS[interval]
    if isinstance(length, int):
        return -(-count * length // _MINUTES_A_DAY) * 7 // 5
    return count * _DAYS_A_BAR[length]


def require_day(start: date, end: date) -> None:
    """Refuse days of which there is none.

    Raises:
        BadArgument: The first is after the last, or before there were any prices.
    """
    require_possible_day(start, "start_date")
    if start > end:
        raise BadArgument(
            f"There is no whole day from {start} to {end}.",
            remedy="Give start before end, both past.",
            field="start_date",
        )


def not_traded(symbol: str, start: date, end: date) -> BadArgument:
    return BadArgument(
        f"{symbol} was not traded from {start} to {end}.",
        remedy="Choose other days, or another symbol.",
        field="start_date",
    )


class History:
    """The history of one instrument and interval.

    Args:
        instrument: Which one, or an index.
        interval: A key of `kis_mcp.market.INTERVALS`.
        read: Where candles come from.
        store: Where they are kept.
        today: The exchange's day. It and what follows are never read: its bars are not whole yet.
        adjusted: Whether prices before splits and rights are adjusted; those of minutes never are.
    """

    def __init__(
        self,
        instrument: Instrument,
        interval: str,
        read: ReadCandles,
        store: HistoryStore,
        today: date,
        *,
        adjusted: bool = True,
    ) -> None:
        self._instrument = instrument
        self._interval = interval
        self._read = read
        self._store = store
        self._today = today
        self._adjusted = adjusted
        self._name = f"{instrument.market}-{instrument.exchange}-{instrument.symbol.replace('/', '.')}-{interval}"
        self._name += "" if adjusted else "-as-traded"

    async def between(self, start: date, end: date) -> Bars:
        """The bars of these days and those between, up to yesterday; of weeks, those that end in them and are over.

        Raises:
            BadArgument: The days are none, KIS keeps no minutes of them, or nothing was traded in them.
            KisMcpError: By KIS' answer.
        """
        end = min(end, self._today - timedelta(days=1))
        self._check(start, end)
        first, last = self._read_days(start, end)
        kept = self._kept()
        if kept is None or not kept.start <= first <= last <= kept.end:
            kept = await self._extended(kept, first, last)
            self._store.write(self._name, pack(kept, self._instrument.timezone))
        bars = _between(kept.bars, start, end, self._instrument) if kept.bars else None
        if not bars:
            raise not_traded(self._instrument.symbol, start, end)
        return bars

    def _check(self, start: date, end: date) -> None:
        require_day(start, end)
        earliest = self._today - timedelta(days=MOST_MINUTE_DAYS)
        if isinstance(INTERVALS[self._interval], int) and start < earliest:
            raise BadArgument(
                f"KIS keeps no {self._interval} candles of {start}.",
                remedy=f"Give a start from {earliest} on, or interval 1d, or a file of your own.",
                field="start_date",
            )

    def _read_days(self, start: date, end: date) -> tuple[date, date]:
        """Which days are read for these: of weeks, whole ones, from a Monday to a Friday. KIS gives a part of a week as
        a candle where not all of its days were asked for, or have passed."""
        if INTERVALS[self._interval] != "week":
            return start, end
        friday = last_weekday(end)
        first, last = _monday(start), friday if friday <= end else friday - timedelta(days=7)
        if first > last:
            raise BadArgument(
                f"No whole week ends from {start} to {end}.", remedy="Choose more days.", field="start_date"
            )
        return first, last

    def _kept(self) -> KeptHistory | None:
        content = self._store.read(self._name)
        return None if content is None else unpack(content)

    async def _extended(self, kept: KeptHistory | None, start: date, end: date) -> KeptHistory:
        """What is kept and these days, without a gap between them."""
        if kept is None:
            return KeptHistory(start, end, _columns(await self._fetch(start, end)))
        whole_start, whole_end = min(start, kept.start), max(end, kept.end)
        rows = list(kept.bars.rows()) if kept.bars else []
        parts = list[tuple[date, date]]()
        if start < kept.start:
            parts.append((start, min(kept.start + OVERLAP, kept.end)))
        if end > kept.end:
            parts.append((max(_monday(kept.end - OVERLAP), kept.start), end))
        for first, last in parts:
            fetched = await self._fetch(first, last)
            known_from, known_until = max(first, kept.start), min(last, kept.end)
            if _of_days(fetched, known_from, known_until) != _of_days(rows, known_from, known_until):
                return KeptHistory(whole_start, whole_end, _columns(await self._fetch(whole_start, whole_end)))
            added = [bar for bar in fetched if not kept.start <= bar.ends_at.date() <= kept.end]
            rows = added + rows if first < kept.start else rows + added
        return KeptHistory(whole_start, whole_end, _columns(rows))

    async def _fetch(self, start: date, end: date) -> list[Bar]:
        """All bars of these days, a page after the other, from the last to the first."""
        pages, before = list[list[Bar]](), None
        while True:
            wanted = CandleRange(
                self._interval, start, end, limit=_CANDLES_AT_ONCE, adjusted=self._adjusted, before=before
            )
            found = await self._read(wanted)
            is_traded = self._instrument.kind != INDEX
            bars = bars_of_candles(found.candles, self._interval, self._instrument.market, needs_volume=is_traded)
            pages.append(bars)
            if found.earlier is None or found.earlier == before:
                break
            before = found.earlier
        return [bar for page in reversed(pages) for bar in page if start <= bar.ends_at.date() <= end]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _columns(rows: list[Bar]) -> Bars | None:
    return Bars.of(rows) if rows else None


def _of_days(rows: list[Bar], start: date, end: date) -> list[Bar]:
    return [bar for bar in rows if start <= bar.ends_at.date() <= end]


def _between(bars: Bars, start: date, end: date, instrument: Instrument) -> Bars | None:
    first, last = bars.span(
        datetime.combine(start, time.min, instrument.timezone),
        datetime.combine(end + timedelta(days=1), time.min, instrument.timezone),
    )
    return bars.since(first).until(last - first) if first < last else None
