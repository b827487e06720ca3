"""The one way that an order takes: intent → guard → confirmation → claim → POST → outcome.

    proposal = await desk.propose(check_arguments(api, arguments))
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    outcome = await desk.execute(proposal.intent_id)

Everything is journaled before it happens. Any step may be repeated, by this process or another one: an order is
claimed once, and only who claimed it sends it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.account import Account
from kis_mcp.catalog import CheckedArguments, dates_of_today, reading_for_an_order
from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import MandateExceeded, OrderRefused
from kis_mcp.trading.blotter import NoticeBook, TrackedOrder, journaled_orders, look_at_first
from kis_mcp.trading.decision import HUMAN_CHANNELS, Channel, Decision
from kis_mcp.trading.desk.inspection import Inspection
from kis_mcp.trading.desk.intents import find_intent, is_open, require_in_time, require_same
from kis_mcp.trading.desk.mandates import MandateDesk
from kis_mcp.trading.desk.originals import describe_change, describe_end, fill_in_original, original_of
from kis_mcp.trading.desk.outcomes import OrderOutcome, Proposal, answer_of, proposal_of
from kis_mcp.trading.desk.pre_trade import PreTradeChecks
from kis_mcp.trading.desk.sending import OrderSender
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.guard import check_order, refusal, with_margin
from kis_mcp.trading.journal import Intent, Journal, Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order, fingerprint, order_of, plain
from kis_mcp.trading.venues import venue_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """A call of `OrderDesk.propose`.

    Attributes:
        order: As the caller's arguments say it.
    """

    arguments: CheckedArguments
    order: Order
    at: datetime
    account: Account
    account_id: str
    fingerprint: str
    idempotency_key: str | None
    call: str
    mandate_id: str | None


class OrderDesk:
    """Takes orders of one environment.

    Args:
        kis: The environment's `kis_mcp.catalog.apis.KisApis`, for reads.
        journal: The environment's journal.
        checks: What the guard says of an order.
        sender: Sends what a person confirmed.
        sleep: Waits between two looks at an order that KIS has just taken.
    """

    def __init__(
        self,
        kis: KisReads,
        journal: Journal,
        checks: PreTradeChecks,
        sender: OrderSender,
        *,
        environment: Environment,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._kis = kis
        self._journal = journal
        self._checks = checks
        self._sender = sender
        self._environment = environment
        self._clock = clock
        self._sleep = sleep
        self.mandates = MandateDesk(kis, journal, checks.mandates, checks.limits, environment=environment, clock=clock)

    @property
    def notices(self) -> NoticeBook:
        """What KIS notified of orders, placed here or elsewhere, since the first of its kind was proposed here."""
        return self._sender.notices.book

    async def propose(
        self,
        arguments: CheckedArguments,
        *,
        idempotency_key: str | None = None,
        call: str = "",
        freed: Decimal = Decimal(0),
        mandate_id: str | None = None,
    ) -> Proposal:
        """Journal what is wanted, after the guard has looked at it.

        The same idempotency key leads to the same intent. An open intent for the same order is taken up again rather
        than asked about twice.

        Args:
            arguments: Of an order API.
            call: Equal for equal calls, where ``arguments`` are made from what KIS says at the time.
            freed: What standing orders hold of the position that are cancelled before this order is sent.
            mandate_id: The mandate that a strategy's order is under; for `MandatedOrders` only, no tool's call has one.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: It could never be sent.
            OrderRefused: The guard said no; that too is journaled.
            MandateExceeded: It is outside the mandate; that is journaled too.
            OrderRejected, OrderStateUnknown: What became of the earlier call with this key.
        """
        self._sender.require_offered(arguments)
        self._sender.notices.begin(arguments.api.category)
        request = await self._request(arguments, idempotency_key, call, mandate_id)
        same = await self._journal.same_as(request.fingerprint)
        if earlier := await self._find_earlier(request, same):
            return await self._repeat(earlier) if idempotency_key else proposal_of(earlier)
        inspection = await self._inspect(request, same, freed)
        intent = self._intent(request, inspection)
        if refused := await self._refusal(intent, inspection):
            by = "mandate" if isinstance(refused, MandateExceeded) else "guard"
            await self._journal.propose(intent, Decision(verdict="refused", channel=by, reason=str(refused)))
            raise refused
        return await self._repeat(self._require_same(await self._journal.propose(intent), request, inspection.order))

    async def inspect(
        self, arguments: CheckedArguments, *, idempotency_key: str | None = None, call: str = ""
    ) -> Inspection:
        """What `propose` would find, and nothing more: no entry is made in the journal, nothing is asked or sent.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: As `propose` does.
        """
        self._sender.require_offered(arguments)
        request = await self._request(arguments, idempotency_key, call)
        same = await self._journal.same_as(request.fingerprint)
        earlier = await self._find_earlier(request, same)
        return replace(await self._inspect(request, same), earlier=earlier)

    async def decide(self, intent_id: str, decision: Decision) -> Status:
        """Journal the verdict on an intent; the first counts, and a later one changes nothing.

        Raises:
            BadArgument: There is no such intent.
            OrderRefused: In real, for a yes that no person gave.
            MandateExceeded: For a yes of a mandate that the intent is not within.
        """
        record = await find_intent(self._journal, intent_id, self._environment)
        if decision.verdict == "accepted":
            await self._require_may_agree(record.intent, decision.channel)
        return (await self._journal.decide(record.intent.id, decision, self._clock())).status

    async def execute(self, intent_id: str) -> OrderOutcome:
        """Send a confirmed intent, once; whoever comes later gets the recorded answer.

        A caller that is cancelled leaves the sending alone: it runs to its end and is journaled.

        Raises:
            OrderRefused: It did not reach KIS: no person agreed, too much time went by, an equal one was just sent,
                orders were halted meanwhile, or KIS could not be asked. That is final.
            OrderRejected: KIS said no, or its list of orders shows that it never arrived.
            OrderStateUnknown: It may or may not stand at KIS.
        """
        return answer_of(await self._sender.send(intent_id))

    async def look_at_first(self, intent_id: str) -> TrackedOrder | None:
        """Where an order stands that KIS has just taken; None where it is no new order, or that could not be told
        within two seconds."""
        record = await find_intent(self._journal, intent_id, self._environment)
        notices = self._sender.notices.book
        return await look_at_first(self._kis, record, notices, clock=self._clock, sleep=self._sleep)

    async def orders_of_mandate(self, mandate_id: str) -> Sequence[Record]:
        """Everything that was proposed under a mandate, oldest first."""
        return await self._journal.intents_of_mandate(mandate_id)

    def now(self) -> datetime:
        return self._clock()

    async def reconcile(self) -> list[Record]:
        """Look up every order whose state is unknown, except those that this desk is just sending; what stays unknown
        is looked up again in the background."""
        return await self._sender.reconcile()

    async def look_up(self, intent_id: str) -> Record:
        """What the journal has of an intent, after a look at what became of it.

        Raises:
            BadArgument: There is no such intent.
        """
        return await self._sender.settle(await find_intent(self._journal, intent_id, self._environment))

    async def aclose(self) -> None:
        """Wait for what is being sent, and stop looking for what is unknown."""
        await self._sender.aclose()

    async def _require_may_agree(self, intent: Intent, channel: Channel) -> None:
        """Refuse a yes that does not count for an intent."""
        if channel == "mandate":
            self._checks.mandates.require_unasked()
            await self._checks.mandates.require_within(intent, self._clock())
        elif channel not in HUMAN_CHANNELS and self._environment is Environment.REAL:
            raise OrderRefused(
                "An order with real money needs a person's confirmation.",
                remedy="Use a client that can ask (MCP form elicitation), or practise in sim or demo.",
            )

    async def _refusal(self, intent: Intent, inspection: Inspection) -> OrderRefused | None:
        """What speaks against an intent: its mandate before all else, for that stops its strategy."""
        refused = refusal(inspection.findings)
        if intent.mandate_id is None:
            return refused
        return await self._checks.mandates.exceeds(intent, intent.at, is_valued=refused is None) or refused

    def _require_same(self, record: Record, request: _Request, order: Order) -> Record:
        is_mandated = request.mandate_id is not None
        return require_same(record, order, request.fingerprint, request.call, is_mandated=is_mandated)

    async def _request(
        self, arguments: CheckedArguments, idempotency_key: str | None, call: str, mandate_id: str | None = None
    ) -> _Request:
        api = arguments.api
        assert api.account is not None, api.tool
        account = self._kis.accounts[api.account]
        account_id = await self._journal.account_id(account)
        return _Request(
            arguments=arguments,
            order=order_of(api, arguments),
            at=self._clock(),
            account=account,
            account_id=account_id,
            fingerprint=fingerprint(self._environment, account_id, api.tool, arguments),
            idempotency_key=idempotency_key,
            call=call,
            mandate_id=mandate_id,
        )

    async def _find_earlier(self, request: _Request, same: Sequence[Record]) -> Record | None:
        """The intent that the request repeats: that of its idempotency key, or without one an open one for the same
        order.

        Raises:
            BadArgument: The key was used for another order.
        """
        if key := request.idempotency_key:
            earlier = await self._journal.find_by_key(request.account, key)
            return earlier and self._require_same(earlier, request, request.order)
        now = self._clock()
        return next((one for one in same if is_open(one, now) and one.intent.idempotency_key == key), None)

    async def _inspect(self, request: _Request, same: Sequence[Record], freed: Decimal = Decimal(0)) -> Inspection:
        """What would be sent, complete, and what the guard has to say of it.

        KIS is asked only for what the guard does not refuse without it.
        """
        with reading_for_an_order():
            return await self._complete(request, same, freed)

    async def _complete(self, request: _Request, same: Sequence[Record], freed: Decimal) -> Inspection:
        arguments = request.arguments.including(
            dates_of_today(request.arguments.api, request.arguments, request.at.date())
        )
        facts = replace(
            await self._checks.local_facts(request.order, request.at),
            kind=self._checks.kind_of(request.order),
            venue=venue_of(arguments.api, arguments),
            same=same,
            lost=await self._checks.lost_orders(request.order, request.account_id, request.at),
            idempotency_key=request.idempotency_key,
            freed=freed,
        )
        findings = check_order(facts, before_asking_kis=True)
        if refusal(findings):
            return Inspection(arguments, facts, findings, asked_kis=False)
        is_new = request.order.action is Action.NEW
        journaled = () if is_new else await journaled_orders(self._journal, self._kis, request.at)
        if original := await original_of(self._kis, arguments.api, arguments, request.order, request.at, journaled):
            arguments = arguments.including(fill_in_original(arguments.api, arguments, original))
            order = describe_change(order_of(arguments.api, arguments), original)
            facts = replace(facts, order=order, remaining=original.remaining_quantity, ended=describe_end(original))
        if not facts.ended:
            facts = await with_margin(self._kis, await self._checks.look_up(facts, arguments))
        return Inspection(arguments, facts, check_order(facts))

    def _intent(self, request: _Request, inspection: Inspection) -> Intent:
        return Intent(
            id=new_ulid(request.at),
            at=request.at,
            environment=self._environment,
            account=request.account.masked,
            account_id=request.account_id,
            tool=inspection.arguments.api.tool,
            arguments=plain(inspection.arguments),
            order=inspection.order,
            warnings=tuple(f"{one.what} {one.remedy}" for one in inspection.findings if not one.refuses),
            fingerprint=request.fingerprint,
            idempotency_key=request.idempotency_key,
            call=request.call,
            mandate_id=request.mandate_id,
        )

    async def _repeat(self, record: Record) -> Proposal:
        """The proposal that an intent stands for, after a look at what became of it."""
        record = await self._sender.settle(record)
        if record.status.is_pending:
            require_in_time(record, self._clock())
        return proposal_of(record)
