"""The strategies that come with the package: each can be begun with, and gives the signals of KIS' own of its kind."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from kis_mcp.catalog import catalog
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.market import builtin_instruments
from kis_mcp.simulator import Simulator
from kis_mcp.strategies.backtest.bars import Bar, Bars
from kis_mcp.strategies.backtest.options import BacktestOptions
from kis_mcp.strategies.backtest.run import run_backtest
from kis_mcp.strategies.backtest.terms import terms_of
from kis_mcp.strategies.document import (
    ENGLISH_TITLES,
    Strategy,
    doubts_of,
    preset_names,
    read_given,
    read_preset,
    read_text,
    resolve,
)
from kis_mcp.strategies.evaluation import Evaluator
from kis_mcp.strategies.indicators import BarValues
from kis_mcp.wiring import open_environments
from kis_mcp.wiring.trials import read_history, wait_silently
from tests.client import NOW, settings_for

TEMPLATES = Path(__file__).parents[4] / "shared/kis-strategies"
DAILY = [name for name in preset_names() if read_preset(name).interval == "1d"]
INTRADAY = [name for name in preset_names() if name not in DAILY]


def test_there_is_one_of_each_of_kis_kinds_and_two_for_a_day() -> None:
    assert DAILY == [
        "breakout_failure",
        "consecutive_moves",
        "disparity",
        "mean_reversion",
        "momentum",
        "sma_cross",
        "strong_close",
        "trend_filter",
        "volatility_breakout",
        "week52_high",
    ]
    assert INTRADAY == ["opening_range_breakout", "vwap_reversion"]


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_says_what_it_does_and_is_bounded(name: str) -> None:
    preset = read_preset(name)
    assert preset.id == name
    assert re.search("[가-힣]", preset.name)
    assert re.match(r"[A-Z].*\.$", preset.description)
    assert doubts_of(preset) == []
    assert None not in (preset.exits.stop_loss_percent, preset.limits.positions, preset.limits.entries_a_day)
    assert preset.exits.at_session_end == (name in INTRADAY)
    for parameter in preset.parameters.values():
        assert None not in (parameter.min, parameter.max, parameter.step)
        assert parameter.description


@pytest.mark.parametrize("name", preset_names())
@pytest.mark.parametrize("end", ["min", "max"])
def test_a_preset_can_be_evaluated_at_both_ends_of_its_parameters(name: str, end: str) -> None:
    preset = read_preset(name)
    ends = {each: getattr(parameter, end) for each, parameter in preset.parameters.items()}
    assert Evaluator(resolve(preset, ends)).warm_up > 0


def test_a_preset_that_there_is_not_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadArgument, match=r"no preset ../secrets. Give one of breakout_failure, .*, week52_high"):
        read_preset("../secrets")


async def test_every_preset_trades_over_the_simulators_history(simulator: Simulator) -> None:
    settings = settings_for(simulator, "real")
    yesterday, samsung = NOW.date() - timedelta(days=1), [builtin_instruments().resolve("005930")]
    async with open_environments(settings, catalog(), lambda: NOW) as environments:
        brokerage = await environments.brokerage(settings.environment)
        days = await read_history(brokerage, samsung, "1d", yesterday - timedelta(days=900), yesterday, wait_silently)
        minutes = await read_history(brokerage, samsung, "5m", yesterday, yesterday, wait_silently)
    options, terms = BacktestOptions(Decimal(10_000_000)), {"005930": terms_of("KR", "stock", {})}
    given = {"week52_high": {"lookback": 60}}  # there is no new high of a year in these days
    results = {
        name: run_backtest(
            resolve(read_preset(name), given.get(name)), minutes if name in INTRADAY else days, options, terms
        )
        for name in preset_names()
    }
    assert {name for name in DAILY if not results[name].trades} == set()
    assert all(result.equity[-1] > 0 for result in results.values())


def walk(count: int = 700, seed: int = 5) -> Bars:
    """Days of a price that wanders in whole won, so that equal closes occur."""
    random, price, rows = Random(seed), 5_000, list[Bar]()
    for number in range(count):
        opening = price
        price = max(1_000, price + round(random.gauss(0, 1) * 0.02 * price))
        high, low = max(opening, price) + random.randrange(40), min(opening, price) - random.randrange(40)
        ends_at = datetime(2024, 1, 2, 15, 30, tzinfo=KST) + timedelta(days=number)
        rows.append(Bar(ends_at, *map(Decimal, (opening, high, low, price)), volume=random.randrange(1, 9_999)))
    return Bars.of(rows)


BARS = list(walk().values())


def signals(strategy: Strategy, bars: Sequence[BarValues], **parameters: float) -> list[tuple[bool | None, ...]]:
    evaluator = Evaluator(resolve(strategy, parameters))
    return [tuple(evaluator.push(bar)) for bar in bars]


def times(strategy: Strategy, which: int, **parameters: float) -> set[int]:
    """The bars at which it would enter (0) or leave (1)."""
    return {at for at, signal in enumerate(signals(strategy, BARS, **parameters)) if signal[which]}


def kis_own(name: str) -> Strategy:
    file = TEMPLATES / f"{name}.kis.yaml"
    if not file.exists():
        pytest.skip("KIS' own files are not here")
    return read_given(read_text(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("name", "own", "parameters", "theirs"),
    [
        ("sma_cross", "sma_crossover", {"fast_period": 7, "slow_period": 30}, {"fast_period": 7, "slow_period": 30}),
        ("momentum", "momentum", {"lookback": 40, "threshold": 3}, {"lookback": 40, "threshold": 3}),
        ("consecutive_moves", "consecutive_moves", {"up_days": 1, "down_days": 1}, {}),
        ("disparity", "ma_divergence", {"period": 15, "buy_ratio": 1, "sell_ratio": 1}, {"period": 15}),
        ("mean_reversion", "short_term_reversal", {"period": 8, "buy_ratio": 1, "sell_ratio": 1}, {"period": 8}),
        ("strong_close", "strong_close", {"min_close_ratio": 0.7}, {"min_close_ratio": 0.7}),
        ("trend_filter", "trend_filter_signal", {"trend_period": 50}, {"trend_period": 50}),
    ],
)
def test_a_preset_gives_the_signals_of_kis_own(
    name: str, own: str, parameters: dict[str, float], theirs: dict[str, float]
) -> None:
    mine, expected = signals(read_preset(name), BARS, **parameters), signals(kis_own(own), BARS, **theirs)
    assert mine == expected
    assert {True, False} <= {signal[0] for signal in mine} & {signal[1] for signal in mine}


def test_where_kis_own_rule_leaves_its_parameters_out_the_presets_description_says_so() -> None:
    for name in ("consecutive_moves", "disparity", "mean_reversion", "volatility_breakout"):
        assert re.search(
            "KIS' own preset of this kind has .* not use", read_preset(name).description.replace("\n", " ")
        )


def test_the_breakout_of_volatility_buys_some_of_what_kis_own_buys_and_sells_as_it_does() -> None:
    mine, own = read_preset("volatility_breakout"), kis_own("volatility_breakout")
    warm_up = Evaluator(resolve(mine)).warm_up
    assert set[int]() < times(mine, 0) < times(own, 0)
    assert times(mine, 1) == {at for at in times(own, 1) if at >= warm_up - 1}


@pytest.mark.parametrize(
    ("name", "own", "lookback"), [("week52_high", "week52_high", 60), ("breakout_failure", "false_breakout", 20)]
)
def test_a_breakout_is_above_the_bars_before_and_not_above_itself_as_in_kis_own(
    name: str, own: str, lookback: int
) -> None:
    closes = [bar.close for bar in BARS]
    first = next(
        at
        for at in range(lookback + 1, len(closes))
        if closes[at] > max(closes[at - lookback : at]) and closes[at - 1] <= max(closes[at - lookback - 1 : at - 1])
    )
    preset = read_preset(name)
    found = times(preset, 0, lookback=lookback)
    assert {at for at in found if at <= first} <= {first}
    assert first in found or first < Evaluator(resolve(preset, {"lookback": lookback})).warm_up
    assert times(kis_own(own), 0, lookback=lookback) == set()
    assert "never buys" in preset.description.replace("\n", " ")


def test_a_breakout_that_fails_is_left_where_the_level_that_was_broken_is_lost() -> None:
    closes = [100.0] * 25 + [110, 108, 99, 98, 97]
    bars = [BarValues(BARS[at].ends_at, close, close, close, close, 1.0) for at, close in enumerate(closes)]
    found = signals(read_preset("breakout_failure"), bars, lookback=10, exit_days=3)
    assert [at for at, signal in enumerate(found) if signal[0]] == [25]
    assert next(at for at, signal in enumerate(found) if signal[1]) == 27


@pytest.mark.parametrize(("at", "enters"), [("09:30", False), ("09:35", True), ("10:30", True), ("10:35", False)])
def test_the_opening_range_is_of_the_first_half_hour_and_broken_in_the_hour_after(at: str, enters: bool) -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=KST)
    wanted = datetime.combine(start.date(), datetime.strptime(at, "%H:%M").time(), KST)  # noqa: DTZ007
    times_of_bars = [start - timedelta(days=1) + timedelta(minutes=5 * number) for number in range(1, 60)]
    times_of_bars += [start + timedelta(minutes=5 * number) for number in range(1, 30)]
    bars = list[BarValues]()
    for ends_at in (each for each in times_of_bars if each <= wanted):
        # Yesterday was higher, the half hour is at most 103, and what comes after it stays beneath until the moment.
        price = 200.0 if ends_at.date() < start.date() else 102.0
        high = 103.0 if price == 102 and ends_at <= start + timedelta(minutes=30) else price
        price, high = (103.5, 103.5) if ends_at == wanted else (price, high)
        bars.append(BarValues(ends_at, price, high, price, price, 10.0))
    assert signals(read_preset("opening_range_breakout"), bars)[-1][0] is enters


def test_the_reversion_buys_beneath_the_average_and_leaves_at_it() -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=KST)
    closes = [100.0] * 30 + [98.0, 99.2, 101.0]
    bars = [
        BarValues(start + timedelta(minutes=5 * (at + 1)), close, close, close, close, 10.0)
        for at, close in enumerate(closes)
    ]
    found = signals(read_preset("vwap_reversion"), bars, period=12)
    assert [at for at, signal in enumerate(found) if signal[0]] == [30]
    assert found[31] == (False, False)
    assert found[32] == (False, True)


def test_each_preset_has_a_title_in_english() -> None:
    assert set(ENGLISH_TITLES) == set(preset_names())
