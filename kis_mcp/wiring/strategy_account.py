"""What a run of a strategy has come to, by the orders of its mandate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.errors import KisMcpError
from kis_mcp.market import builtin_instruments, read_quote
from kis_mcp.storage import LockedFile
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.trading.mandate import InstrumentKey, MandateBook, MandatedOrder, MandateRecord, RoundTrip
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.reads import Reads


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAccount:
    """What a run has come to.

    Attributes:
        book: All orders of the strategy, as the mandate's bounds count them.
        trips: What it bought and sold under its mandate.
        standing: Its orders that stand at KIS, or may.
        realised: What it earned by what it sold, after costs; negative for a loss.
        open_profit: On what it holds, at last prices; None where one cannot be told, as for shares from before a split.
        loss: As the mandate counts it; None where it cannot be told.
        is_fresh: Whether KIS was just asked how far its orders are filled.
    """

    record: MandateRecord
    book: MandateBook
    trips: Sequence[RoundTrip]
    standing: Sequence[MandatedOrder]
    realised: Decimal
    open_profit: Decimal | None
    loss: Decimal | None
    is_fresh: bool


async def read_run_account(brokerage: Brokerage, run: StrategyRun, reads: Reads) -> RunAccount | None:
    """What a run has come to, after a look at KIS; None for one that only signals."""
    journal, now = await brokerage.journal(), reads.clock()
    record = None if run.mandate_id is None else await journal.find_mandate(run.mandate_id)
    if record is None:
        return None
    is_fresh = True
    try:
        await (await brokerage.desk()).mandates.guard.settle_fills(record.mandate.id, now)
    except KisMcpError:
        is_fresh = False
    book = await journal.mandate_book(record.mandate.id)
    trips, held = book.own_trips(), book.own_held()
    prices = await _prices_of(held, reads)
    if held and await _was_in_doubt(brokerage, run):
        prices = None
    realised = sum((trip.earned for trip in trips), Decimal(0))
    loss = None if prices is None else book.loss(prices)
    return RunAccount(
        record=record,
        book=book,
        trips=trips,
        standing=[order for order in book.own.orders if order.rest],
        realised=realised,
        open_profit=None if loss is None else -loss - realised,
        loss=loss,
        is_fresh=is_fresh,
    )


def is_kept(brokerage: Brokerage, run: StrategyRun) -> bool:
    """Whether a process of the user keeps the run, this one or another."""
    lock = LockedFile(brokerage.folder / f"strategy-{run.strategy}.lock")
    try:
        return not lock.try_lock()
    finally:
        lock.close()


def silent_since(brokerage: Brokerage) -> datetime | None:
    """Since when nothing comes over this process' live link; None while it does, or there is none."""
    outages = [stream.outage for stream in brokerage.open_streams]
    return min((outage.since for outage in outages if outage is not None), default=None)


async def _was_in_doubt(brokerage: Brokerage, run: StrategyRun) -> bool:
    """Whether prices of what it holds were ever adjusted: it was bought at others, and at those of now it would show a
    loss that is none."""
    from kis_mcp.strategies.runner import is_in_doubt

    changes = await (await brokerage.strategy_records()).changes(run.id)
    return any(is_in_doubt(change.reason) for change in changes)


async def _prices_of(held: Iterable[InstrumentKey], reads: Reads) -> Mapping[InstrumentKey, Decimal] | None:
    """The last prices of what is held; None where KIS does not tell one."""
    found = dict[InstrumentKey, Decimal]()
    for key in held:
        try:
            price = (await read_quote(reads, builtin_instruments().resolve(key[0]))).price
        except KisMcpError:
            return None
        if price is None:
            return None
        found[key] = price
    return found
