"""What stopped runs left and the account has not any more: it is written down, so that nothing is told of it as held.

A run that goes on looks by itself.
"""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.errors import KisMcpError
from kis_mcp.strategies.records import LISTED_AFTER, SignalEntry, StrategyRecords, StrategyRun, lost_reason
from kis_mcp.trading.journal import Journal
from kis_mcp.trading.mandate import InstrumentKey, MandateBook, quantity_of
from kis_mcp.trading.portfolio import Holding, read_market_holdings
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.reads import Reads

_NOTHING = Decimal(0)


async def note_losses(brokerage: Brokerage, reads: Reads) -> None:
    """Hold what stopped runs left against the account.

    The account's shares are those of runs that go on first, and then of the run that began last. What KIS does not tell
    now is left as it is.
    """
    with suppress(KisMcpError):
        await _note_losses(brokerage, reads)


async def read_books(journal: Journal, runs: Iterable[StrategyRun]) -> list[tuple[StrategyRun, MandateBook]]:
    """The book of each run's mandate, of those that have one: what a strategy ordered is read once."""
    found, whole = list[tuple[StrategyRun, MandateBook]](), dict[tuple[str, str], MandateBook]()
    for run in runs:
        if run.mandate_id is not None:
            key = run.strategy, run.account_id
            if key not in whole:
                whole[key] = await journal.mandate_book(run.mandate_id)
            found.append((run, replace(whole[key], mandate_id=run.mandate_id)))
    return found


async def _note_losses(brokerage: Brokerage, reads: Reads) -> None:
    account, records = brokerage.apis.accounts.get("stock"), await brokerage.strategy_records()
    journal = await brokerage.journal()
    if account is None:
        return
    account_id, now = await journal.account_id(account), reads.clock()
    books = await read_books(journal, [run for run in await records.runs() if run.account_id == account_id])
    left = [(run, book) for run, book in books if run.state == "stopped" and book.own_held()]
    if not left:
        return
    going_on = [book for run, book in books if run.state != "stopped"]
    free = await read_in_account(reads, {key for _, book in left for key in book.own_held()})
    for key, quantity in (each for book in going_on for each in _quantities(book).items()):
        if key in free:
            free[key] -= quantity
    for run, book in left:
        for key, quantity in _quantities(book).items():
            if key not in free:
                continue
            has = min(quantity, max(_NOTHING, free[key]))
            free[key] -= has
            latest = max(order.sent_at for order in book.own.orders if order.key == key)
            if has < quantity and now - latest >= LISTED_AFTER:
                await _write(records, run, key[0], int(quantity - has), int(quantity), now)


async def read_in_account(reads: Reads, keys: Collection[InstrumentKey]) -> dict[InstrumentKey, Decimal]:
    """How much of each instrument the account has; without those of a market whose list KIS does not give."""
    found = dict[InstrumentKey, Decimal]()
    for market in {market for _, market in keys}:
        with suppress(KisMcpError):
            lots = await read_market_holdings(reads, market)
            found |= {key: _quantity_in(lots, key[0]) for key in keys if key[1] == market}
    return found


def _quantity_in(lots: Sequence[Holding], symbol: str) -> Decimal:
    return sum((lot.quantity or _NOTHING for lot in lots if lot.symbol == symbol), _NOTHING)


def _quantities(book: MandateBook) -> dict[InstrumentKey, Decimal]:
    return {key: quantity_of(trips) for key, trips in book.own_held().items()}


async def _write(
    records: StrategyRecords, run: StrategyRun, symbol: str, lost: int, quantity: int, now: datetime
) -> None:
    told = SignalEntry(
        run_id=run.id,
        symbol=symbol,
        at=now,
        enters=None,
        exits=None,
        action="none",
        quantity=lost,
        reason=lost_reason(lost, quantity),
        values={},
    )
    await records.add_signals([told])
