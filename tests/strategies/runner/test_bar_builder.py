"""Bars from ticks: the same as plain sums over the same trades, however the ticks are told."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST, NEW_YORK
from kis_mcp.market import Market
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner.bar_builder import BarBuilder, BuiltBar, Tick
from kis_mcp.strategies.runner.sessions import Hours, Sessions

MONDAY = date(2026, 3, 2)
HOLIDAY = date(2026, 3, 5)
LATE_DAY = date(2026, 3, 4)
BEFORE = datetime(2026, 3, 1, tzinfo=KST)
MINUTES = {"1m": 1, "3m": 3, "5m": 5, "10m": 10, "15m": 15, "30m": 30, "60m": 60}
ZONES = {"KR": KST, "US": NEW_YORK}
USUAL = {"KR": (time(9), time(15, 30)), "US": (time(9, 30), time(16))}
CLOSING_AUCTION = timedelta(seconds=59)


def hours_of(market: Market, day: date) -> Hours | None:
    """Weekdays; a holiday, and a day that opens and closes an hour late."""
    if day.weekday() > 4 or day == HOLIDAY:
        return None
    opens, closes = (datetime.combine(day, clock, ZONES[market]) for clock in USUAL[market])
    shift = timedelta(hours=day == LATE_DAY)
    return opens + shift, closes + shift


def sessions(interval: str, market: Market = "KR") -> Sessions:
    return Sessions(interval, market, ZONES[market], lambda day: hours_of(market, day))


def builder(interval: str, market: Market = "KR", whole_from: datetime = BEFORE) -> BarBuilder:
    return BarBuilder(sessions(interval, market), whole_from)


def at(clock: str, day: date = MONDAY, market: Market = "KR") -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONES[market])


def tick(clock: str, price: int, size: int = 1, total: int | None = None, day: date = MONDAY) -> Tick:
    return Tick(at(clock, day), Decimal(price), size, total)


def bar(ends: str, *prices: int, volume: int, day: date = MONDAY) -> Bar:
    return Bar(at(ends, day), *map(Decimal, prices), volume=volume)


def run(each: BarBuilder, ticks: Iterable[Tick], now: datetime | None = None) -> list[BuiltBar]:
    found = [built for one in ticks if (built := each.take(one))]
    last = each.end_by(now) if now else None
    return [*found, last] if last else found


def bars(found: Iterable[BuiltBar]) -> list[Bar]:
    return [each.bar for each in found]


def reference(trades: Sequence[Tick], interval: str, market: Market) -> list[Bar]:
    """The bars of trades as a person would add them up: day by day, second by second of the clock."""
    groups: dict[tuple[object, ...], list[Tick]] = {}
    for trade in trades:
        local = trade.time.astimezone(ZONES[market])
        hours = hours_of(market, local.date())
        if hours is None or not hours[0] <= local <= hours[1] + CLOSING_AUCTION:
            continue
        if interval == "1w":
            key: tuple[object, ...] = local.isocalendar()[:2]
        elif interval == "1d":
            key = (local.date(),)
        else:
            since = (local.hour * 60 + local.minute) - (hours[0].hour * 60 + hours[0].minute if market == "US" else 0)
            key = (local.date(), since // MINUTES[interval])
        groups.setdefault(key, []).append(trade)
    found = list[Bar]()
    for key, group in groups.items():
        prices = [each.price for each in group]
        volume = sum(each.size or 0 for each in group)
        ends_at = _label(key, group, interval, market)
        found.append(Bar(ends_at, prices[0], max(prices), min(prices), prices[-1], volume))
    return found


def _label(key: tuple[object, ...], group: Sequence[Tick], interval: str, market: Market) -> datetime:
    zone, close = ZONES[market], USUAL[market][1]
    day = group[0].time.astimezone(zone).date()
    if interval == "1w":
        return datetime.combine(date.fromisocalendar(*day.isocalendar()[:2], 5), close, zone)
    if interval == "1d":
        return datetime.combine(day, close, zone)
    slot = key[1]
    assert isinstance(slot, int)
    begin = datetime.combine(day, time(9, 30) if market == "US" and day != LATE_DAY else time(0), zone)
    if market == "US" and day == LATE_DAY:
        begin = datetime.combine(day, time(10, 30), zone)
    return begin + timedelta(minutes=(slot + 1) * MINUTES[interval])


@st.composite
def trades(draw: st.DrawFn, market: Market) -> list[Tick]:
    """Trades of two weeks at any time of day, oldest first, with the day's volume, which begins anew each day."""
    seconds = draw(st.lists(st.integers(0, 12 * 24 * 3600), min_size=1, max_size=25))
    begin, totals = datetime.combine(MONDAY, time(0), ZONES[market]), dict[date, int]()
    found = list[Tick]()
    for second in sorted(seconds):
        moment = begin + timedelta(seconds=second)
        size = draw(st.integers(1, 50))
        day = moment.date()
        totals[day] = totals.get(day, 0) + size
        found.append(Tick(moment, Decimal(draw(st.integers(90, 110))), size, totals[day]))
    return found


@pytest.mark.parametrize("market", ["KR", "US"])
@given(data=st.data(), interval=st.sampled_from([*MINUTES, "1d", "1w"]))
def test_bars_are_the_sums_of_their_trades(market: Market, data: st.DataObject, interval: str) -> None:
    ticks = data.draw(trades(market))
    end = datetime(2026, 3, 20, tzinfo=KST)
    assert bars(run(builder(interval, market), ticks, end)) == reference(ticks, interval, market)


@given(data=st.data(), interval=st.sampled_from([*MINUTES, "1d", "1w"]))
def test_the_clock_may_be_looked_at_between_any_two_ticks(data: st.DataObject, interval: str) -> None:
    ticks = data.draw(trades("KR"))
    each, found, end = builder(interval), list[BuiltBar](), datetime(2026, 3, 20, tzinfo=KST)
    for one, following in pairwise([*ticks, Tick(end, Decimal(1), 1)]):
        found += run(each, [one])
        moment = data.draw(st.datetimes(one.time.replace(tzinfo=None), following.time.replace(tzinfo=None)))
        if built := each.end_by(moment.replace(tzinfo=KST)):
            found.append(built)
    assert bars([*found, *run(each, [], end)]) == reference(ticks, interval, "KR")


@given(data=st.data(), interval=st.sampled_from(["1m", "60m", "1d"]))
def test_ticks_that_come_again_change_nothing(data: st.DataObject, interval: str) -> None:
    ticks = data.draw(trades("KR"))
    told = list[Tick]()
    for number, one in enumerate(ticks):
        told.append(one)
        told += ticks[data.draw(st.integers(0, number)) : number + 1]
    end = datetime(2026, 3, 20, tzinfo=KST)
    assert bars(run(builder(interval), told, end)) == reference(ticks, interval, "KR")


def test_a_bar_ends_by_the_clock_when_no_tick_comes_and_empty_ones_are_none() -> None:
    each = builder("1m")
    assert run(each, [tick("09:00:10", 100, 3)], at("09:01:01")) == []
    assert bars(run(each, [], at("09:01:02"))) == [bar("09:01", 100, 100, 100, 100, volume=3)]
    assert run(each, [], at("09:05:00")) == []
    assert bars(run(each, [tick("09:05:00", 101), tick("09:06:00", 102)])) == [
        bar("09:06", 101, 101, 101, 101, volume=1)
    ]


def test_a_late_tick_never_changes_an_ended_bar() -> None:
    each = builder("1m")
    run(each, [tick("09:00:10", 100), tick("09:01:00", 101)])
    assert run(each, [tick("09:00:59", 500)]) == []
    assert bars(run(each, [], at("09:03"))) == [bar("09:02", 101, 101, 101, 101, volume=1)]
    assert run(each, [tick("09:01:59", 900)], at("09:05")) == []


def test_the_closing_auction_belongs_to_the_day_and_the_after_market_does_not() -> None:
    ticks = [tick("08:59:59", 1), tick("09:00", 100), tick("15:30:29", 110, 5), tick("15:40", 500), tick("16:10", 900)]
    assert bars(run(builder("1d"), ticks, at("15:31:02"))) == [bar("15:30", 100, 110, 100, 110, volume=6)]
    assert bars(run(builder("5m"), ticks, at("15:31:02"))) == [
        bar("09:05", 100, 100, 100, 100, volume=1),
        bar("15:35", 110, 110, 110, 110, volume=5),
    ]


def test_a_day_is_not_over_before_its_closing_auction_is() -> None:
    assert run(builder("1d"), [tick("09:00", 100)], at("15:31:01")) == []


@pytest.mark.parametrize(
    ("whole_from", "is_whole"), [("08:59:58", True), ("08:59:59", False), ("09:00:00", False), ("09:00:01", False)]
)
def test_a_bar_that_begins_with_the_hearing_may_lack_its_first_second(whole_from: str, is_whole: bool) -> None:
    each = builder("1m", whole_from=at(whole_from))
    assert [built.is_whole for built in run(each, [tick("09:00:00", 100)], at("09:01:30"))] == [is_whole]


def test_a_bar_is_whole_only_when_all_of_it_was_heard() -> None:
    each = builder("1m", whole_from=at("09:00:30"))
    first = run(each, [tick("09:00:40", 100), tick("09:01:00", 100), tick("09:02:00", 100)])
    each.report_gap(at("09:02:20"))
    second = run(each, [tick("09:03:00", 100), tick("09:04:00", 100)])
    assert [built.is_whole for built in (*first, *second)] == [False, True, False, True]


def test_a_volume_that_is_told_as_a_total_is_counted_by_its_growth_and_begins_anew_each_day() -> None:
    tuesday = MONDAY + timedelta(days=1)
    ticks = [
        Tick(at("09:00"), Decimal(100), None, 10),
        Tick(at("09:01"), Decimal(100), None, 25),
        Tick(at("09:00", tuesday), Decimal(100), None, 7),
        Tick(at("09:01", tuesday), Decimal(100), None, 9),
    ]
    found = bars(run(builder("1d"), ticks, at("16:00", tuesday)))
    assert [each.volume for each in found] == [25, 9]


def test_bars_that_were_had_from_elsewhere_are_built_no_more() -> None:
    each = builder("1m")
    run(each, [tick("09:00:10", 100)])
    each.pass_over(at("09:01"))
    assert run(each, [tick("09:00:50", 100)], at("09:02")) == []
    assert bars(run(each, [tick("09:01:00", 101)], at("09:03"))) == [bar("09:02", 101, 101, 101, 101, volume=1)]


@pytest.mark.parametrize(("clock", "ends"), [("15:19", False), ("15:20", True), ("15:26", True)])
def test_nothing_is_bought_any_more_at_a_bar_that_ends_when_all_is_sold(clock: str, ends: bool) -> None:
    span = sessions("5m").span_of(at(clock))
    assert span is not None
    assert span.ends_session == ends


@pytest.mark.parametrize(
    ("clock", "takes", "closes"),
    [
        ("08:54:59", False, False),
        ("08:55", True, False),
        ("15:25:04", True, False),
        ("15:25:05", True, True),
        ("15:30", False, False),
    ],
)
def test_orders_are_sent_from_the_opening_auction_until_the_close(clock: str, takes: bool, closes: bool) -> None:
    each = sessions("1d")
    assert (each.takes_orders(at(clock)), each.is_about_to_close(at(clock))) == (takes, closes)
    assert not each.takes_orders(at(clock, HOLIDAY))
