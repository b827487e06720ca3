"""An intent of the journal: finding it, and whether it may still be sent or repeated."""

from datetime import datetime

from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, OrderRefused
from kis_mcp.trading.journal import DUPLICATE_WINDOW, PROPOSAL_LIFETIME, Journal, Record
from kis_mcp.trading.order import Order, is_same_order_id


async def find_intent(journal: Journal, intent_id: str, environment: Environment) -> Record:
    """The intent with this id.

    Raises:
        BadArgument: There is none.
    """
    record = await journal.find(intent_id)
    if record is None:
        raise BadArgument(
            f"There is no order intent {intent_id} in the {environment} journal.",
            remedy="Propose the order again.",
            field="intent_id",
        )
    return record


def is_open(record: Record, now: datetime) -> bool:
    """Whether it still waits for an answer or for its sending, and was proposed a moment ago."""
    return record.status.is_pending and now - record.intent.at < DUPLICATE_WINDOW


def require_in_time(record: Record, now: datetime) -> None:
    """Refuse an intent that is too old, or as far ahead of a clock that was set back."""
    if abs(now - record.intent.at) > PROPOSAL_LIFETIME:
        again = " with a new idempotency_key" if record.intent.idempotency_key else ""
        raise OrderRefused(
            f"The order was proposed at {record.intent.at:%H:%M:%S}, too long ago to send it now.",
            remedy=f"Propose it again{again}, so that it is looked at with current prices.",
        )


def require_same(record: Record, order: Order, fingerprint: str, call: str, *, is_mandated: bool = False) -> Record:
    """The record, provided that an idempotency key is not used for two different orders.

    What a change or cancel is made of changes while its original fills, so there the calls are compared.

    Args:
        fingerprint: The order's.
        call: The tool call that the order comes from; empty where that is not known.
        is_mandated: Whether it is a strategy's: a person's never takes up one of those, nor the other way round.

    Raises:
        BadArgument: The key was used for another order.
    """
    first = record.intent.order
    if call and record.intent.call:
        is_same = call == record.intent.call
    else:
        same_original = is_same_order_id(order.original_order_id, first.original_order_id)
        is_same = same_original and order.action is first.action
    has_same_origin = is_mandated == (record.intent.mandate_id is not None)
    if has_same_origin and (is_same or record.intent.fingerprint == fingerprint):
        return record
    raise BadArgument(
        "This idempotency_key was used for another order.",
        remedy="Give every order a key of its own.",
        field="idempotency_key",
    )
