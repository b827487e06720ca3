"""What one run of a strategy works with, put together."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from kis_mcp.errors import BadArgument
from kis_mcp.market import Instrument, builtin_instruments
from kis_mcp.storage import HistoryFiles
from kis_mcp.strategies.document import Strategy, resolve
from kis_mcp.strategies.records import StrategyRecords, StrategyRun
from kis_mcp.strategies.runner import Bounds, Runner, RunTerms, Sessions
from kis_mcp.streams import Watches
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.operator import keeps_hours, kill_switch
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.strategy_feed import StrategyFeed, TradeTicks
from kis_mcp.wiring.strategy_history import StrategyHistory
from kis_mcp.wiring.strategy_hours import ExchangeHours
from kis_mcp.wiring.strategy_orders import StrategyOrders
from kis_mcp.wiring.trials import HISTORIES, wait_silently

if TYPE_CHECKING:
    from kis_mcp.confirm import Approvals


@dataclass(frozen=True, slots=True)
class ComposedRun:
    """A runner, and the hours that it looks at, which are refreshed now and then."""

    runner: Runner
    hours: ExchangeHours


async def compose_run(
    brokerage: Brokerage, run: StrategyRun, ticks: TradeTicks, approvals: "Approvals | None", *, resumes: bool
) -> ComposedRun:
    """The runner of a run.

    Args:
        ticks: Shared by all runs of the environment.
        approvals: Where a person is asked about an order that the mandate alone does not let out.
        resumes: As for `Runner`.

    Raises:
        BadArgument: It cannot run at all.
        KisMcpError: It cannot for now.
    """
    records = await brokerage.strategy_records()
    strategy, reads = await _strategy_of(records, run), Reads(brokerage, wait_silently)
    instruments = _instruments(run)
    first = next(iter(instruments.values()))
    hours = ExchangeHours(reads, first, keeps_hours=keeps_hours(brokerage.settings, brokerage.environment))
    await hours.refresh()
    sessions = Sessions(strategy.interval, first.market, first.timezone, hours)
    orders, bounds = None, Bounds(capital=Decimal(0))
    if run.mandate_id is not None:
        from kis_mcp.wiring.strategy_mandate import open_mandate

        mandated, bounds = await open_mandate(brokerage, run, approvals)
        orders = StrategyOrders(run.id, mandated, reads, instruments)
    store = HistoryFiles(brokerage.folder / HISTORIES)
    terms = RunTerms(
        run=run,
        strategy=strategy,
        records=records,
        history=StrategyHistory(reads, store, instruments, strategy.interval, sessions),
        orders=orders,
        sessions=sessions,
        bounds=bounds,
        clock=brokerage.clock,
    )
    watches = Watches(await brokerage.streams(), brokerage.apis, clock=brokerage.clock)
    feed = StrategyFeed(watches, instruments, ticks, brokerage.clock)
    halt_reason = kill_switch(brokerage.settings.data_dir).reason
    return ComposedRun(Runner(terms, feed, halt_reason=halt_reason, resumes=resumes), hours)


async def _strategy_of(records: StrategyRecords, run: StrategyRun) -> Strategy:
    """The document with which a run was started.

    Raises:
        BadArgument: It is not kept.
    """
    stored = next((each for each in await records.versions(run.strategy) if each.version == run.version), None)
    if stored is None or stored.digest != run.digest:
        raise BadArgument("The document with which it was started is not kept any more.", remedy="Start it anew.")
    return resolve(stored.document)


def _instruments(run: StrategyRun) -> dict[str, Instrument]:
    """The instruments of a run.

    Raises:
        BadArgument: They are of several markets, or one is not known.
    """
    found = {symbol: builtin_instruments().resolve(symbol) for symbol in run.symbols}
    if len({each.market for each in found.values()}) != 1:
        raise BadArgument("Its instruments are of several markets.", remedy="Start one for each.", field="symbols")
    return found
