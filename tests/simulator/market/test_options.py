import math
from datetime import date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.simulator.market.chains import chain, products
from kis_mcp.simulator.market.instruments import Instrument, contracts
from kis_mcp.simulator.market.market import Market
from kis_mcp.simulator.market.options import Model, OptionHistory

MARKET = Market(3)
DAY = date(2026, 6, 15)
NOW = datetime(2026, 6, 15, 13, 20, tzinfo=KST)
ABROAD = [option for option in contracts().values() if option.kind in ("call", "put")]
LISTED = [option for kind in ("call", "put") for option in chain(products()["01"], kind, DAY)[::7]]
MINI = [option for kind in ("call", "put") for option in chain(products()["05"], kind, DAY)[::11]]
_STRIKE_STEP = 2.5
OPTIONS = [*ABROAD, *LISTED, *MINI]
MODELS = st.builds(
    Model, st.booleans(), st.floats(200, 500), st.floats(0.02, 2), st.floats(0.05, 0.6), st.floats(0, 0.06)
)


def by_symbol(option: Instrument) -> str:
    return option.symbol


def priced(option: Instrument) -> float:
    return float(MARKET.quote(option, NOW).price)


@pytest.mark.parametrize("option", [option for option in OPTIONS if option.kind == "call"], ids=by_symbol)
def test_a_call_less_its_put_is_worth_the_future_less_the_strike(option: Instrument):
    if option.country == "KR":
        put = MARKET.instruments["C" + option.symbol[1:]]
    else:
        chosen = ("put", option.strike, option.sector, option.expiry)
        put = next(o for o in ABROAD if (o.kind, o.strike, o.sector, o.expiry) == chosen)
    future, history = MARKET.underlying(option), MARKET.history(option)
    assert future is not None
    assert future.expiry is not None
    assert option.expiry is not None
    assert future.expiry >= option.expiry
    assert put.expiry == option.expiry
    assert isinstance(history, OptionHistory)
    assert option.expiry is not None
    discount = math.exp(-history.pricing(DAY).model.rate * (option.expiry - MARKET.quote(option, NOW).day).days / 365)
    steps = float(MARKET.quote(option, NOW).tick + MARKET.quote(put, NOW).tick)
    assert abs(priced(option) - priced(put) - discount * (priced(future) - float(option.strike))) <= steps


@pytest.mark.parametrize("option", OPTIONS, ids=by_symbol)
def test_an_options_quote_candles_and_limits_agree(option: Instrument):
    quote = MARKET.quote(option, NOW)
    today, before = MARKET.days(option, NOW, until=quote.day, count=2)
    assert (today.close, today.high, today.low, today.volume) == (quote.price, quote.high, quote.low, quote.volume)
    assert before.close == quote.previous_close
    assert quote.low_limit <= quote.low <= min(quote.open, quote.price)
    assert max(quote.open, quote.price) <= quote.high <= quote.high_limit
    assert option.on_tick(quote.price)


@pytest.mark.parametrize("kind", ["call", "put"])
def test_no_option_of_a_month_can_be_had_for_less_than_it_must_be_worth(kind: str):
    """Calls fall and puts rise with the strike, by no more than the strike does, and ever less steeply."""
    chains = chain(products()["01"], kind, DAY)
    month = [option for option in chains if option.expiry == chains[0].expiry]
    prices = [priced(option) for option in month]
    assert prices == sorted(prices, reverse=kind == "call")
    slopes = [(high - low) / _STRIKE_STEP for low, high in pairwise(prices)]
    assert all(-1.03 <= slope <= 1.03 for slope in slopes)
    assert all(later >= earlier - 0.05 for earlier, later in pairwise(slopes))


def test_far_strikes_are_priced_with_more_volatility_than_those_at_the_money():
    puts = [o for o in chain(products()["01"], "put", DAY) if o.expiry == date(2026, 9, 10)]
    histories = [history for put in puts if isinstance(history := MARKET.history(put), OptionHistory)]
    volatilities = [history.pricing(DAY).model.volatility for history in histories]
    lowest = volatilities.index(min(volatilities))
    assert volatilities[:lowest] == sorted(volatilities[:lowest], reverse=True)
    assert volatilities[lowest:] == sorted(volatilities[lowest:])
    assert lowest > 0


def test_a_whole_session_of_an_option_ends_as_its_daily_bar_says():
    for option in OPTIONS:
        bar = MARKET.history(option).bar(DAY)
        whole = MARKET.session(option, DAY).until(MARKET.calendar(option).ticks_a_day)
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
    dearer = Model(model.is_call, model.strike, model.years, model.volatility + 1e-4, model.rate)
    assert math.isclose(model.vega(future) * 100, (dearer.value(future) - at) / 1e-4, rel_tol=0.02, abs_tol=0.05)
    later = Model(model.is_call, model.strike, model.years - 1e-5, model.volatility, model.rate)
    assert math.isclose(model.theta(future) * 365, (later.value(future) - at) / 1e-5, rel_tol=0.02, abs_tol=0.05)
    costlier = Model(model.is_call, model.strike, model.years, model.volatility, model.rate + 1e-4)
    assert math.isclose(model.rho(future) * 100, (costlier.value(future) - at) / 1e-4, rel_tol=0.02, abs_tol=0.05)
    assert model.value(future) >= 0
