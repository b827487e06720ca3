"""What stopped runs left: they are told for a day, and for as long as the account has shares that they bought."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from kis_mcp.errors import KisMcpError
from kis_mcp.market import builtin_instruments
from kis_mcp.server.tools.call import Call
from kis_mcp.server.tools.strategies.numbers import readable
from kis_mcp.strategies.records import StrategyRecords, StrategyRun
from kis_mcp.trading.mandate import MandateBook
from kis_mcp.trading.portfolio import read_market_holdings
from kis_mcp.wiring import read_books

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
    trips = {} if book is None else {symbol: trips for (symbol, _), trips in book.own_held().items()}
    in_account, rows = await _in_account(call, trips.keys()), list[dict[str, Any]]()
    for symbol, held in trips.items():
        quantity = sum((trip.quantity for trip in held), Decimal(0))
        left = min(quantity, in_account.get(symbol, quantity))
        cost = sum((trip.cost for trip in held), Decimal(0)) * left / quantity
        rows += [{"run_id": run.id, "symbol": symbol, "quantity": int(left), "cost": readable(cost)}] if left else []
    return rows


async def _in_account(call: Call, symbols: Collection[str]) -> Mapping[str, Decimal]:
    """Symbol → how much of it the account has; without those of a market whose list KIS does not give."""
    found, reads = dict[str, Decimal](), await call.reads()
    for market in {builtin_instruments().resolve(symbol).market for symbol in symbols}:
        try:
            lots = await read_market_holdings(reads, market)
        except KisMcpError:
            continue
        of_market = [each for each in symbols if builtin_instruments().resolve(each).market == market]
        for symbol in of_market:
            found[symbol] = sum((lot.quantity or Decimal(0) for lot in lots if lot.symbol == symbol), Decimal(0))
    return found
