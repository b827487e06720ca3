"""An order's way through MCP: propose it at the desk, have it confirmed, decide, execute.

Every promise about orders (guard, journal, one claim, nothing sent twice) is the desk's. What is kept here is that each
order is confirmed the strongest way there is, and that where there is none the client gets a refusal that it can read.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

import anyio

from kis_mcp.catalog import CONFIRMATION_TOKEN, FIELDS, CheckedArguments, Page, reading_for_an_order
from kis_mcp.clock import KST
from kis_mcp.confirm import ConfirmChannel
from kis_mcp.environment import Environment
from kis_mcp.server.elicitation import Question
from kis_mcp.server.tools.call import Call, page
from kis_mcp.server.tools.consent import (
    SHOW_THE_PREVIEW,
    ask_client,
    ask_on_page,
    at_once,
    channel_of,
    decision_on,
    nobody_to_ask,
    preview_of,
    require_preview,
)
from kis_mcp.trading.blotter import lists_of_api, notes_on_notices
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import OrderOutcome, Proposal
from kis_mcp.trading.journal import Status
from kis_mcp.trading.order import Action, Order, fingerprint, reservation_id

_log = logging.getLogger(__name__)

_LABEL = "Send it"
_NO_NUMBER = "KIS took it, and gave no number; get_orders shows what stands."


async def send_order(
    call: Call, prepare: Callable[[], Awaitable[CheckedArguments]], idempotency_key: str | None = None
) -> Page:
    """Take one order from the call to KIS' answer, or to the preview that a second call confirms.

    Args:
        prepare: Says which KIS order it is; not called when the call only repeats one with its confirmation.

    Raises:
        AnswerNeeded: The client has to repeat the call with the person's answer.
        OrderRefused, OrderRejected, OrderStateUnknown, BadArgument and others: As the desk says.
    """
    if question := call.person.repeated_question:
        return await _send(call, question.subject, "elicitation", partial(ask_client, call, question, _LABEL))
    by = await channel_of(call, call.environment)
    if by is None:
        raise nobody_to_ask("An order")
    if call.arguments.get(CONFIRMATION_TOKEN):
        require_preview(by)
        previews = await (await call.brokerage()).previews()
        (intent_id,) = await previews.redeem(call.api.tool, call.values(), call.environments.clock(), _order_facts)
        return await _send(call, intent_id, by, partial(at_once, by))
    desk = await (await call.brokerage()).desk()
    with reading_for_an_order():
        order = await prepare()
    proposal = await desk.propose(order, idempotency_key=idempotency_key, call=fingerprint_of(call))
    if proposal.outcome is not None:
        return await _answer(call, proposal.outcome)
    if proposal.status is not Status.PROPOSED:
        return await _answer(call, await desk.execute(proposal.intent_id))
    match by:
        case "elicitation":
            asking = partial(ask_client, call, _question(call, proposal), _LABEL)
        case "page":
            asking = partial(ask_on_page, call, proposal.intent_id, proposal.facts)
        case "preview":
            return await _preview(call, proposal)
        case "never":
            asking = partial(at_once, by)
    return await _send(call, proposal.intent_id, by, asking)


async def _send(call: Call, intent_id: str, by: ConfirmChannel, asking: Callable[[], Awaitable[Decision]]) -> Page:
    """Decide the intent as the person does, and send it.

    A call that is cancelled before they have answered cancels the intent; after that the answer counts.
    """
    desk = await (await call.brokerage()).desk()
    decision = await decision_on(desk, [intent_id], by, asking)
    with anyio.CancelScope(shield=True):
        await desk.decide(intent_id, decision)
    return await _answer(call, await desk.execute(intent_id))


def _question(call: Call, proposal: Proposal) -> Question:
    """The question for the client. What may cost real money is typed as well as ticked."""
    order = proposal.order
    typed = call.environment is Environment.REAL and order.action is not Action.CANCEL and order.quantity is not None
    quantity = f"{order.quantity.normalize():f}" if typed and order.quantity is not None else None
    return Question(call.environment.value, proposal.intent_id, proposal.question, quantity)


async def _preview(call: Call, proposal: Proposal) -> Page:
    confirmation = await preview_of(call, [proposal.intent_id], proposal.question, call.environments.clock())
    order = {"intent_id": proposal.intent_id, **confirmation, **_order_facts(proposal.order)}
    return page(call.now(), notes=[SHOW_THE_PREVIEW], order=order)


def fingerprint_of(call: Call) -> str:
    """The same for the same call, whichever token comes with it, and for its preview."""
    said = {name: value for name, value in call.arguments.items() if name not in (CONFIRMATION_TOKEN, FIELDS)}
    return fingerprint(call.environment, "", call.api.params_of or call.api.tool, said)


async def _answer(call: Call, outcome: OrderOutcome) -> Page:
    now = call.now()
    numbers = _numbers(call, outcome, now)
    answer = {"intent_id": outcome.intent_id, "status": outcome.status.value, **numbers}
    message = {"message": outcome.message} if outcome.message else {}
    order = {name: fact for name, fact in answer.items() if fact} | _order_facts(outcome.order) | message
    seen, notes = await _first_look(call, outcome)
    if outcome.status is Status.ACCEPTED and not any(numbers.values()):
        notes = [_NO_NUMBER, *notes]
    return page(now, notes=notes, order=order | seen)


async def _first_look(call: Call, outcome: OrderOutcome) -> tuple[dict[str, object], list[str]]:
    """How far an order has been filled that place_order has just sent, and where that is known from."""
    if call.api.tool != "place_order":
        return {}, []
    desk = await (await call.brokerage()).desk()
    try:
        first = await desk.look_at_first(outcome.intent_id)
    except Exception:
        # KIS has the order: nothing that goes wrong afterwards may hide that.
        _log.exception("Order intent %s was accepted, and could not be looked at", outcome.intent_id)
        return {}, []
    if first is None:
        return {}, []
    names = ("state", "filled_quantity", "remaining_quantity", "average_fill_price")
    facts = first.facts()
    notes = notes_on_notices([first.placed] if first.placed else [])
    return {name: facts[name] for name in names if name in facts}, notes


def _numbers(call: Call, outcome: OrderOutcome, now: datetime) -> dict[str, str | None]:
    """KIS' number; a reservation's so that no order's can be taken for it."""
    number, lists = outcome.order_id, lists_of_api(call.api)
    if lists and all(order_list.session == "reserved" for order_list in lists):
        return {"reservation_id": number}
    if call.arguments.get("session") == "reserved" and not lists and number:
        return {"order_id": reservation_id(number, outcome.order.reserved_for or now.astimezone(KST).date())}
    return {"order_id": number}


def _order_facts(order: Order) -> dict[str, object]:
    facts = {
        "original_order_id": order.original_order_id,
        "symbol": order.symbol,
        "name": order.name,
        "market": order.market,
        "exchange": order.exchange,
        "side": order.side,
        "order_type": order.order_type,
        "quantity": order.quantity,
        "price": order.price,
    }
    return {name: fact for name, fact in facts.items() if fact not in (None, "")}
