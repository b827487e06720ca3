"""A result beside the index, worked by hand."""

import random
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from kis_mcp.clock import KST
from kis_mcp.strategies.backtest import Bars, beside_index, index_line
from kis_mcp.strategies.backtest.bars import Bar
from kis_mcp.strategies.backtest.result import BacktestResult

BEGIN = datetime(2026, 3, 2, 15, 30, tzinfo=KST)


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def index(rows: Sequence[tuple[int, int, int]]) -> Bars:
    """Of day, open and close."""
    return Bars.of(Bar(day(n), Decimal(o), Decimal(max(o, c)), Decimal(min(o, c)), Decimal(c), 0) for n, o, c in rows)


def result(times: Sequence[datetime], equity: Sequence[float], warm_up: int = 1) -> BacktestResult:
    money = [Decimal(str(each)) for each in equity]
    return BacktestResult(money[-1], list(times), money, warm_up=warm_up)


FOUR = index([(0, 90, 95), (1, 100, 104), (2, 104, 110), (3, 111, 120)])


def test_the_index_is_bought_at_the_open_of_the_first_day_after_warm_up_and_kept_to_the_last_day() -> None:
    found = beside_index("KOSPI", FOUR, result([day(0), day(1), day(2)], [1, 1, 1]))
    assert found is not None
    assert (found.name, round(found.return_percent, 9), found.correlation) == ("KOSPI", 10, None)


def test_the_line_of_the_index_ends_at_its_return_and_has_a_point_at_each_days_end() -> None:
    times = [day(0), day(0.5 - 1 / 48), day(1.2), day(1.3), day(2)]
    assert index_line(FOUR, result(times[:1], [1], 1)) == [None]
    assert index_line(FOUR, result(times, [1] * 5, 2)) == [None, None, None, pytest.approx(4), pytest.approx(10)]
    assert index_line(FOUR, result(times, [1] * 5, 5)) == [None] * 5


def test_bars_of_minutes_are_held_beside_the_index_of_their_days() -> None:
    times = [day(1) - timedelta(minutes=20), day(1) - timedelta(minutes=10), day(2) - timedelta(minutes=10)]
    tested = result(times, [1, 2, 3])
    found = beside_index("KOSPI", FOUR, tested)
    assert found is not None
    assert found.return_percent == pytest.approx(10)
    assert index_line(FOUR, tested)[-1] == pytest.approx(10)


@pytest.mark.parametrize(("warm_up", "days"), [(3, 3), (1, 1)])
def test_without_a_day_of_the_index_there_is_nothing_beside(warm_up: int, days: int) -> None:
    times = [day(number + 10 * (days == 1)) for number in range(3)]
    assert beside_index("KOSPI", FOUR, result(times, [1, 1, 1], warm_up)) is None


def wander(seed: int, count: int) -> list[int]:
    dice = random.Random(seed)
    return [round(1000 * (1 + dice.gauss(0, 0.02))) for _ in range(count)]


def test_correlation_is_that_of_daily_returns_in_days_that_both_have() -> None:
    ours, theirs = wander(1, 40), wander(2, 40)
    bars = index([(n, close, close) for n, close in enumerate(theirs) if n != 20])
    found = beside_index("KOSPI", bars, result([day(n) for n in range(40)], ours))
    kept = [n for n in range(1, 40) if n != 20]
    changes = [
        ((ours[after] / ours[before]) - 1, theirs[after] / theirs[before] - 1) for before, after in pairwise(kept)
    ]
    assert found is not None
    assert found.correlation == pytest.approx(statistics.correlation(*map(list, zip(*changes, strict=True))))


@pytest.mark.parametrize(("count", "equity", "told"), [(40, 0, True), (40, 1, False), (20, 0, False), (22, 0, True)])
def test_few_days_or_an_account_that_never_changed_have_no_correlation(count: int, equity: int, told: bool) -> None:
    theirs = wander(3, count)
    ours = [1000] * count if equity else wander(4, count)
    bars = index([(n, close, close) for n, close in enumerate(theirs)])
    found = beside_index("KOSPI", bars, result([day(n) for n in range(count)], ours))
    assert found is not None
    assert (found.correlation is not None) is told
