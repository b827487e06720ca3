from datetime import date, datetime, time

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.after_hours import AUCTIONS, LAST_DAY, after_hours, after_hours_of
from kis_mcp.simulator.market.auctions import STEPS, Which, auction
from kis_mcp.simulator.market.market import Market

OPEN = Market(2)
WITH_HOURS = Market(2, keep_hours=True)
SAMSUNG = OPEN.instruments["005930"]
MONDAY, FRIDAY = date(2026, 6, 15), date(2026, 6, 12)


def at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute), KST)


@pytest.mark.parametrize(
    ("now", "day", "done"),
    [
        (at(MONDAY, 8, 0), FRIDAY, AUCTIONS),
        (at(MONDAY, 11, 0), FRIDAY, AUCTIONS),
        (at(MONDAY, 15, 45), MONDAY, 0),
        (at(MONDAY, 16, 10), MONDAY, 1),
        (at(MONDAY, 17, 5), MONDAY, 6),
        (at(MONDAY, 18, 0), MONDAY, AUCTIONS),
        (at(date(2026, 6, 14), 12, 0), FRIDAY, AUCTIONS),
    ],
)
def test_where_the_exchange_keeps_its_hours_the_session_of_the_day_grows_by_an_auction_in_ten_minutes(
    now: datetime, day: date, done: int
):
    session = after_hours(WITH_HOURS, SAMSUNG, now)
    assert (session.day, len(session.trades)) == (day, done)
    whole = after_hours_of(WITH_HOURS, SAMSUNG, day, at(date(2026, 6, 30), 12, 0))
    assert session.trades == whole.trades[:done]
    assert session.expected == whole.trades[min(done, AUCTIONS - 1)]
    if done == 0:
        assert (session.price, session.volume, list(session.prices)) == (session.base, 0, [])


def test_where_the_market_never_closes_it_is_yesterdays_whole_session():
    session = after_hours(OPEN, SAMSUNG, at(MONDAY, 17, 5))
    assert (session.day, len(session.trades)) == (FRIDAY, AUCTIONS)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["005930", "247540", "114800", "196170", "034020"]),
    st.dates(date(2019, 1, 1), LAST_DAY).filter(lambda day: day.weekday() < 5),
)
def test_after_hours_trades_stay_on_the_tick_and_within_ten_percent_and_the_days_limits(symbol: str, day: date):
    instrument = OPEN.instruments[symbol]
    session = after_hours_of(OPEN, instrument, day, at(date(2028, 1, 3), 12, 0))
    low, high = OPEN.limits(instrument, day)
    assert low <= session.low_limit <= session.high_limit <= high
    assert abs(session.high_limit - session.base) * 10 <= session.base
    assert abs(session.low_limit - session.base) * 10 <= session.base
    for trade in session.trades:
        assert session.low_limit <= trade.price <= session.high_limit
        assert instrument.on_tick(instrument.price(trade.price))
    assert 0 < session.volume * 100 < session.bar.volume
    assert session.before_open + session.at_close < session.bar.volume


@pytest.mark.parametrize("now", [at(date(2026, 9, 14), 20, 0), at(date(2026, 11, 27), 17, 0)])
def test_the_auctions_that_krx_ended_have_no_trades_and_no_book(now: datetime):
    before = after_hours(WITH_HOURS, SAMSUNG, at(date(2026, 9, 11), 20, 0))
    session = after_hours(WITH_HOURS, SAMSUNG, now)
    assert (len(before.trades), bool(before.book.asks)) == (AUCTIONS, True)
    assert (session.day, session.trades, session.volume, session.turnover) == (now.date(), (), 0, 0)
    assert (session.price, session.expected.price, session.expected.volume) == (session.base, session.base, 0)
    assert (session.book.asks, session.book.bids) == ((), ())


@pytest.mark.parametrize(
    ("which", "now", "day", "ends"),
    [
        ("opening", at(MONDAY, 11, 0), MONDAY, time(9, 0)),
        ("closing", at(MONDAY, 11, 0), FRIDAY, time(15, 29, 40)),
        ("closing", at(MONDAY, 15, 45), MONDAY, time(15, 29, 40)),
        ("opening", at(MONDAY, 8, 0), FRIDAY, time(9, 0)),
    ],
)
def test_an_auction_comes_to_the_sessions_first_or_last_trade(which: Which, now: datetime, day: date, ends: time):
    found = auction(WITH_HOURS, SAMSUNG, now, which)
    session = WITH_HOURS.session(SAMSUNG, day)
    tick = 0 if which == "opening" else len(session.prices) - 1
    assert (found.day, found.result.at.time(), len(found.steps)) == (day, ends, STEPS)
    assert (found.result.price, found.result.volume) == (session.prices[tick], session.volume_at(tick))
    assert found.base == WITH_HOURS.history(SAMSUNG).previous_close(day)
    volumes = [step.volume for step in found.steps]
    assert volumes == sorted(volumes)
    assert all(SAMSUNG.on_tick(SAMSUNG.price(step.price)) for step in found.steps)
