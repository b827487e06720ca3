"""Claim → POST → outcome: the only place that an order leaves from, and the only one that holds KIS' orders port."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from time import monotonic

from kis_mcp.catalog import CheckedArguments, Decoded, check_arguments, reading_for_an_order, text
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import (
    BadArgument,
    CredentialsError,
    KisMcpError,
    KisUnavailable,
    NotInEnvironment,
    OrderRefused,
    OrderRejected,
    OrderStateUnknown,
    RateLimited,
    SettingsError,
    StorageError,
)
from kis_mcp.trading.blotter import Reconciler
from kis_mcp.trading.desk.follow_up import FollowUp
from kis_mcp.trading.desk.intents import find_intent, require_in_time
from kis_mcp.trading.desk.order_notices import NoticeSource, OrderNotices
from kis_mcp.trading.desk.pre_trade import PreTradeChecks
from kis_mcp.trading.journal import (
    DUPLICATE_WINDOW,
    Claim,
    Intent,
    Journal,
    Outcome,
    OutcomeState,
    Record,
    Send,
    Status,
)
from kis_mcp.trading.kis import KisOrders, KisReads

ORDER_LEAVES_WITHIN = timedelta(seconds=60)
"""An order that waits longer after its claim, for a token, the rate limit or a machine that sleeps, is not sent any
more: whoever looks for it among KIS' orders has to know when it can no longer turn up."""

_CERTAINLY_NOT_SENT = (
    BadArgument,
    CredentialsError,
    NotInEnvironment,
    RateLimited,
    KisUnavailable,
    SettingsError,
    StorageError,
)

_log = logging.getLogger(__name__)


class OrderSender:
    """Sends confirmed intents of one environment, each once, and finds out what became of them.

    Args:
        orders: Where orders are sent.
        kis: Where KIS' lists of orders are read.
        journal: The environment's journal.
        checks: What is checked once more before an order goes out.
        notice_source: Where KIS' notices of orders come from; None where only its lists tell.
        sleep: Waits before the next look for an order whose state is unknown.
        monotonic: Seconds that pass while the machine is awake, whatever is done to its clock.
    """

    def __init__(
        self,
        orders: KisOrders,
        kis: KisReads,
        journal: Journal,
        checks: PreTradeChecks,
        *,
        environment: Environment,
        clock: Clock,
        notice_source: NoticeSource | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._orders = orders
        self._kis = kis
        self._journal = journal
        self._checks = checks
        self._environment = environment
        self._clock = clock
        self._monotonic = monotonic
        self.notices = OrderNotices(
            kis, journal, source=notice_source, settle=self.settle, reconcile=self.reconcile, clock=clock
        )
        self._reconciler = Reconciler(kis, journal, clock=clock, notices=self.notices.book)
        self._sending: dict[str, asyncio.Task[Record]] = {}
        self._follow_up = FollowUp(self._look_again, sleep=sleep)

    def require_offered(self, arguments: CheckedArguments) -> None:
        """Refuse, without asking KIS, an order that this environment could never send.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: Why.
        """
        self._orders.check(arguments)

    async def send(self, intent_id: str) -> Record:
        """Send a confirmed intent, once; whoever comes later gets what the journal has of it.

        A caller that is cancelled leaves the sending alone: it runs to its end and is journaled.

        Raises:
            BadArgument: There is no such intent.
            OrderRefused: It is too old, or goes to an account that this server does not have.
            OrderStateUnknown: What came of it could not be journaled.
        """
        sending = self._sending.get(intent_id)
        if sending is None:
            sending = asyncio.create_task(self._send_and_attach(intent_id), name=f"order {intent_id}")
            self._sending[intent_id] = sending
            sending.add_done_callback(lambda _: self._sending.pop(intent_id, None))
        return await asyncio.shield(sending)

    async def settle(self, record: Record) -> Record:
        """The record, after a look at what became of the order where nobody can tell yet."""
        if sending := self._sending.get(record.intent.id):
            return await asyncio.shield(sending)
        return await self._reconciler.settle(record) if record.status.may_be_settled else record

    async def reconcile(self) -> list[Record]:
        """Look up every order whose state is unknown, except those that are just being sent; what stays unknown is
        looked up again in the background."""
        is_settled = False
        try:
            records = await self._settle_all()
            is_settled = not any(record.status.is_unresolved for record in records)
        finally:
            if not is_settled:
                self._follow_up.start()
        return records

    async def aclose(self) -> None:
        """Wait for what is being sent, and stop looking for what is unknown."""
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self.notices.aclose()
        await self._follow_up.aclose()

    async def _send_and_attach(self, intent_id: str) -> Record:
        record = await self._send(intent_id)
        await self.notices.attach(record)
        return record

    async def _send(self, intent_id: str) -> Record:
        """Claim, send and journal a confirmed intent."""
        record = await find_intent(self._journal, intent_id, self._environment)
        if record.status is not Status.CONFIRMED:
            return record
        with reading_for_an_order():
            await self._reconciler.learn_kis_time(record.intent)
        require_in_time(record, self._clock())
        if not await self._reconciler.is_own(record.intent):
            raise OrderRefused(
                f"The order was proposed for account {record.intent.account}, which this server does not have.",
                remedy="Propose it again where it should go.",
            )
        intent, now, claimed = record.intent, self._clock(), self._monotonic()
        send = Send(intent_id=intent.id, at=now, kis_at=self._kis_time(now))
        try:
            if record.decision is not None and record.decision.channel == "mandate":
                self._checks.mandates.require_unasked()
            claim = await self._journal.claim(send, same_since=now - DUPLICATE_WINDOW)
        except OrderRefused as error:
            return await self._conclude(self._outcome(intent, "refused", error))
        if claim is Claim.TAKEN:
            return await find_intent(self._journal, intent.id, self._environment)
        if claim is Claim.DUPLICATE:
            what = "The same order was sent a moment ago, or after this one was proposed."
            return await self._conclude(self._outcome(intent, "refused", message=what))
        has_left = False

        async def may_leave() -> None:
            nonlocal has_left
            _require_soon(max(self._clock() - now, timedelta(seconds=self._monotonic() - claimed)))
            await self._checks.require_sendable(intent, self._clock())
            has_left = True

        try:
            await self._checks.require_sendable(intent, self._clock())
            arguments = self._arguments(intent)
            await self._checks.require_room(intent, arguments, now)
            answer = await self._orders.order(arguments, may_leave)
        except (Exception, asyncio.CancelledError) as error:
            record = await self._conclude(self._outcome(intent, _state_after(error, has_left), error))
            if isinstance(error, asyncio.CancelledError):
                raise
            return await self._look_up(record)
        number, branch = _read_answer(answer, "order_id", "reserved_order_id"), _read_answer(answer, "order_branch")
        return await self._conclude(self._outcome(intent, "accepted", order_id=number, order_branch=branch))

    def _kis_time(self, now: datetime) -> datetime | None:
        error = self._kis.clock_error
        return None if error is None else now + error

    def _arguments(self, intent: Intent) -> CheckedArguments:
        """An intent's arguments, checked again: they come from the disk."""
        api = self._kis.catalog.find(intent.tool)
        if api is None:
            raise BadArgument(f"There is no tool {intent.tool} any more.", remedy="Propose the order again.")
        return check_arguments(api, intent.arguments)

    async def _conclude(self, outcome: Outcome) -> Record:
        """Journal what came of a claimed intent. Where that fails it is looked up later, like any lost answer."""
        try:
            return await self._journal.conclude(outcome)
        except Exception as error:
            self._follow_up.start()
            number = f" as order {outcome.order_id}" if outcome.order_id else ""
            raise OrderStateUnknown(
                f"The order (intent {outcome.intent_id}) was {outcome.state}{number}, but the journal could not be"
                f" written. {outcome.message}".rstrip(),
                remedy="Do not order again; look with get_order_status what became of it.",
            ) from error

    async def _look_up(self, record: Record) -> Record:
        """What became of an order whose sending failed; it is looked up again later where that cannot be told yet."""
        try:
            with reading_for_an_order():
                record = await self._reconciler.settle(record)
        except Exception:
            _log.exception("Order intent %s could not be looked up", record.intent.id)
        if record.status.is_unresolved:
            self._follow_up.start()
        return record

    async def _settle_all(self) -> list[Record]:
        return [
            await self._reconciler.settle(record)
            for record in [*await self._reconciler.called_absent(), *await self._reconciler.unresolved()]
            if record.intent.id not in self._sending
        ]

    async def _look_again(self) -> bool:
        return any(record.status.is_unresolved for record in await self._settle_all())

    def _outcome(
        self,
        intent: Intent,
        state: OutcomeState,
        error: BaseException | None = None,
        *,
        order_id: str | None = None,
        order_branch: str | None = None,
        message: str = "",
    ) -> Outcome:
        own_error = error if isinstance(error, KisMcpError) else None
        if error is not None:
            message = str(own_error) if own_error else f"{type(error).__name__} while the order was being sent."
        return Outcome(
            intent_id=intent.id,
            at=self._clock(),
            state=state,
            order_id=order_id,
            order_branch=order_branch,
            kis_code=own_error.kis_code if own_error else None,
            message=message,
        )


def _require_soon(waited: timedelta) -> None:
    if waited > ORDER_LEAVES_WITHIN:
        raise KisUnavailable(
            f"The order could not leave within {ORDER_LEAVES_WITHIN.seconds} seconds.", remedy="Try again later."
        )


def _state_after(error: BaseException, has_left: bool) -> OutcomeState:
    """What a failed sending proves: whatever has left and is not certain is unknown."""
    if isinstance(error, OrderRefused):
        return "refused"
    if isinstance(error, OrderRejected):
        return "rejected"
    if isinstance(error, _CERTAINLY_NOT_SENT) or not has_left:
        return "not_sent"
    if not isinstance(error, OrderStateUnknown):
        _log.warning("An order's sending broke off, its state is unknown: %s", type(error).__name__)
    return "unknown"


def _read_answer(answer: Decoded, *names: str) -> str | None:
    """What KIS says of the order, whichever block and name the API gives it."""
    for block in answer.blocks.values():
        for record in block if isinstance(block, list) else [block]:
            if said := text(record, *names):
                return said
    return None
