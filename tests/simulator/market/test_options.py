import math
from datetime import date, datetime, timedelta

from hypothesis import given, settings, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.instruments import Instrument, contracts
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.options import RATE, Model

MARKET = Market(3)
OPTIONS = [option for option in contracts().values() if option.kind in ("call", "put")]
TIMES = st.integers(0, 300 * 86_400).map(lambda seconds: datetime(2026, 2, 2, tzinfo=KST) + timedelta(seconds=seconds))
MODELS = st.builds(Model, st.booleans(), st.floats(200, 500), st.floats(0.02, 2), st.floats(0.05, 0.6))


@settings(max_examples=40, deadline=None)
@given(TIMES, st.sampled_from([option for option in OPTIONS if option.kind == "call"]))
def test_a_call_less_its_put_is_worth_the_future_less_the_strike(now: datetime, instrument: Instrument):
    put = next(
        o for o in OPTIONS if (o.kind, o.strike, o.moves_with) == ("put", instrument.strike, instrument.moves_with)
    )
    future = MARKET.underlying(instrument)
    assert future is not None
    assert future.expiry == instrument.expiry
    prices = [MARKET.quote(traded, now) for traded in (instrument, put, future)]
    c, p, f = (float(quote.price) for quote in prices)
    assert instrument.expiry is not None
    years = max((instrument.expiry - prices[0].day).days / 365, 0.5 / 365)
    tick = float(prices[0].tick)
    assert abs(c - p - math.exp(-RATE * years) * (f - float(instrument.strike))) <= 2 * tick


@settings(max_examples=40, deadline=None)
@given(TIMES, st.sampled_from(OPTIONS))
def test_an_options_quote_candles_and_limits_agree(now: datetime, instrument: Instrument):
    quote = MARKET.quote(instrument, now)
    today, before = MARKET.days(instrument, now, until=quote.day, count=2)
    assert (today.close, today.high, today.low, today.volume) == (quote.price, quote.high, quote.low, quote.volume)
    assert before.close == quote.previous_close
    assert quote.low_limit <= quote.low <= min(quote.open, quote.price)
    assert max(quote.open, quote.price) <= quote.high <= quote.high_limit
    assert instrument.on_tick(quote.price)


def test_a_whole_session_of_an_option_ends_as_its_daily_bar_says():
    for option in OPTIONS:
        day = date(2026, 6, 15)
        bar = MARKET.history(option).bar(day)
        whole = MARKET.session(option, day).until(MARKET.calendar(option).ticks_a_day)
        assert bar is not None
        assert (whole.open, whole.high, whole.low, whole.close, whole.volume, whole.turnover) == (
            bar.open,
            bar.high,
            bar.low,
            bar.close,
            bar.volume,
            bar.turnover,
        )


@given(MODELS, st.floats(200, 500))
def test_the_sensitivities_are_the_slopes_of_the_value(model: Model, future: float):
    step = future * 1e-4
    up, at, down = (model.value(future + move) for move in (step, 0, -step))
    assert math.isclose(model.delta(future), (up - down) / (2 * step), abs_tol=1e-4)
    assert math.isclose(
        model.gamma(future), (model.delta(future + step) - model.delta(future - step)) / (2 * step), abs_tol=1e-4
    )
    dearer = Model(model.is_call, model.strike, model.years, model.volatility + 1e-4)
    assert math.isclose(model.vega(future) * 100, (dearer.value(future) - at) / 1e-4, rel_tol=0.02, abs_tol=0.05)
    later = Model(model.is_call, model.strike, model.years - 1e-5, model.volatility)
    assert math.isclose(model.theta(future) * 365, (later.value(future) - at) / 1e-5, rel_tol=0.02, abs_tol=0.05)
    assert model.value(future) >= 0
