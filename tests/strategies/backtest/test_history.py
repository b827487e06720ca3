"""Histories: what is read of KIS, what is kept, and what is read again."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import groupby

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.market import Candle, CandleRange, Candles, Instrument
from kis_mcp.strategies.backtest import Bars
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.candle_bars import bars_of_candles
from kis_mcp.strategies.backtest.history import History
from kis_mcp.strategies.backtest.packed import KeptHistory, pack, unpack

SAMSUNG = Instrument("005930", "KR", "krx")
TODAY = date(2026, 11, 27)
FIRST = date(2026, 1, 1)


def candle(day: date, price: Decimal) -> Candle:
    return Candle(datetime.combine(day, time.min, KST), price, price + 10, price - 10, price + 5, 1_000)


class Exchange:
    """Answers a few candles at once, the latest first, as KIS does."""

    def __init__(self, at_once: int = 30) -> None:
        self.days = [FIRST + timedelta(days=number) for number in range(400)]
        self.divisor = 1
        self.at_once = at_once
        self.reads: list[tuple[date | None, date | None]] = []

    def candle(self, day: date) -> Candle:
        return candle(day, Decimal(10_000 + 10 * self.days.index(day)) / self.divisor)

    async def read(self, wanted: CandleRange) -> Candles:
        assert wanted.adjusted
        self.reads.append((wanted.start, wanted.end))
        assert wanted.start and wanted.end
        found = [self.candle(day) for day in self.days if wanted.start <= day <= wanted.end]
        if wanted.before is not None:
            found = [each for each in found if each.time < wanted.before]
        kept = found[-self.at_once :]
        return Candles(kept, kept[0].time if len(kept) < len(found) else None)


class Memory:
    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def read(self, name: str) -> bytes | None:
        return self.kept.get(name)

    def write(self, name: str, content: bytes) -> None:
        self.kept[name] = content


def history(exchange: Exchange, store: Memory, interval: str = "1d", today: date = TODAY) -> History:
    return History(SAMSUNG, interval, exchange.read, store, today)


def days(bars: Bars) -> list[date]:
    return [moment.date() for moment in bars.ends_at]


def expected(start: date, end: date) -> list[date]:
    return [start + timedelta(days=number) for number in range((end - start).days + 1)]


async def test_all_pages_are_read_once_and_the_second_run_reads_none() -> None:
    exchange, store = Exchange(), Memory()
    start, end = date(2026, 2, 1), date(2026, 6, 1)
    first = await history(exchange, store).between(start, end)
    assert days(first) == expected(start, end)
    assert len(exchange.reads) == 5
    second = await history(exchange, store).between(date(2026, 3, 1), end)
    assert len(exchange.reads) == 5
    assert list(second.rows()) == [bar for bar in first.rows() if bar.ends_at.date() >= date(2026, 3, 1)]
    assert first.ends_at[0] == datetime(2026, 2, 1, 15, 30, tzinfo=KST)


async def test_what_is_missing_before_and_after_is_read_with_an_overlap() -> None:
    exchange, store = Exchange(at_once=1000), Memory()
    await history(exchange, store).between(date(2026, 3, 1), date(2026, 6, 1))
    exchange.reads.clear()
    found = await history(exchange, store).between(date(2026, 1, 10), date(2026, 8, 1))
    assert exchange.reads == [
        (date(2026, 1, 10), date(2026, 3, 15)),
        (date(2026, 5, 18), date(2026, 8, 1)),
    ]
    assert list(found.rows()) == bars_of_candles(
        [exchange.candle(day) for day in expected(date(2026, 1, 10), date(2026, 8, 1))], "1d", "KR"
    )


async def test_a_split_since_then_gives_up_what_is_kept() -> None:
    exchange, store = Exchange(at_once=1000), Memory()
    await history(exchange, store).between(date(2026, 3, 1), date(2026, 6, 1))
    exchange.divisor = 2
    found = await history(exchange, store).between(date(2026, 4, 1), date(2026, 6, 10))
    assert found.rows().__next__().open == exchange.candle(date(2026, 4, 1)).open
    again = await history(exchange, store).between(date(2026, 3, 1), date(2026, 3, 1))
    assert again.rows().__next__().open == exchange.candle(date(2026, 3, 1)).open


async def test_today_is_not_over_and_so_is_neither_read_nor_kept() -> None:
    exchange, store = Exchange(), Memory()
    found = await history(exchange, store).between(date(2026, 11, 20), date(2026, 12, 31))
    assert days(found)[-1] == date(2026, 11, 26)
    with pytest.raises(BadArgument):
        await history(exchange, store).between(TODAY, TODAY)


async def test_days_in_which_nothing_was_traded_are_kept_as_such() -> None:
    exchange, store = Exchange(), Memory()
    exchange.days = [date(2026, 3, 4)]
    for _ in range(2):
        with pytest.raises(BadArgument, match="was not traded"):
            await history(exchange, store).between(date(2026, 5, 1), date(2026, 5, 3))
    assert len(exchange.reads) == 1


async def test_minutes_that_kis_no_longer_keeps_are_refused_before_anything_is_read() -> None:
    exchange = Exchange()
    with pytest.raises(BadArgument) as refused:
        await history(exchange, Memory(), "5m").between(date(2025, 11, 26), TODAY)
    assert (refused.value.field, exchange.reads) == ("start_date", [])
    assert await history(exchange, Memory(), "5m").between(date(2026, 1, 1), TODAY)


async def test_what_is_damaged_is_read_again() -> None:
    exchange, store = Exchange(), Memory()
    await history(exchange, store).between(date(2026, 3, 1), date(2026, 3, 9))
    store.kept = {name: content[:-1] for name, content in store.kept.items()}
    assert len(await history(exchange, store).between(date(2026, 3, 1), date(2026, 3, 9))) == 9
    assert len(exchange.reads) == 2


def test_candles_without_a_trade_are_no_bars_and_rounded_prices_stay_within_their_range() -> None:
    moment = datetime(2026, 3, 2, 9, 0, tzinfo=KST)
    halted = Candle(moment, None, None, None, Decimal(100), 0)
    rounded = Candle(moment + timedelta(minutes=5), Decimal(101), Decimal(100), Decimal(98), Decimal(97), 7)
    assert bars_of_candles([halted, rounded], "5m", "KR") == [
        Bar(moment + timedelta(minutes=10), Decimal(101), Decimal(101), Decimal(97), Decimal(97), 7)
    ]


async def test_the_days_of_an_index_count_without_a_volume() -> None:
    index, day = Instrument("0001", "KR", "index", kind="index"), date(2026, 3, 2)
    level = Candle(datetime.combine(day, time.min, KST), *[Decimal("2500.25")] * 4, volume=0)

    async def read(_: CandleRange) -> Candles:
        return Candles([level], None)

    store = Memory()
    assert [bar.close for bar in (await History(index, "1d", read, store, TODAY).between(day, day)).rows()] == [
        Decimal("2500.25")
    ]
    assert list(store.kept) == ["KR-index-0001-1d"]
    with pytest.raises(BadArgument, match="was not traded"):
        await History(SAMSUNG, "1d", read, Memory(), TODAY).between(day, day)


PRICE = st.decimals("0.01", 1_000_000, places=2)


@given(st.lists(st.tuples(PRICE, st.integers(0, 10**9)), max_size=20))
def test_what_is_packed_is_unpacked(rows: Sequence[tuple[Decimal, int]]) -> None:
    begin = datetime(2026, 3, 2, 15, 30, tzinfo=KST)
    bars = [
        Bar(begin + timedelta(days=number), price, price, price, price, volume)
        for number, (price, volume) in enumerate(rows)
    ]
    content = pack(KeptHistory(date(2026, 3, 1), date(2026, 4, 1), Bars.of(bars) if bars else None), KST)
    found = unpack(content)
    assert found is not None
    assert (found.start, found.end) == (date(2026, 3, 1), date(2026, 4, 1))
    assert (list(found.bars.rows()) if found.bars else []) == bars


@given(st.binary(max_size=80))
def test_bytes_that_are_no_history_are_none(content: bytes) -> None:
    assert unpack(content) is None


class WeeklyExchange(Exchange):
    """Gives a part of a week as a candle, dated of its first or its last day, where only that part was asked for."""

    def __init__(self, *, is_dated_first: bool) -> None:
        super().__init__(at_once=1000)
        self.is_dated_first = is_dated_first

    async def read(self, wanted: CandleRange) -> Candles:
        found = [each for each in (await super().read(wanted)).candles if each.time.weekday() < 5]
        weeks = [list(days) for _, days in groupby(found, key=lambda each: each.time.isocalendar()[:2])]
        return Candles([self.week(days) for days in weeks], None)

    def week(self, days: Sequence[Candle]) -> Candle:
        moment = days[0 if self.is_dated_first else -1].time
        lows, highs = [day.low for day in days if day.low], [day.high for day in days if day.high]
        return Candle(moment, days[0].open, max(highs), min(lows), days[-1].close, sum(day.volume for day in days))


@given(
    is_dated_first=st.booleans(),
    asked=st.lists(st.tuples(st.integers(100, 330), st.integers(0, 60), st.integers(101, 340)), min_size=1, max_size=4),
)
def test_bars_of_weeks_are_of_whole_weeks_that_are_over(
    is_dated_first: bool, asked: list[tuple[int, int, int]]
) -> None:
    exchange, store = WeeklyExchange(is_dated_first=is_dated_first), Memory()
    for begin, length, now in asked:
        start, today = FIRST + timedelta(days=begin), FIRST + timedelta(days=max(now, begin + 1))
        end = start + timedelta(days=length)
        fridays = [day for day in exchange.days if start <= day <= end and day < today and day.weekday() == 4]
        weeks = [[exchange.candle(day - timedelta(days=back)) for back in range(4, -1, -1)] for day in fridays]
        reading = asyncio.run(weeks_or_none(history(exchange, store, "1w", today), start, end))
        assert [bar.ends_at.date() for bar in reading] == fridays
        assert [(bar.open, bar.close, bar.volume) for bar in reading] == [
            (week.open, week.close, week.volume) for week in map(exchange.week, weeks)
        ]


async def weeks_or_none(one: History, start: date, end: date) -> list[Bar]:
    try:
        return list((await one.between(start, end)).rows())
    except BadArgument:
        return []
