"""Bars that KIS keeps: of regular sessions only, today's put together of its minutes."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import NotInEnvironment
from kis_mcp.market import INTERVALS, Candle, CandleRange, Candles, Instrument
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.runner import Sessions
from kis_mcp.wiring import strategy_history
from kis_mcp.wiring.strategy_history import StrategyHistory
from tests.strategies.runner.live import hours_of

TUESDAY = date(2026, 3, 3)
MONDAY = date(2026, 3, 2)
SAMSUNG = Instrument("005930", "KR", "krx")


def at(clock: str, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), KST)


def candle(moment: datetime, price: int, volume: int = 1) -> Candle:
    return Candle(moment, *[Decimal(price)] * 4, volume=volume)


class Kis:
    """Single minutes of two days, each with trades before, at and after the close, and KIS' days with all of them."""

    def __init__(self) -> None:
        self.now = at("16:30")
        self.is_demo = False
        self.is_turned = True
        self.reads: list[tuple[str, date | None]] = []
        self.adjusted: dict[date, Decimal] = {}
        self.base = Decimal(500)
        clocks = {"09:00": 100, "09:01": 101, "09:05": 110, "15:19": 105, "15:30": 104, "15:40": 104, "16:10": 500}
        days = (MONDAY, TUESDAY)
        self.minutes = [candle(at(clock, day), price) for day in days for clock, price in clocks.items()]
        self.days = [candle(at("00:00", day), 500) for day in days]

    async def candles(self, kis: Any, instrument: Instrument, wanted: CandleRange, *, now: datetime) -> Candles:
        self.reads.append((wanted.interval, wanted.start))
        if self.is_demo and wanted.start != TUESDAY:
            raise NotInEnvironment("Demo has minute candles of today only.", remedy="Ask for today.")
        length = INTERVALS[wanted.interval]
        rows: Sequence[Candle] = self.minutes if isinstance(length, int) else self.days
        start, end = wanted.start or date.min, wanted.end or date.max
        found = [each for each in rows if start <= each.time.date() <= end and each.time <= self.now]
        if wanted.interval == "1d" and wanted.adjusted:
            found = [_times(each, self.adjusted.get(each.time.date(), Decimal(1))) for each in found]
        return Candles(found[-wanted.limit :], None)

    async def quote(self, kis: Any, instrument: Instrument, *, fresh: bool) -> Any:
        if self.is_turned:
            return SimpleNamespace(previous_close=self.base, open=None, high=None, low=None)
        last = self.days[0]
        return SimpleNamespace(previous_close=self.base, open=last.open, high=last.high, low=last.low)


def _times(one: Candle, ratio: Decimal) -> Candle:
    assert one.open is not None
    return one if ratio == 1 else candle(one.time, int(one.open * ratio), one.volume)


@pytest.fixture
def kis(monkeypatch: pytest.MonkeyPatch) -> Kis:
    found = Kis()
    monkeypatch.setattr(strategy_history, "get_candles", found.candles)
    monkeypatch.setattr(strategy_history, "get_quote", found.quote)
    return found


def history_of(kis: Kis, folder: Path, interval: str) -> StrategyHistory:
    reads = cast("Any", SimpleNamespace(clock=lambda: kis.now))
    sessions = Sessions(interval, "KR", KST, hours_of)
    return StrategyHistory(reads, HistoryFiles(folder), {"005930": SAMSUNG}, interval, sessions)


async def test_a_day_of_today_has_its_regular_session_only(kis: Kis, tmp_path: Path) -> None:
    monday, tuesday = await history_of(kis, tmp_path, "1d").latest("005930", 5)
    assert (monday.close, tuesday.ends_at) == (500, at("15:30"))
    assert (tuesday.open, tuesday.high, tuesday.low, tuesday.close, tuesday.volume) == (100, 110, 100, 104, 5)


class WeeklyKis(Kis):
    """Candles of weeks as far as they have come, dated of the last day that was traded."""

    async def candles(self, kis: Any, instrument: Instrument, wanted: CandleRange, *, now: datetime) -> Candles:
        days = [date(2026, 2, 2) + timedelta(days=number) for number in range(60)]
        end = min(wanted.end or date.max, self.now.date())
        traded = [day for day in days if day.weekday() < 5 and (wanted.start or date.min) <= day <= end]
        weeks = [list(each) for _, each in groupby(traded, key=lambda day: day.isocalendar()[:2])]
        found = [candle(at("00:00", week[-1]), week[-1].day, len(week)) for week in weeks]
        return Candles(found[-wanted.limit :], None)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (at("10:00", date(2026, 3, 12)), 6),
        (at("22:00", date(2026, 3, 12)), 6),
        (at("15:30", date(2026, 3, 13)), 6),
        (at("15:32", date(2026, 3, 13)), 13),
        (at("10:00", date(2026, 3, 14)), 13),
        (at("10:00", date(2026, 3, 15)), 13),
        (at("10:00", date(2026, 3, 16)), 13),
    ],
)
async def test_a_week_is_a_bar_once_it_is_over_and_is_told_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, now: datetime, last: int
) -> None:
    kis = WeeklyKis()
    monkeypatch.setattr(strategy_history, "get_candles", kis.candles)
    kis.now = now
    history = history_of(kis, tmp_path, "1w")
    weeks = [day for day in (20, 27, 6, 13) if day <= last or day > 13]
    assert [(bar.ends_at.day, bar.volume) for bar in await history.latest("005930", 3)] == [
        (day, 5) for day in weeks[-3:]
    ]
    since = await history.since("005930", at("15:30", date(2026, 2, 27)))
    assert [bar.ends_at.day for bar in since] == [day for day in weeks if day <= 13]


async def test_a_day_that_has_not_ended_is_no_bar(kis: Kis, tmp_path: Path) -> None:
    kis.now = at("15:30:30")
    assert [bar.ends_at.day for bar in await history_of(kis, tmp_path, "1d").latest("005930", 5)] == [2]


async def test_minutes_of_regular_sessions_are_joined_and_the_rest_is_left_out(kis: Kis, tmp_path: Path) -> None:
    found = await history_of(kis, tmp_path, "5m").since("005930", at("09:00"))
    assert [(f"{bar.ends_at:%H:%M}", bar.close, bar.volume) for bar in found] == [
        ("09:05", 101, 2),
        ("09:10", 110, 1),
        ("15:20", 105, 1),
        ("15:35", 104, 1),
    ]


async def test_missed_bars_are_those_after_the_last_one_of_earlier_days_too(kis: Kis, tmp_path: Path) -> None:
    kis.now = at("09:01:30")
    found = await history_of(kis, tmp_path, "1m").since("005930", at("15:20", TUESDAY - timedelta(days=1)))
    assert [f"{bar.ends_at:%d %H:%M}" for bar in found] == ["02 15:31", "03 09:01"]


async def test_earlier_days_are_read_once(kis: Kis, tmp_path: Path) -> None:
    history = history_of(kis, tmp_path, "1d")
    await history.latest("005930", 5)
    kis.reads.clear()
    await history.latest("005930", 5)
    assert kis.reads == [("1m", TUESDAY)]


async def test_no_earlier_days_are_read_than_are_needed(kis: Kis, tmp_path: Path) -> None:
    history = history_of(kis, tmp_path, "1m")
    assert len(await history.latest("005930", 5)) == 5
    assert kis.reads == [("1m", TUESDAY)]
    assert len(await history.latest("005930", 7)) == 7
    assert [read for read in kis.reads[1:] if read[0] == "1m"] == [("1m", TUESDAY), ("1m", TUESDAY - timedelta(days=2))]


async def test_demo_which_keeps_no_earlier_minutes_tells_todays(kis: Kis, tmp_path: Path) -> None:
    kis.is_demo = True
    found = await history_of(kis, tmp_path, "1m").latest("005930", 100)
    assert [bar.ends_at.date() for bar in found] == [TUESDAY] * 5


@pytest.mark.parametrize(
    ("adjusted", "base", "in_session", "expected"),
    [
        ("1", 500, True, "1"),
        ("0.2", 100, True, "0.2"),
        ("0.2", 500, False, "0.2"),
        ("1", 100, True, "0.2"),  # KIS has the day's base price, and past candles not adjusted yet
        ("1", 100, False, "1"),  # before a session the base price is still the last day's
    ],
)
async def test_a_split_is_known_by_adjusted_candles_or_by_the_days_base_price(
    kis: Kis, tmp_path: Path, adjusted: str, base: int, in_session: bool, expected: str
) -> None:
    kis.adjusted, kis.base = {MONDAY: Decimal(adjusted)}, Decimal(base)
    history = history_of(kis, tmp_path, "1m")
    assert await history.adjustment("005930", MONDAY, in_session=in_session) == Decimal(expected)


@pytest.mark.parametrize("base", [500, 490])
async def test_the_last_days_quote_before_the_opening_tells_no_split(kis: Kis, tmp_path: Path, base: int) -> None:
    """Its base price is the close before the last day's, which may have opened far from it."""
    kis.is_turned, kis.base = False, Decimal(base)
    assert await history_of(kis, tmp_path, "1m").adjustment("005930", MONDAY, in_session=True) is None
    kis.adjusted = {MONDAY: Decimal("0.2")}
    ratio = await history_of(kis, tmp_path, "1m").adjustment("005930", MONDAY, in_session=True)
    assert ratio == Decimal("0.2")


async def test_a_close_within_the_last_days_range_is_no_split(kis: Kis, tmp_path: Path) -> None:
    """A day's candle closes with the after-market, and the next base price is the regular close."""
    kis.days[0] = Candle(at("00:00", MONDAY), Decimal(480), Decimal(510), Decimal(470), Decimal(505), volume=1)
    kis.base = Decimal(490)
    assert await history_of(kis, tmp_path, "1d").adjustment("005930", MONDAY, in_session=True) == 1


async def test_minutes_of_before_a_split_are_told_in_shares_of_today(kis: Kis, tmp_path: Path) -> None:
    kis.adjusted = {MONDAY: Decimal("0.2")}
    kis.now = at("09:01:30")
    *monday, tuesday = await history_of(kis, tmp_path, "1m").latest("005930", 6)
    assert [(bar.close, bar.volume) for bar in monday] == [(20, 5), (20, 5), (22, 5), (21, 5), (21, 5)]
    assert (tuesday.close, tuesday.volume) == (100, 1)


async def test_what_was_kept_before_a_split_was_known_is_read_again(kis: Kis, tmp_path: Path) -> None:
    kis.now, history = at("06:00"), history_of(kis, tmp_path, "1d")
    assert [bar.close for bar in await history.latest("005930", 1)] == [500]
    kis.adjusted = {MONDAY: Decimal("0.2")}
    await history.adjustment("005930", MONDAY, in_session=False)
    assert [bar.close for bar in await history.latest("005930", 1)] == [100]
    kis.reads.clear()
    await history.latest("005930", 1)
    assert ("1d", MONDAY) not in kis.reads
