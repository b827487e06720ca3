"""What a backtest's result comes to: growth, risk, trades and costs, beside holding the same from the start.

Ratios are statistics, and floats; money stays exact.
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.benchmark import Benchmark
from kis_mcp.strategies.backtest.result import BacktestResult, Trade

DAYS_A_YEAR: Final = 365.25
_TRADING_DAYS_A_YEAR: Final = 252
_WEEKS_A_YEAR: Final = 52
FEW_TRADES: Final = 30
"""Below so many, a win rate or a profit factor says little about the next trade."""


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall from a high of equity.

    Attributes:
        percent: Of the high; positive.
        began_at, deepest_at: When the high and the low were.
        recovered_at: When the high was reached again; None where it was not.
        longest: The longest time from a high until it was reached again, or until the end, of any fall.
    """

    percent: float
    began_at: datetime | None
    deepest_at: datetime | None
    recovered_at: datetime | None
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Statistics:
    """Attributes:
    final_equity, profit: In the currency of the instruments.
    return_percent: Of the cash at the start.
    cagr_percent: Growth a year; None for less than a month, which says nothing of a year.
    volatility_percent: Of daily returns, a year; of weekly ones where bars are of weeks.
    sharpe, sortino: Of the same returns a year, over a rate of interest of 0; None where returns do not vary.
    calmar: ``cagr_percent`` by the deepest drawdown.
    drawdown: The deepest fall.
    trades, open_trades: Ended ones, and those still open, which count in no rate.
    win_rate_percent, profit_factor, average_trade, best_trade, worst_trade: Of ended trades; None without any. The
        profit factor is None too where none lost.
    average_bars: How long an ended trade was held.
    exposure_percent: Of the bars after warm-up, with a position.
    turnover: What was bought and sold, as a multiple of average equity.
    costs: Commission and taxes.
    hold_return_percent: Of buying at the first bar after warm-up and holding to the end, without costs, all instruments
        alike.
    benchmark: The index of the market; None where it is not known, and then so is the rest.
    benchmark_return_percent: Of the index, as `kis_mcp.strategies.backtest.benchmark.Benchmark.return_percent`.
    excess_return_percent: ``return_percent`` less that: in points, of all the cash, whether or not it was invested.
    benchmark_correlation: Of daily returns with the index'; None too where there are too few to say.
    """

    final_equity: Decimal
    profit: Decimal
    return_percent: float
    cagr_percent: float | None
    volatility_percent: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    drawdown: Drawdown
    trades: int
    open_trades: int
    win_rate_percent: float | None
    profit_factor: float | None
    average_trade: Decimal | None
    best_trade: Decimal | None
    worst_trade: Decimal | None
    average_bars: float | None
    exposure_percent: float
    turnover: float
    costs: Decimal
    hold_return_percent: float | None
    benchmark: str | None
    benchmark_return_percent: float | None
    excess_return_percent: float | None
    benchmark_correlation: float | None


def measure(
    result: BacktestResult,
    cash: Decimal,
    interval: str = "1d",
    *,
    hold_return_percent: float | None = None,
    benchmark: Benchmark | None = None,
) -> Statistics:
    """The statistics of a result that began with so much cash, over the days that are tested.

    Args:
        interval: Of its bars: those of a week have a return a week.
    """
    times, equity = result.times[result.begins :], result.equity[result.begins :]
    final = equity[-1]
    drawdown = deepest_drawdown(times, equity)
    returns = _daily_returns(result, cash)
    years = (times[-1] - times[0]).total_seconds() / timedelta(days=DAYS_A_YEAR).total_seconds()
    growth = float(final / cash)
    cagr = (growth ** (1 / years) - 1) * 100 if years * 12 >= 1 and growth > 0 else None
    ended = [trade for trade in result.trades if trade.exit_price is not None]
    profits = [profit for trade in ended if (profit := trade.profit) is not None]
    won, lost = sum(filter(_is_gain, profits), Decimal(0)), -sum(filter(_is_loss, profits), Decimal(0))
    deviation = statistics.stdev(returns) if len(returns) > 1 else 0.0
    downside = math.sqrt(statistics.fmean(min(0.0, each) ** 2 for each in returns)) if returns else 0.0
    mean = statistics.fmean(returns) if returns else 0.0
    yearly = math.sqrt(_WEEKS_A_YEAR if interval == "1w" else _TRADING_DAYS_A_YEAR)
    average_equity = sum(equity, Decimal(0)) / len(equity)
    seen = max(1, len(result.equity) - result.warm_up)
    return Statistics(
        final_equity=final,
        profit=final - cash,
        return_percent=(growth - 1) * 100,
        cagr_percent=cagr,
        volatility_percent=deviation * yearly * 100 if deviation else None,
        sharpe=mean / deviation * yearly if deviation else None,
        sortino=mean / downside * yearly if downside else None,
        calmar=cagr / drawdown.percent if cagr is not None and drawdown.percent else None,
        drawdown=drawdown,
        trades=len(ended),
        open_trades=len(result.trades) - len(ended),
        win_rate_percent=100 * sum(map(_is_gain, profits)) / len(profits) if profits else None,
        profit_factor=float(won / lost) if lost else None,
        average_trade=sum(profits, Decimal(0)) / len(profits) if profits else None,
        best_trade=max(profits, default=None),
        worst_trade=min(profits, default=None),
        average_bars=statistics.fmean(trade.bars for trade in ended) if ended else None,
        exposure_percent=100 * result.exposed / seen,
        turnover=float(result.turnover / average_equity) if average_equity else 0.0,
        costs=result.costs,
        hold_return_percent=hold_return_percent,
        benchmark=benchmark.name if benchmark else None,
        benchmark_return_percent=benchmark.return_percent if benchmark else None,
        excess_return_percent=(growth - 1) * 100 - benchmark.return_percent if benchmark else None,
        benchmark_correlation=benchmark.correlation if benchmark else None,
    )


def hold_return(history: Mapping[str, Bars], trades_from: datetime | None) -> float | None:
    """`Statistics.hold_return_percent`, in percent; None where no instrument has a bar after warm-up.

    Args:
        trades_from: As `BacktestResult` has it.
    """
    rises = [bars.close[-1] / bars.open[bought] - 1 for bars, bought in held_from(history, trades_from)]
    return 100 * statistics.fmean(rises) if rises else None


def held_from(history: Mapping[str, Bars], trades_from: datetime | None) -> list[tuple[Bars, int]]:
    """The bars of each instrument that could be bought, and the number of the first of them after warm-up."""
    if trades_from is None:
        return []
    bought = [(bars, bisect_left(bars.ends_at, trades_from)) for bars in history.values()]
    return [(bars, at) for bars, at in bought if at < len(bars)]


def deepest_drawdown(times: Sequence[datetime], equity: Sequence[Decimal]) -> Drawdown:
    """The deepest fall of a curve, and the longest time that any fall lasted."""
    values = list(map(float, equity))
    high, high_at, longest = values[0], 0, timedelta(0)
    deepest, began, low, recovered = 0.0, None, None, None
    for at, value in enumerate(values):
        if value >= high:
            if at > high_at + 1:
                longest = max(longest, times[at] - times[high_at])
                if began == high_at and recovered is None:
                    recovered = at
            high, high_at = value, at
        elif (fall := 1 - value / high) > deepest:
            deepest, began, low, recovered = fall, high_at, at, None
    if high_at + 1 < len(values):
        longest = max(longest, times[-1] - times[high_at])
    began_at, deepest_at, recovered_at = (None if at is None else times[at] for at in (began, low, recovered))
    return Drawdown(deepest * 100, began_at, deepest_at, recovered_at, longest)


def warnings_of(result: BacktestResult, found: Statistics) -> list[str]:
    """What makes this result say less than it seems to, a sentence each."""
    told = list[str]()
    lapsed = result.unfilled.get("no_money", 0) + sum(each.reason == "less_than_one_lot" for each in result.signals)
    if lapsed:
        told.append(
            f"{lapsed} entries were not made: the cash, or what the sizing allows of it, was too little for one share."
        )
    if found.trades < FEW_TRADES:
        told.append(f"Only {found.trades} trades have ended: fewer than {FEW_TRADES} may as well be chance.")
    if result.trades and not result.costs:
        told.append("Commission and taxes were left out: a real account earns less.")
    if result.ambiguous_exits:
        share = 100 * result.ambiguous_exits / found.trades
        told.append(
            f"In {result.ambiguous_exits} of {found.trades} trades ({share:.0f} %) both stop and target lay within the "
            "last bar; the stop was taken, for which came first is not known. A shorter interval tells."
        )
    if result.large_exits:
        told.append(
            f"{result.large_exits} exits sold a larger share of their bar's volume than an entry may take: in a market "
            "so thin the price would have fallen further."
        )
    if found.open_trades:
        told.append(f"{found.open_trades} positions are still open: they count in equity, in no rate of trades.")
    if (lost := _largest_share(result.trades)) is not None:
        told.append(f"One trade made {lost:.0f} % of the profit of all winning trades.")
    if len(result.equity) <= result.warm_up:
        told.append(
            f"All {len(result.equity)} bars went into warm-up, which takes {result.warm_up}: give more history."
        )
    return told


def _largest_share(trades: Sequence[Trade]) -> float | None:
    """The share of the best trade in what winning trades made, where it is more than half of several."""
    gains = [profit for trade in trades if (profit := trade.profit) is not None and profit > 0]
    if len(gains) < 3:
        return None
    share = float(max(gains) / sum(gains, Decimal(0))) * 100
    return share if share > 50 else None


def _daily_returns(result: BacktestResult, cash: Decimal) -> list[float]:
    """Of equity at the end of each day with a bar after warm-up: days without a position count, days in which there
    could be none do not."""
    tested = zip(result.times[result.warm_up :], result.equity[result.warm_up :], strict=True)
    values = [cash, *{moment.date(): value for moment, value in tested}.values()]
    return [float(after / before) - 1 for before, after in pairwise(values) if before > 0]


def _is_gain(profit: Decimal) -> bool:
    return profit > 0


def _is_loss(profit: Decimal) -> bool:
    return profit < 0
