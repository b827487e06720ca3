"""The one way that an order takes: intent → guard → confirmation → claim → POST → outcome.

    proposal = await desk.propose(api, arguments)
    await desk.decide(proposal.intent_id, Decision(verdict="accepted", channel="elicitation"))
    outcome = await desk.execute(proposal.intent_id)

Everything is journaled before it happens. Any step may be repeated, by this process or another one: an order is
claimed once, and only who claimed it sends it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from time import monotonic

from kis_mcp.catalog.arguments import validate
from kis_mcp.catalog.decode import Decoded
from kis_mcp.catalog.encode import dated
from kis_mcp.catalog.fields import text
from kis_mcp.catalog.model import Api
from kis_mcp.clock import KST, Clock
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
from kis_mcp.trading.blotter.reconcile import Reconciler
from kis_mcp.trading.desk.follow_up import FollowUp
from kis_mcp.trading.desk.originals import describe_change, fill_in_original, original_of
from kis_mcp.trading.desk.outcomes import OrderOutcome, Proposal, answer_of, proposal_of
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.guard.check import check, refusal
from kis_mcp.trading.guard.facts import Finding, GuardFacts
from kis_mcp.trading.guard.gathering import gathered
from kis_mcp.trading.guard.limits import OrderLimits
from kis_mcp.trading.guard.market_facts import Describe
from kis_mcp.trading.journal import (
    DUPLICATE_WINDOW,
    HUMAN_CHANNELS,
    PROPOSAL_LIFETIME,
    Claim,
    Decision,
    Intent,
    Journal,
    Outcome,
    OutcomeState,
    Record,
    Send,
    Status,
)
from kis_mcp.trading.kis import Kis
from kis_mcp.trading.order import Action, Order, fingerprint, is_same_order_id, order_of, plain
from kis_mcp.trading.venues.sessions import venue_of

ORDER_LEAVES_WITHIN = timedelta(seconds=60)
"""An order that waits longer after its claim, for a token, the rate limit or a machine that sleeps, is not sent any
more: whoever looks for it among KIS' orders has to know when it can no longer turn up."""

_LISTED_WITHIN = timedelta(minutes=1)
"""An order that was sent so lately may be missing in what KIS and the account cache say."""

_ALL = 1_000_000
_OPEN = (Status.PROPOSED, Status.CONFIRMED)
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


class OrderDesk:
    """Takes orders of one environment.

    Args:
        kis: The environment's `kis_mcp.catalog.apis.KisApis`.
        journal: The environment's journal.
        limits: What the operator allows.
        describe: Looks up instruments that are known without asking KIS.
        halted: Says why all new orders are stopped, or None; looked at again and again.
        sleep: Waits before the next look for an order whose state is unknown.
        monotonic: Seconds that pass while the machine is awake, whatever is done to its clock.
    """

    def __init__(
        self,
        kis: Kis,
        journal: Journal,
        limits: OrderLimits,
        *,
        environment: Environment,
        clock: Clock,
        describe: Describe = lambda symbol, market: None,  # noqa: ARG005
        halted: Callable[[], str | None] = lambda: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._kis = kis
        self._journal = journal
        self._limits = limits
        self._environment = environment
        self._clock = clock
        self._describe = describe
        self._halted = halted
        self._monotonic = monotonic
        self._reconciler = Reconciler(kis, journal, clock=clock)
        self._sending: dict[str, asyncio.Task[Record]] = {}
        self._follow_up = FollowUp(self._look_again, sleep=sleep)

    async def propose(
        self, api: Api, arguments: Mapping[str, object], *, idempotency_key: str | None = None, call: str = ""
    ) -> Proposal:
        """Journal what is wanted, after the guard has looked at it.

        The same idempotency key leads to the same intent. An open intent for the same order is taken up again rather
        than asked about twice.

        Args:
            call: Equal for equal calls, where ``arguments`` are made from what KIS says at the time.

        Raises:
            BadArgument, NotInEnvironment, CredentialsError: It could never be sent.
            OrderRefused: The guard said no; that too is journaled.
            OrderRejected, OrderStateUnknown: What became of the earlier call with this key.
        """
        values = validate(api, arguments)
        self._kis.check(api, values)
        assert api.account is not None
        account = self._kis.accounts[api.account]
        account_id = await self._journal.account_id(account)
        order, now = order_of(api, values), self._clock()
        digest = fingerprint(self._environment, account_id, api.tool, values)
        if idempotency_key and (earlier := await self._journal.find_by_key(account, idempotency_key)):
            return await self._recalled(_require_same(earlier, order, digest, call))
        same = await self._journal.same_as(digest)
        for record in same:
            if self._is_open(record) and record.intent.idempotency_key == idempotency_key:
                return proposal_of(record)
        values = dated(api, values, now.date())
        instrument = self._describe(order.symbol, order.market) if order.symbol else None
        facts = replace(
            await self._facts(order, now),
            kind=instrument.kind if instrument else None,
            venue=venue_of(api, values),
            same=same,
            idempotency_key=idempotency_key,
        )
        findings = check(facts, before_asking_kis=True)
        if refusal(findings) is None:
            if original := await original_of(self._kis, api, values, order, now):
                values = fill_in_original(api, values, original)
                order = describe_change(order_of(api, values), original)
                facts = replace(facts, order=order, remaining=original.remaining_quantity)
            facts = await gathered(self._kis, facts, api, values, self._describe)
            order, findings = facts.order, check(facts)
        refused = refusal(findings)
        intent = Intent(
            id=new_ulid(now),
            at=now,
            environment=self._environment,
            account=account.masked,
            account_id=account_id,
            tool=api.tool,
            arguments=plain(values),
            order=order,
            warnings=tuple(_warning(finding) for finding in findings if not finding.refuses),
            fingerprint=digest,
            idempotency_key=idempotency_key,
            call=call,
        )
        if refused:
            await self._journal.propose(intent, Decision(verdict="refused", channel="guard", reason=str(refused)))
            raise refused
        record = await self._journal.propose(intent)
        return await self._recalled(_require_same(record, order, digest, call))

    async def decide(self, intent_id: str, decision: Decision) -> Status:
        """Journal the verdict on an intent; the first counts, and a later one changes nothing.

        Raises:
            OrderRefused: In real, for a yes that no person gave.
        """
        if (
            decision.verdict == "accepted"
            and decision.channel not in HUMAN_CHANNELS
            and self._environment is Environment.REAL
        ):
            raise OrderRefused(
                "An order with real money needs a person's confirmation.",
                remedy="Use a client that can ask (MCP form elicitation), or practise in sim or demo.",
            )
        record = await self._find(intent_id)
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
        sending = self._sending.get(intent_id)
        if sending is None:
            sending = asyncio.create_task(self._send(intent_id), name=f"order {intent_id}")
            self._sending[intent_id] = sending
            sending.add_done_callback(lambda _: self._sending.pop(intent_id, None))
        return answer_of(await asyncio.shield(sending))

    async def reconcile(self) -> list[Record]:
        """Look up every order whose state is unknown, except those that this desk is just sending; what stays unknown
        is looked up again in the background."""
        is_settled = False
        try:
            records = await self._settle_all()
            is_settled = not any(record.status.is_unresolved for record in records)
        finally:
            if not is_settled:
                self._follow_up.start()
        return records

    async def settled(self, intent_id: str) -> Record:
        """What the journal has of an intent, after a look at what became of it.

        Raises:
            BadArgument: There is no such intent.
        """
        return await self._settled(await self._find(intent_id))

    async def aclose(self) -> None:
        """Wait for what is being sent, and stop looking for what is unknown."""
        await asyncio.gather(*self._sending.values(), return_exceptions=True)
        await self._follow_up.aclose()

    async def _settle_all(self) -> list[Record]:
        return [
            await self._reconciler.settle(record)
            for record in await self._reconciler.unresolved()
            if record.intent.id not in self._sending
        ]

    async def _look_again(self) -> bool:
        return any(record.status.is_unresolved for record in await self._settle_all())

    async def _send(self, intent_id: str) -> Record:
        """Claim, send and journal a confirmed intent. The only place that an order leaves from."""
        record = await self._find(intent_id)
        if record.status is not Status.CONFIRMED:
            return record
        self._require_in_time(record)
        if not await self._reconciler.is_own(record.intent):
            raise OrderRefused(
                f"The order was proposed for account {record.intent.account}, which this server does not have.",
                remedy="Propose it again where it should go.",
            )
        intent, now, claimed = record.intent, self._clock(), self._monotonic()
        claim = await self._journal.claim(Send(intent_id=intent.id, at=now), same_since=now - DUPLICATE_WINDOW)
        if claim is Claim.TAKEN:
            return await self._find(intent.id)
        if claim is Claim.DUPLICATE:
            what = "The same order was sent a moment ago, or after this one was proposed."
            return await self._concluded(self._outcome(intent, "refused", message=what))
        has_left = False

        async def may_leave() -> None:
            nonlocal has_left
            waited = max(self._clock() - now, timedelta(seconds=self._monotonic() - claimed))
            await self._require_sendable(intent, waited)
            has_left = True

        try:
            await self._require_sendable(intent)
            await self._require_room(intent, now)
            answer = await self._kis.order(intent.tool, self._values(intent), may_leave)
        except (Exception, asyncio.CancelledError) as error:
            record = await self._concluded(self._outcome(intent, _state_after(error, has_left), error))
            if isinstance(error, asyncio.CancelledError):
                raise
            return await self._looked_up(record)
        return await self._concluded(self._outcome(intent, "accepted", order_id=_order_id(answer)))

    async def _concluded(self, outcome: Outcome) -> Record:
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

    async def _looked_up(self, record: Record) -> Record:
        """What became of an order whose sending failed; it is looked up again later where that cannot be told yet."""
        try:
            record = await self._reconciler.settle(record)
        except Exception:
            _log.exception("Order intent %s could not be looked up", record.intent.id)
        if record.status.is_unresolved:
            self._follow_up.start()
        return record

    async def _recalled(self, record: Record) -> Proposal:
        """The proposal that an intent stands for, after a look at what became of it."""
        record = await self._settled(record)
        if record.status in _OPEN:
            self._require_in_time(record)
        return proposal_of(record)

    async def _settled(self, record: Record) -> Record:
        if sending := self._sending.get(record.intent.id):
            return await asyncio.shield(sending)
        return await self._reconciler.settle(record) if record.status.is_unresolved else record

    async def _find(self, intent_id: str) -> Record:
        record = await self._journal.find(intent_id)
        if record is None:
            raise BadArgument(
                f"There is no order intent {intent_id} in the {self._environment} journal.",
                remedy="Propose the order again.",
                field="intent_id",
            )
        return record

    def _is_open(self, record: Record) -> bool:
        return record.status in _OPEN and self._clock() - record.intent.at < DUPLICATE_WINDOW

    def _require_in_time(self, record: Record) -> None:
        """Refuse an intent that is too old, or as far ahead of a clock that was set back."""
        if abs(self._clock() - record.intent.at) > PROPOSAL_LIFETIME:
            again = " with a new idempotency_key" if record.intent.idempotency_key else ""
            raise OrderRefused(
                f"The order was proposed at {record.intent.at:%H:%M:%S}, too long ago to send it now.",
                remedy=f"Propose it again{again}, so that it is looked at with current prices.",
            )

    async def _require_sendable(self, intent: Intent, waited: timedelta = timedelta()) -> None:
        """Refuse what has come up since the person was asked, such as a halt."""
        if waited > ORDER_LEAVES_WITHIN:
            raise KisUnavailable(
                f"The order could not leave within {ORDER_LEAVES_WITHIN.seconds} seconds.", remedy="Try again later."
            )
        facts = await self._facts(intent.order, self._clock(), excluding=intent.id)
        if refused := refusal(check(facts, before_asking_kis=True, when_sending=True)):
            raise refused

    async def _require_room(self, intent: Intent, claimed_at: datetime) -> None:
        """Refuse what other orders have used up the account's limits for since the person was asked, or the holding
        that an order for contracts was to close."""
        api, limits, order = self._kis.catalog.find(intent.tool), self._limits, intent.order
        is_limited = limits.max_open_positions is not None or limits.max_daily_loss is not None
        if api is None or order.action is not Action.NEW or not (is_limited or order.market.endswith("futureoption")):
            return
        facts = await self._facts(intent.order, claimed_at, excluding=intent.id)
        facts = await gathered(self._kis, facts, api, self._values(intent), self._describe)
        if refused := refusal(check(facts, when_sending=True)):
            raise refused

    async def _facts(self, order: Order, now: datetime, *, excluding: str = "") -> GuardFacts:
        """What is known of an order without asking KIS."""
        midnight, lately = datetime.combine(now.astimezone(KST).date(), time(), KST), now - _LISTED_WITHIN
        proposed: Sequence[Record] = ()
        if self._limits.max_orders_per_day is not None or self._limits.max_open_positions is not None:
            since = min(midnight, lately) - PROPOSAL_LIFETIME
            proposed = await self._journal.history(since=since, limit=_ALL)
        sent = [
            (record.intent.order, record.sent_at)
            for record in proposed
            if record.sent_at and record.status.may_stand and record.intent.id != excluding
        ]
        return GuardFacts(
            environment=self._environment,
            limits=self._limits,
            order=order,
            now=now,
            halted=self._halted(),
            sent_today=sum(at >= midnight and one.action is not Action.CANCEL for one, at in sent),
            just_sent=frozenset(one.symbol or "" for one, at in sent if one.adds_position and lately < at <= now),
        )

    def _values(self, intent: Intent) -> dict[str, object]:
        api = self._kis.catalog.find(intent.tool)
        if api is None:
            raise BadArgument(f"There is no tool {intent.tool} any more.", remedy="Propose the order again.")
        return validate(api, intent.arguments)

    def _outcome(
        self,
        intent: Intent,
        state: OutcomeState,
        error: BaseException | None = None,
        *,
        order_id: str | None = None,
        message: str = "",
    ) -> Outcome:
        known = error if isinstance(error, KisMcpError) else None
        if error is not None:
            message = str(known) if known else f"{type(error).__name__} while the order was being sent."
        return Outcome(
            intent_id=intent.id,
            at=self._clock(),
            state=state,
            order_id=order_id,
            kis_code=known.kis_code if known else None,
            message=message,
        )


def _state_after(error: BaseException, has_left: bool) -> OutcomeState:
    if isinstance(error, OrderRefused):
        return "refused"
    if isinstance(error, OrderRejected):
        return "rejected"
    if isinstance(error, _CERTAINLY_NOT_SENT) or not has_left:
        return "not_sent"
    if not isinstance(error, OrderStateUnknown):
        _log.warning("An order's sending broke off, its state is unknown: %s", type(error).__name__)
    return "unknown"


def _require_same(record: Record, order: Order, digest: str, call: str) -> Record:
    """The record, provided that an idempotency key is not used for two different orders.

    What a change or cancel is made of changes while its original fills, so there the calls are compared.
    """
    first = record.intent.order
    if call and record.intent.call:
        is_same = call == record.intent.call
    else:
        same_original = is_same_order_id(order.original_order_id, first.original_order_id)
        is_same = same_original and order.action is first.action
    if is_same or record.intent.fingerprint == digest:
        return record
    raise BadArgument(
        "This idempotency_key was used for another order.",
        remedy="Give every order a key of its own.",
        field="idempotency_key",
    )


def _order_id(answer: Decoded) -> str | None:
    """KIS' number of the order, whichever block and name the API gives it."""
    for block in answer.blocks.values():
        for record in block if isinstance(block, list) else [block]:
            if order_id := text(record, "order_id", "reserved_order_id"):
                return order_id
    return None


def _warning(finding: Finding) -> str:
    return f"{finding.what} {finding.remedy}"
