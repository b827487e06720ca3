"""The journal: what was meant, decided, sent and answered, written before it happens and never changed.

    intent → decision → send (the claim) → outcome → reconciliation → notices

Each arrow is one appended entry. An intent's status is derived from its entries, so nothing is ever updated in place.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol, TypeAlias

from kis_mcp.account import Account
from kis_mcp.environment import Environment
from kis_mcp.market import OrderNotice
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.mandate import Fill, Mandate, MandateBook, MandateEnd, MandateRecord
from kis_mcp.trading.order import Order

OutcomeState: TypeAlias = Literal["accepted", "rejected", "not_sent", "refused", "unknown"]

Conclusion: TypeAlias = Literal["accepted", "not_accepted", "needless", "unresolved"]

PROPOSAL_LIFETIME = timedelta(minutes=10)
"""An intent that is older may no longer be sent: the market has moved on since the person was asked."""

DUPLICATE_WINDOW = timedelta(seconds=60)
"""The same order again within this time is taken for a mistake."""


CLOCK_WAS_SET = timedelta(seconds=10)
"""By so much the difference of two clocks has changed only where one was set: KIS tells its time in whole seconds, and
its answers take a while."""


class Status(StrEnum):
    """Where an intent stands.

    ``accepted``, ``rejected``, ``not_sent`` and ``not_accepted`` are final and mean that KIS took it, KIS said no, it
    certainly did not reach KIS, and it was sent but KIS' own list of orders shows that it did not arrive. So is
    ``needless``: the order that it was to cancel has ended, and whether KIS took the cancel makes no difference any
    more. ``sent`` has a claim and no outcome yet; ``unknown`` may or may not stand at KIS.
    """

    PROPOSED = "proposed"
    REFUSED = "refused"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    NOT_SENT = "not_sent"
    NOT_ACCEPTED = "not_accepted"
    NEEDLESS = "needless"
    UNKNOWN = "unknown"

    @property
    def is_pending(self) -> bool:
        """Whether it still waits for an answer, or for its sending."""
        return self in (Status.PROPOSED, Status.CONFIRMED)

    @property
    def may_stand(self) -> bool:
        """Whether the order stands at KIS, or may."""
        return self in (Status.SENT, Status.UNKNOWN, Status.ACCEPTED)

    @property
    def is_unresolved(self) -> bool:
        """Whether nobody can tell yet if the order stands at KIS."""
        return self in (Status.SENT, Status.UNKNOWN)

    @property
    def may_be_settled(self) -> bool:
        """Whether a look at KIS' lists may tell more: one that seemed not to have arrived may turn up late."""
        return self.is_unresolved or self is Status.NOT_ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An order that somebody wants, complete: what is asked, sent and shown follows from this alone.

    Attributes:
        id: A ULID.
        at: When it was proposed.
        account: Masked.
        account_id: What `Journal.account_id` calls it.
        tool, arguments: The KIS API and its validated arguments as plain JSON.
        order: The same in neutral terms.
        warnings: What the guard had to say, for the person.
        fingerprint: Equal for equal orders to the same account.
        idempotency_key: The caller's own name for it, unique for environment and account.
        call: Equal for equal calls of the tool that proposed it; empty where it is not known.
        mandate_id: The mandate that it is under; None for an order of a person.
    """

    id: str
    at: datetime
    environment: Environment
    account: str
    account_id: str
    tool: str
    arguments: Mapping[str, object]
    order: Order
    warnings: tuple[str, ...] = ()
    fingerprint: str
    idempotency_key: str | None = None
    call: str = ""
    mandate_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A token was issued that confirms something when the very same call is made with it. There may be several.

    Attributes:
        subject: The id of the intent or mandate.
        tool, arguments: The call that was previewed, its arguments as plain JSON.
    """

    subject: str
    at: datetime
    expires_at: datetime
    tool: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """The claim: made at most once for an intent, on disk before the request leaves.

    Attributes:
        kis_at: The same moment by KIS' clock, where that is known.
    """

    intent_id: str
    at: datetime
    kis_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a send. ``unknown`` may be followed by a definite one; there is at most one definite outcome.

    Attributes:
        order_id, order_branch: KIS' number of an accepted order and the branch that keeps it
            (KRX_FWDG_ORD_ORGNO), which a change or cancel repeats.
    """

    intent_id: str
    at: datetime
    state: OutcomeState
    order_id: str | None = None
    order_branch: str | None = None
    kis_code: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What KIS' list of orders said about an unknown intent: any number ``unresolved``, then at most one definite
    conclusion. One ``not_accepted`` may be followed by ``accepted``, where KIS lists the order after all.

    Attributes:
        candidates: Numbers of the orders at KIS that it may be, where that cannot be told.
    """

    intent_id: str
    at: datetime
    conclusion: Conclusion
    order_id: str | None = None
    message: str = ""
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FillEntry:
    """How far KIS' lists or notices showed that an order under a mandate was filled. The furthest counts."""

    intent_id: str
    at: datetime
    fill: Fill


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeEntry:
    """What KIS notified of an intent's order, or of a change or cancel of it. It says what the order came to at least;
    that KIS took it, an outcome or a reconciliation says.

    Attributes:
        notice: Without the accounts that it may be for.
    """

    intent_id: str
    at: datetime
    notice: OrderNotice


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An intent with all that is known of it.

    Attributes:
        kis_sent_at: When it was sent by KIS' clock; None where that was not known.
        order_branch: KIS' branch of an accepted order, where its answer named one.
    """

    intent: Intent
    status: Status
    decision: Decision | None = None
    decided_at: datetime | None = None
    sent_at: datetime | None = None
    kis_sent_at: datetime | None = None
    order_id: str | None = None
    order_branch: str | None = None
    kis_code: str | None = None
    message: str = ""

    @property
    def best_sent_at(self) -> datetime | None:
        """When it was sent, by KIS' clock where that was known, else by this machine's; None before."""
        return self.kis_sent_at or self.sent_at


def moments_sent(records: Iterable[Record]) -> list[tuple[datetime, Record]]:
    """What was sent, and when by KIS' clock, the earliest first.

    This machine's clock may have been set between two orders, and KIS' tells of that; but KIS' time is known to a few
    seconds only, so that what was sent between two settings follows by this machine's.
    """
    ahead: timedelta | None = None
    found = list[tuple[datetime, Record]]()
    sent = [(best, record) for record in records if (best := record.best_sent_at) is not None]
    for _, record in sorted(sent, key=lambda each: each[0]):
        at, at_kis = record.sent_at, record.kis_sent_at
        if at is None:
            continue
        if at_kis is not None and (ahead is None or abs(at - at_kis - ahead) > CLOCK_WAS_SET):
            ahead = at - at_kis
        found.append((at - (ahead or timedelta()), record))
    return sorted(found, key=lambda each: each[0])


class Claim(StrEnum):
    """``duplicate``: the same order may stand that was claimed a moment ago under the same idempotency key or none, or
    under any after this one was proposed, so that its question could not tell of it. A mandate asks no question: what
    two strategies decide at once are two orders."""

    WON = "won"
    TAKEN = "taken"
    DUPLICATE = "duplicate"


class Journal(Protocol):
    """One environment's journal. Every write is on disk when its call returns."""

    async def propose(self, intent: Intent, refusal: Decision | None = None) -> Record:
        """Append an intent, refused at once or open.

        An intent whose idempotency key was used before is not appended: the earlier one is returned. A refused intent
        does not use its key up.
        """
        ...

    async def decide(self, intent_id: str, decision: Decision, at: datetime) -> Record:
        """Append the verdict, unless there is one already, and return what stands now."""
        ...

    async def record_preview(self, preview: Preview) -> None:
        """Append that a token was issued."""
        ...

    async def previews(self, subject: str) -> Sequence[Preview]:
        """The tokens that were issued for an intent or mandate, oldest first."""
        ...

    async def claim(self, send: Send, *, same_since: datetime) -> Claim:
        """Claim the intent for sending, as one step with the look for an equal one claimed after ``same_since``, and
        for one under a mandate with the look whether that is in force and leaves room for it.

        Raises:
            MandateExceeded: It is outside its mandate; nothing was claimed.
        """
        ...

    async def conclude(self, entry: Outcome | Reconciliation) -> Record:
        """Append what became of a send; a second definite one is dropped."""
        ...

    async def settle(
        self, intent_id: str, *, since: datetime, conclude: Callable[[Sequence[Record]], Reconciliation]
    ) -> Record:
        """Append what ``conclude`` makes of its account's intents sent since then that stand or may, oldest first.

        Reading them and appending are one step, so that no two intents get one order. An intent that is not unresolved
        any more is left as it is; but for one that was called not accepted, ``accepted`` is appended.
        """
        ...

    async def find(self, intent_id: str) -> Record | None: ...

    async def account_id(self, account: Account) -> str:
        """A name of the account that tells it from others whose masks are equal, and that cannot be told back."""
        ...

    async def find_by_key(self, account: Account, idempotency_key: str) -> Record | None: ...

    async def same_as(self, fingerprint: str) -> Sequence[Record]:
        """Intents for the same order, latest first."""
        ...

    async def unresolved(self) -> Sequence[Record]:
        """Intents whose state at KIS is unknown, oldest first."""
        ...

    async def accepted_since(self, since: datetime) -> Sequence[Record]:
        """Intents sent since then that KIS took, oldest first."""
        ...

    async def history(
        self, *, since: datetime | None = None, until: datetime | None = None, limit: int = 100
    ) -> Sequence[Record]:
        """Intents proposed from ``since`` up to ``until``, latest first."""
        ...

    async def findings(self, intent_ids: Sequence[str]) -> Mapping[str, Sequence[Outcome | Reconciliation]]:
        """All that was learnt of each of these intents after it was sent, oldest first."""
        ...

    async def note(self, entry: NoticeEntry) -> None:
        """Append a notice of an intent's order, unless an equal one is there: KIS, and several processes, may tell
        the same twice."""
        ...

    async def notices(self, intent_ids: Sequence[str]) -> Mapping[str, Sequence[OrderNotice]]:
        """What was notified of each of these intents' orders, in the order in which it came."""
        ...

    async def propose_mandate(self, mandate: Mandate, refusal: Decision | None = None) -> MandateRecord:
        """Append a mandate, refused at once or open."""
        ...

    async def decide_mandate(self, mandate_id: str, decision: Decision, at: datetime) -> MandateRecord:
        """Append the verdict on a mandate, unless there is one already, and return what stands now.

        A yes that counts ends, in the same step, every other mandate of the same strategy and account.
        """
        ...

    async def end_mandate(self, end: MandateEnd) -> MandateRecord:
        """Append that a mandate holds no more, unless it has ended already, and return what stands now."""
        ...

    async def find_mandate(self, mandate_id: str) -> MandateRecord | None: ...

    async def mandates(self, strategy: str | None = None, limit: int = 100) -> Sequence[MandateRecord]:
        """The mandates of a strategy, or all, latest first."""
        ...

    async def agreed_mandates(self) -> Sequence[MandateRecord]:
        """The mandates that were agreed to and did not end but by time, oldest first."""
        ...

    async def intents_of_mandate(self, mandate_id: str) -> Sequence[Record]:
        """The intents under a mandate, oldest first."""
        ...

    async def mandate_book(self, mandate_id: str, *, without: str = "") -> MandateBook:
        """What the orders of a mandate's strategy come to, under all its mandates on the account.

        Args:
            without: The id of an intent that does not count.
        """
        ...

    async def note_fill(self, entry: FillEntry) -> None:
        """Append how far an order was filled, unless that is there already."""
        ...
