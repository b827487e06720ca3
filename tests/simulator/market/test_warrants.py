import math
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.index_members import indices
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.listings import ISSUERS, warrant_terms
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.warrants import RATE, Model, WarrantHistory

MARKET = Market(3)
NOW = datetime(2026, 6, 15, 11, 0, tzinfo=KST)
ON_STOCKS = [symbol for symbol, terms in warrant_terms().items() if terms.underlying == "005930"]
MODELS = st.builds(
    Model,
    sign=st.sampled_from([1, -1]),
    strike=st.floats(60, 140),
    years=st.floats(0.05, 2),
    volatility=st.floats(0.1, 0.6),
)


def warrant(symbol: str) -> tuple[Instrument, WarrantHistory]:
    instrument = MARKET.instruments[symbol]
    history = MARKET.warrant(instrument)
    assert history is not None
    return instrument, history


def test_every_warrant_has_an_underlying_of_this_world_and_terms_that_fit():
    assert len(warrant_terms()) >= 40
    for symbol, terms in warrant_terms().items():
        assert terms.underlying in indices() or MARKET.instruments[terms.underlying].kind == "stock"
        assert symbol.startswith(ISSUERS[terms.issuer].prefix)
        assert terms.listed_since < terms.expiry
        assert terms.expiry.weekday() == 3
        assert 8 <= terms.expiry.day <= 14
        if terms.barrier is not None:
            assert (terms.barrier - terms.strike) * terms.sign > 0


@settings(max_examples=60, deadline=None)
@given(MODELS, st.floats(70, 130))
def test_a_call_less_its_put_is_worth_the_underlying_less_the_discounted_strike(model: Model, spot: float):
    call, put = (Model(sign, model.strike, model.years, model.volatility) for sign in (1, -1))
    discounted = model.strike * math.exp(-RATE * model.years)
    plain = call._value(spot) - put._value(spot)  # pyright: ignore[reportPrivateUsage]
    assert math.isclose(plain, spot - discounted, abs_tol=1e-6)


@settings(max_examples=60, deadline=None)
@given(MODELS, st.floats(70, 130))
def test_the_value_is_never_below_what_exercising_brings_and_falls_with_the_barrier(model: Model, spot: float):
    assert model.value(spot) >= model.intrinsic(spot) >= 0
    barrier = model.strike * (1 + 0.02 * model.sign)
    limited = Model(model.sign, model.strike, model.years, model.volatility, barrier)
    assert limited.value(spot) <= model.value(spot) + 1e-6
    if limited.is_over(spot):
        assert limited.value(spot) == 0


@settings(max_examples=40, deadline=None)
@given(MODELS, st.floats(80, 120))
def test_theta_and_vega_are_the_slopes_of_the_value(model: Model, spot: float):
    later = Model(model.sign, model.strike, model.years - 1 / 365, model.volatility)
    wilder = Model(model.sign, model.strike, model.years, model.volatility + 0.001)
    lost = model._value(spot) - later._value(spot)  # pyright: ignore[reportPrivateUsage]
    gained = (wilder._value(spot) - model._value(spot)) * 10  # pyright: ignore[reportPrivateUsage]
    assert math.isclose(model.theta(spot), lost, rel_tol=0.1, abs_tol=0.01)
    assert math.isclose(model.vega(spot), gained, rel_tol=0.1, abs_tol=0.01)
    assert -1e-6 <= model.sign * model.delta(spot) <= 1 + 1e-6
    assert model.gamma(spot) >= -1e-6


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(ON_STOCKS), st.integers(0, 86_399))
def test_a_warrants_price_follows_its_underlyings_quote_tick_by_tick(symbol: str, seconds: int):
    instrument, history = warrant(symbol)
    now = datetime(2026, 6, 15, tzinfo=KST) + timedelta(seconds=seconds)
    quote = MARKET.quote(instrument, now)
    assert quote.price % 5 == 0
    assert quote.low <= min(quote.open, quote.price) <= max(quote.open, quote.price) <= quote.high
    assert quote.volume % instrument.lot == 0
    stock = MARKET.quote(MARKET.instruments["005930"], now)
    if history.terms.listed_since <= quote.day <= history.terms.expiry:
        exercised = max((stock.price - history.terms.strike) * history.terms.sign, Decimal(0)) * history.terms.ratio
        if history.terms.barrier is None:
            assert quote.price >= exercised


@pytest.mark.parametrize("symbol", ["58J297", "52E170", "58R032"])
def test_a_whole_session_of_a_warrant_ends_as_its_daily_bar_says(symbol: str):
    instrument, history = warrant(symbol)
    day = date(2026, 11, 27)
    bar = history.bar(day)
    assert bar is not None
    whole = MARKET.session(instrument, day).until(MARKET.calendar(instrument).ticks_a_day)
    assert (whole.open, whole.close, whole.volume) == (bar.open, bar.close, bar.volume)
    assert bar.low <= whole.low <= whole.high <= bar.high
    assert MARKET.history(instrument).previous_close(date(2026, 11, 28)) == bar.close


def test_a_warrant_is_traded_from_its_first_day_to_its_last_and_stands_still_after_it():
    instrument, history = warrant("58J297")
    terms = history.terms
    days = (terms.listed_since - timedelta(days=1), terms.listed_since, terms.expiry, terms.expiry + timedelta(days=1))
    assert [MARKET.is_listed_on(instrument, day) for day in days] == [False, True, True, False]
    last, after = history.bar(terms.expiry), history.bar(terms.expiry + timedelta(days=30))
    assert last is not None
    assert after is not None
    assert (after.open, after.high, after.low, after.close, after.volume) == (*[last.close] * 4, 0)
    assert history.redemption(terms.expiry) == 0
    stock = MARKET.history(MARKET.instruments["005930"]).bar(terms.expiry)
    assert stock is not None
    paid = max((Decimal(stock.close) - terms.strike) * terms.sign, Decimal(0)) * terms.ratio
    assert history.redemption(terms.expiry + timedelta(days=1)) == paid


def test_a_warrant_whose_barrier_was_reached_is_listed_no_more():
    instrument, history = warrant("52E170")
    day, terms = date(2026, 9, 1), history.terms
    index = MARKET.index_history(indices()["2001"])
    lows = [bar.low for bar in index.until(day - timedelta(days=1), 30) if bar.day >= terms.listed_since]
    for barrier, is_traded in ((min(lows) + 10**12, False), (min(lows) - 10**12, True)):
        moved = replace(terms, barrier=Decimal(history.spot(barrier)))
        followed = history._followed  # pyright: ignore[reportPrivateUsage]
        assert WarrantHistory(3, instrument, moved, followed).is_traded(day) is is_traded
