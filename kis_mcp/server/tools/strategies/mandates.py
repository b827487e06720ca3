"""A mandate's way through MCP: propose it at the desk, have the person agree the strongest way there is, decide."""

from collections.abc import Awaitable, Callable
from functools import partial

import anyio

from kis_mcp.catalog import CONFIRMATION_TOKEN, Page
from kis_mcp.confirm import ConfirmChannel
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, OrderRefused
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
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import MandateDesk, mandate_facts, mandate_question
from kis_mcp.trading.mandate import Mandate, MandateDraft, MandateRecord, MandateStatus

_LABEL = "Agree to the mandate"


async def proposed_mandate(call: Call) -> Mandate | None:
    """The mandate that a call's answer or token is about; None where the call proposes one.

    What was derived when it was proposed, such as bounds from a price, holds for the answer.

    Raises:
        BadArgument: There is no such mandate, or the token is none of this call.
    """
    mandates = (await (await call.brokerage()).desk()).mandates
    if question := call.person.repeated_question:
        return (await mandates.find(question.subject)).mandate
    if not call.values().get(CONFIRMATION_TOKEN):
        return None
    by = await channel_of(call, call.environment)
    if by is None:
        raise nobody_to_ask("A mandate")
    require_preview(by)
    return (await mandates.find(await _redeem(call))).mandate


async def agree_on_mandate(call: Call, draft: MandateDraft) -> MandateRecord | Page:
    """Have a person agree to a mandate with these terms, in the call's environment.

    The tool that calls this takes a ``confirmation_token``, and makes the same draft when its call is repeated with an
    answer or a token: those hold for these very terms.

    Returns:
        The mandate, which is in force; or the preview that a second call confirms.

    Raises:
        AnswerNeeded: The client has to repeat the call with the person's answer.
        OrderRefused: There is no way to a person, the person did not agree, or trading is halted.
        BadArgument: The terms bound nothing, or an answer or token is for others.
    """
    mandates = (await (await call.brokerage()).desk()).mandates
    if question := call.person.repeated_question:
        record = await _the_same(mandates, question.subject, draft)
        return await _decide(call, mandates, record, partial(ask_client, call, question, _LABEL), "elicitation")
    by = await channel_of(call, call.environment)
    if by is None:
        raise nobody_to_ask("A mandate")
    if call.values().get(CONFIRMATION_TOKEN):
        require_preview(by)
        record = await _the_same(mandates, await _redeem(call), draft)
        return await _decide(call, mandates, record, partial(at_once, by), by)
    record, asks_each = await mandates.propose(draft), mandates.guard.asks_each
    match by:
        case "elicitation":
            asking = partial(ask_client, call, _question(call, record.mandate, asks_each=asks_each), _LABEL)
        case "page":
            facts = mandate_facts(record.mandate, asks_each=asks_each)
            asking = partial(ask_on_page, call, record.mandate.id, facts)
        case "preview":
            return await _preview(call, record.mandate)
        case "never":
            asking = partial(at_once, by)
    return await _decide(call, mandates, record, asking, by)


async def _redeem(call: Call) -> str:
    """The mandate that a call's token confirms."""
    previews = await (await call.brokerage()).previews()
    (mandate_id,) = await previews.redeem(call.api.tool, call.values(), call.environments.clock())
    return mandate_id


async def _decide(
    call: Call,
    mandates: MandateDesk,
    record: MandateRecord,
    asking: Callable[[], Awaitable[Decision]],
    by: ConfirmChannel,
) -> MandateRecord:
    """Decide a mandate as the person does. A call that is cancelled before they have answered cancels it."""
    mandate_id, decided = record.mandate.id, record
    decision = await decision_on(mandates, [mandate_id], by, asking)
    with anyio.CancelScope(shield=True):
        decided = await mandates.decide(mandate_id, decision)
    status = decided.status(call.environments.clock_of(call.environment)())
    if status is MandateStatus.IN_FORCE:
        return decided
    why = decided.end.reason if decided.end else decided.decision.reason if decided.decision else ""
    raise OrderRefused(
        f"The mandate is not in force (mandate {mandate_id}, {status}{f': {why}' if why else ''}).",
        remedy="Nothing was started. Ask the person before you propose it again.",
    )


async def _the_same(mandates: MandateDesk, mandate_id: str, draft: MandateDraft) -> MandateRecord:
    """The mandate that an answer is about.

    Raises:
        BadArgument: It has other terms than the draft.
    """
    record = await mandates.find(mandate_id)
    if record.mandate.has_terms(draft):
        return record
    raise BadArgument(
        "The answer is for a mandate with other terms than this call's. Nothing was started.",
        remedy="Call again without an answer or token, so that the person sees these terms.",
        field=CONFIRMATION_TOKEN,
    )


def _question(call: Call, mandate: Mandate, *, asks_each: bool) -> Question:
    """The question for the client. Where it may cost real money, the most in all is typed as well as ticked."""
    is_real = call.environment is Environment.REAL
    typed = f"{mandate.most_in_all.normalize():f}" if is_real else None
    text = mandate_question(mandate, asks_each=asks_each)
    return Question(call.environment.value, mandate.id, text, typed, typed_as="amount")


async def _preview(call: Call, mandate: Mandate) -> Page:
    confirmation = await preview_of(call, [mandate.id], mandate_question(mandate), call.environments.clock())
    return page(call.now(), notes=[SHOW_THE_PREVIEW], mandate={"mandate_id": mandate.id, **confirmation})
