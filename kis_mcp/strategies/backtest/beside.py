"""The lines of a backtest's picture: what the account brought, and beside it what holding would have."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.backtest.statistics import held_from


def return_line(result: BacktestResult, cash: Decimal) -> list[float]:
    """Of the account since its start, in percent, at each of the result's times."""
    start = float(cash)
    return [(float(value) / start - 1) * 100 for value in result.equity]


def close_line(bars: Bars, times: Sequence[datetime]) -> list[float | None]:
    """The last close at each of the times; None before the first."""
    closes, found, at = list(bars.closes()), list[float | None](), 0
    ends_at, last = bars.ends_at, None
    for moment in times:
        while at < len(ends_at) and ends_at[at] <= moment:
            last = closes[at]
            at += 1
        found.append(last)
    return found


def hold_line(history: Mapping[str, Bars], result: BacktestResult) -> list[float | None]:
    """Of buying and holding, in percent: `kis_mcp.strategies.backtest.hold_return` at each time of a result.

    What is not bought yet counts as cash.
    """
    times, held = result.times, held_from(history, result.trades_from)
    if not held:
        return [None] * len(times)
    sums, begin = [0.0] * len(times), len(times)
    for bars, bought in held:
        opening, first = bars.open[bought] / bars.divisor, bars.ends_at[bought]
        for number, (moment, close) in enumerate(zip(times, close_line(bars, times), strict=True)):
            if moment >= first and close is not None:
                begin = min(begin, number)
                sums[number] += close / opening - 1
    return [None if number < begin else 100 * total / len(held) for number, total in enumerate(sums)]
