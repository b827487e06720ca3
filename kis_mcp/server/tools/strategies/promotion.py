"""Promotion: what ran in one environment is started in the next, beside what it did so far."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

import anyio.to_thread

from kis_mcp.catalog import Page
from kis_mcp.clock import KST
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies.given import name_of
from kis_mcp.server.tools.strategies.mandates import proposed_mandate
from kis_mcp.server.tools.strategies.starts import begin
from kis_mcp.strategies.backtest import FEW_TRADES
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.trading.mandate import Mandate, RoundTrip
from kis_mcp.wiring import Origin, choose, open_origin, read_trial, run_trial

_NONE: Mapping[str, str] = {}


async def promote(call: Call) -> Page:
    """Start, in the call's environment, the document that ran in the environment before it.

    Raises:
        BadArgument: It never ran there under a mandate; as from `begin`.
    """
    name = name_of(call)
    async with open_origin(call.environments, call.environment) as origin:
        runs = [run for run in await origin.records.runs(name) if run.mandate_id is not None]
        if not runs:
            raise BadArgument(
                f"The strategy {name} never ran in {origin.environment}.",
                remedy=f"Start it in {origin.environment} first; only what has shown itself there is promoted.",
                field="strategy",
            )
        versions = await origin.records.versions(name)
        document = next(each.document for each in versions if each.version == runs[0].version)
        is_answer = await proposed_mandate(call) is not None
        same = [run for run in runs if run.version == runs[0].version]
        results = _NONE if is_answer else await _results(call, origin, same, document)
    return await begin(call, document, results)


async def _results(call: Call, origin: Origin, runs: Sequence[StrategyRun], document: Strategy) -> Mapping[str, str]:
    """What is told of all runs of a document, the latest first, and of a backtest over the same days."""
    record = await origin.journal.find_mandate(runs[0].mandate_id or "")
    if record is None:
        raise BadArgument(
            f"The mandate of run {runs[0].id} is not on record.", remedy="Start it anew.", field="strategy"
        )
    end = runs[0].ended_at or call.environments.clock_of(origin.environment)()
    books = [await origin.journal.mandate_book(run.mandate_id or "") for run in reversed(runs)]
    trips = [trip for book in books for trip in book.own_trips()]
    first = runs[-1].started_at
    days = max(1, (end.date() - first.date()).days + 1)
    span = f"{origin.environment.value} from {first.astimezone(KST):%Y-%m-%d}, {days} {'day' if days == 1 else 'days'}"
    whole = replace(runs[0], started_at=first)
    return {
        span: _sentence(trips, record.mandate.most_in_all),
        "backtest of the same days": await _expectation(call, origin, whole, document, record.mandate, end),
    }


def _sentence(trips: Sequence[RoundTrip], capital: Decimal) -> str:
    """Return on the mandate's most in all, trades, win rate and worst fall, of what was sold."""
    profits = [trip.profit for trip in trips if trip.profit is not None]
    if not profits:
        return f"no closed trade{_still_open(trips)}"
    total = sum(profits, Decimal(0))
    highest = equity = fall = Decimal(0)
    for profit in profits:
        equity += profit
        highest = max(highest, equity)
        fall = max(fall, (highest - equity) / (capital + highest))
    won = sum(profit > 0 for profit in profits)
    told = _words(total / capital * 100, len(profits), Decimal(100 * won) / len(profits), fall * 100)
    few = ", too few to say much" if len(profits) < FEW_TRADES else ""
    return f"{told}{_still_open(trips)}{few}"


def _still_open(trips: Sequence[RoundTrip]) -> str:
    count = sum(trip.profit is None for trip in trips)
    return f", {count} still open, whose profit or loss does not count here" if count else ""


def _words(gain: float | Decimal, trades: int, won: float | Decimal, fall: float | Decimal) -> str:
    return f"return {gain:+.2f} %, {trades} closed trade{'s' * (trades != 1)}, {won:.0f} % won, worst fall {fall:.2f} %"


async def _expectation(
    call: Call, origin: Origin, run: StrategyRun, document: Strategy, mandate: Mandate, end: datetime
) -> str:
    """What a backtest says of the bars that ended while a run lasted, of as much money as its mandate was for. As the
    run did, it warms up on the bars before."""
    if origin.history is None:
        return f"none: the operator does not allow {origin.environment} here, and its history is there"
    yesterday = call.environments.clock_of(origin.history)().date() - timedelta(days=1)
    first, last = run.started_at.date(), min(end.date(), yesterday)
    if last < first:
        return "none: no whole day has passed since it was started"
    try:
        waiting = call.progress.waiting
        strategy, chosen = await choose(call.environments, origin.history, document, run.symbols, waiting)
        trial = await read_trial(
            call.environments, origin.history, strategy, chosen, first, last, mandate.most_in_all, waiting
        )
        ran = trial.ground.between(run.started_at, end, trial.ground.lead_in)
        if not ran.history:
            return "none: no bar ended while it ran"
        # A run first decides at the end of a bar that it has heard.
        ran = replace(ran, options=replace(ran.options, start=ran.moments()[0] + timedelta.resolution))
        found = (
            await anyio.to_thread.run_sync(
                partial(run_trial, replace(trial, ground=ran), call.environments.settings.colors),
                abandon_on_cancel=True,
            )
        ).statistics
    except KisMcpError as error:
        return f"none: {error.what}"[:200]
    return _words(found.return_percent, found.trades, found.win_rate_percent or 0, found.drawdown.percent)
