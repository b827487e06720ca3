"""What a result comes to, worked by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, strategies as st

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest.benchmark import Benchmark
from kis_mcp.strategies.backtest.result import BacktestResult, Trade
from kis_mcp.strategies.backtest.statistics import Drawdown, deepest_drawdown, measure, warnings_of

BEGIN = datetime(2025, 1, 1, 15, 30, tzinfo=KST)


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def trade(profit: int, *, bars: int = 1, costs: int = 0) -> Trade:
    ended = (day(1), Decimal(100 + profit + costs), bars)
    return Trade("A", 1, day(0), Decimal(100), Decimal(costs), *ended, "exit_condition")


def result(
    equity: Sequence[int], *, step: float = 1, warm_up: int = 1, trades: Sequence[Trade] = (), **more: Any
) -> BacktestResult:
    times = [day(number * step) for number in range(len(equity))]
    money = [Decimal(value) for value in equity]
    return BacktestResult(money[-1], times, money, trades=list(trades), warm_up=warm_up, **more)


def test_growth_a_year_is_that_of_the_time_between_the_first_and_the_last_bar() -> None:
    found = measure(result([100, 121], step=730.5), Decimal(100))
    assert found.return_percent == pytest.approx(21)
    assert found.cagr_percent == pytest.approx(10)
    assert (found.profit, found.final_equity) == (21, 121)


@pytest.mark.parametrize("equity", [[100, 110], [100, 0], [100]])
def test_growth_a_year_is_not_told_of_days_or_of_a_ruin(equity: list[int]) -> None:
    step = 400 if equity[-1] == 0 else 1
    assert measure(result(equity, step=step), Decimal(100)).cagr_percent is None


def test_risk_is_that_of_daily_returns() -> None:
    # The first decision is made at 1,000, and then they are +10 %, −10 % and +20 %.
    found = measure(result([1000, 1100, 990, 1188]), Decimal(1000))
    returns = [0.1, -0.1, 0.2]
    mean = 0.2 / 3
    deviation = math.sqrt(sum((each - mean) ** 2 for each in returns) / 2)
    downside = math.sqrt(0.1**2 / 3)
    assert found.volatility_percent == pytest.approx(deviation * math.sqrt(252) * 100)
    assert found.sharpe == pytest.approx(mean / deviation * math.sqrt(252))
    assert found.sortino == pytest.approx(mean / downside * math.sqrt(252))


def test_risk_of_weeks_is_that_of_weekly_returns() -> None:
    found = measure(result([1000, 1100, 990, 1188], step=7), Decimal(1000), "1w")
    deviation = math.sqrt(sum((each - 0.2 / 3) ** 2 for each in (0.1, -0.1, 0.2)) / 2)
    assert found.volatility_percent == pytest.approx(deviation * math.sqrt(52) * 100)
    assert found.sharpe == pytest.approx(0.2 / 3 / deviation * math.sqrt(52))


def test_what_lies_before_the_days_that_are_tested_counts_in_nothing() -> None:
    """The last bar before counts: the account is the cash at its end, whatever the next one brings."""
    tested = measure(result([1000, 900, 990, 1188]), Decimal(1000))
    led = result([1000] * 5 + [1000, 900, 990, 1188], warm_up=6)
    moved = replace(tested.drawdown, began_at=day(5), deepest_at=day(6), recovered_at=day(8))
    assert measure(led, Decimal(1000)) == replace(tested, drawdown=moved)


def test_bars_within_a_day_make_one_return() -> None:
    hours = [1000, 1500, 1100, 900, 990]
    times = [day(0), day(0.1), day(0.2), day(1), day(1.1)]
    found = measure(BacktestResult(Decimal(990), times, [Decimal(each) for each in hours], warm_up=1), Decimal(1000))
    # +10 % on the first day, −10 % on the second.
    assert found.volatility_percent == pytest.approx(math.sqrt(0.02) * math.sqrt(252) * 100)


def test_days_of_warm_up_are_no_quiet_days() -> None:
    early = measure(result([1000, 1000, 1000, 1000, 1100, 990], warm_up=4), Decimal(1000))
    assert early.sharpe == measure(result([1000, 1100, 990], warm_up=1), Decimal(1000)).sharpe


def test_without_any_change_there_is_no_ratio() -> None:
    found = measure(result([1000] * 400), Decimal(1000))
    assert (found.volatility_percent, found.sharpe, found.sortino, found.calmar) == (None, None, None, None)
    assert found.cagr_percent == 0


def test_the_deepest_fall_has_its_high_its_low_and_its_recovery() -> None:
    equity = [Decimal(each) for each in (100, 120, 90, 110, 120, 130, 120, 131)]
    assert deepest_drawdown([day(n) for n in range(8)], equity) == Drawdown(
        percent=25.0, began_at=day(1), deepest_at=day(2), recovered_at=day(4), longest=timedelta(days=3)
    )


def test_a_fall_that_lasts_has_no_recovery_and_is_counted_to_the_end() -> None:
    equity = [Decimal(each) for each in (100, 80, 90, 99)]
    found = deepest_drawdown([day(n) for n in range(4)], equity)
    assert (found.recovered_at, found.longest) == (None, timedelta(days=3))
    assert measure(result([100, 80, 90, 99], step=200), Decimal(100)).calmar == pytest.approx(
        (0.99 ** (365.25 / 600) - 1) * 100 / 20
    )


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=60))
def test_the_deepest_fall_is_the_largest_of_all_pairs(equity: list[int]) -> None:
    falls = [1 - low / high for at, high in enumerate(equity) for low in equity[at:]]
    found = deepest_drawdown([day(n) for n in range(len(equity))], [Decimal(each) for each in equity])
    assert found.percent == pytest.approx(100 * max(falls))


def test_rates_of_trades_are_of_those_that_ended() -> None:
    still_open = Trade("A", 1, day(2), Decimal(100), Decimal(1))
    trades = [trade(30, bars=2), trade(-10, bars=6, costs=3), trade(10, bars=1), still_open]
    found = measure(result([1000, 1030], trades=trades), Decimal(1000))
    assert (found.trades, found.open_trades) == (3, 1)
    assert found.win_rate_percent == pytest.approx(200 / 3)
    assert found.profit_factor == pytest.approx(4)
    assert (found.average_trade, found.best_trade, found.worst_trade) == (10, 30, -10)
    assert found.average_bars == 3


def test_a_trade_that_earns_nothing_neither_wins_nor_loses() -> None:
    found = measure(result([1000, 1000], trades=[trade(0)]), Decimal(1000))
    assert (found.win_rate_percent, found.profit_factor) == (0, None)


def test_without_trades_there_is_no_rate_of_them() -> None:
    found = measure(result([1000, 1000]), Decimal(1000))
    assert (found.win_rate_percent, found.profit_factor, found.average_trade, found.average_bars) == (None,) * 4


def test_exposure_is_of_bars_that_could_have_held_and_turnover_of_average_equity() -> None:
    found = measure(
        result([1000, 1000, 1000, 1000, 3500], warm_up=1, exposed=3, turnover=Decimal(3000), costs=Decimal(12)),
        Decimal(1000),
    )
    assert (found.exposure_percent, found.turnover, found.costs) == (75, 2, 12)


def test_the_index_is_told_with_what_the_account_earned_more_or_less() -> None:
    found = measure(result([1000, 1100]), Decimal(1000), benchmark=Benchmark("KOSPI", 4.0, 0.5))
    assert (found.benchmark, found.benchmark_return_percent, found.benchmark_correlation) == ("KOSPI", 4, 0.5)
    assert found.excess_return_percent == pytest.approx(6)


def test_without_an_index_nothing_is_told_of_it() -> None:
    found = measure(result([1000, 1100]), Decimal(1000))
    assert {found.benchmark, found.benchmark_return_percent, found.excess_return_percent} == {None}


def warned(found: BacktestResult) -> list[str]:
    return warnings_of(found, measure(found, Decimal(1000)))


def traded(trades: Sequence[Trade], *, costs: int = 1, **more: Any) -> BacktestResult:
    return result([1000, 1100], trades=trades, costs=Decimal(costs), **more)


def test_a_sound_result_is_not_warned_of() -> None:
    assert warned(traded([trade(10) for _ in range(30)])) == []


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (traded([trade(1)] * 29), "Only 29 trades"),
        (traded([trade(1)] * 30, costs=0), "Commission and taxes were left out"),
        (
            traded([trade(1)] * 30, ambiguous_exits=6),
            "In 6 of 30 trades (20 %) both stop and target",
        ),
        (traded([trade(1)] * 30, large_exits=2), "2 exits sold a larger share"),
        (
            traded([*[trade(1)] * 30, Trade("A", 1, day(0), Decimal(1), Decimal(0))]),
            "1 positions are still open",
        ),
        (traded([*[trade(1)] * 30, trade(70)]), "One trade made 70 %"),
        (result([1000, 1000], trades=[trade(1)] * 30, warm_up=2, costs=Decimal(1)), "All 2 bars went into warm-up"),
    ],
)
def test_what_makes_a_result_say_less_is_said(found: BacktestResult, words: str) -> None:
    (warning,) = warned(found)
    assert warning.startswith(words)
