"""Stopping, pausing and resuming a run."""

from collections.abc import Iterator
from dataclasses import replace

from kis_mcp.catalog import Page
from kis_mcp.errors import BadArgument, OrderRefused
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies.given import name_of, no_strategy, records_of
from kis_mcp.server.tools.strategies.runs import shown
from kis_mcp.server.tools.strategies.stopped import LEFT_ALONE
from kis_mcp.strategies.records import StrategyRecords, StrategyRun
from kis_mcp.trading.halt import LIFTED_BY, halted_text
from kis_mcp.trading.mandate import MandateStatus
from kis_mcp.wiring import kill_switch


async def stop(call: Call) -> Page:
    """End a run and its mandate. What it holds stays."""
    records = await records_of(call)
    run = await _active(call, records, "There is nothing to end.")
    if run.mandate_id is not None:
        mandates = (await (await call.brokerage()).desk()).mandates
        await mandates.end(run.mandate_id, "the strategy was stopped by a call")
    await records.set_run_state(run.id, "stopped", "It was stopped by a call.", call.now())
    return await _told(call, records, run)


async def pause(call: Call) -> Page:
    """Have a run decide and order nothing until it is resumed. What it holds stays, without its stops."""
    records = await records_of(call)
    run = await _active(call, records, "There is nothing to pause.")
    await records.set_run_state(run.id, "paused", "It was paused by a call.", call.now())
    return await _told(call, records, run)


async def resume(call: Call) -> Page:
    """Let a paused run go on, within the mandate that it has. Before it decides it looks at its orders and position.

    Raises:
        BadArgument: It is not paused.
        OrderRefused: Its mandate is not in force any more, or trading is halted.
    """
    records = await records_of(call)
    run = await _active(call, records, "There is nothing to resume.")
    if run.state != "paused":
        raise BadArgument(
            f"The strategy {run.strategy} is {run.state}.", remedy="Only a paused one can.", field="strategy"
        )
    if (halted := kill_switch(call.environments.settings.data_dir).reason()) is not None:
        raise OrderRefused(halted_text(halted), remedy=LIFTED_BY)
    if run.mandate_id is not None:
        mandates = (await (await call.brokerage()).desk()).mandates
        status = (await mandates.find(run.mandate_id)).status(call.now())
        if status is not MandateStatus.IN_FORCE:
            raise OrderRefused(
                f"Its mandate {run.mandate_id} is {status.value}.",
                remedy="Stop the strategy, then start it: the person agrees anew.",
            )
    await records.set_run_state(run.id, "running", "It was resumed by a call.", call.now())
    return await _told(call, records, run)


async def _active(call: Call, records: StrategyRecords, nothing: str) -> StrategyRun:
    """The run of the strategy that a call names.

    Args:
        nothing: That there is nothing to do, in a sentence.

    Raises:
        BadArgument: There is none that is not stopped.
    """
    name = name_of(call)
    if not await records.versions(name):
        raise no_strategy(name)
    run = next((run for run in await records.active_runs() if run.strategy == name), None)
    if run is not None:
        return run
    latest = next(iter(await records.runs(name, limit=1)), None)
    if latest is None:
        raise BadArgument(
            f"The strategy {name} never ran in this environment.",
            remedy=f"{nothing} It runs only if the person agrees to a start.",
            field="strategy",
        )
    raise BadArgument(
        f"The strategy {name} is stopped already: {latest.reason.rstrip('.')}.",
        remedy=f"{nothing} Its status tells what it left. It orders again only if the person agrees to another start.",
        field="strategy",
    )


async def _told(call: Call, records: StrategyRecords, run: StrategyRun) -> Page:
    """The run as it is now, with what stays."""
    found = await records.find_run(run.id)
    assert found is not None, run.id
    page = await shown(call, [found])
    return page if found.state == "running" else replace(page, notes=[*page.notes, *_what_stays(page)])


def _what_stays(page: Page) -> Iterator[str]:
    if "positions" in page.blocks and LEFT_ALONE not in page.notes:
        yield "What it holds stays in the account, and it sells nothing by itself any more: the person decides."
    if "orders" in page.blocks:
        yield "Its orders that stand at KIS still do: cancel them with cancel_order where the person wants it."
