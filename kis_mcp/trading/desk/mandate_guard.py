"""Whether an intent is within its mandate, by the journal and what KIS tells of the strategy's earlier orders."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from kis_mcp.catalog import reading_for_an_order
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, MandateExceeded, OrderRefused
from kis_mcp.trading.blotter import OrderState, TrackedOrder, order_of_intent
from kis_mcp.trading.guard import LATE_ARRIVAL, OrderLimits, read_last_price
from kis_mcp.trading.halt import ended_by_halt
from kis_mcp.trading.journal import FillEntry, Intent, Journal, Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.mandate import (
    Fill,
    InstrumentKey,
    MandateBook,
    MandateCheck,
    MandatedOrder,
    MandateEnd,
    MandateRecord,
    exceeds,
    exchange_day,
    loss_exceeds,
)
from kis_mcp.trading.order import Action, Order, is_same_symbol
from kis_mcp.trading.portfolio import read_market_holdings

_NOTHING = Decimal(0)
_NIGHT = timedelta(hours=8)
"""Into the next day of the exchange: by then its sessions of the day before are over, Korea's daytime session in US
shares too, and those of the day have not begun."""

_log = logging.getLogger(__name__)


class MandateGuard:
    """Holds the orders of one environment's strategies to their mandates.

    Args:
        kis: Where lists of orders and prices are read.
        halt_reason: Says why all new orders are stopped, or None. A halt ends every mandate: once it is lifted, a
            person agrees anew.
    """

    def __init__(
        self,
        kis: KisReads,
        journal: Journal,
        limits: OrderLimits,
        *,
        environment: Environment,
        halt_reason: Callable[[], str | None],
    ) -> None:
        self._kis = kis
        self._journal = journal
        self._limits = limits
        self._environment = environment
        self.halt_reason = halt_reason
        self._unsettled: set[str] = set()

    @property
    def asks_each(self) -> bool:
        """Whether a person is asked about each order although there is a mandate: in real, unless the operator lets
        strategies order there."""
        return self._environment is Environment.REAL and not self._limits.allow_real_strategies

    def require_unasked(self) -> None:
        """Refuse an order that a mandate alone lets out, where a person is to be asked.

        Raises:
            OrderRefused: Real money is at stake, and the operator did not allow it.
        """
        if self.asks_each:
            raise OrderRefused(
                "A strategy's order with real money is asked about one by one here, and this one was not.",
                remedy="Let the person run kis-mcp setup-pin once, to approve each on a page; or the operator can let"
                " strategies order within their mandates with KIS_ALLOW_REAL_STRATEGIES=1.",
                field="KIS_ALLOW_REAL_STRATEGIES",
            )

    async def require_within(self, intent: Intent, now: datetime) -> None:
        """Refuse an intent that is outside its mandate.

        Raises:
            MandateExceeded: Why.
            OrderRefused: It cannot be told yet what the strategy's earlier orders have come to.
        """
        if refused := await self.exceeds(intent, now):
            raise refused

    async def exceeds(self, intent: Intent, now: datetime, *, is_valued: bool = True) -> OrderRefused | None:
        """Why an intent is outside its mandate; None where it is within.

        Args:
            is_valued: Whether the guard has valued its order already.
        """
        await self.end_where_halted(now)
        record = await self.find(intent.mandate_id)
        if record is None:
            return MandateExceeded("The order is under no mandate.", remedy="A person has to agree to one first.")
        return exceeds(await self._check(intent, record, now), is_valued=is_valued)

    async def find(self, mandate_id: str | None) -> MandateRecord | None:
        return None if mandate_id is None else await self._journal.find_mandate(mandate_id)

    async def end_where_halted(self, now: datetime) -> None:
        """End every mandate of the environment while trading is halted."""
        if (reason := self.halt_reason()) is not None:
            await end_all_mandates(self._journal, reason, now)

    async def settle_fills(self, mandate_id: str, now: datetime) -> None:
        """Journal how far KIS shows the open orders of a mandate's strategy to be filled.

        What KIS does not tell counts at its worst, and until it does, what leans on it is refused for now only.
        """
        is_settled = True
        for one in (await self._journal.mandate_book(mandate_id)).orders:
            if one.may_stand and not one.fill.is_over:
                is_settled = await self._settle(one, now) and is_settled
        if is_settled:
            self._unsettled.discard(mandate_id)
        else:
            self._unsettled.add(mandate_id)

    async def require_loss_left(self, intent: Intent, now: datetime) -> None:
        """Refuse to buy more once the mandate's loss is reached, at the prices of now.

        Raises:
            MandateExceeded: It is reached.
            OrderRefused: A price cannot be told.
        """
        record = await self.find(intent.mandate_id)
        if record is None or intent.order.side != "buy" or intent.order.action is not Action.NEW:
            return
        check = await self._check(intent, record, now)
        with reading_for_an_order():
            prices = await self._read_prices(check.book)
        if why := loss_exceeds(check, prices):
            raise MandateExceeded(why, remedy="A person has to look at it; what it holds may still be sold.")

    async def _check(self, intent: Intent, record: MandateRecord, now: datetime) -> MandateCheck:
        return MandateCheck(
            record=record,
            book=await self._journal.mandate_book(record.mandate.id, without=intent.id),
            order=intent.order,
            tool=intent.tool,
            arguments=intent.arguments,
            account_id=intent.account_id,
            environment=intent.environment,
            now=now,
            is_settled=record.mandate.id not in self._unsettled,
        )

    async def _settle(self, one: MandatedOrder, now: datetime) -> bool:
        """Whether KIS told how far an order is filled. One that KIS did not list comes to nothing after a day: it
        would have arrived by then, and would have ended. A sale does once the account shows that none stands."""
        record = await self._journal.find(one.intent_id)
        if record is None:
            return False
        if record.status is Status.NOT_ACCEPTED:
            if now - one.sent_at < LATE_ARRIVAL and not await self._is_unsold(one.order):
                return False
            fill = replace(one.fill, is_over=True)
        elif record.status is not Status.ACCEPTED:
            return False
        else:
            with reading_for_an_order():
                (found,) = (await order_of_intent(self._journal, self._kis, record, now, fresh=True)).orders
            fill = _fill_of(record, found, now)
        if fill is None:
            return False
        if fill != one.fill:
            await self._journal.note_fill(FillEntry(intent_id=one.intent_id, at=now, fill=fill))
        return True

    async def _is_unsold(self, order: Order) -> bool:
        """Whether the account has all that a sale was for, and no order to sell any of the instrument."""
        if order.side != "sell":
            return False
        try:
            with reading_for_an_order():
                lots = await read_market_holdings(self._kis, order.market, fresh=True)
        except KisMcpError:
            return False
        own = [lot for lot in lots if is_same_symbol(lot.symbol, order.symbol)]
        held = sum((lot.quantity or _NOTHING for lot in own), _NOTHING)
        sellable = sum((lot.sellable_quantity or _NOTHING for lot in own), _NOTHING)
        return held == sellable >= (order.quantity or held)

    async def _read_prices(self, book: MandateBook) -> dict[InstrumentKey, Decimal]:
        """The last prices of what is held.

        Raises:
            OrderRefused: One cannot be told.
        """
        prices: dict[InstrumentKey, Decimal] = {}
        for key in book.own_held():
            order = next(one.order for one in reversed(book.orders) if one.key == key)
            price = await read_last_price(self._kis, replace(order, price=None))
            if price is None:
                raise OrderRefused(
                    f"KIS does not tell the price of {key[0]}, so the loss of the mandate cannot be checked.",
                    remedy="Try again when KIS tells it.",
                )
            prices[key] = price
        return prices


async def end_all_mandates(journal: Journal, halted: str, at: datetime) -> int:
    """End every mandate of an environment, for trading is halted; returns how many were in force.

    Args:
        halted: Since when and why.
    """
    agreed = await journal.agreed_mandates()
    for record in agreed:
        await journal.end_mandate(MandateEnd(mandate_id=record.mandate.id, at=at, reason=ended_by_halt(halted)))
    return len(agreed)


def _fill_of(record: Record, found: TrackedOrder, now: datetime) -> Fill | None:
    """How far an order is filled; None where KIS does not tell.

    No order outlives its exchange's night. Until then a sale that a person changed lives on under another number and
    still holds its shares, so that it is not over.
    """
    placed, order, sent_at = found.placed, record.intent.order, record.sent_at or record.intent.at
    if placed is None or not placed.has_known_fills:
        return None
    lives_on = found.state is OrderState.AMENDED and order.side == "sell"
    price = placed.average_fill_price or order.price
    if price is None and order.amount is not None and order.quantity:
        price = order.amount / order.quantity
    if price is None and placed.filled_quantity:
        return None
    return Fill(
        quantity=placed.filled_quantity,
        worth=placed.filled_quantity * (price or _NOTHING),
        is_over=(found.is_final and not lives_on)
        or exchange_day(order.market, sent_at) < exchange_day(order.market, now - _NIGHT),
    )
