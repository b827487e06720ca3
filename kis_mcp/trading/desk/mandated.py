"""The orders of one strategy under its mandate: the desk's own way, without a question where the mandate is enough."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from kis_mcp.catalog import CheckedArguments
from kis_mcp.errors import MandateExceeded, OrderRefused
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.desk import OrderDesk
from kis_mcp.trading.desk.outcomes import OrderOutcome, Proposal
from kis_mcp.trading.journal import Record, Status

AskAboutOrder: TypeAlias = Callable[[Proposal], Awaitable[Decision]]
"""Asks a person about one order, strongly enough for the environment, such as on the approval page."""


class MandatedOrders:
    """What a running strategy orders by.

    Args:
        desk: The environment's.
        mandate_id: The mandate that every order is under.
        ask: Asks about each order in real where the operator does not let strategies order there; None where there is
            no way to a person, so that such orders are refused.
    """

    def __init__(self, desk: OrderDesk, mandate_id: str, *, ask: AskAboutOrder | None = None) -> None:
        self._desk = desk
        self._mandate_id = mandate_id
        self._ask = ask
        self._proposing = asyncio.Lock()

    async def place(self, arguments: CheckedArguments, *, key: str) -> OrderOutcome:
        """Take one order, or one cancel of an own order, to KIS' answer.

        While a person thinks about one, or KIS does not answer, others go their way: the claim holds all of them to the
        mandate.

        Args:
            key: Equal for the same decision of the strategy, whenever and under whichever of its mandates it is made
                again: it is sent once.

        Raises:
            MandateExceeded: It is outside the mandate, or that is not in force: the strategy has to stop.
            OrderRefused: The guard or a person said no, or it cannot be told yet; that ends this order, no more.
            OrderRejected: KIS said no.
            OrderStateUnknown: It may or may not stand at KIS. It is never sent again; `look_up` tells later.
        """
        async with self._proposing:
            mandates = self._desk.mandates
            mandate = (await mandates.find(self._mandate_id)).mandate
            await mandates.guard.settle_fills(self._mandate_id, self._desk.now())
            proposal = await self._desk.propose(
                arguments, idempotency_key=f"strategy/{mandate.strategy}/{key}", mandate_id=self._mandate_id
            )
        if proposal.outcome is not None:
            return proposal.outcome
        if proposal.status is Status.PROPOSED:
            await self._decide(proposal)
        return await self._execute(proposal.intent_id)

    async def look_up(self, intent_id: str) -> Record:
        """What the journal has of an order, after a look at what became of it.

        Raises:
            BadArgument: There is no such order.
        """
        return await self._desk.look_up(intent_id)

    async def orders(self) -> Sequence[Record]:
        """Everything that was proposed under the mandate, oldest first."""
        return await self._desk.orders_of_mandate(self._mandate_id)

    async def _decide(self, proposal: Proposal) -> None:
        """Let the order out by the mandate, or by a person where the mandate is not enough.

        A no is journaled; where something cannot be told yet the order stays open for a next try.
        """
        guard = self._desk.mandates.guard
        record = await self._desk.look_up(proposal.intent_id)
        try:
            await guard.require_loss_left(record.intent, self._desk.now())
            if guard.asks_each and self._ask is not None:
                decision = await self._ask(proposal)
            else:
                guard.require_unasked()
                decision = Decision(verdict="accepted", channel="mandate")
            await self._desk.decide(proposal.intent_id, decision)
        except OrderRefused as refused:
            is_final = isinstance(refused, MandateExceeded) or guard.asks_each
            if is_final:
                no = Decision(verdict="refused", channel="mandate", reason=str(refused))
                await self._desk.decide(proposal.intent_id, no)
            raise

    async def _execute(self, intent_id: str) -> OrderOutcome:
        try:
            return await self._desk.execute(intent_id)
        except OrderRefused as refused:
            # The journal keeps why in words only; whether it was the mandate decides if the strategy has to stop.
            intent = (await self._desk.look_up(intent_id)).intent
            if intent.mandate_id != self._mandate_id:
                raise
            raise await self._desk.mandates.guard.exceeds(intent, self._desk.now()) or refused from None
