"""What strategies do while they run: where they stand, what they hold, and why they decided as they did."""

from collections.abc import Sequence
from typing import Any

from kis_mcp.catalog import Cursor, Page, PagePosition
from kis_mcp.server.tools.call import Call, facts, page
from kis_mcp.server.tools.strategies.given import name_of, no_strategy, records_of
from kis_mcp.strategies.records import SignalEntry, StrategyRecords, StrategyRun

_NEVER_RAN = "It never ran in this environment."


async def status(call: Call) -> Page:
    """The latest run of a strategy, or all that are not stopped, with their positions and last decisions."""
    values, records = call.values(), await records_of(call)
    if "strategy" in values:
        name = name_of(call)
        await _require(records, name)
        runs: Sequence[StrategyRun] = await records.runs(name, limit=1)
        notes = [] if runs else [_NEVER_RAN]
    else:
        runs, notes = await records.active_runs(), list[str]()
    positions = [facts(position) for run in runs for position in await records.positions(run.id)]
    decisions = [
        _decision(signal) for run in runs for signal in reversed(await records.signals(run.id, limit=values["limit"]))
    ]
    return page(call.now(), notes=notes, runs=list(map(_run, runs)), positions=positions, decisions=decisions)


async def trades(call: Call) -> Page:
    """The decisions of a strategy to buy or sell, of its latest run, the latest first."""
    values, name, records = call.values(), name_of(call), await records_of(call)
    await _require(records, name)
    cursor = Cursor(call.environment, call.api.tool, values)
    offset = cursor.read(values["cursor"]).offset if "cursor" in values else 0
    runs = await records.runs(name)
    made = [signal for run in runs for signal in reversed(await records.signals(run.id, limit=_MOST_SIGNALS))]
    ordered = [signal for signal in made if signal.action != "none"]
    shown = ordered[offset : offset + values["limit"]]
    following = offset + len(shown)
    return page(
        call.now(),
        notes=[] if runs else [_NEVER_RAN],
        next_cursor=cursor.write(PagePosition(offset=following)) if following < len(ordered) else None,
        decisions=list(map(_decision, shown)),
    )


_MOST_SIGNALS = 10_000
"""Of one run, so many at most are looked through."""


async def _require(records: StrategyRecords, name: str) -> None:
    """Refuse a name of which nothing was ever saved."""
    if not await records.versions(name):
        raise no_strategy(name)


def _run(run: StrategyRun) -> dict[str, Any]:
    row = facts(run)
    shown = ("strategy", "version", "state", "reason", "mandate_id", "started_at", "ended_at")
    return {
        "run_id": run.id,
        "symbols": ", ".join(run.symbols),
        **{name: row[name] for name in shown if name in row},
    }


def _decision(signal: SignalEntry) -> dict[str, Any]:
    row = {name: value for name, value in facts(signal).items() if name != "values"}
    known = ", ".join(f"{name}={'none' if value is None else f'{value:.6g}'}" for name, value in signal.values.items())
    return {**row, "values": known} if known else row
