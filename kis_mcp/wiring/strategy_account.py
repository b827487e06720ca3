"""What a run of a strategy has come to, by the orders of its mandate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kis_mcp.errors import KisMcpError
from kis_mcp.market import builtin_instruments, read_quote
from kis_mcp.storage import LockedFile
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.trading.mandate import InstrumentKey, MandateBook, MandatedOrder, MandateRecord, RoundTrip, round_trips
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
        open_profit: On what it holds, at last prices; None where one cannot be told.
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
    own = own_orders(book)
    trips, prices = round_trips(own), await _prices_of(book, reads)
    has_all_prices = all(key in prices for key, lots in book.lots().items() if lots)
    return RunAccount(
        record=record,
        book=book,
        trips=trips,
        standing=[order for order in own if order.rest],
        realised=sum((trip.profit for trip in trips if trip.profit is not None), Decimal(0)),
        open_profit=_open_profit(trips, {symbol: price for (symbol, _), price in prices.items()}),
        loss=book.loss(prices) if has_all_prices else None,
        is_fresh=is_fresh,
    )


def own_orders(book: MandateBook) -> list[MandatedOrder]:
    """The orders of a book's mandate alone."""
    return [order for order in book.orders if order.mandate_id == book.mandate_id]


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


async def _prices_of(book: MandateBook, reads: Reads) -> Mapping[InstrumentKey, Decimal]:
    """The last prices of what is held, as far as KIS tells them."""
    found = dict[InstrumentKey, Decimal]()
    for key, lots in book.lots().items():
        if not lots:
            continue
        try:
            price = (await read_quote(reads, builtin_instruments().resolve(key[0]))).price
        except KisMcpError:
            continue
        if price is not None:
            found[key] = price
    return found


def _open_profit(trips: Sequence[RoundTrip], prices: Mapping[str, Decimal]) -> Decimal | None:
    total = Decimal(0)
    for trip in trips:
        if trip.exit_price is not None:
            continue
        if trip.symbol not in prices:
            return None
        total += trip.quantity * (prices[trip.symbol] - trip.entry_price) - trip.costs
    return total
