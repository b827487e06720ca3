from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.calendar import Calendar
from kis_mcp.simulator.market.history import FIRST_DAY
from kis_mcp.simulator.market.instruments import instruments
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.places import homes

MARKET = Market(3)
SYMBOLS = st.sampled_from(["005930", "373220", "114800", "AAPL", "SPY", "00005", "600519", "7203", "PVS", "VNM"])
TIMES = st.integers(0, 10 * 365 * 86_400).map(
    lambda seconds: datetime(2019, 1, 1, tzinfo=KST) + timedelta(seconds=seconds)
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(SYMBOLS, TIMES)
def test_quote_and_candles_agree_at_any_time(symbol: str, now: datetime):
    instrument = MARKET.instruments[symbol]
    quote = MARKET.quote(instrument, now)
    today = MARKET.days(instrument, now, until=quote.day, count=2)
    minute = MARKET.minutes(instrument, now, until=now, count=1)[0]
    assert (today[0].start.date(), today[0].close, today[0].volume) == (quote.day, quote.price, quote.volume)
    assert today[1].close == quote.previous_close
    assert minute.close == quote.price
    assert minute.start <= quote.at.astimezone(minute.start.tzinfo) < minute.start + timedelta(minutes=1)
    assert quote.low <= min(quote.open, quote.price) <= max(quote.open, quote.price) <= quote.high
    assert quote.low_limit <= quote.low
    assert quote.high <= quote.high_limit
    assert instrument.on_tick(quote.price)


@settings(max_examples=25, deadline=None)
@given(SYMBOLS, TIMES)
def test_a_days_minutes_add_up_to_its_day(symbol: str, now: datetime):
    instrument = MARKET.instruments[symbol]
    day = MARKET.moment(instrument, now).day
    minutes = MARKET.minutes(instrument, now, until=now, count=1440)
    today = MARKET.days(instrument, now, until=day, count=1)[0]
    assert sum(candle.volume for candle in minutes) == today.volume
    assert sum(candle.turnover for candle in minutes) == today.turnover
    assert max(candle.high for candle in minutes) == today.high
    assert min(candle.low for candle in minutes) == today.low
    assert (minutes[-1].open, minutes[0].close) == (today.open, today.close)


@pytest.mark.parametrize("symbol", list(instruments()))
def test_a_whole_session_ends_as_its_daily_bar_says(symbol: str):
    instrument = MARKET.instruments[symbol]
    day = date(2026, 6, 15)
    bar = MARKET.history(instrument).bar(day)
    session = MARKET.session(instrument, day)
    whole = session.until(MARKET.calendar(instrument).ticks_a_day)
    assert bar is not None
    assert (whole.open, whole.high, whole.low, whole.close) == (bar.open, bar.high, bar.low, bar.close)
    assert (whole.volume, whole.turnover) == (bar.volume, bar.turnover)
    assert all(price % instrument.tick(price) == 0 for price in session.prices)


def test_history_is_made_of_weekdays_and_does_not_depend_on_who_asked_first():
    instrument = MARKET.instruments["005930"]
    bars = MARKET.history(instrument).until(date(2026, 6, 14), 3000)
    fresh = Market(3).history(instrument)
    assert fresh.bar(bars[-7].day) == bars[-7]
    assert bars[0].day == FIRST_DAY
    assert all(bar.day.weekday() < 5 for bar in bars)
    assert [bar.day for bar in bars] == sorted({bar.day for bar in bars})


def test_a_sunday_branches_off_friday_and_leaves_no_trace():
    instrument = MARKET.instruments["005930"]
    sunday = datetime(2026, 6, 14, 12, tzinfo=KST)
    quote = MARKET.quote(instrument, sunday)
    friday = MARKET.days(instrument, sunday, until=date(2026, 6, 12), count=1)[0]
    monday = MARKET.quote(instrument, sunday + timedelta(days=1))
    assert quote.day == date(2026, 6, 14)
    assert quote.previous_close == monday.previous_close == friday.close


@pytest.mark.parametrize(
    ("at", "day", "ticks", "is_open"),
    [
        (datetime(2026, 6, 15, 8, 59, 59, tzinfo=KST), date(2026, 6, 12), 1170, False),
        (datetime(2026, 6, 15, 9, 0, tzinfo=KST), date(2026, 6, 15), 1, True),
        (datetime(2026, 6, 15, 15, 29, 59, tzinfo=KST), date(2026, 6, 15), 1170, True),
        (datetime(2026, 6, 15, 15, 30, tzinfo=KST), date(2026, 6, 15), 1170, False),
        (datetime(2026, 6, 13, 12, 0, tzinfo=KST), date(2026, 6, 12), 1170, False),
        (datetime(2026, 6, 3, 10, 0, tzinfo=KST), date(2026, 6, 2), 1170, False),
    ],
)
def test_a_calendar_with_hours_knows_its_session(at: datetime, day: date, ticks: int, is_open: bool):
    moment = Calendar(homes()["KR"], keep_hours=True).moment(at)
    assert (moment.day, moment.ticks, moment.is_open) == (day, ticks, is_open)


def test_new_york_keeps_its_own_day_in_summer_and_winter():
    calendar = Calendar(homes()["US"], keep_hours=True)
    assert calendar.moment(datetime(2026, 7, 1, 22, 30, tzinfo=KST)).ticks == 1
    assert calendar.moment(datetime(2026, 1, 5, 23, 30, tzinfo=KST)).ticks == 1


def test_the_tick_tables_are_krx_own():
    share, fund, foreign = (MARKET.instruments[symbol] for symbol in ("005930", "069500", "AAPL"))
    assert [share.tick(p) for p in (1999, 2000, 19_990, 20_000, 199_900, 200_000, 500_000)] == [
        1,
        5,
        10,
        50,
        100,
        500,
        1000,
    ]
    assert [fund.tick(p) for p in (1999, 2000, 57_300)] == [1, 5, 5]
    assert foreign.tick(25_240) == 1
    assert share.limits(73_300) == (51_400, 95_200)


def test_the_list_for_searching_holds_every_simulated_instrument_of_korea_and_the_us():
    from csv import DictReader

    from kis_mcp.catalog.data import resources_folder

    with (resources_folder() / "instruments.csv").open(encoding="utf-8", newline="") as file:
        listed = {row["symbol"]: row for row in DictReader(file)}
    for symbol, instrument in instruments().items():
        if instrument.country not in ("KR", "US"):
            continue
        same = ("exchange", "name_ko", "name_en", "kind")
        assert listed[symbol]["market"] == instrument.country
        assert [listed[symbol][name] for name in same] == [getattr(instrument, name) for name in same]
    countries = [instrument.country for instrument in instruments().values()]
    assert min(countries.count("KR"), countries.count("US")) >= 12


def test_a_history_has_no_candle_of_a_holiday_and_goes_on_from_the_day_before_it():
    samsung, christmas = MARKET.instruments["005930"], datetime(2025, 12, 25, 10, 0, tzinfo=KST)
    after = MARKET.days(samsung, datetime(2025, 12, 26, 10, 0, tzinfo=KST), until=date(2025, 12, 26), count=2)
    assert [candle.start.date() for candle in after] == [date(2025, 12, 26), date(2025, 12, 24)]
    assert MARKET.quote(samsung, christmas + timedelta(days=1)).previous_close == after[1].close
    assert MARKET.quote(samsung, christmas).previous_close == after[1].close


@settings(max_examples=25, deadline=None)  # each makes a day of its own, which takes a tenth of a second
@given(st.sampled_from(sorted({each.kind for each in MARKET.instruments.values()})), st.data())
def test_the_average_price_of_a_day_so_far_is_one_at_which_was_traded(kind: str, data: st.DataObject):
    instrument = data.draw(st.sampled_from([each for each in MARKET.instruments.values() if each.kind == kind]))
    day = MARKET.calendar(instrument).before(date(2026, 11, 28) - timedelta(days=data.draw(st.integers(0, 20))))
    assume(MARKET.is_listed_on(instrument, day))
    session = MARKET.session(instrument, day)
    so_far = session.until(data.draw(st.integers(1, len(session.prices))))
    assert so_far.low * so_far.volume <= so_far.turnover <= so_far.high * so_far.volume


def test_a_warrant_of_coarse_steps_is_not_traded_below_its_lowest_price():
    warrant = MARKET.instruments["57T055"]
    for day in (date(2026, 11, 25), date(2026, 11, 26), date(2026, 11, 27)):
        session = MARKET.session(warrant, day)
        for ticks in range(1, len(session.prices), 40):
            so_far = session.until(ticks)
            assert so_far.low * so_far.volume <= so_far.turnover <= so_far.high * so_far.volume
