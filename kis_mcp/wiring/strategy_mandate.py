"""A run's mandate: what it lets out, and how far its orders are filled."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import anyio.to_thread

from kis_mcp.catalog import CheckedArguments
from kis_mcp.confirm import Approvals
from kis_mcp.errors import BadArgument, CredentialsError, MandateExceeded, OrderRefused
from kis_mcp.strategies.records import StrategyRun
from kis_mcp.strategies.runner import Bounds
from kis_mcp.trading.blotter import PlacedOrder, journaled_orders
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import MandatedOrders, OrderDesk, OrderOutcome, Proposal
from kis_mcp.trading.journal import Journal, Record
from kis_mcp.trading.mandate import InstrumentKey, MandateBook, MandateStatus, exchange_day
from kis_mcp.wiring.brokerage import Brokerage
from kis_mcp.wiring.reads import Reads
from kis_mcp.wiring.strategy_orders import Filled
from kis_mcp.wiring.trials import wait_silently


class DeskOrders:
    """Implements `kis_mcp.wiring.strategy_orders.Mandated`."""

    def __init__(self, desk: OrderDesk, journal: Journal, orders: MandatedOrders, mandate_id: str) -> None:
        self._desk = desk
        self._journal = journal
        self._orders = orders
        self._mandate_id = mandate_id
        self._book = MandateBook(mandate_id)

    async def place(self, arguments: CheckedArguments, *, key: str) -> OrderOutcome:
        return await self._orders.place(arguments, key=key)

    async def look_up(self, intent_id: str) -> Record:
        return await self._orders.look_up(intent_id)

    async def orders(self) -> Sequence[Record]:
        return await self._orders.orders()

    async def fills(self) -> Mapping[str, Filled]:
        await self._desk.mandates.guard.settle_fills(self._mandate_id, self._desk.now())
        await self.read_book()
        filled = ((order.intent_id, order.fill) for order in self._book.orders)
        return {intent_id: Filled(fill.quantity, fill.worth, fill.is_over) for intent_id, fill in filled}

    async def read_book(self) -> None:
        self._book = await self._journal.mandate_book(self._mandate_id)

    def loss(self, prices: Mapping[InstrumentKey, Decimal]) -> Decimal:
        return self._book.loss(prices)

    async def journaled(self, reads: Reads) -> Sequence[PlacedOrder]:
        return await journaled_orders(self._journal, reads, self._desk.now())

    async def orders_left(self) -> int:
        record = await self._journal.find_mandate(self._mandate_id)
        assert record is not None, self._mandate_id
        mandate, book = record.mandate, await self._journal.mandate_book(self._mandate_id)
        return mandate.orders_a_day - book.count_on(exchange_day(mandate.symbols[0].market, self._desk.now()))

    def is_outside(self, error: OrderRefused) -> bool:
        return isinstance(error, MandateExceeded)


async def open_mandate(
    brokerage: Brokerage, run: StrategyRun, approvals: Approvals | None
) -> tuple[DeskOrders, Bounds]:
    """The orders of a run's mandate, and within what it keeps it: what earlier runs left bound is not to be spent.

    Raises:
        BadArgument: There is none, or it was agreed to for another strategy or document.
        CredentialsError: It is for another account than this process has.
    """
    desk, journal = await brokerage.desk(), await brokerage.journal()
    mandate_id = run.mandate_id or ""
    record = await journal.find_mandate(mandate_id)
    if record is None or (record.mandate.strategy, record.mandate.document) != (run.strategy, run.digest):
        raise BadArgument("No mandate was agreed to for this document.", remedy="Start the strategy anew.")
    mandate, account = record.mandate, brokerage.apis.accounts.get("stock")
    if account is None or await journal.account_id(account) != mandate.account_id:
        raise CredentialsError(
            f"The mandate is for account {mandate.account}, which this process does not have.",
            remedy="Set KIS_ACCT_STOCK to it; or stop the strategy and start it anew.",
            field="KIS_ACCT_STOCK",
        )
    left = (await journal.mandate_book(mandate_id)).earlier.bound
    bounds = Bounds(
        capital=max(mandate.most_in_all - left, Decimal(0)), most_loss=mandate.most_loss, until=mandate.until
    )
    orders = await _mandated_orders(brokerage, mandate_id, approvals)
    return DeskOrders(desk, journal, orders, mandate_id), bounds


async def why_not_in_force(journal: Journal, mandate_id: str, now: datetime) -> str:
    """Why a mandate lets nothing out; empty while it does, and where its time is over: the run itself tells that, with
    what it holds."""
    record = await journal.find_mandate(mandate_id)
    if record is None:
        return "Its mandate is not in the journal."
    status = record.status(now)
    if status in (MandateStatus.IN_FORCE, MandateStatus.EXPIRED):
        return ""
    if record.end is not None:
        return f"Its mandate was ended: {record.end.reason}."
    return f"Its mandate is {status.value}."


async def _mandated_orders(brokerage: Brokerage, mandate_id: str, approvals: Approvals | None = None) -> MandatedOrders:
    """What a strategy orders by. Where each order is to be asked about, the approval page asks, if a PIN is set; its
    address is in the log.

    Args:
        approvals: The pages of this process; None where nobody sits before it.
    """

    async def ask(proposal: Proposal) -> Decision:
        assert approvals is not None
        return await approvals.ask(proposal.intent_id, proposal.facts, wait_silently)

    can_ask = approvals is not None and await anyio.to_thread.run_sync(approvals.pin.is_set)
    return MandatedOrders(await brokerage.desk(), mandate_id, ask=ask if can_ask else None)
