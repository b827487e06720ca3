"""Runs a strategy over history: bars in the order of time, instruments on one purse."""

from collections.abc import Mapping
from decimal import Decimal

from kis_mcp.errors import BadArgument
from kis_mcp.strategies.backtest.bars import Bars
from kis_mcp.strategies.backtest.lane import Lane
from kis_mcp.strategies.backtest.options import BacktestOptions, InstrumentTerms
from kis_mcp.strategies.backtest.result import BacktestResult
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.evaluation import EntryBook


def run_backtest(
    strategy: Strategy,
    history: Mapping[str, Bars],
    options: BacktestOptions,
    terms: Mapping[str, InstrumentTerms] | None = None,
) -> BacktestResult:
    """What a strategy would have done.

    At each moment the bars that end then are traded first, instrument by instrument in the order of the history, and
    decided on after that: no decision sees a later price, and each sees the same equity.

    Args:
        strategy: Resolved.
        history: Symbol → its bars. All in one currency.
        options: Cash and the assumptions about fills.
        terms: Symbol → how it is traded; without, at no cost and at any price.

    Raises:
        BadArgument: A number in the strategy makes no sense, or there is no history or cash.
    """
    if not history:
        raise BadArgument("There is no instrument to test.", remedy="Give at least one symbol.", field="universe")
    if options.cash <= 0:
        raise BadArgument("There is no cash to begin with.", remedy="Give more than 0.", field="cash")
    result, book = BacktestResult(options.cash), EntryBook(strategy)
    lanes = [
        Lane(strategy, symbol, bars, (terms or {}).get(symbol, InstrumentTerms()), book, options, result)
        for symbol, bars in history.items()
    ]
    result.warm_up = max(lane.warm_up for lane in lanes)
    if len(lanes) == 1:
        for _ in range(len(lanes[0].bars)):
            _pass_moment(lanes, lanes, result)
        return result
    moments = sorted({moment for lane in lanes for moment in lane.bars.ends_at})
    for moment in moments:
        due = [lane for lane in lanes if lane.at < len(lane.bars) and lane.bars.ends_at[lane.at] == moment]
        _pass_moment(lanes, due, result)
    return result


def _pass_moment(lanes: list[Lane], due: list[Lane], result: BacktestResult) -> None:
    moment = due[0].bars.ends_at[due[0].at]
    for lane in due:
        lane.trade_bar()
    equity = _equity(lanes, result)
    for lane in due:
        lane.end_bar(equity)
    result.times.append(moment)
    result.exposed += any(lane.holds for lane in lanes)
    # Once more: the end of a session sells while it is decided on, and that costs.
    result.equity.append(_equity(lanes, result))


def _equity(lanes: list[Lane], result: BacktestResult) -> Decimal:
    total = result.cash
    for lane in lanes:
        if lane.holds:
            total += lane.worth()
    return total
