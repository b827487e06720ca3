"""The table of indicators is the list of KIS' own strategy builder and backtester."""

import pytest

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.indicators import KINDS, find_kind

KIS = """
sma(period) ema(period) dema(period) tema(period) hma(period) kama(period) alma(period,sigma,offset) lwma(period)
trima(period) t3(period,volume_factor) zlema(period) wma(period) frama(period) vidya(period) rsi(period)
stochastic(k_period,d_period)>k/d stochrsi(rsi_period,stoch_period,k_period,d_period)>k/d
macd(fast,slow,signal)>value/signal/histogram cci(period) williams_r(period) momentum(period) roc(period)
apo(fast,slow) ppo(fast,slow)>value/signal/histogram aroon(up_period,down_period)>value/aroon_up/aroon_down
cmo(period) ao(fast,slow) cho(fast,slow) ultosc(period1,period2,period3) trix(period)
tsi(long_period,short_period,signal_period)>value/signal rvi(period) dpo(period) kvo(fast,slow,signal)>value/signal
adx(period)>value/plus_di/minus_di adxr(period) ichimoku(tenkan,kijun,senkou_b)>tenkan/kijun/senkou_a/senkou_b/chikou
sar(af_start,af_step,af_max) vortex(period)>plus_vi/minus_vi chop(period) kst(roc1,roc2,roc3,roc4)>value/signal
coppock(short_roc,long_roc,wma) supertrend(period,multiplier) mass_index(ema_period,sum_period)
schaff(cycle,fast,slow) fisher(period) obv() ad() adl() cmf(period) mfi(period) force(period) vwap(period)
vwma(period) eom(period,scale) atr(period) natr(period) bollinger(period,std)>upper/middle/lower
keltner(period,multiplier)>upper/middle/lower donchian(period)>upper/lower std(period) variance(period)
accbands(period,width)>upper/middle/lower beta(period) alpha(period) maximum(period) minimum(period) midpoint(period)
midprice(period) logr(period) ibs() bop() regression(period)>value/slope/intercept pivot(left_bars,right_bars)>high/low
augen(period) consecutive(direction) disparity(period) volatility_ind(period) change() returns(period)
"""


def test_the_table_has_what_kis_names() -> None:
    written = {
        f"{kind.id}({','.join(param.name for param in kind.params)})"
        + ("" if kind.outputs == ("value",) else f">{'/'.join(kind.outputs)}")
        for kind in KINDS.values()
    }
    assert written == set(KIS.split())
    assert len(written) == 80
    assert all(name == kind.id and kind.title for name, kind in KINDS.items())


def test_every_default_is_in_its_range() -> None:
    for kind in KINDS.values():
        assert kind.read_params({}, "params") == {param.name: param.default for param in kind.params}


def test_only_beta_and_alpha_need_an_index() -> None:
    assert {kind.id for kind in KINDS.values() if kind.needs_benchmark} == {"beta", "alpha"}


@pytest.mark.parametrize(("name", "id"), [("max", "maximum"), ("min", "minimum"), ("bb", "bollinger"), ("sma", "sma")])
def test_other_names_mean_a_kind_of_the_table(name: str, id: str) -> None:
    assert find_kind(name).id == id


def test_a_name_that_nobody_uses_is_refused() -> None:
    with pytest.raises(BadArgument, match="no indicator magic") as refused:
        find_kind("magic", "indicators.a.kind")
    assert refused.value.field == "indicators.a.kind"


@pytest.mark.parametrize(
    ("kind", "given", "field"),
    [
        ("sma", {"length": 3}, "params.length"),
        ("sma", {"period": 0}, "params.period"),
        ("sma", {"period": 2.5}, "params.period"),
        ("obv", {"period": 3}, "params.period"),
        ("bollinger", {"std": 0}, "params.std"),
        ("consecutive", {"direction": 2}, "params.direction"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_refused(kind: str, given: dict[str, float], field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        KINDS[kind].read_params(given, "params")
    assert refused.value.field == field
