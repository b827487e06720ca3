"""Starting a strategy: the person agrees to its mandate, and a run begins under it, once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from kis_mcp.catalog import Page
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, KisMcpError
from kis_mcp.market import Instrument, builtin_instruments
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies.bounds import draft_of
from kis_mcp.server.tools.strategies.documents import strategy_row
from kis_mcp.server.tools.strategies.given import given_strategy, records_of
from kis_mcp.server.tools.strategies.mandates import agree_on_mandate, proposed_mandate
from kis_mcp.server.tools.strategies.runs import shown
from kis_mcp.strategies.document import Strategy
from kis_mcp.strategies.records import LONG_INTERVALS, StoredStrategy, StrategyRecords, StrategyRun
from kis_mcp.trading.desk import usual_end
from kis_mcp.trading.mandate import Mandate
from kis_mcp.wiring import choose, is_kept, naming_symbols

_KEPT_BY = (
    "It runs while this server does; `kis-mcp strategies run NAME` keeps it without a client. status tells what it does"
    " and why, stop ends it."
)


async def start(call: Call) -> Page:
    """Have a strategy run: one that is saved, or a document or preset, which is saved first."""
    return await begin(call, await given_strategy(call), {})


async def begin(call: Call, strategy: Strategy, results: Mapping[str, str]) -> Page:
    """Ask the person for a mandate, and open a run under it.

    Args:
        results: What the question tells of how it did so far.

    Raises:
        AnswerNeeded: The client has to repeat the call with the person's answer.
        BadArgument: It runs already, cannot run, or its bounds are none.
        OrderRefused: The person did not agree, or nobody can be asked.
        KisMcpError: By KIS' answer.
    """
    earlier, records = await proposed_mandate(call), await records_of(call)
    await _refuse_if_it_runs(records, strategy.id, earlier)
    instruments = await _instruments(call, strategy, earlier)
    strategy_row(strategy)
    stored = await records.save(strategy, at=call.now())
    with naming_symbols(instruments, is_of_call="symbols" in call.values()):
        draft = await draft_of(call, stored, instruments, earlier, results)
    agreed = await agree_on_mandate(call, draft)
    if isinstance(agreed, Page):
        return agreed
    run = await _open_run(call, records, stored, agreed.mandate)
    page = await shown(call, [run])
    kept_by = _KEPT_BY if call.environments.keeps else await _kept_elsewhere(call, run)
    held = [f"It holds from before: {agreed.mandate.holds}."] if agreed.mandate.holds else []
    return replace(page, notes=[*page.notes, *_too_short(strategy, agreed.mandate), *held, kept_by])


def _too_short(strategy: Strategy, mandate: Mandate) -> Sequence[str]:
    """That a strategy on days or weeks never orders, for its mandate ends with the day of its first decision, as it
    usually does in real."""
    first_day_ends = usual_end(Environment.REAL, mandate.symbols[0].market, mandate.at)
    if strategy.interval not in LONG_INTERVALS or mandate.until > first_day_ends:
        return ()
    return (
        "It decides at the close and orders at the next opening, and its mandate ends before that: it orders nothing."
        " Stop it, and start it with a later end (until).",
    )


async def _kept_elsewhere(call: Call, run: StrategyRun) -> str:
    """Who keeps a run that this process does not: another one, or nobody yet."""
    if is_kept(await call.brokerage(), run):
        return "Another process keeps it. status tells what it does and why, stop ends it."
    return (
        f"Nothing keeps it yet, so it decides nothing: `kis-mcp strategies run {run.strategy}` keeps it, and so does a"
        " server that stays. status tells what it does and why, stop ends it."
    )


async def _refuse_if_it_runs(records: StrategyRecords, name: str, earlier: Mandate | None) -> None:
    run = next((run for run in await records.active_runs() if run.strategy == name), None)
    if run is None or (earlier is not None and run.mandate_id == earlier.id):
        return
    raise BadArgument(
        f"The strategy {name} is {run.state} already, under mandate {run.mandate_id}.",
        remedy="Resume it where it is paused. For other bounds stop it first, then start it: the person agrees anew.",
        field="strategy",
    )


async def _instruments(call: Call, strategy: Strategy, earlier: Mandate | None) -> Sequence[Instrument]:
    """What it is to trade, as of now; where the call answers a question, what was shown there."""
    symbols: list[str] = call.values().get("symbols") or []
    if earlier is not None and not symbols:
        return [builtin_instruments().resolve(each.symbol) for each in earlier.symbols]
    _, chosen = await choose(call.environments, call.environment, strategy, symbols, call.progress.waiting)
    return chosen.instruments


async def _open_run(call: Call, records: StrategyRecords, stored: StoredStrategy, mandate: Mandate) -> StrategyRun:
    """The run under a mandate. It has the mandate's id, so that there is never a second one.

    Raises:
        BadArgument: Another was started meanwhile; the mandate is ended.
    """
    if found := await records.find_run(mandate.id):
        return found
    run = StrategyRun(
        id=mandate.id,
        strategy=stored.id,
        version=stored.version,
        digest=stored.digest,
        mandate_id=mandate.id,
        account_id=mandate.account_id,
        symbols=tuple(each.symbol for each in mandate.symbols),
        state="running",
        reason="The person agreed to its mandate.",
        started_at=call.now(),
    )
    try:
        return await records.open_run(run)
    except KisMcpError:
        if found := await records.find_run(mandate.id):
            return found
        mandates = (await (await call.brokerage()).desk()).mandates
        await mandates.end(mandate.id, "its run could not be opened")
        raise
