"""Strategies that are kept: saving, listing, showing, deleting."""

from typing import Any

from kis_mcp.catalog import Page
from kis_mcp.errors import BadArgument
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.strategies.documents import doubts_block, problems_of_instruments, strategy_row
from kis_mcp.server.tools.strategies.given import given_strategy, name_of, no_strategy, records_of
from kis_mcp.strategies.document import ENGLISH_TITLES, Strategy, preset_names, read_preset
from kis_mcp.strategies.records import StoredStrategy, StrategyRun


async def save(call: Call) -> Page:
    """Keep a document by its id; the same document again changes nothing."""
    strategy = await given_strategy(call)
    strategy_row(strategy)
    for path, problem in problems_of_instruments(strategy):
        raise BadArgument(f"{path}: {problem}", remedy="Mend it, then save it.", field=path)
    if strategy.id in preset_names():
        raise BadArgument(
            f"{strategy.id} is the name of a preset.", remedy="Give the document another id, then save it.", field="id"
        )
    records = await records_of(call)
    before = await records.find(strategy.id)
    stored = await records.save(strategy, at=call.now(), note=call.values().get("note", ""))
    result = {"saved": before is None or before.version != stored.version}
    run = next((run for run in await records.active_runs() if run.strategy == stored.id), None)
    notes = [_runs_on(run)] if run is not None and run.version != stored.version else []
    return page(call.now(), notes=notes, result=result, strategy=_stored_row(stored), **doubts_block(strategy))


async def list_strategies(call: Call) -> Page:
    """What was saved, and whether it runs; then the presets."""
    records = await records_of(call)
    active = {run.strategy: run for run in await records.active_runs()}
    saved = [_line(each, _state(each, active.get(each.id))) for each in await records.strategies()]
    is_korean = call.environments.settings.lang == "ko"
    presets = [
        {
            "name": name,
            "title": preset.name if is_korean else ENGLISH_TITLES[name],
            "kind": "preset",
            "interval": preset.interval,
        }
        for name, preset in ((name, read_preset(name)) for name in preset_names())
    ]
    return page(call.now(), strategies=[*saved, *presets])


async def show(call: Call) -> Page:
    """The document of a saved strategy or a preset."""
    name = name_of(call)
    stored = await (await records_of(call)).find(name)
    if stored is not None:
        return page(call.now(), strategy=_stored_row(stored), **doubts_block(stored.document))
    if name not in preset_names():
        raise no_strategy(name)
    preset = read_preset(name)
    return page(call.now(), strategy=strategy_row(preset), **doubts_block(preset))


async def delete(call: Call) -> Page:
    """Take a strategy off the list; its versions and runs stay on record."""
    name = name_of(call)
    if await (await records_of(call)).delete(name, at=call.now()) is None:
        raise no_strategy(name)
    return page(call.now(), result={"deleted": True})


def _stored_row(stored: StoredStrategy) -> dict[str, Any]:
    row = {**strategy_row(stored.document), "version": stored.version, "saved_at": stored.created_at}
    return {**row, "note": stored.note} if stored.note else row


def _line(stored: StoredStrategy, state: str) -> dict[str, Any]:
    document = stored.document
    return {
        "name": stored.id,
        "title": document.name,
        "kind": "saved",
        "version": stored.version,
        "saved_at": stored.created_at,
        "interval": document.interval,
        "symbols": _symbols(document),
        "state": state,
        "note": stored.note,
    }


def _runs_on(run: StrategyRun) -> str:
    return f"Version {run.version} of it runs on: the person agreed to that one. Stop it and start this to change over."


def _state(stored: StoredStrategy, run: StrategyRun | None) -> str:
    if run is None:
        return "not running"
    return run.state if run.version == stored.version else f"version {run.version} is {run.state}"


def _symbols(strategy: Strategy) -> str:
    return ", ".join(strategy.universe.symbols) if strategy.universe else ""
