"""Runs a strategy over history: bars in the order of time, instruments on one purse."""

import gc
from bisect import bisect_right
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.lane import Lane
from kis_mcp.strategies.backtest.options import BacktestOptions, InstrumentTerms, lead_in
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.backtest.shared_values import SharedValues
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import EntryBook


def run_backtest(
    strategy: Strategy,
    history: Mapping[str, Bars],
    options: BacktestOptions,
    terms: Mapping[str, InstrumentTerms] | None = None,
    shared: Mapping[str, SharedValues] | None = None,
) -> BacktestResult:
    """What a strategy would have done.

    At each moment the bars that end then are traded first, instrument by instrument in the order of the history, and
    decided on after that: no decision sees a later price, and each sees the same equity.

    Args:
        strategy: Resolved.
        history: Symbol → its bars. All in one currency.
        options: Cash, the bars to warm up on, and the assumptions about fills.
        terms: Symbol → how it is traded; without, at no cost and at any price.
        shared: Symbol → values of the same bars, where many backtests run over them.

    Raises:
        BadArgument: A number in the strategy makes no sense, or there is no history or cash.
    """
    if not history:
        raise BadArgument("There is no instrument to test.", remedy="Give at least one symbol.", field="universe")
    if options.cash <= 0:
        raise BadArgument("There is no cash to begin with.", remedy="Give more than 0.", field="cash")
    with _without_collection():
        return _run(strategy, history, options, terms or {}, shared or {})


@contextmanager
def _without_collection() -> Generator[None]:
    """Bars make many small objects and no cycles: looking through them for cycles takes a tenth of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _run(
    strategy: Strategy,
    history: Mapping[str, Bars],
    options: BacktestOptions,
    terms: Mapping[str, InstrumentTerms],
    shared: Mapping[str, SharedValues],
) -> BacktestResult:
    result, book = BacktestResult(options.cash), EntryBook(strategy)
    lanes = [
        Lane(
            strategy,
            symbol,
            bars,
            terms.get(symbol, InstrumentTerms()),
            book,
            options,
            result,
            shared.get(symbol),
        )
        for symbol, bars in history.items()
    ]
    if len(lanes) == 1:
        _run_alone(lanes[0], result)
    else:
        _run_together(lanes, result)
    result.warm_up = _warm_up(lanes, result.times, options)
    for lane in lanes:
        lane.finish()
    return result


def _warm_up(lanes: list[Lane], times: list[datetime], options: BacktestOptions) -> int:
    """`BacktestResult.warm_up`: instruments may have bars of other moments, so that bars are not counted."""
    decides_at = [moment for lane in lanes if (moment := lane.decides_from) is not None]
    if not decides_at:
        return max(lane.warm_up for lane in lanes)
    return max(bisect_right(times, min(decides_at)), lead_in(times, options.start))


def _run_alone(lane: Lane, result: BacktestResult) -> None:
    """One instrument: as `_run_together`, in a fraction of the time."""
    result.times = list(lane.bars.ends_at)
    equities, exposed = result.equity, 0
    while lane.at < len(lane.bars):
        if passed := lane.skip(result.cash):
            equities += passed
            exposed += len(passed) * lane.holds
            continue
        lane.trade_bar()
        equity = result.cash + lane.worth() if lane.holds else result.cash
        lane.end_bar(equity)
        # A sale at the close costs.
        equities.append(result.cash + lane.worth() if lane.sells_at_close else equity)
        exposed += lane.holds
    result.exposed = exposed


def _run_together(lanes: list[Lane], result: BacktestResult) -> None:
    due_at: dict[datetime, list[Lane]] = {}
    for lane in lanes:
        for moment in lane.bars.ends_at:
            due_at.setdefault(moment, []).append(lane)
    moments = sorted(due_at)
    for moment in moments:
        due = due_at[moment]
        for lane in due:
            lane.trade_bar()
        equity = _equity(lanes, result)
        for lane in due:
            lane.end_bar(equity)
            if lane.at == len(lane.bars) and moment < moments[-1]:
                lane.end_trading()
        result.times.append(moment)
        result.equity.append(_equity(lanes, result))
        result.exposed += any(lane.holds for lane in lanes)


def _equity(lanes: list[Lane], result: BacktestResult) -> Decimal:
    total = result.cash
    for lane in lanes:
        total += lane.worth()
    return total
