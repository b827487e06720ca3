"""The best parameters, and whether they hold."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest import BacktestOptions, Bars, run_backtest
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.points import grid
from kis_mcp.strategies.backtest.search import Ground, search_points, walk_forward
from kis_mcp.strategies.backtest.shared_values import SharedValues
from kis_mcp.strategies.backtest.statistics import hold_return, measure
from kis_mcp.strategies.document import read_strategy, resolve
from kis_mcp.strategies.indicators import find_kind

BEGIN = datetime(2024, 1, 1, 15, 30, tzinfo=KST)
STRATEGY = read_strategy(
    {
        "id": "s",
        "name": "s",
        "parameters": {
            "fast": {"default": 3, "min": 2, "max": 6, "step": 2},
            "slow": {"default": 10, "min": 10, "max": 20, "step": 5},
        },
        "indicators": {
            "fast": {"kind": "sma", "params": {"period": "$fast"}},
            "slow": {"kind": "sma", "params": {"period": "$slow"}},
        },
        "entry": {"left": "fast", "is": "crosses_above", "right": "slow"},
        "exit": {"left": "fast", "is": "crosses_below", "right": "slow"},
    }
)


def bars(closes: Sequence[float]) -> Bars:
    prices = [Decimal(round(close)) for close in closes]
    return Bars.of(
        Bar(BEGIN + timedelta(days=number), price, price, price, price, 1_000_000)
        for number, price in enumerate(prices)
    )


def waves(count: int, seed: int = 1) -> list[float]:
    dice = random.Random(seed)
    return [10_000 + 2_000 * math.sin(number / 7) + dice.gauss(0, 200) for number in range(count)]


FALL = [12_000 - 90 * number + 300 * math.sin(number * 1.3) for number in range(90)]


def ground(*closes: Sequence[float]) -> Ground:
    options = BacktestOptions(Decimal(1_000_000), slippage_ticks=0, most_volume_percent=Decimal(100))
    return Ground({f"S{number}": bars(each) for number, each in enumerate(closes)}, options)


def test_a_search_finds_what_single_runs_find() -> None:
    place = ground(waves(300), waves(300, 2))
    found = search_points(STRATEGY, grid(STRATEGY), place, goal="return_percent", check_percent=0)
    expected = dict[tuple[float, ...], float]()
    for point in grid(STRATEGY):
        result = run_backtest(resolve(STRATEGY, point), place.history, place.options)
        expected[tuple(point.values())] = measure(result, Decimal(1_000_000)).return_percent
    assert {tuple(each.point.values()): each.score for each in found.attempts} == expected
    assert found.attempts[0].score == max(expected.values())
    assert found.check is None
    assert "No bars were kept to check the best result on: it chose itself." in found.warnings


def test_the_bars_that_check_choose_nothing_and_have_their_warm_up_before_them() -> None:
    closes = waves(300)
    found = search_points(STRATEGY, grid(STRATEGY), ground(closes), goal="return_percent", check_percent=30)
    other = search_points(STRATEGY, grid(STRATEGY), ground([*closes[:210], *[5_000.0] * 90]), check_percent=30)
    same = search_points(STRATEGY, grid(STRATEGY), ground(closes[:210]), goal="return_percent", check_percent=0)
    assert [each.score for each in found.attempts] == [each.score for each in same.attempts]
    assert {tuple(each.point.items()) for each in other.attempts} == {tuple(e.point.items()) for e in found.attempts}
    assert found.check is not None
    best = resolve(STRATEGY, found.check.point)
    warm_up = run_backtest(best, {"A": bars(closes)}, ground().options).warm_up
    alone = {"A": bars(closes).since(210 - warm_up)}
    result = run_backtest(best, alone, replace(ground().options, start=alone["A"].ends_at[warm_up]))
    assert found.check.statistics == measure(
        result, Decimal(1_000_000), hold_return_percent=hold_return(alone, result.trades_from)
    )


def test_a_best_result_that_does_not_hold_is_said_plainly() -> None:
    closes = [*waves(210), *FALL]
    found = search_points(STRATEGY, grid(STRATEGY), ground(closes), goal="return_percent")
    assert any(warning.startswith("The best result does not hold: return_percent is ") for warning in found.warnings)


def test_a_result_that_holds_is_not_warned_of_but_for_few_trades() -> None:
    found = search_points(STRATEGY, grid(STRATEGY), ground(waves(600)), goal="sharpe", check_percent=50)
    assert [warning[:20] for warning in found.warnings] == ["The best of 9 points"]


def test_points_without_a_trade_come_last_and_have_no_score() -> None:
    found = search_points(STRATEGY, grid(STRATEGY), ground([10_000.0] * 60))
    assert {each.score for each in found.attempts} == {None}
    assert found.check is None
    assert list(found.warnings) == ["None of 9 points made a trade by which it could be compared."]


def test_a_search_tells_how_far_it_is_and_stops_when_it_is_cancelled() -> None:
    told = list[tuple[int, int]]()
    found = search_points(
        STRATEGY,
        grid(STRATEGY),
        ground(waves(100)),
        progress=lambda done, total: told.append((done, total)),
        is_cancelled=lambda: len(told) == 4,
    )
    assert told == [(1, 9), (2, 9), (3, 9), (4, 9)]
    assert len(found.attempts) == 4
    assert not found.is_complete
    assert search_points(STRATEGY, grid(STRATEGY), ground(waves(100))).is_complete


def test_a_walk_forward_chooses_on_one_stretch_and_checks_on_the_next() -> None:
    closes = waves(250)
    told = list[tuple[int, int]]()
    found = walk_forward(
        STRATEGY,
        grid(STRATEGY),
        ground(closes),
        train_bars=100,
        test_bars=50,
        goal="return_percent",
        progress=lambda done, total: told.append((done, total)),
    )
    assert [((each.train_from - BEGIN).days, (each.test_from - BEGIN).days) for each in found.windows] == [
        (0, 100),
        (50, 150),
        (100, 200),
    ]
    assert told == [(number, 27) for number in range(1, 28)]
    second = search_points(
        STRATEGY, grid(STRATEGY), ground(closes[50:150]), goal="return_percent", check_percent=0
    ).attempts[0]
    assert (found.windows[1].chosen.point, found.windows[1].chosen.score) == (second.point, second.score)
    assert found.kept_share == pytest.approx(
        sum(each.check.score or 0 for each in found.windows) / sum(each.chosen.score or 0 for each in found.windows)
    )


def test_a_walk_that_is_cancelled_has_the_windows_that_were_done() -> None:
    told = list[int]()
    found = walk_forward(
        STRATEGY,
        grid(STRATEGY),
        ground(waves(250)),
        train_bars=100,
        test_bars=50,
        progress=lambda done, _: told.append(done),
        is_cancelled=lambda: len(told) == 13,
    )
    assert (len(found.windows), found.is_complete) == (1, False)


def test_a_walk_through_a_market_that_turns_does_not_hold() -> None:
    closes = [*waves(210), *FALL]
    found = walk_forward(STRATEGY, grid(STRATEGY), ground(closes), train_bars=210, test_bars=90, goal="return_percent")
    assert any("does not hold" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("train", "test", "field"), [(9, 20, "train_bars"), (20, 9, "train_bars"), (40, 21, "train_bars")]
)
def test_stretches_that_do_not_fit_are_refused(train: int, test: int, field: str) -> None:
    with pytest.raises(BadArgument) as refused:
        walk_forward(STRATEGY, grid(STRATEGY), ground(waves(60)), train_bars=train, test_bars=test)
    assert refused.value.field == field


@pytest.mark.parametrize(("count", "percent"), [(20, 30), (60, 95), (60, -1)])
def test_a_search_on_too_little_is_refused(count: int, percent: int) -> None:
    with pytest.raises(BadArgument):
        search_points(STRATEGY, grid(STRATEGY), ground(waves(count)), check_percent=percent)


def test_an_indicator_is_worked_out_once_and_no_more_are_kept_than_allowed() -> None:
    made = list[float]()
    sma = find_kind("sma")

    def make(params: Any) -> Any:
        made.append(params["period"])
        return sma.make(params)

    counted = type(sma)(sma.id, sma.title, sma.params, sma.outputs, make, sma.warm_up)
    shared = SharedValues(bars(waves(50)), most=100)
    for period in (5, 5, 9, 5, 12, 9, 5):
        push = shared.make(counted, {"period": period})
        own = sma.make({"period": period})
        assert [push(bar) for bar in shared.values] == [own.push(bar) for bar in shared.values]
    # Two columns fit: 12 puts out 9, which puts out 5.
    assert made == [5, 9, 12, 9, 5]


def test_holding_is_from_the_first_open_after_warm_up() -> None:
    history = {"A": bars([100, 110, 120, 240]), "B": bars([100, 100, 100, 50])}
    assert hold_return(history, history["A"].ends_at[2]) == pytest.approx((100 - 50) / 2)
    assert hold_return(history, None) is None
