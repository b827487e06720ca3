"""An order's way through MCP: propose it at the desk, ask the person, decide, execute.

Every promise about orders (guard, journal, one claim, nothing sent twice) is the desk's. What is kept here is that a
person is asked where the settings want it, and that a client which cannot ask gets a refusal that it can read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from kis_mcp.catalog.apis import Page
from kis_mcp.environment import Environment
from kis_mcp.errors import OrderRefused
from kis_mcp.server.call import Call, page
from kis_mcp.server.confirmation import Asked
from kis_mcp.trading.answers import OrderOutcome
from kis_mcp.trading.desk import OrderDesk
from kis_mcp.trading.journal import Decision, Status
from kis_mcp.trading.orders import OrderCall

_NOT_ASKED = Decision(verdict="accepted", channel="never")


async def send_order(
    call: Call, prepare: Callable[[], Awaitable[OrderCall]], idempotency_key: str | None = None
) -> Page:
    """Take one order from the call to KIS' answer.

    Args:
        prepare: Says which KIS order it is; not asked when the call only repeats one with the person's answer.

    Raises:
        AnswerNeeded: The client has to repeat the call with the person's answer.
        OrderRefused, OrderRejected, OrderStateUnknown, BadArgument and others: As the desk says.
    """
    asks = call.environments.settings.confirm == "ask" or call.environment is Environment.REAL
    asked = call.person.asked
    if asked is None:
        if asks and not call.person.can_be_asked:
            raise _nobody_to_ask(call.environment)
        desk = await (await call.session()).desk()
        order = await prepare()
        api = call.environments.catalog.find(order.tool)
        assert api is not None
        proposal = await desk.propose(api, order.arguments, idempotency_key=idempotency_key)
        if proposal.outcome is not None:
            return _answer(call, proposal.outcome)
        asked = Asked(call.environment.value, proposal.intent_id, proposal.question)
        if proposal.status is not Status.PROPOSED:
            return _answer(call, await desk.execute(asked.subject))
    desk = await (await call.session()).desk()
    decision = await _ask(call, desk, asked) if asks else _NOT_ASKED
    await desk.decide(asked.subject, decision)
    return _answer(call, await desk.execute(asked.subject))


async def _ask(call: Call, desk: OrderDesk, asked: Asked) -> Decision:
    """The person's verdict. A call that is cancelled while the question stands cancels the intent."""
    try:
        answer = await call.person.ask(asked, "Send it")
    except anyio.get_cancelled_exc_class():
        with anyio.CancelScope(shield=True):
            await desk.decide(
                asked.subject, Decision(verdict="cancelled", channel="elicitation", reason="the call was cancelled")
            )
        raise
    return Decision(verdict=answer, channel="elicitation")


def _nobody_to_ask(environment: Environment) -> OrderRefused:
    remedy = "Use a client that supports MCP form elicitation"
    if environment is not Environment.REAL:
        remedy += f", or set KIS_CONFIRM=never, which lets orders in {environment} out without asking"
    return OrderRefused(
        "An order needs a person's confirmation, and this client cannot ask for it: it does not support MCP form"
        " elicitation. Nothing was sent.",
        remedy=f"{remedy}.",
    )


def _answer(call: Call, outcome: OrderOutcome) -> Page:
    order = outcome.order
    told = {
        "intent_id": outcome.intent_id,
        "status": outcome.status.value,
        "order_id": outcome.order_id,
        "original_order_id": order.original_order_id,
        "symbol": order.symbol,
        "name": order.name,
        "market": order.market,
        "exchange": order.exchange,
        "side": order.side,
        "order_type": order.order_type,
        "quantity": order.quantity,
        "price": order.price,
        "message": outcome.message,
    }
    return page(call.environments.clock(), order={name: fact for name, fact in told.items() if fact not in (None, "")})
