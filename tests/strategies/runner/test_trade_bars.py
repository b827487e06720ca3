"""Single trades as bars: each a moment of its own, the same one whoever heard it."""

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import Bar
from kis_mcp.strategies.runner.bar_builder import BuiltBar, Tick
from kis_mcp.strategies.runner.sessions import Span
from kis_mcp.strategies.runner.trade_bars import TradeBars
from tests.strategies.runner.test_bar_builder import at, sessions

BEGIN = at("09:00:00")
MOMENT = timedelta(microseconds=1)


def builder(whole_from: datetime = BEGIN - timedelta(minutes=1)) -> TradeBars:
    return TradeBars(sessions("tick"), whole_from)


def bars(each: TradeBars, ticks: list[Tick]) -> list[BuiltBar]:
    return [built for tick in ticks if (built := each.take(tick))]


@st.composite
def trades(draw: st.DrawFn) -> list[Tick]:
    """Of one instrument, several in some seconds."""
    found, moment, total = list[Tick](), BEGIN, 0
    for wait, price, size in draw(
        st.lists(st.tuples(st.integers(0, 2), st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=60)
    ):
        moment, total = moment + timedelta(seconds=wait), total + size
        found.append(Tick(moment, Decimal(price), size, total))
    return found


@settings(max_examples=60, deadline=None)
@given(ticks=trades(), repeats=st.sets(st.integers(0, 60)))
def test_each_trade_is_a_bar_dated_by_its_place_in_its_second(ticks: list[Tick], repeats: set[int]) -> None:
    seen, expected = dict[datetime, int](), list[Bar]()
    for tick in ticks:
        place = seen[tick.time] = seen.get(tick.time, -1) + 1
        prices = (tick.price,) * 4
        expected.append(Bar(tick.time + place * MOMENT, *prices, volume=tick.size or 0))
    told = [each for number, tick in enumerate(ticks) for each in ([tick, tick] if number in repeats else [tick])]
    assert [built.bar for built in bars(builder(), told)] == expected


@settings(max_examples=40, deadline=None)
@given(ticks=trades(), first=st.integers(0, 60))
def test_who_begins_later_dates_the_trades_of_whole_seconds_alike(ticks: list[Tick], first: int) -> None:
    later = builder(ticks[first := min(first, len(ticks) - 1)].time)
    every = [built.bar for built in bars(builder(), ticks)]
    assert [built.bar for built in bars(later, ticks[first:])] == [
        bar for bar in every if bar.ends_at >= later.whole_from + timedelta(seconds=2)
    ]


def test_trades_outside_the_session_late_or_of_no_told_size_are_no_bars() -> None:
    told = [
        Tick(at("08:59:59"), Decimal(1), 1),
        Tick(at("09:00:00"), Decimal(2), 1),
        Tick(at("15:25:00"), Decimal(3), 1),
        Tick(at("15:24:59"), Decimal(4), 1),
        Tick(at("15:30:30"), Decimal(5), 1),
        Tick(at("15:31:00"), Decimal(6), 1),
        Tick(at("16:00:00"), Decimal(7), 1),
    ]
    found = bars(builder(), told)
    assert [(int(built.bar.close), built.span.ends_session) for built in found] == [(2, False), (3, True), (5, True)]
    for built in found:
        end = built.bar.ends_at
        assert built == BuiltBar(built.bar, Span(end, end, end, end, built.span.ends_session), is_whole=True)
    sums = [Tick(BEGIN, Decimal(1), None, 500), Tick(BEGIN, Decimal(1), None, 507)]
    assert [built.bar.volume for built in bars(builder(), sums)] == [7]


def test_the_moments_are_of_the_exchange() -> None:
    (built,) = bars(builder(), [Tick(BEGIN.astimezone(tz=None), Decimal(1), 1)])
    assert built.bar.ends_at.tzinfo is KST
