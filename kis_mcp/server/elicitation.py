"""Asking the person behind the client, by MCP form elicitation, in both protocol eras.

In the handshake era the question is a request to the client in the middle of the call. Since 2026-07-28 the call ends
with the question and the client repeats it with the answer, so everything before the question runs in an earlier
request than everything after it. What has to survive in between travels through the client as `Question`, sealed by
`RequestStateBoundary` and bound to this tool and these arguments: the client can replay it, but neither read nor alter
it. That an answer counts only once is the order desk's promise, not this module's.
"""

import json
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

import anyio
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    CallToolRequestParams,
    ElicitRequest,
    ElicitRequestedSchema,
    ElicitRequestFormParams,
    ElicitResult,
    InputRequiredResult,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import ValidationError

from kis_mcp.catalog import encodable
from kis_mcp.language import Say

if TYPE_CHECKING:
    from kis_mcp.trading.decision import Decision, Verdict

_KEY = "confirm"
_TYPED = {"quantity": "Type the quantity", "amount": "Type the most in all"}
"""What may have to be typed → what the form says beside it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked, and what it is about.

    Attributes:
        environment: Where it was asked; the answer counts there, whatever was switched to meanwhile.
        subject: What the answer decides, such as an intent's id.
        text: The whole of it, the same in every round.
        quantity: What the person has to type beside the box to tick; None for nothing.
        typed_as: What that is: a ``quantity``, or the ``amount`` that a mandate may bind in all.
    """

    environment: str
    subject: str
    text: str
    quantity: str | None = None
    typed_as: str = "quantity"


class AnswerNeeded(Exception):
    """The call must end with the question; the client will repeat it with the answer."""

    def __init__(self, result: InputRequiredResult) -> None:
        super().__init__("the client has to repeat the call with an answer")
        self.result = result


class Person:
    """Whoever sits behind one tool call's client.

    Args:
        context: The call's context.
        params: The call's parameters, with request_state already opened by the boundary.
        say: In which language they are asked. What travels as `Question` stays English.
    """

    def __init__(self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams, say: Say) -> None:
        self._context = context
        self._say = say
        self._params = params
        self._repeats_calls = context.protocol_version in MODERN_PROTOCOL_VERSIONS

    @property
    def can_be_asked(self) -> bool:
        """Whether the client declared form elicitation and there is a way to reach it."""
        capabilities = self._context.session.client_capabilities
        elicitation = capabilities.elicitation if capabilities else None
        if elicitation is None or (elicitation.form is None and elicitation.url is not None):
            return False
        return self._repeats_calls or self._context.session.can_send_request

    @property
    def repeated_question(self) -> Question | None:
        """The question that this call repeats, where it is such a repetition."""
        if not self._repeats_calls or self._params.request_state is None:
            return None
        return Question(**json.loads(self._params.request_state))

    async def ask(self, question: Question, label: str) -> "Decision":
        """Put the question to the person. ``label`` stands beside the box to tick.

        An acceptance without the tick, or with another quantity, is a no; an answer that is none (a client that fails
        or breaks off) cancels.

        Raises:
            AnswerNeeded: In the modern era, while there is no answer yet.
        """
        schema = _form(question, label, self._say)
        form = ElicitRequestFormParams(message=encodable(self._say(question.text)), requested_schema=schema)
        if not self._repeats_calls:
            return await self._ask_now(form, question)
        response = (self._params.input_responses or {}).get(_KEY) if self.repeated_question == question else None
        if response is None:
            state = json.dumps(asdict(question))
            raise AnswerNeeded(
                InputRequiredResult(input_requests={_KEY: ElicitRequest(params=form)}, request_state=state)
            )
        return _decision(response, question) if isinstance(response, ElicitResult) else _decided("cancelled")

    async def _ask_now(self, form: ElicitRequestFormParams, question: Question) -> "Decision":
        session, request_id = self._context.session, self._context.request_id
        try:
            response = await session.elicit_form(form.message, form.requested_schema, request_id)
        except (MCPError, ValidationError, anyio.BrokenResourceError, anyio.ClosedResourceError):
            return _decided("cancelled", "the client failed to ask")
        return _decision(response, question)


def _form(question: Question, label: str, say: Say) -> ElicitRequestedSchema:
    properties: dict[str, Any] = {_KEY: {"type": "boolean", "title": say(label), "default": False}}
    if question.quantity is not None:
        properties[question.typed_as] = {
            "type": "integer" if question.quantity.isdigit() else "number",
            "title": say(_TYPED[question.typed_as]),
            "description": say("As it stands above: real money is at stake."),
        }
    return {"type": "object", "properties": properties, "required": list(properties)}


def _decision(response: ElicitResult, question: Question) -> "Decision":
    if response.action != "accept":
        return _decided("declined" if response.action == "decline" else "cancelled")
    content = response.content or {}
    if content.get(_KEY) is not True:
        return _decided("declined", "the box was not ticked")
    if question.quantity is not None and _number(content.get(question.typed_as)) != Decimal(question.quantity):
        return _decided("declined", f"another {question.typed_as} was typed")
    return _decided("accepted")


def _number(typed: object) -> Decimal | None:
    """A number as clients send what was typed."""
    try:
        number = None if isinstance(typed, bool) else Decimal(str(typed))
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() else None


def _decided(verdict: "Verdict", reason: str = "") -> "Decision":
    from kis_mcp.trading.decision import Decision

    return Decision(verdict=verdict, channel="elicitation", reason=reason)
