"""What callers are told of an intent: the question while it is open, then the same answer however often they ask."""

from dataclasses import dataclass

from kis_mcp.errors import OrderRefused, OrderRejected, OrderStateUnknown, kis_words
from kis_mcp.trading.desk.question import QuestionFacts, order_facts, question
from kis_mcp.trading.journal import Intent, Record, Status
from kis_mcp.trading.order import Action, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderOutcome:
    """An order that KIS took, or a cancel of one that has ended.

    Attributes:
        order_id: KIS' number; None where KIS gives none, or only its effect was found.
        message: KIS' words, or how the order was found again after its answer was lost.
    """

    intent_id: str
    status: Status
    order: Order
    order_id: str | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An intent and the question to put to the person.

    Attributes:
        facts: What the question says, part by part.
        status: ``proposed``, unless an earlier call with the same idempotency key got further.
        outcome: Set where the order was accepted already: nothing is left to ask or send.
    """

    intent_id: str
    question: str
    facts: QuestionFacts
    status: Status
    order: Order
    warnings: tuple[str, ...]
    outcome: OrderOutcome | None


def proposal_of(record: Record) -> Proposal:
    """The proposal that an intent stands for.

    Raises:
        OrderRefused, OrderRejected, OrderStateUnknown: It got further than the question, and not to an acceptance.
    """
    intent = record.intent
    return Proposal(
        intent_id=intent.id,
        question=question(intent),
        facts=order_facts(intent),
        status=record.status,
        order=intent.order,
        warnings=intent.warnings,
        outcome=None if record.status.is_pending else answer_of(record),
    )


def answer_of(record: Record) -> OrderOutcome:
    """The outcome of an intent that was accepted, or has nothing left to do.

    Raises:
        OrderRefused, OrderRejected, OrderStateUnknown: What else became of it, and what to do next.
    """
    intent = record.intent
    match record.status:
        case Status.ACCEPTED | Status.NEEDLESS:
            return OrderOutcome(
                intent_id=intent.id,
                status=record.status,
                order=intent.order,
                order_id=record.order_id,
                message=record.message,
            )
        case Status.REJECTED | Status.NOT_ACCEPTED:
            raise OrderRejected(
                f"KIS did not take the order (intent {intent.id}): {record.message}",
                remedy=f"{_what_stands(intent)} Mend the order; one that is the same needs a new idempotency_key.",
                kis_code=record.kis_code,
                kis_message=kis_words(record.message, record.kis_code),
            )
        case Status.UNKNOWN | Status.SENT:
            raise OrderStateUnknown(
                f"The order (intent {intent.id}) may or may not stand at KIS. {record.message}",
                remedy="Do not order again. It is never sent twice; look with get_order_status whether it arrived.",
                kis_code=record.kis_code,
            )
        case Status.NOT_SENT:
            raise OrderRefused(
                f"The order (intent {intent.id}) did not reach KIS: {record.message}",
                remedy=f"{_what_stands(intent)} Once the cause is gone, try again with a new idempotency_key.",
                kis_code=record.kis_code,
            )
        case Status.PROPOSED | Status.CONFIRMED:
            raise OrderRefused(
                f"The order (intent {intent.id}) is not confirmed.", remedy="A person has to confirm it first."
            )
        case Status.DECLINED | Status.CANCELLED:
            raise OrderRefused(
                f"The person did not agree to the order (intent {intent.id}, {_status_and_reason(record)}).",
                remedy="Nothing was sent. Ask the person before you propose it again.",
            )
        case Status.REFUSED:
            raise OrderRefused(
                f"The order (intent {intent.id}) was not sent. {record.message}",
                remedy="If a second one is wanted, give another idempotency_key.",
            )


def _what_stands(intent: Intent) -> str:
    """What KIS has after it did not take an intent: an order that it was to change may have ended by itself."""
    if intent.order.action is Action.NEW:
        return "Nothing stands at KIS."
    return f"Nothing was changed by this; get_order_status shows where order {intent.order.original_order_id} stands."


def _status_and_reason(record: Record) -> str:
    return ": ".join(part for part in (record.status.value, record.message) if part)
