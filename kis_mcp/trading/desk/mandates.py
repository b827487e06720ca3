"""Mandates: proposed, agreed to by a person, and ended."""

from datetime import datetime, time, timedelta

from kis_mcp.clock import Clock
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, CredentialsError, OrderRefused
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk.mandate_guard import MandateGuard
from kis_mcp.trading.desk.ulid import new_ulid
from kis_mcp.trading.guard import OrderLimits
from kis_mcp.trading.halt import LIFTED_BY, halted_text
from kis_mcp.trading.journal import PROPOSAL_LIFETIME, Journal
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.mandate import (
    LONGEST,
    Mandate,
    MandateDraft,
    MandateEnd,
    MandateRecord,
    MandateStatus,
    can_agree,
    terms_of,
)
from kis_mcp.trading.venues import MARKET_VENUES, regular_hours, venues

USUAL_DAYS = timedelta(days=30)
"""How long a mandate is in force where no real money is at stake and nobody says how long."""


class MandateDesk:
    """The mandates of one environment. Each is journaled before anyone is asked, and never changed.

    Args:
        guard: What ends them in a halt.
    """

    def __init__(
        self,
        kis: KisReads,
        journal: Journal,
        guard: MandateGuard,
        limits: OrderLimits,
        *,
        environment: Environment,
        clock: Clock,
    ) -> None:
        self.guard = guard
        self._kis = kis
        self._journal = journal
        self._limits = limits
        self._environment = environment
        self._clock = clock

    async def propose(self, draft: MandateDraft) -> MandateRecord:
        """Journal a mandate that a person is to be asked about; an open one with the same terms is taken up again.

        Raises:
            BadArgument: Its terms bound nothing, or its end is past or too far away.
            CredentialsError: There is no account for stocks.
            OrderRefused: Trading is halted, or the operator allows no real orders.
        """
        draft.require_sound()
        now = self._clock()
        until = draft.until or usual_end(self._environment, draft.symbols[0].market, now)
        if not now < until <= now + LONGEST:
            raise BadArgument(
                f"The mandate would end at {until:%Y-%m-%d %H:%M}.",
                remedy=f"Give an end after now and within {LONGEST.days} days.",
                field="until",
            )
        if self._environment is Environment.REAL and not self._limits.allow_real_orders:
            raise OrderRefused(
                "Orders with real money are switched off.",
                remedy="The operator can allow them with KIS_ALLOW_REAL_ORDERS=1; use sim or demo to practise.",
                field="KIS_ALLOW_REAL_ORDERS",
            )
        await self._require_trading(now)
        account = self._kis.accounts.get("stock")
        if account is None:
            raise CredentialsError("There is no account for stocks.", remedy="Set KIS_ACCT_STOCK, then start again.")
        mandate = Mandate(
            **terms_of(draft),
            id=new_ulid(now),
            at=now,
            environment=self._environment,
            account=account.masked,
            account_id=await self._journal.account_id(account),
            until=until,
        )
        return await self._find_open(mandate, draft) or await self._journal.propose_mandate(mandate)

    async def decide(self, mandate_id: str, decision: Decision) -> MandateRecord:
        """Journal the verdict on a mandate; the first counts. A yes that comes too late is none.

        Raises:
            BadArgument: There is no such mandate.
            OrderRefused: For a yes that counts for nothing in this environment, or while trading is halted.
        """
        record, now = await self.find(mandate_id), self._clock()
        if decision.verdict == "accepted" and record.decision is None:
            if not can_agree(record.mandate, decision.channel):
                raise OrderRefused(
                    "A mandate for real money needs a person's own yes.",
                    remedy="Use a client that can ask (MCP form elicitation), or let the person run kis-mcp setup-pin.",
                )
            await self._require_trading(now)
            if abs(now - record.mandate.at) > PROPOSAL_LIFETIME:
                late = "the answer came too late"
                decision = Decision(verdict="cancelled", channel=decision.channel, reason=late)
        return await self._journal.decide_mandate(mandate_id, decision, now)

    async def end(self, mandate_id: str, reason: str) -> MandateRecord:
        """Journal that a mandate holds no more; ``reason`` says who or what ended it. The first end counts.

        Raises:
            BadArgument: There is no such mandate.
        """
        await self.find(mandate_id)
        return await self._journal.end_mandate(MandateEnd(mandate_id=mandate_id, at=self._clock(), reason=reason))

    async def find(self, mandate_id: str) -> MandateRecord:
        """The mandate with this id.

        Raises:
            BadArgument: There is none.
        """
        record = await self._journal.find_mandate(mandate_id)
        if record is None:
            raise BadArgument(
                f"There is no mandate {mandate_id} in the {self._environment} journal.",
                remedy="Propose it again.",
                field="mandate_id",
            )
        return record

    async def in_force(self, strategy: str) -> MandateRecord | None:
        """The mandate under which a strategy may order now; a halt ends it."""
        now = self._clock()
        await self.guard.end_where_halted(now)
        agreed = await self._journal.agreed_mandates()
        return next(
            (one for one in agreed if one.mandate.strategy == strategy and one.status(now) is MandateStatus.IN_FORCE),
            None,
        )

    async def _require_trading(self, now: datetime) -> None:
        if (reason := self.guard.halt_reason()) is not None:
            await self.guard.end_where_halted(now)
            raise OrderRefused(halted_text(reason), remedy=f"{LIFTED_BY} Then a mandate can be agreed to.")

    async def _find_open(self, mandate: Mandate, draft: MandateDraft) -> MandateRecord | None:
        """One with these terms for the same account that was proposed a moment ago and is not answered yet."""
        return next(
            (
                one
                for one in await self._journal.mandates(mandate.strategy)
                if one.decision is None
                and one.mandate.account_id == mandate.account_id
                and one.mandate.has_terms(draft)
                and abs(mandate.at - one.mandate.at) < PROPOSAL_LIFETIME
            ),
            None,
        )


def usual_end(environment: Environment, market: str, now: datetime) -> datetime:
    """When a mandate ends where nobody says: in real with the exchange's day whose regular session goes on or comes
    next, elsewhere after `USUAL_DAYS`."""
    if environment is not Environment.REAL:
        return now + USUAL_DAYS
    venue = venues()[MARKET_VENUES[market][0]]
    today = now.astimezone(venue.timezone).date()
    hours = (regular_hours(venue, today + timedelta(days=ahead)) for ahead in range(USUAL_DAYS.days))
    day = next((each[0].date() for each in hours if each is not None and now < each[1]), today)
    return datetime.combine(day + timedelta(days=1), time(), venue.timezone)
