"""Tries a strategy with many parameters, and says whether the best of them holds on bars that did not choose it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.options import BacktestOptions, InstrumentTerms, lead_in
from kis_mcp.strategies.backtest.points import Point
from kis_mcp.strategies.backtest.run import run_backtest
from kis_mcp.strategies.backtest.shared_values import SharedValues
from kis_mcp.strategies.backtest.statistics import FEW_TRADES, Statistics, hold_return, measure
from kis_mcp.strategies.document import Strategy, resolve
from kis_mcp.strategies.evaluation import settling_bars

Goal: TypeAlias = Literal["return_percent", "cagr_percent", "sharpe", "sortino", "calmar", "profit_factor"]
Progress: TypeAlias = Callable[[int, int], None]
"""Called after each run with how many are done, of how many."""

KEPT_SHARE: Final = 0.5
"""A result that keeps less of its score than this outside the bars that chose it is told as one that does not hold."""

_LEAST_BARS: Final = 10
"""A stretch of fewer bars is no test."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What strategies are tried on.

    Attributes:
        history: Symbol → its bars.
        options: Cash and the assumptions about fills.
        terms: Symbol → how it is traded.
    """

    history: Mapping[str, Bars]
    options: BacktestOptions
    terms: Mapping[str, InstrumentTerms] = field(default_factory=dict[str, InstrumentTerms])

    def moments(self) -> list[datetime]:
        """When the bars end that are tested, each once, in order."""
        every = sorted({moment for bars in self.history.values() for moment in bars.ends_at})
        return every[lead_in(every, self.options.start) :]

    @property
    def lead_in(self) -> int:
        """How many bars there are to warm up on."""
        return max(lead_in(bars.ends_at, self.options.start) for bars in self.history.values())

    def between(self, start: datetime, end: datetime | None, warm_up: int = 0) -> "Ground":
        """The bars that end from one moment on and before another, and so many before them to warm up on."""
        history = dict[str, Bars]()
        for symbol, bars in self.history.items():
            first, last = bars.span(start, end)
            if first < last:
                first = max(0, first - warm_up)
                history[symbol] = bars.since(first).until(last - first)
        return Ground(history, replace(self.options, start=start), self.terms)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One point that was tried.

    Attributes:
        point: The parameters.
        score: The goal's value; None where it has none, as without a trade.
    """

    point: Point
    score: float | None
    statistics: Statistics


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Attributes:
    attempts: The best first; those without a score last.
    check: The best one on the bars after those that chose it; None where none was kept for it, or nothing has a score.
    checked_from: When the first of these ends; None where none was kept.
    warnings: What speaks against trusting it, a sentence each.
    is_complete: False where it was cancelled: the best is that of the points tried until then.
    """

    attempts: Sequence[Attempt]
    check: Attempt | None
    checked_from: datetime | None
    warnings: Sequence[str]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Window:
    """A step of a walk forward.

    Attributes:
        train_from, test_from: When the first bars of both stretches end; the first runs until the second.
        chosen: The best point on the first.
        check: It on the second.
    """

    train_from: datetime
    test_from: datetime
    chosen: Attempt
    check: Attempt


@dataclass(frozen=True, slots=True)
class WalkForward:
    """Attributes:
    windows: In order of time; a window in which nothing had a score is left out.
    warnings: As `SearchResult.warnings`.
    is_complete: As `SearchResult.is_complete`.
    """

    windows: Sequence[Window]
    warnings: Sequence[str]
    is_complete: bool

    @property
    def kept_share(self) -> float | None:
        """The average score outside as a share of that inside; None where inside was none above 0."""
        inside = sum(window.chosen.score or 0.0 for window in self.windows)
        outside = sum(window.check.score or 0.0 for window in self.windows)
        return outside / inside if inside > 0 else None


def search_points(
    strategy: Strategy,
    points: Sequence[Point],
    ground: Ground,
    *,
    goal: Goal = "sharpe",
    check_percent: int = 30,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> SearchResult:
    """Try every point on the earlier bars, and the best of them on the later ones.

    Args:
        strategy: With its parameters.
        points: Of `grid` or `some_of_grid`.
        goal: What is to be as high as possible.
        check_percent: The share of bars, the last ones, that chooses nothing; 0 tries the points on all bars.
        is_cancelled: Asked before each run.

    Raises:
        BadArgument: There are too few bars, or a point makes no strategy.
    """
    if not 0 <= check_percent <= 90:
        raise BadArgument(f"check_percent is {check_percent}.", remedy="Give 0 to 90.", field="check_percent")
    moments = ground.moments()
    cut = len(moments) * (100 - check_percent) // 100
    if min(cut, len(moments) - cut if check_percent else cut) < _LEAST_BARS:
        raise BadArgument(
            f"{len(moments)} bars are too few to search on.",
            remedy=f"Give more history: {_LEAST_BARS} bars at least before and after the cut.",
            field="history",
        )
    boundary = moments[cut] if check_percent else None
    chooser = _Chooser(strategy, ground.between(moments[0], boundary, ground.lead_in), goal)
    attempts = chooser.try_all(points, progress, is_cancelled)
    best = _best(attempts)
    check = None if best is None or boundary is None else _check(strategy, best.point, ground, (boundary, None), goal)
    is_complete = len(attempts) == len(points)
    warnings = _warnings_of_best(best, len(attempts))
    if best is not None and check is not None:
        warnings += _warnings_of_check([best], [check], goal)
    elif best is not None:
        warnings.append("No bars were kept to check the best result on: it chose itself.")
    return SearchResult(sorted(attempts, key=_order), check, boundary, warnings, is_complete)


def walk_forward(
    strategy: Strategy,
    points: Sequence[Point],
    ground: Ground,
    *,
    train_bars: int,
    test_bars: int,
    goal: Goal = "sharpe",
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> WalkForward:
    """Choose the best point on a stretch of bars and try it on the next, again and again, a test's length onward.

    Args:
        train_bars, test_bars: How long the stretches are.
        Others as for `search`.

    Raises:
        BadArgument: There are too few bars for one step, or a point makes no strategy.
    """
    moments = ground.moments()
    if min(train_bars, test_bars) < _LEAST_BARS or train_bars + test_bars > len(moments):
        raise BadArgument(
            f"{train_bars} bars to train and {test_bars} to test on do not fit into {len(moments)}.",
            remedy=f"Give {_LEAST_BARS} at least of each, and no more than there are.",
            field="train_bars",
        )
    starts = range(0, len(moments) - train_bars - test_bars + 1, test_bars)
    windows, total = list[Window](), len(starts) * len(points)
    for number, start in enumerate(starts):
        train_from, test_from = moments[start], moments[start + train_bars]
        end = start + train_bars + test_bars
        test_until = moments[end] if end < len(moments) else None
        chooser = _Chooser(strategy, ground.between(train_from, test_from, ground.lead_in), goal)
        attempts = chooser.try_all(points, _shifted(progress, number * len(points), total), is_cancelled)
        if len(attempts) < len(points):
            return WalkForward(windows, _warnings_of_walk(windows, goal), is_complete=False)
        if (best := _best(attempts)) is not None:
            check = _check(strategy, best.point, ground, (test_from, test_until), goal)
            windows.append(Window(train_from, test_from, best, check))
    return WalkForward(windows, _warnings_of_walk(windows, goal), is_complete=True)


class _Chooser:
    """Tries points on the same bars."""

    def __init__(self, strategy: Strategy, ground: Ground, goal: Goal) -> None:
        self._strategy = strategy
        self._ground = ground
        self._goal: Goal = goal
        self._shared = {symbol: SharedValues(bars) for symbol, bars in ground.history.items()}

    def try_all(
        self, points: Sequence[Point], progress: Progress | None, is_cancelled: Callable[[], bool]
    ) -> list[Attempt]:
        """An attempt for each point, in order, as far as it was not cancelled."""
        attempts = list[Attempt]()
        for point in points:
            if is_cancelled():
                break
            attempts.append(_attempt(self._strategy, point, self._ground, self._goal, self._shared))
            if progress is not None:
                progress(len(attempts), len(points))
        return attempts


def _attempt(
    strategy: Strategy, point: Point, ground: Ground, goal: Goal, shared: Mapping[str, SharedValues] | None = None
) -> Attempt:
    result = run_backtest(resolve(strategy, point), ground.history, ground.options, ground.terms, shared)
    hold = hold_return(ground.history, result.trades_from)
    found = measure(result, ground.options.cash, strategy.interval, hold_return_percent=hold)
    score: float | None = getattr(found, goal)
    return Attempt(point, score if found.trades + found.open_trades else None, found)


def _check(
    strategy: Strategy, point: Point, ground: Ground, stretch: tuple[datetime, datetime | None], goal: Goal
) -> Attempt:
    """The point on a stretch; what it warms up on lies before it."""
    lead_in = settling_bars(resolve(strategy, point))
    return _attempt(strategy, point, ground.between(*stretch, lead_in), goal)


def _best(attempts: Sequence[Attempt]) -> Attempt | None:
    return min((each for each in attempts if each.score is not None), key=_order, default=None)


def _order(attempt: Attempt) -> tuple[bool, float]:
    return attempt.score is None, -(attempt.score or 0.0)


def _shifted(progress: Progress | None, before: int, total: int) -> Progress | None:
    return None if progress is None else lambda done, _: progress(before + done, total)


def _warnings_of_best(best: Attempt | None, tried: int) -> list[str]:
    if best is None:
        return [f"None of {tried} points made a trade by which it could be compared."]
    if best.statistics.trades < FEW_TRADES:
        return [
            f"The best of {tried} points made {best.statistics.trades} trades: with so few and so many tries, the best "
            "may be luck."
        ]
    return []


def _warnings_of_check(chosen: Sequence[Attempt], checks: Sequence[Attempt], goal: Goal) -> list[str]:
    """Whether what was chosen holds on the bars that did not choose it."""
    inside, outside = _mean(chosen), _mean(checks)
    if not any(each.score is not None for each in checks):
        return ["Outside the bars that chose it, the best result made no trade to compare: nothing confirms it."]
    if inside > 0 and outside < inside * KEPT_SHARE:
        return [
            f"The best result does not hold: {goal} is {inside:.2f} on the bars that chose it and {outside:.2f} on "
            "those after them. It is fitted to the past."
        ]
    if outside <= 0 or (goal == "profit_factor" and outside <= 1):
        return [f"It earned nothing outside the bars that chose it: {goal} is {outside:.2f} there."]
    return []


def _warnings_of_walk(windows: Sequence[Window], goal: Goal) -> list[str]:
    if not windows:
        return ["In no stretch did a point make a trade by which it could be compared."]
    warnings = _warnings_of_check([each.chosen for each in windows], [each.check for each in windows], goal)
    if len(windows) > 2 and len({tuple(window.chosen.point.items()) for window in windows}) == len(windows):
        warnings.append("Every stretch chose other parameters: none of them is the right one for long.")
    return warnings


def _mean(attempts: Sequence[Attempt]) -> float:
    return sum(each.score or 0.0 for each in attempts) / len(attempts)
