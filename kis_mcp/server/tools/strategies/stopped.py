"""What stopped runs left: they are told for a day, and for as long as the account has shares that they bought."""

from datetime import timedelta
from typing import Any, Final

from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies.numbers import readable
from kis_mcp.strategies.records import StrategyRecords, StrategyRun
from kis_mcp.trading.mandate import MandateBook, cost_of, quantity_of
from kis_mcp.wiring import read_books, read_in_account

LATELY: Final = timedelta(days=1)
LEFT_ALONE: Final = (
    "What a stopped run bought and did not sell stays in the account, and nothing watches or sells it: the person"
    " decides."
)


async def stopped_runs(call: Call, records: StrategyRecords, name: str | None, within: timedelta) -> list[StrategyRun]:
    """Those that ended within a time, and those of which the account still has something, the latest first.

    Args:
        name: Of this strategy; of all where it is None.
    """
    found = list[StrategyRun]()
    stopped = [run for run in await records.runs(name) if run.state == "stopped"]
    books = {run.id: book for run, book in await read_books(await (await call.brokerage()).journal(), stopped)}
    for run in stopped:
        is_late = run.ended_at is not None and call.now() - run.ended_at < within
        if is_late or await left_of(call, run, books.get(run.id)):
            found.append(run)
    return found


async def left_of(call: Call, run: StrategyRun, book: MandateBook | None) -> list[dict[str, Any]]:
    """The positions that a stopped run left, as far as the account still has them; all of them where KIS does not
    tell.

    Args:
        book: Of its mandate, which has what was filled after it was stopped too; None of a run that only signalled.
    """
    if book is None:
        return []
    held, rows = book.own_held(), list[dict[str, Any]]()
    in_account = await read_in_account(await call.reads(), held.keys())
    for key, trips in held.items():
        quantity = quantity_of(trips)
        left = min(quantity, in_account.get(key, quantity))
        cost = cost_of(trips) * left / quantity
        rows += [{"run_id": run.id, "symbol": key[0], "quantity": int(left), "cost": readable(cost)}] if left else []
    return rows
