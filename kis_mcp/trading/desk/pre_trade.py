"""The checks of one order: before a person is asked, and once more just before it is sent."""

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta

from kis_mcp.catalog import CheckedArguments, reading_for_an_order
from kis_mcp.clock import KST
from kis_mcp.environment import Environment
from kis_mcp.trading.desk.mandate_guard import MandateGuard
from kis_mcp.trading.guard import (
    LATE_ARRIVAL,
    FindInstrument,
    GuardFacts,
    OrderLimits,
    builtin_facts,
    check_order,
    is_like,
    look_up_facts,
    refusal,
)
from kis_mcp.trading.journal import PROPOSAL_LIFETIME, Intent, Journal, Outcome, Reconciliation, Record, Status
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order
from kis_mcp.trading.venues import InstrumentKind

_LISTED_WITHIN = timedelta(minutes=1)
"""An order that was sent so lately may be missing in what KIS and the account cache say."""

_STALE_AFTER = timedelta(seconds=5)
"""How long what the guard saw of prices, funds and holdings counts while a person thinks."""

_ALL = 1_000_000
"""More intents than a journal has of a day."""


class PreTradeChecks:
    """The guard of one environment, with the facts that it needs; ``mandates`` is that of strategies' orders.

    Args:
        kis: Where prices, holdings and limits are read.
        journal: The environment's journal.
        limits: What the operator allows.
        find_instrument: Finds an instrument in the built-in list, without asking KIS.
        halt_reason: Says why all new orders are stopped, or None; called for every check.
    """

    def __init__(
        self,
        kis: KisReads,
        journal: Journal,
        limits: OrderLimits,
        *,
        environment: Environment,
        find_instrument: FindInstrument = lambda symbol, market: None,  # noqa: ARG005
        halt_reason: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._kis = kis
        self._journal = journal
        self.limits = limits
        self._environment = environment
        self._find_instrument = find_instrument
        self._halt_reason = halt_reason
        self.mandates = MandateGuard(kis, journal, limits, environment=environment, halt_reason=halt_reason)

    async def local_facts(self, order: Order, now: datetime, *, without: str = "") -> GuardFacts:
        """What this machine knows for an order, without asking KIS.

        Args:
            without: The id of an intent that does not count among those that were sent.
        """
        midnight, lately = datetime.combine(now.astimezone(KST).date(), time(), KST), now - _LISTED_WITHIN
        proposed: Sequence[Record] = ()
        if self.limits.max_orders_per_day is not None or self.limits.max_open_positions is not None:
            since = min(midnight, lately) - PROPOSAL_LIFETIME
            proposed = await self._journal.history(since=since, limit=_ALL)
        sent = [
            (record.intent.order, record.sent_at)
            for record in proposed
            if record.sent_at and record.status.may_stand and record.intent.id != without
        ]
        return GuardFacts(
            environment=self._environment,
            limits=self.limits,
            order=order,
            now=now,
            halted=self._halt_reason(),
            sent_today=sum(at >= midnight and one.action is not Action.CANCEL for one, at in sent),
            just_sent=frozenset(one.symbol or "" for one, at in sent if one.adds_position and lately < at <= now),
        )

    async def lost_orders(self, order: Order, account_id: str, now: datetime) -> list[Record]:
        """Orders like this one of the same account whose answer was lost, latest first: those that are not settled yet,
        and those of the last day."""
        if order.action is not Action.NEW:
            return []
        ahead = max(-(self._kis.clock_error or timedelta()), timedelta())
        earliest = now - ahead - LATE_ARRIVAL
        latest = await self._journal.history(since=earliest, limit=_ALL)
        open_since = [record for record in await self._journal.unresolved() if record.intent.at < earliest]
        alike = [
            record
            for record in (*latest, *reversed(open_since))
            if record.sent_at and record.intent.account_id == account_id and is_like(record.intent.order, order)
        ]
        findings = await self._journal.findings([record.intent.id for record in alike])
        return [
            record
            for record in alike
            if record.status in (Status.UNKNOWN, Status.NOT_ACCEPTED)
            or (record.status is Status.SENT and _was_sent_before(record, now))
            or (record.status is Status.ACCEPTED and _was_unknown(findings.get(record.intent.id, ())))
        ]

    def kind_of(self, order: Order) -> InstrumentKind | None:
        """Of the order's instrument, as far as the built-in list has it."""
        return builtin_facts(order, self._find_instrument).kind

    async def look_up(self, facts: GuardFacts, arguments: CheckedArguments) -> GuardFacts:
        """The facts with those that KIS has."""
        return await look_up_facts(self._kis, facts, arguments, self._find_instrument)

    async def require_sendable(self, intent: Intent, now: datetime) -> None:
        """Refuse what has come up since the person was asked, such as a halt or the end of a mandate.

        Raises:
            OrderRefused: A rule refuses it.
        """
        if intent.mandate_id is not None:
            await self.mandates.require_within(intent, now)
        facts = await self.local_facts(intent.order, now, without=intent.id)
        if refused := refusal(check_order(facts, before_asking_kis=True, when_sending=True)):
            raise refused

    async def require_room(self, intent: Intent, arguments: CheckedArguments, now: datetime) -> None:
        """Refuse what other orders have used up the account's limits for since the person was asked, or the holding
        that an order for contracts was to close; and once `_STALE_AFTER` has gone by, whose price the market has left
        behind, that funds or holdings do not cover any more, or whose mandate has reached its loss. Of a change, price
        and worth are looked at: KIS keeps its funds and holdings for the standing order.

        Raises:
            OrderRefused: There is no room any more.
        """
        limits, order = self.limits, intent.order
        is_limited = limits.max_open_positions is not None or limits.max_daily_loss is not None
        is_stale = abs(now - intent.at) > _STALE_AFTER
        uses_room = order.action is Action.NEW and (is_limited or order.market.endswith("futureoption"))
        if order.action is Action.CANCEL or not (is_stale or uses_room):
            return
        with reading_for_an_order():
            facts = await self.look_up(await self.local_facts(order, now, without=intent.id), arguments)
        if refused := refusal(check_order(facts, when_sending=True)):
            raise refused
        if is_stale:
            await self.mandates.require_loss_left(intent, now)


def _was_sent_before(record: Record, now: datetime) -> bool:
    """Whether whoever sends it would know by now what came of it."""
    return record.sent_at is not None and abs(now - record.sent_at) > _LISTED_WITHIN


def _was_unknown(findings: Sequence[Outcome | Reconciliation]) -> bool:
    return any(isinstance(found, Outcome) and found.state == "unknown" for found in findings)
