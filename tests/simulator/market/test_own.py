"""Candles that a user brings, as the market tells them again."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.candles import FileCandle, history_of
from kis_mcp.simulator.market.instruments import instruments
from kis_mcp.simulator.market.market import Candle, Market

DAY = date(2026, 6, 15)
SAMSUNG = instruments()["005930"]
OPENS = 9 * 60


@st.composite
def candles(draw: st.DrawFn) -> list[FileCandle]:
    """A day's candles of some minutes of its session, in no order."""
    drawn: list[FileCandle] = []
    for minute in draw(st.sets(st.integers(OPENS, OPENS + 389), min_size=1, max_size=8)):
        ticks = draw(st.lists(st.integers(550, 650), min_size=4, max_size=4))
        low, first, last, high = sorted(ticks)
        opening, close = draw(st.permutations([first, last]))
        prices = [Decimal(each * 100) for each in (opening, high, low, close)]
        drawn.append(FileCandle("", DAY, minute, *prices, volume=draw(st.integers(0, 1000))))
    return draw(st.permutations(drawn))


def market_of(given_candles: list[FileCandle], *, keep_hours: bool) -> Market:
    calendar = Calendar(SAMSUNG.home, keep_hours=keep_hours)
    return Market(1, keep_hours=keep_hours, own={"005930": history_of(SAMSUNG, calendar, given_candles)})


def shape(candle: Candle) -> tuple[Decimal, Decimal, Decimal, Decimal, int]:
    return candle.open, candle.high, candle.low, candle.close, candle.volume


@settings(max_examples=25, deadline=None)
@given(candles(), st.booleans())
def test_every_minute_is_told_as_it_was_given_and_the_day_is_their_sum(
    given_candles: list[FileCandle], keep_hours: bool
) -> None:
    market = market_of(given_candles, keep_hours=keep_hours)
    midnight = datetime.combine(DAY, datetime.min.time(), KST)
    for candle in given_candles:
        assert candle.minute is not None
        at = midnight + timedelta(minutes=candle.minute, seconds=59)
        (told,) = market.minutes(SAMSUNG, at, until=at, count=1)
        assert shape(told) == (candle.open, candle.high, candle.low, candle.close, candle.volume)
    in_order = sorted(given_candles, key=lambda candle: candle.minute or 0)
    (day,) = market.days(SAMSUNG, midnight + timedelta(days=1), until=DAY, count=1)
    assert shape(day) == (
        in_order[0].open,
        max(candle.high for candle in in_order),
        min(candle.low for candle in in_order),
        in_order[-1].close,
        sum(candle.volume for candle in in_order),
    )
    last = market.minutes(SAMSUNG, midnight + timedelta(days=1), until=midnight + timedelta(hours=23), count=10_000)
    assert sum((minute.turnover for minute in last), Decimal(0)) == day.turnover


@settings(max_examples=15, deadline=None)
@given(candles())
def test_orders_meet_every_extreme_of_a_minute(given_candles: list[FileCandle]) -> None:
    """But for one of the first minute of a session, which begins at its open."""
    calendar = Calendar(SAMSUNG.home, keep_hours=True)
    session = market_of(given_candles, keep_hours=True).session(SAMSUNG, DAY)
    for candle in given_candles:
        minute = (candle.minute or 0) - OPENS
        prices = {SAMSUNG.price(units) for units in session.prices[minute * 3 : minute * 3 + 3]}
        assert calendar.ticks_a_day == len(session.prices)
        if minute:
            assert prices == {candle.low, candle.high, candle.close}
        else:
            assert prices >= {candle.open, candle.close}


def test_a_missing_day_of_a_year_whose_holidays_are_not_known_is_one_without_trade() -> None:
    days = (date(2020, 12, 30), date(2021, 1, 4))
    price = Decimal(81_000)
    market = market_of(
        [FileCandle("", day, None, price, price, price, price, volume=10) for day in days], keep_hours=False
    )
    told = market.days(SAMSUNG, datetime(2021, 2, 1, tzinfo=KST), until=days[1], count=4)
    assert [(candle.start.date().isoformat(), candle.close, candle.volume) for candle in told] == [
        ("2021-01-04", 81_000, 10),
        ("2021-01-01", 81_000, 0),
        ("2020-12-31", 81_000, 0),
        ("2020-12-30", 81_000, 10),
    ]
    assert market.quote(SAMSUNG, datetime(2021, 1, 1, 12, tzinfo=KST)).volume == 0


def test_a_users_candles_are_given_back_as_they_are_though_the_world_splits_the_share() -> None:
    kakao, ex_date = instruments()["035720"], date(2021, 4, 15)
    before = ex_date - timedelta(days=1)
    prices = [Decimal(each) for each in (120_000, 121_000, 119_000, 120_500)]
    given_candles = [FileCandle("", day, None, *prices, volume=1_000) for day in (before, ex_date)]
    calendar = Calendar(kakao.home, keep_hours=True)
    market = Market(1, keep_hours=True, own={kakao.symbol: history_of(kakao, calendar, given_candles)})
    now = datetime.combine(ex_date + timedelta(days=4), datetime.min.time(), KST)
    for adjusted in (True, False):
        told = market.days(kakao, now, until=ex_date, count=2, adjusted=adjusted)
        assert [shape(candle) for candle in told] == [(*prices, 1_000)] * 2
