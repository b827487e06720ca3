"""A backtest beside the index of its market."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from typing import Final

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.result import BacktestResult

FEWEST_DAYS: Final = 20
"""A correlation of fewer daily returns says nothing."""


@dataclass(frozen=True, slots=True)
class Benchmark:
    """What the index did in the days in which the strategy could trade.

    Attributes:
        name: Of the index.
        return_percent: From the open of the first day after warm-up to the close of the last. Without dividends.
        correlation: Of the account's daily returns with the index'; None of few days, or where one never changed.
    """

    name: str
    return_percent: float
    correlation: float | None


def beside_index(name: str, index: Bars, result: BacktestResult) -> Benchmark | None:
    """The index over the days of a result; None where it has none of them.

    Args:
        index: Its days.
    """
    span = _span(index, result)
    if not span:
        return None
    equity = dict(zip((moment.date() for moment in result.times), result.equity, strict=True))
    days = ((index.ends_at[at].date(), index.close[at]) for at in span)
    both = [(float(equity[day]), close) for day, close in days if day in equity]
    changes = [(one[0] / before[0], one[1] / before[1]) for before, one in pairwise(both) if before[0] > 0]
    return Benchmark(name, (index.close[span[-1]] / index.open[span[0]] - 1) * 100, _correlation(changes))


def index_line(index: Bars, result: BacktestResult) -> list[float | None]:
    """`Benchmark.return_percent` at the end of each day of a result; None at its other times, and where the index has
    no day."""
    span, times = _span(index, result), result.times
    returns = {index.ends_at[at].date(): (index.close[at] / index.open[span[0]] - 1) * 100 for at in span}
    found = list[float | None]()
    for moment, after in zip_longest(times, times[1:]):
        ends_day = after is None or after.date() != moment.date()
        found.append(returns.get(moment.date()) if ends_day else None)
    return found


def _span(index: Bars, result: BacktestResult) -> Sequence[int]:
    """The numbers of the index' days from the first after warm-up to the last."""
    if result.trades_from is None:
        return ()
    first, last = result.trades_from.date(), result.times[-1].date()
    return [at for at, moment in enumerate(index.ends_at) if first <= moment.date() <= last]


def _correlation(changes: Sequence[tuple[float, float]]) -> float | None:
    if len(changes) < FEWEST_DAYS:
        return None
    ours, theirs = zip(*changes, strict=True)
    return None if len(set(ours)) == 1 or len(set(theirs)) == 1 else statistics.correlation(ours, theirs)
