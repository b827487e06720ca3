"""Asking the person about one thing, by the client or on a local page."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

import anyio
import anyio.to_thread

from kis_mcp.catalog import CONFIRMATION_TOKEN
from kis_mcp.confirm import ConfirmChannel, choose_channel
from kis_mcp.environment import Environment
from kis_mcp.errors import BadArgument, OrderRefused
from kis_mcp.language import Say
from kis_mcp.server.elicitation import Question
from kis_mcp.server.tools.call import Call
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import QuestionFacts

WAYS_TO_CONFIRM: Mapping[ConfirmChannel | None, str] = {
    "elicitation": "this client asks a person about each order",
    "page": "a person approves each order in the browser, with their PIN",
    "preview": "each order needs a second call with the token of its preview",
    "never": "none, orders go out at once",
    None: "impossible, orders are refused: this client cannot ask, and no PIN is set (kis-mcp setup-pin)",
}
"""How a person confirms an order, in words; None where there is no way to one."""

SHOW_THE_PREVIEW = (
    "Nothing was sent. Show the person the preview; only if they agree, repeat this call with the same arguments and"
    " the confirmation_token."
)


async def channel_of(call: Call, environment: Environment) -> ConfirmChannel | None:
    """How this call's person confirms an order in an environment."""
    return choose_channel(
        environment,
        confirm=call.environments.settings.confirm,
        client_can_be_asked=call.person.can_be_asked,
        pin_is_set=await anyio.to_thread.run_sync(call.environments.approvals.pin.is_set),
    )


async def ask_client(call: Call, question: Question, label: str) -> Decision:
    """Have the client ask. In the handshake era a question stands for KIS_APPROVAL_SECONDS.

    Raises:
        AnswerNeeded: The client has to repeat the call with the answer.
    """
    with anyio.move_on_after(call.environments.settings.approval_seconds):
        return await call.person.ask(question, label)
    return Decision(verdict="cancelled", channel="elicitation", reason="nobody answered in time")


async def ask_on_page(call: Call, subject: str, facts: QuestionFacts) -> Decision:
    """Ask on a page of this machine, for KIS_APPROVAL_SECONDS.

    Raises:
        OrderRefused: The PIN is locked.
    """
    return await call.environments.approvals.ask(subject, _said(facts, call.say), call.progress.report)


def _said(facts: QuestionFacts, say: Say) -> QuestionFacts:
    return replace(
        facts,
        headline=say(facts.headline),
        terms={name: say(text) for name, text in facts.terms.items()},
        warnings=tuple(map(say, facts.warnings)),
    )


async def at_once(by: ConfirmChannel) -> Decision:
    """The decision where no person is asked any more."""
    return Decision(verdict="accepted", channel=by)


class Decides(Protocol):
    """Who journals verdicts: the desk on intents, its mandates' part on mandates."""

    async def decide(self, subject: str, decision: Decision, /) -> object: ...


async def decision_on(
    desk: Decides, subjects: Sequence[str], by: ConfirmChannel, asking: Callable[[], Awaitable[Decision]]
) -> Decision:
    """What the person decides. A call that is cancelled before they have answered cancels the intents or mandate."""
    try:
        return await asking()
    except anyio.get_cancelled_exc_class():
        cancelled = Decision(verdict="cancelled", channel=by, reason="the call was cancelled")
        with anyio.CancelScope(shield=True):
            for subject in subjects:
                await desk.decide(subject, cancelled)
        raise


def require_preview(by: ConfirmChannel) -> None:
    """Refuse a token where orders are not confirmed by one.

    Raises:
        BadArgument: They are confirmed another way.
    """
    if by != "preview":
        raise BadArgument(
            "There is no preview to confirm here: "
            + ("orders go out at once." if by == "never" else "the person is asked directly."),
            remedy=f"Call again without {CONFIRMATION_TOKEN}.",
            field=CONFIRMATION_TOKEN,
        )


async def preview_of(call: Call, subjects: Sequence[str], text: str, now: datetime) -> dict[str, object]:
    """What a first call answers with: the question as a preview, and the token by which a second call confirms it.

    Args:
        now: By this machine's clock, for a person has as long in a world whose clock is fast or stands.
    """
    previews = await (await call.brokerage()).previews()
    token, preview = await previews.issue(subjects, call.api.tool, call.values(), now)
    return {
        "status": "needs_confirmation",
        "preview": text,
        CONFIRMATION_TOKEN: token,
        "expires_at": call.environments.told(call.environment, preview.expires_at),
    }


def nobody_to_ask(what: str) -> OrderRefused:
    """The refusal where there is no way to a person."""
    return OrderRefused(
        f"{what} needs a person's confirmation, and this client cannot ask for it: it does not support MCP form"
        " elicitation. Nothing was sent.",
        remedy="Let the person run kis-mcp setup-pin once in a terminal, to approve in the browser from then on, or use"
        " a client that supports form elicitation.",
    )
