"""Indicators that TA-Lib lacks, held against talipp's, or against the published formula over a whole series at once."""

from math import exp, log

import numpy as np
import pytest
import talib as ta
from numpy.lib.stride_tricks import sliding_window_view
from talipp import indicators as talipp
from talipp.ohlcv import OHLCV

from kis_mcp.strategies.indicators import BarValues
from tests.strategies.indicators.series import NOW, Column, Prices, assert_same, columns, values, walk

BARS = walk(900, seed=7)
P = Prices(BARS)
OHLCVS = [OHLCV(bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in BARS]
CLOSES = [bar.close for bar in BARS]


def late(column: Column, bars: int) -> Column:
    """A column, so many bars later."""
    return np.concatenate([np.full(bars, np.nan), column[: len(column) - bars]])


def column_of(results: object, name: str = "") -> Column:
    """What an indicator of talipp gave."""
    found = [getattr(each, name, each) if name else each for each in results]  # type: ignore[attr-defined]
    return np.array([np.nan if each is None else float(each) for each in found])


def over(column: Column, period: int) -> Column:
    """Each bar's latest values, as rows, of the bars that have enough."""
    return sliding_window_view(column, period)


def filled(column: Column) -> Column:
    """A column that ends with the last bar, with no values before it."""
    return np.concatenate([np.full(len(BARS) - len(column), np.nan), column])


def true_ranges() -> Column:
    return ta.TRANGE(P.high, P.low, P.close)


def test_alma_is_talipps() -> None:
    mine = columns("alma", BARS, period=9, sigma=6, offset=0.85)["value"]
    assert_same(mine, column_of(talipp.ALMA(9, 0.85, 6, CLOSES)))


def test_know_sure_thing_is_talipps() -> None:
    mine = columns("kst", BARS)
    theirs = talipp.KST(10, 10, 15, 10, 20, 10, 30, 15, 9, CLOSES)
    # Its averages begin a bar earlier, with what its rates of change repeat; the last ones do not see it.
    assert_same(mine["value"], column_of(theirs, "kst"), after=60)
    assert_same(mine["signal"], column_of(theirs, "signal"), after=60)


def test_the_klinger_oscillator_is_talipps_once_it_has_begun() -> None:
    mine = columns("kvo", BARS, fast=12, slow=20, signal=5)
    value = column_of(talipp.KVO(12, 20, OHLCVS))
    assert_same(mine["value"], value, after=600)
    known = mine["value"][~np.isnan(mine["value"])]
    assert_same(mine["signal"], filled(ta.EMA(known, 5)))


def test_choppiness_is_talipps_from_the_bar_that_has_true_ranges() -> None:
    assert_same(columns("chop", BARS, period=14)["value"], column_of(talipp.CHOP(14, OHLCVS)), after=14)


def test_the_cloud_is_beside_the_bar_that_a_chart_draws_it_beside() -> None:
    """Hosoda: middles of highs and lows; the cloud stands a kijun ahead, the chikou a kijun back."""

    def middle(period: int) -> Column:
        return filled((over(P.high, period).max(axis=1) + over(P.low, period).min(axis=1)) / 2)

    mine = columns("ichimoku", BARS, tenkan=9, kijun=26, senkou_b=52)
    assert_same(mine["tenkan"], middle(9))
    assert_same(mine["kijun"], middle(26))
    assert_same(mine["senkou_a"], late((middle(9) + middle(26)) / 2, 26))
    assert_same(mine["senkou_b"], late(middle(52), 26))
    assert_same(mine["chikou"], late(P.close, 26))


def test_frama_follows_ehlers() -> None:
    """FRAMA, Technical Analysis of Stocks & Commodities, October 2005, its EasyLanguage listing."""
    period, price, result = 16, P.middle, np.full(len(BARS), np.nan)
    filt = price[period - 2]
    for at in range(period - 1, len(BARS)):
        begin, half = at + 1 - period, at + 1 - period // 2
        n1 = (P.high[half : at + 1].max() - P.low[half : at + 1].min()) / (period / 2)
        n2 = (P.high[begin:half].max() - P.low[begin:half].min()) / (period / 2)
        n3 = (P.high[begin : at + 1].max() - P.low[begin : at + 1].min()) / period
        alpha = exp(-4.6 * ((log(n1 + n2) - log(n3)) / log(2) - 1))
        alpha = min(1.0, max(0.01, alpha))
        result[at] = filt = alpha * price[at] + (1 - alpha) * filt
    assert_same(columns("frama", BARS, period=16)["value"], result)


def test_vidya_follows_chande() -> None:
    """Chande, Stocks & Commodities, October 1995: an average whose weight is scaled by the absolute momentum."""
    strengths, result = np.abs(ta.CMOU(P.close, 14)) / 100, np.full(len(BARS), np.nan)
    vidya = P.close[13]
    for at in range(14, len(BARS)):
        weight = 2 / 15 * strengths[at]
        result[at] = vidya = weight * P.close[at] + (1 - weight) * vidya
    assert_same(columns("vidya", BARS, period=14)["value"], result)


def test_the_relative_vigor_index_follows_ehlers() -> None:
    """Ehlers, Cybernetic Analysis for Stocks and Futures (2004), chapter 6."""
    weights = np.array([1, 2, 2, 1]) / 6
    move = over(P.close - P.open, 4) @ weights
    reach = over(P.high - P.low, 4) @ weights
    theirs = over(move, 10).sum(axis=1) / over(reach, 10).sum(axis=1)
    assert_same(columns("rvi", BARS, period=10)["value"], filled(theirs))


def test_the_schaff_cycle_is_two_stochastics_smoothed_by_half() -> None:
    """Schaff (1999): the stochastic of a MACD, smoothed by 0.5, and that of the result again."""

    def cycle(column: Column, period: int) -> Column:
        result, place, smooth = np.full(len(column), np.nan), None, None
        for at in range(len(column)):
            window = column[max(0, at + 1 - period) : at + 1]
            if len(window) < period or np.isnan(window).any():
                continue
            low, high = window.min(), window.max()
            if high > low:
                place = 100 * (column[at] - low) / (high - low)
            if place is not None:
                smooth = place if smooth is None else smooth + 0.5 * (place - smooth)
                result[at] = smooth
        return result

    line = ta.EMA(P.close, 23) - ta.EMA(P.close, 50)
    assert_same(columns("schaff", BARS, cycle=10, fast=23, slow=50)["value"], cycle(cycle(line, 10), 10))


def test_the_fisher_transform_follows_ehlers() -> None:
    """Using the Fisher Transform, Stocks & Commodities, November 2002, its EasyLanguage listing."""
    highs, lows = filled(over(P.middle, 10).max(axis=1)), filled(over(P.middle, 10).min(axis=1))
    result, place, fish = np.full(len(BARS), np.nan), 0.0, 0.0
    for at in range(9, len(BARS)):
        place = 0.33 * 2 * ((P.middle[at] - lows[at]) / (highs[at] - lows[at]) - 0.5) + 0.67 * place
        place = 0.999 if place > 0.999 else -0.999 if place < -0.999 else place
        result[at] = fish = 0.5 * log((1 + place) / (1 - place)) + 0.5 * fish
    assert_same(columns("fisher", BARS, period=10)["value"], result)


def test_the_volume_weighted_average_is_turnover_by_volume() -> None:
    theirs = over(P.typical * P.volume, 14).sum(axis=1) / over(P.volume, 14).sum(axis=1)
    assert_same(columns("vwap", BARS, period=14)["value"], filled(theirs))


def test_ease_of_movement_follows_arms() -> None:
    """Arms, Volume Cycles in the Stock Market (1994): distance moved by box ratio; their mean."""
    distance = np.diff(P.middle)
    box = P.volume[1:] / 10_000 / (P.high - P.low)[1:]
    assert_same(columns("eom", BARS, period=14, scale=10_000)["value"], filled(ta.SMA(distance / box, 14)))


def test_alpha_is_what_beta_leaves() -> None:
    """Jensen (1968), without the riskless rate: the line's height where the market does not move."""
    own, market = np.diff(P.close) / P.close[:-1], np.diff(P.index) / P.index[:-1]
    lines = [np.polyfit(market[at - 60 : at], own[at - 60 : at], 1) for at in range(60, len(own) + 1)]
    assert_same(
        columns("beta", BARS, period=60)["value"], filled(np.array([beta for beta, _ in lines])), tolerance=1e-8
    )
    assert_same(
        columns("alpha", BARS, period=60)["value"], filled(np.array([rest for _, rest in lines])), tolerance=1e-8
    )


def test_without_an_index_beta_and_alpha_have_no_value() -> None:
    bare = [bar._replace(benchmark=None) for bar in BARS]
    for kind in ("beta", "alpha"):
        assert set(values(kind, bare, period=5)) == {(None,)}


def test_a_bar_without_an_index_is_left_out_of_beta() -> None:
    with_gaps = [bar._replace(benchmark=None) if at % 7 == 3 else bar for at, bar in enumerate(BARS)]
    known = [bar for bar in with_gaps if bar.benchmark is not None]
    mine = values("beta", with_gaps, period=20)
    assert [each for each, bar in zip(mine, with_gaps, strict=True) if bar.benchmark is not None] == values(
        "beta", known, period=20
    )
    assert {each for each, bar in zip(mine, with_gaps, strict=True) if bar.benchmark is None} == {(None,)}


def test_returns_are_told_in_their_units() -> None:
    change = np.diff(P.close) / P.close[:-1]
    assert_same(columns("change", BARS)["value"], filled(100 * change))
    assert_same(columns("returns", BARS, period=60)["value"], ta.ROC(P.close, 60))
    assert_same(columns("logr", BARS, period=3)["value"], filled(np.log(P.close[3:] / P.close[:-3])))
    assert_same(columns("volatility_ind", BARS, period=10)["value"], filled(over(change, 10).std(axis=1, ddof=1)))
    assert_same(columns("disparity", BARS, period=20)["value"], 100 * P.close / ta.SMA(P.close, 20))
    assert_same(columns("ibs", BARS)["value"], (P.close - P.low) / (P.high - P.low))


def test_the_price_spike_measures_a_change_by_those_before_it() -> None:
    """Augen, The Volatility Edge in Options Trading (2008), chapter 3: the change in standard deviations, each of the
    window that ended a bar earlier."""
    deviations = over(np.diff(np.log(P.close)), 20).std(axis=1, ddof=1)[:-1]
    assert_same(
        columns("augen", BARS, period=20)["value"], filled(np.diff(P.close)[20:] / (deviations * P.close[20:-1]))
    )


def bars_of(closes: list[float]) -> list[BarValues]:
    return [BarValues(NOW, each, each + 1, each - 1, each, 10.0) for each in closes]


@pytest.mark.parametrize(
    ("direction", "expected"),
    [(1, [None, 1, 2, 0, 0, 0, 1]), (-1, [None, 0, 0, 0, 1, 2, 0]), (0, [None, 0, 0, 1, 0, 0, 0])],
)
def test_closes_in_a_row_are_counted(direction: int, expected: list[float | None]) -> None:
    assert [each for (each,) in values("consecutive", bars_of([1, 2, 3, 3, 2, 1, 5]), direction=direction)] == expected


def test_a_turning_point_is_given_when_it_is_confirmed_and_stands_until_the_next() -> None:
    closes = [5.0, 6, 9, 7, 6, 4, 5, 6, 10, 8, 7]
    assert values("pivot", bars_of(closes), left_bars=2, right_bars=2) == [
        (None, None),
        (None, None),
        (None, None),
        (None, None),
        (10, None),  # the high of 9, two bars later
        (10, None),
        (10, None),
        (10, 3),  # the low of 4
        (10, 3),
        (10, 3),
        (11, 3),
    ]


def test_a_top_of_two_equal_highs_is_no_turning_point() -> None:
    assert {high for high, _ in values("pivot", bars_of([5, 6, 9, 9, 6, 4]), left_bars=1, right_bars=1)} == {None}
