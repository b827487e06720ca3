"""Indicators, held against TA-Lib's.

Exponential averages begin with the simple average of their first values, here and in TA-Lib. Some of TA-Lib's begin at
another bar, where two averages are to begin together; those are compared once the beginning no longer counts.
"""

from collections.abc import Callable

import numpy as np
import pytest
import talib as ta

from tests.strategies.indicators.series import Column, Prices, assert_same, columns, walk

BARS = walk(1500)
P = Prices(BARS)
OTHER_START = 600
"""By then less than 1e-10 is left of how an average of 26 bars began."""

EXACT: dict[str, tuple[dict[str, float], Callable[[], tuple[Column, ...] | Column]]] = {
    "sma": ({"period": 20}, lambda: ta.SMA(P.close, 20)),
    "ema": ({"period": 20}, lambda: ta.EMA(P.close, 20)),
    "dema": ({"period": 20}, lambda: ta.DEMA(P.close, 20)),
    "tema": ({"period": 20}, lambda: ta.TEMA(P.close, 20)),
    "hma": ({"period": 15}, lambda: ta.HMA(P.close, 15)),
    "kama": ({"period": 10}, lambda: ta.KAMA(P.close, 10)),
    "lwma": ({"period": 20}, lambda: ta.WMA(P.close, 20)),
    "trima": ({"period": 9}, lambda: ta.TRIMA(P.close, 9)),
    "t3": ({"period": 5, "volume_factor": 0.7}, lambda: ta.T3(P.close, 5, 0.7)),
    "zlema": ({"period": 20}, lambda: ta.ZLEMA(P.close, 20)),
    "wma": ({"period": 14}, lambda: ta.RMA(P.close, 14)),
    "rsi": ({"period": 14}, lambda: ta.RSI(P.close, 14)),
    "cci": ({"period": 20}, lambda: ta.CCI(P.high, P.low, P.close, 20)),
    "williams_r": ({"period": 14}, lambda: ta.WILLR(P.high, P.low, P.close, 14)),
    "momentum": ({"period": 10}, lambda: ta.ROC(P.close, 10)),
    "roc": ({"period": 10}, lambda: ta.ROC(P.close, 10)),
    "cmo": ({"period": 14}, lambda: ta.CMOU(P.close, 14)),
    "ao": ({"fast": 5, "slow": 34}, lambda: ta.AO(P.high, P.low, 5, 34)),
    "ultosc": ({"period1": 7, "period2": 14, "period3": 28}, lambda: ta.ULTOSC(P.high, P.low, P.close, 7, 14, 28)),
    "trix": ({"period": 15}, lambda: ta.TRIX(P.close, 15)),
    "dpo": ({"period": 20}, lambda: ta.DPO(P.close, 20)),
    "adx": (
        {"period": 14},
        lambda: tuple(make(P.high, P.low, P.close, 14) for make in (ta.ADX, ta.PLUS_DI, ta.MINUS_DI)),
    ),
    "adxr": ({"period": 14}, lambda: ta.ADXR(P.high, P.low, P.close, 14)),
    "sar": (
        {"af_start": 0.01, "af_step": 0.03, "af_max": 0.3},
        lambda: np.abs(ta.SAREXT(P.high, P.low, 0, 0, 0.01, 0.03, 0.3, 0.01, 0.03, 0.3)),
    ),
    "vortex": ({"period": 14}, lambda: ta.VORTEX(P.high, P.low, P.close, 14)),
    "coppock": ({"short_roc": 11, "long_roc": 14, "wma": 10}, lambda: ta.COPPOCK(P.close, 10, 11, 14)),
    "supertrend": ({"period": 10, "multiplier": 3}, lambda: ta.SUPERTREND(P.high, P.low, P.close, 10, 3)[0]),
    "mass_index": ({"ema_period": 9, "sum_period": 25}, lambda: ta.MASSI(P.high, P.low, 9, 25)),
    "obv": ({}, lambda: ta.OBV(P.close, P.volume)),
    "ad": ({}, lambda: ta.AD(P.high, P.low, P.close, P.volume)),
    "adl": ({}, lambda: ta.AD(P.high, P.low, P.close, P.volume)),
    "cmf": ({"period": 20}, lambda: ta.CMF(P.high, P.low, P.close, P.volume, 20)),
    "mfi": ({"period": 14}, lambda: ta.MFI(P.high, P.low, P.close, P.volume, 14)),
    "force": ({"period": 13}, lambda: ta.EFI(P.close, P.volume, 13)),
    "vwma": ({"period": 20}, lambda: ta.VWMA(P.close, P.volume, 20)),
    "atr": ({"period": 14}, lambda: ta.ATR(P.high, P.low, P.close, 14)),
    "natr": ({"period": 14}, lambda: ta.NATR(P.high, P.low, P.close, 14)),
    "bollinger": ({"period": 20, "std": 1.5}, lambda: ta.BBANDS(P.close, 20, 1.5, 1.5)),
    "donchian": ({"period": 20}, lambda: ta.DONCHIAN(P.high, P.low, 20)[::2]),
    "std": ({"period": 20}, lambda: ta.STDDEV(P.close, 20)),
    "variance": ({"period": 20}, lambda: ta.VAR(P.close, 20)),
    "accbands": ({"period": 20, "width": 4}, lambda: ta.ACCBANDS(P.high, P.low, P.close, 20)),
    "beta": ({"period": 60}, lambda: ta.BETA(P.index, P.close, 60)),
    "maximum": ({"period": 20}, lambda: ta.MAX(P.close, 20)),
    "minimum": ({"period": 20}, lambda: ta.MIN(P.close, 20)),
    "midpoint": ({"period": 14}, lambda: ta.MIDPOINT(P.close, 14)),
    "midprice": ({"period": 14}, lambda: ta.MIDPRICE(P.high, P.low, 14)),
    "bop": ({}, lambda: ta.BOP(P.open, P.high, P.low, P.close)),
    "regression": (
        {"period": 14},
        lambda: tuple(make(P.close, 14) for make in (ta.LINEARREG, ta.LINEARREG_SLOPE, ta.LINEARREG_INTERCEPT)),
    ),
}


@pytest.mark.parametrize("kind", EXACT)
def test_talib_gives_the_same_from_the_first_bar(kind: str) -> None:
    params, reference = EXACT[kind]
    theirs = reference()
    mine = tuple(columns(kind, BARS, **params).values())
    for own, other in zip(mine, theirs if isinstance(theirs, tuple | list) else (theirs,), strict=True):
        assert_same(own, other)


def after(column: Column, make: Callable[[Column], Column]) -> Column:
    """What a function of TA-Lib makes of a column that begins with no values."""
    known = ~np.isnan(column)
    result = np.full(len(column), np.nan)
    result[known] = make(column[known])
    return result


def test_macd_is_talibs_once_it_has_begun() -> None:
    mine = columns("macd", BARS, fast=12, slow=26, signal=9)
    for own, other in zip(mine.values(), ta.MACD(P.close, 12, 26, 9), strict=True):
        assert_same(own, other, after=OTHER_START)
    line = ta.EMA(P.close, 12) - ta.EMA(P.close, 26)
    assert_same(mine["value"], line)
    assert_same(mine["signal"], after(line, lambda each: ta.EMA(each, 9)))


def test_price_oscillators_are_talibs_once_they_have_begun() -> None:
    assert_same(columns("apo", BARS)["value"], ta.APO(P.close, 12, 26, ta.MA_Type.EMA), after=OTHER_START)
    mine = columns("ppo", BARS)
    assert_same(mine["value"], ta.PPO(P.close, 12, 26, ta.MA_Type.EMA), after=OTHER_START)
    assert_same(mine["signal"], after(mine["value"], lambda each: ta.EMA(each, 9)))
    assert_same(mine["histogram"], mine["value"] - mine["signal"])


def test_the_chaikin_oscillator_is_talibs_once_it_has_begun() -> None:
    assert_same(columns("cho", BARS)["value"], ta.ADOSC(P.high, P.low, P.close, P.volume, 3, 10), after=OTHER_START)


def test_the_keltner_channel_is_talibs_once_it_has_begun() -> None:
    mine = columns("keltner", BARS, period=20, multiplier=1.5)
    for own, other in zip(mine.values(), ta.KC(P.high, P.low, P.close, 20, 20, 1.5), strict=True):
        assert_same(own, other, after=OTHER_START)


def test_the_true_strength_index_is_talibs_and_its_signal_an_average() -> None:
    mine = columns("tsi", BARS)
    assert_same(mine["value"], ta.TSI(P.close, 25, 13))
    assert_same(mine["signal"], after(mine["value"], lambda each: ta.EMA(each, 7)))


def test_aroon_is_talibs_with_a_period_for_each_way() -> None:
    mine = columns("aroon", BARS, up_period=14, down_period=25)
    up, down = ta.AROON(P.high, P.low, 14)[1], ta.AROON(P.high, P.low, 25)[0]
    for own, other in zip(mine.values(), (up - down, up, down), strict=True):
        assert_same(own[25:], other[25:])


def test_the_stochastic_oscillator_is_talibs_fast_one() -> None:
    mine = columns("stochastic", BARS, k_period=14, d_period=3)
    # TA-Lib gives its first k only when it has a d.
    k, d = ta.STOCHF(P.high, P.low, P.close, 14, 3, ta.MA_Type.SMA)
    assert_same(mine["k"], k, after=15)
    assert_same(mine["d"], d)


def test_the_stochastic_of_the_index_is_talibs_smoothed_twice() -> None:
    mine = columns("stochrsi", BARS, rsi_period=14, stoch_period=10, k_period=3, d_period=4)
    k = ta.STOCHRSI(P.close, 14, 10, 3, ta.MA_Type.SMA)[1]
    assert_same(mine["k"], k)
    assert_same(mine["d"], after(k, lambda each: ta.SMA(each, 4)))


@pytest.mark.parametrize(
    ("kind", "reference"),
    [
        ("sma", lambda p: ta.SMA(p.close, 20)),
        ("lwma", lambda p: ta.WMA(p.close, 20)),
        ("std", lambda p: ta.STDDEV(p.close, 20)),
    ],
)
def test_sums_do_not_drift_in_100_000_bars(kind: str, reference: Callable[[Prices], Column]) -> None:
    """TA-Lib sees the last 500 bars alone, so that its own sums have not drifted either."""
    bars = BARS[:1000] + BARS * 66
    assert_same(columns(kind, bars, period=20)["value"][-400:], reference(Prices(bars[-500:]))[-400:], tolerance=1e-12)
