from datetime import date, datetime

import pytest

from kis_mcp.clock import KST
from kis_mcp.simulator.market.bonds import bonds
from kis_mcp.simulator.market.futures import FutureHistory
from kis_mcp.simulator.market.indices import IndexMarket, indices
from kis_mcp.simulator.market.market import Market

MARKET = Market(4)
INDICES = IndexMarket(MARKET)
DAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 14, 5, tzinfo=KST)
INDEX_FUTURES = ["A01609", "A01612", "A05607", "A06609"]
OTHERS = ["A65609", "A67609", "A75607", "A76607", "A78612", "A11607", "A50609"]
CODES = [*INDEX_FUTURES, *OTHERS, *list(bonds())[::5]]


@pytest.mark.parametrize("code", CODES)
def test_a_whole_session_ends_as_its_daily_bar_says(code: str):
    instrument = MARKET.instruments[code]
    bar, session = MARKET.history(instrument).bar(DAY), MARKET.session(instrument, DAY)
    whole = session.until(MARKET.calendar(instrument).ticks_a_day)
    assert bar is not None
    assert (whole.open, whole.high, whole.low, whole.close) == (bar.open, bar.high, bar.low, bar.close)
    assert (whole.volume, whole.turnover) == (bar.volume, bar.turnover)
    assert all(price % instrument.tick(price) == 0 for price in session.prices)


@pytest.mark.parametrize("code", CODES)
def test_quote_candles_and_limits_agree(code: str):
    instrument = MARKET.instruments[code]
    quote = MARKET.quote(instrument, NOW)
    today, before = MARKET.days(instrument, NOW, until=quote.day, count=2)
    minute = MARKET.minutes(instrument, NOW, until=NOW, count=1)[0]
    assert (today.close, today.high, today.low, today.volume) == (quote.price, quote.high, quote.low, quote.volume)
    assert (before.close, minute.close) == (quote.previous_close, quote.price)
    assert quote.low_limit <= quote.low <= quote.price <= quote.high <= quote.high_limit


@pytest.mark.parametrize(("code", "index"), [("A01609", "2001"), ("A05609", "2001"), ("A06609", "3003")])
def test_an_index_future_goes_with_its_index_all_day(code: str, index: str):
    future, followed = MARKET.instruments[code], indices()[index]
    history, session = MARKET.history(future), MARKET.session(future, DAY)
    assert isinstance(history, FutureHistory)
    for ticks in range(1, len(session.prices), 240):
        level = float(INDICES.today(followed, DAY, ticks).close)
        price = float(future.price(session.prices[ticks - 1]))
        assert abs(price / (level * history.carry.on(DAY)) - 1) < 0.004


@pytest.mark.parametrize(("code", "index"), [("A01606", "2001"), ("A06606", "3003")])
def test_an_index_future_ends_where_its_index_does(code: str, index: str):
    future = MARKET.instruments[code]
    last = date(2026, 6, 11)
    assert future.expiry == last
    ticks = MARKET.calendar(future).ticks_a_day
    close = INDICES.today(indices()[index], last, ticks).close
    price = future.price(MARKET.session(future, last).until(ticks).close)
    assert abs(price - close) <= future.price(future.tick(1))


def test_a_contracts_candles_begin_when_it_was_listed():
    future = MARKET.instruments["A01609"]
    days = MARKET.days(future, NOW, until=DAY, count=1_000)
    assert days[-1].start.date() == date(2025, 9, 12)
    assert [day.start for day in days] == sorted({day.start for day in days}, reverse=True)


@pytest.mark.parametrize("seed", [1, 4])
def test_the_extremes_of_an_index_future_are_those_of_all_its_days(seed: int):
    market = Market(seed)
    history = market.history(market.instruments["A06612"])
    assert isinstance(history, FutureHistory)
    last = date(2026, 9, 4)
    some, every = history.extremes(last, 1_000), history.until(last, 1_000)
    assert len(some) < len(every) / 2
    assert max(bar.high for bar in some) == max(bar.high for bar in every)
    assert min(bar.low for bar in some) == min(bar.low for bar in every)
