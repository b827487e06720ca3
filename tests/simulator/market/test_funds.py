from datetime import date, datetime, timedelta
from math import isclose

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.funds import FundHistory
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.listings import fund_terms
from kis_mcp.simulator.market.market import Market

MARKET = Market(3)
DAYS = st.dates(date(2022, 1, 1), date(2026, 12, 1))
PLAIN = [symbol for symbol, terms in fund_terms().items() if terms.multiple == 1 and terms.follows in indices()]
OTHERS = [symbol for symbol, terms in fund_terms().items() if terms.multiple != 1 and terms.follows in indices()]


def fund(symbol: str) -> tuple[Instrument, FundHistory]:
    instrument = MARKET.instruments[symbol]
    history = MARKET.fund(instrument)
    assert history is not None
    return instrument, history


def test_every_fund_follows_something_of_this_world():
    funds = {i.symbol for i in MARKET.instruments.values() if i.country == "KR" and i.kind in ("etf", "etn")}
    assert set(fund_terms()) == funds
    assert len(funds) >= 20
    for terms in fund_terms().values():
        assert terms.follows in indices() or terms.follows in MARKET.instruments


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(PLAIN), DAYS)
def test_a_plain_funds_net_asset_value_is_a_fixed_part_of_what_its_members_are_worth(symbol: str, day: date):
    instrument, history = fund(symbol)
    index = indices()[fund_terms()[symbol].follows]
    worth = MARKET.index_history(index).previous_close(day)
    assert isclose(history.nav_before(day), instrument.base_units * worth / index.worth)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(OTHERS), DAYS)
def test_a_funds_daily_return_is_its_multiple_of_the_indexs(symbol: str, day: date):
    _, history = fund(symbol)
    terms = fund_terms()[symbol]
    index = MARKET.index_history(indices()[terms.follows])
    after = day + timedelta(days=1)
    own = history.nav_before(after) / history.nav_before(day) - 1
    followed = index.previous_close(after) / index.previous_close(day) - 1
    assert isclose(own, terms.multiple * followed, rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(list(fund_terms())), DAYS)
def test_a_funds_price_stays_near_its_net_asset_value(symbol: str, day: date):
    instrument, history = fund(symbol)
    nav, price = history.nav_before(day), history.previous_close(day)
    assert abs(price - nav) <= 0.0016 * nav + instrument.tick(price)
    bar = history.bar(day)
    assert bar is not None
    assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high


@pytest.mark.parametrize("symbol", ["069500", "252670", "360750"])
def test_a_whole_session_of_a_fund_ends_as_its_daily_bar_says(symbol: str):
    instrument, history = fund(symbol)
    day = date(2026, 3, 4)
    bar = history.bar(day)
    assert bar is not None
    whole = MARKET.session(instrument, day).until(MARKET.calendar(instrument).ticks_a_day)
    assert (whole.open, whole.close, whole.volume) == (bar.open, bar.close, bar.volume)
    assert bar.low <= whole.low <= whole.high <= bar.high


def test_a_fund_of_a_foreign_market_shows_no_price_that_market_has_yet_to_make():
    instrument, history = fund("360750")
    now = datetime(2026, 3, 4, 10, 0, tzinfo=KST)
    moment = MARKET.moment(instrument, now)
    foreign = MARKET.instruments["SPY"]
    levels = history.levels(moment.day, MARKET.calendar(instrument).ticks_a_day)
    day = MARKET.calendar(foreign).before(moment.day)
    assert list(levels) == list(MARKET.session(foreign, day).prices)
    made = MARKET.calendar(foreign).time_of(day, moment.ticks - 1)
    assert made < now


def test_a_leveraged_funds_price_limits_are_as_far_as_its_multiple():
    one, two = (MARKET.instruments[symbol] for symbol in ("069500", "252670"))
    assert one.limits(10_000) == (7_000, 13_000)
    assert two.limits(10_000) == (4_000, 16_000)
