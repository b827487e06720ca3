"""Price history of one instrument as candles, oldest first, in the same terms for every market.

KIS tells history backwards, a page at a time (30 to 120 candles, by market and length), so a range is read from its end
to its start. Korean minute candles come in single minutes only; longer ones are put together here.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Protocol

from kis_mcp.errors import NotInEnvironment
from kis_mcp.market.candle_pages import Candle, CandlePages, Period, beginning
from kis_mcp.market.indices import INDEX, IndexPages
from kis_mcp.market.instrument import Instrument
from kis_mcp.market.kis import Kis

INTERVALS: dict[str, Period | int] = {
    "1m": 1,
    "3m": 3,
    "5m": 5,
    "10m": 10,
    "15m": 15,
    "30m": 30,
    "60m": 60,
    "1d": "day",
    "1w": "week",
    "1M": "month",
}
"""Interval → a period, or minutes."""

MAX_PAGES = 20
"""Requests to KIS for one answer; a longer range is continued by the caller."""

_WHERE_IT_BELONGS: dict[Period, Callable[[datetime], Hashable]] = {
    "day": datetime.date,
    "week": lambda moment: moment.isocalendar()[:2],
    "month": lambda moment: (moment.year, moment.month),
}


@dataclass(frozen=True, slots=True)
class CandleRange:
    """Which candles.

    Attributes:
        interval: A key of `INTERVALS`.
        start, end: First and last day in the exchange's calendar. Without a start, the latest ``limit`` candles.
        limit: The most candles to return; the latest are kept.
        adjusted: Whether prices before splits and rights are adjusted (days and longer).
        before: Only candles that start before this moment: ``Candles.earlier`` of the previous answer.
    """

    interval: str
    start: date | None = None
    end: date | None = None
    limit: int = 60
    adjusted: bool = True
    before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Candles:
    """A stretch of history.

    Attributes:
        candles: Oldest first.
        earlier: Where the rest of the range ends; None where all of it is here.
    """

    candles: Sequence[Candle]
    earlier: datetime | None


class _Pages(Protocol):
    """Candles, a page at a time, as `CandlePages` tells them."""

    @property
    def length(self) -> Period | int: ...

    async def until(self, moment: datetime) -> list[Candle]: ...


async def get_candles(kis: Kis, instrument: Instrument, wanted: CandleRange, *, now: datetime) -> Candles:
    """Read the candles of a range.

    Args:
        instrument: A stock or fund; or an index as `read_board` names it, of days and longer.
        now: The current time, in any zone.

    Raises:
        NotInEnvironment: Demo has minute candles of today's Korean market only.
        KisMcpError: By KIS' answer.
    """
    local_now = now.astimezone(instrument.timezone)
    length = INTERVALS[wanted.interval]
    merged = length if isinstance(length, int) and instrument.market == "KR" else 1
    if instrument.kind == INDEX:
        assert isinstance(length, str), "candles of an index are those of days and longer"
        pages: _Pages = IndexPages(kis, instrument, length)
    else:
        pages = CandlePages(
            kis,
            instrument,
            1 if merged > 1 else length,
            now=local_now,
            adjusted=wanted.adjusted,
        )
    start = datetime.combine(wanted.start, time.min, instrument.timezone) if wanted.start else None
    if kis.environment.uses_demo_api and isinstance(length, int):
        start = _today_only(wanted, local_now)
    found, whole = await _read_back(pages, _newest(wanted, local_now), start, (wanted.limit + 1) * merged)
    if merged > 1:
        found = _merge(found, merged)[0 if whole else 1 :]
    elif isinstance(length, str):
        found = _latest_of_each(found, _WHERE_IT_BELONGS[length])
    kept = found[-wanted.limit :]
    cut = not whole or len(kept) < len(found)
    answered = start is None and len(kept) == wanted.limit
    earlier = _before(kept[0].time, length) + timedelta(seconds=1) if kept else None
    return Candles(kept, earlier if cut and not answered else None)


def _today_only(wanted: CandleRange, local_now: datetime) -> datetime:
    for field in ("start", "end"):
        day: date | None = getattr(wanted, field)
        if day is not None and day < local_now.date():
            raise NotInEnvironment(
                "Demo has minute candles of today only.",
                remedy="Ask for today, or use interval 1d; sim and real have earlier minutes.",
                field=f"{field}_date",
            )
    return datetime.combine(local_now.date(), time.min, local_now.tzinfo)


def _newest(wanted: CandleRange, local_now: datetime) -> datetime:
    """The latest moment that a candle of the range may start at."""
    newest = local_now
    if wanted.end is not None:
        newest = min(newest, datetime.combine(wanted.end, time(23, 59, 59), local_now.tzinfo))
    if wanted.before is not None:
        newest = min(newest, wanted.before - timedelta(seconds=1))
    return newest


async def _read_back(pages: _Pages, newest: datetime, start: datetime | None, needed: int) -> tuple[list[Candle], bool]:
    """Candles up to ``newest``, back to ``start`` or until there are ``needed``; oldest first.

    Returns:
        The candles, and whether nothing of the range is left to read.
    """
    found: dict[datetime, Candle] = {}
    until = newest
    for _ in range(MAX_PAGES):
        new = {candle.time: candle for candle in await pages.until(until) if candle.time not in found}
        found |= new
        if not new or (start is not None and min(new) <= start):
            return _in_order(found, start), True
        if len(found) >= needed:
            break
        until = _before(min(new), pages.length)
    return _in_order(found, start), False


def _before(moment: datetime, length: Period | int) -> datetime:
    """The last moment before the candle that starts at, or is dated by, this one."""
    if isinstance(length, int):
        return moment - timedelta(seconds=1)
    return datetime.combine(beginning(moment.date(), length), time.min, moment.tzinfo) - timedelta(seconds=1)


def _in_order(found: dict[datetime, Candle], start: datetime | None) -> list[Candle]:
    return [found[moment] for moment in sorted(found) if start is None or moment >= start]


def _merge(candles: Sequence[Candle], minutes: int) -> list[Candle]:
    """Single minutes → candles of ``minutes``, aligned to the clock."""

    def slot(candle: Candle) -> datetime:
        return candle.time.replace(minute=candle.time.minute // minutes * minutes, second=0)

    return [_one(moment, list(group)) for moment, group in groupby(candles, key=slot)]


def _one(moment: datetime, parts: Sequence[Candle]) -> Candle:
    return Candle(
        time=moment,
        open=parts[0].open,
        high=max((part.high for part in parts if part.high is not None), default=None),
        low=min((part.low for part in parts if part.low is not None), default=None),
        close=parts[-1].close,
        volume=sum(part.volume for part in parts),
    )


def _latest_of_each(candles: Sequence[Candle], belongs_to: Callable[[datetime], Hashable]) -> list[Candle]:
    """One candle a period: a page that ends inside a period tells only its first part."""
    return [list(group)[-1] for _, group in groupby(candles, key=lambda candle: belongs_to(candle.time))]
