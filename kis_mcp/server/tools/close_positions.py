"""Closing positions: one question for all orders, each of which then takes the desk's one way by itself.

What the person is asked is journaled before, order by order. What happens after their answer is in `closing_round`.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

import anyio

from kis_mcp.catalog import CONFIRMATION_TOKEN, Page, check_arguments, reading_for_an_order
from kis_mcp.confirm import ConfirmChannel
from kis_mcp.environment import Environment
from kis_mcp.errors import KisMcpError, OrderRefused
from kis_mcp.server.elicitation import Question
from kis_mcp.server.tools.call import Call, page, page_of
from kis_mcp.server.tools.closing_round import ClosingRound, order_row
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
from kis_mcp.server.tools.send_order import fingerprint_of
from kis_mcp.trading.blotter import PlacedOrder, journaled_orders, list_orders
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import (
    Closing,
    OrderDesk,
    Proposal,
    QuestionFacts,
    draft_cancel,
    draft_closing_in_lots,
    is_held_by,
    joint_question,
    pick_closings,
)
from kis_mcp.trading.order import Action
from kis_mcp.trading.portfolio import read_holdings
from kis_mcp.trading.venues import market_of
from kis_mcp.wiring import Reads

_LABEL = "Send them"
_UNKNOWN = "Never close again what is unknown: look with get_order_status what became of it."


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is proposed to the person, and what of the positions stays and why."""

    proposals: Sequence[Proposal]
    left: Sequence[dict[str, Any]]
    notes: Sequence[str]

    @property
    def intent_ids(self) -> list[str]:
        return [proposal.intent_id for proposal in self.proposals]


async def close_positions(call: Call) -> Page:
    if question := call.person.repeated_question:
        asking = partial(ask_client, call, question, _LABEL)
        intent_ids, left = _read_subject(question.subject)
        return await _decide_and_send(call, intent_ids, "elicitation", asking, left=left)
    by = await channel_of(call, call.environment)
    if by is None:
        raise nobody_to_ask("Closing positions")
    if call.arguments.get(CONFIRMATION_TOKEN):
        require_preview(by)
        previews = await (await call.brokerage()).previews()
        now = call.environments.clock()
        intent_ids = await previews.redeem(call.api.tool, call.values(), now)
        return await _decide_and_send(call, intent_ids, by, partial(at_once, by))
    desk = await (await call.brokerage()).desk()
    with reading_for_an_order():
        plan = await _propose(call, desk)
    if not plan.proposals:
        raise _nothing_to_send(plan)
    text, facts = _question_of(plan)
    match by:
        case "elicitation":
            asking = partial(ask_client, call, _question(call, plan, text), _LABEL)
        case "page":
            asking = partial(ask_on_page, call, " ".join(plan.intent_ids), facts)
        case "preview":
            return await _preview(call, plan, text)
        case "never":
            asking = partial(at_once, by)
    return await _decide_and_send(call, plan.intent_ids, by, asking, left=plan.left, notes=plan.notes)


async def _propose(call: Call, desk: OrderDesk) -> _Plan:
    """Propose an order for each position that is named, and a cancel for what holds one, where that was asked."""
    values, reads = call.values(), await call.reads()
    markets = [market_of(word) for word in values.get("markets", ())]
    held = await read_holdings(reads, markets or None, fresh=True)
    closings = pick_closings(held.lots, values.get("symbols", ()), markets, values.get("kinds", ()))
    open_orders, problems = await _read_open_orders(call, reads, desk, closings)
    proposals: list[Proposal] = []
    left: list[dict[str, Any]] = []
    for closing in closings:
        holders = [order for order in open_orders if is_held_by(order, closing)]
        found, stays = await _propose_one(call, desk, reads, closing, holders)
        proposals += found
        left += stays
    return _Plan(proposals, left, [*held.notes, *problems])


async def _read_open_orders(
    call: Call, reads: Reads, desk: OrderDesk, closings: Sequence[Closing]
) -> tuple[list[PlacedOrder], list[str]]:
    """The open orders of the markets in which a position cannot be closed whole."""
    short = {one.position.market for one in closings if one.closable < abs(one.position.quantity or 0)}
    if not short:
        return [], []
    journal = await (await call.brokerage()).journal()
    return await list_orders(reads, journal, short, clock=reads.clock, status="open", notices=desk.notices)


async def _propose_one(
    call: Call, desk: OrderDesk, reads: Reads, closing: Closing, holders: Sequence[PlacedOrder]
) -> tuple[list[Proposal], list[dict[str, Any]]]:
    """The proposals for one position, cancels first, and what of it stays."""
    numbers = ", ".join(order.printed_id for order in holders)
    if closing.why_not:
        return [], [_left(closing, closing.why_not, numbers)]
    cancels: list[Proposal] = []
    problems: list[str] = []
    freed = Decimal(0)
    if call.values()["cancel_open_orders"]:
        for order in holders:
            try:
                cancels.append(await _propose_cancel(call, desk, reads, order))
            except KisMcpError as error:
                problems.append(f"Order {order.printed_id} cannot be cancelled: {error.what}")
                continue
            freed += order.remaining_quantity
    quantity = min(closing.closable + int(freed), int(abs(closing.position.quantity or 0)))
    if quantity < 1:
        problems.append("Open orders hold all of it." if holders else "Nothing of it can be sold or closed now.")
        return [], [_left(closing, " ".join(problems), numbers)]
    try:
        arguments, odd_rest = await draft_closing_in_lots(reads, closing, quantity)
        order = await desk.propose(arguments, call=fingerprint_of(call), freed=freed)
    except KisMcpError as error:
        return [], [_left(closing, " ".join([*problems, str(error)]), numbers)]
    if odd_rest:
        problems.append(odd_rest)
    if len(cancels) < len(holders):
        problems.append(f"Open orders hold a part; only {quantity} can be closed.")
    return [*cancels, order], [_left(closing, " ".join(problems), numbers)] if problems else []


async def _propose_cancel(call: Call, desk: OrderDesk, reads: Reads, order: PlacedOrder) -> Proposal:
    now = reads.clock()
    journaled = await journaled_orders(await (await call.brokerage()).journal(), reads, now)
    session = order.session or "regular"
    drafted = await draft_cancel(reads, order.market, order.order_id, session=session, now=now, journaled=journaled)
    api = reads.catalog.find(drafted.tool)
    assert api is not None, drafted.tool
    return await desk.propose(check_arguments(api, drafted.arguments), call=fingerprint_of(call))


def _left(closing: Closing, why: str, numbers: str) -> dict[str, Any]:
    position = closing.position
    row = {
        "symbol": position.symbol,
        "name": position.name,
        "market": position.market,
        "quantity": position.quantity,
        "open_orders": numbers,
        "why": why,
    }
    return {name: value for name, value in row.items() if value not in (None, "")}


def _nothing_to_send(plan: _Plan) -> OrderRefused:
    told = " ".join(f"{row['symbol']}: {row['why']}" for row in plan.left)
    return OrderRefused(
        f"No position can be closed. {told}".strip() if plan.left else "There is no position to close.",
        remedy="See get_positions and get_orders; with cancel_open_orders=true what open orders hold is freed first."
        if any("open_orders" in row for row in plan.left)
        else "See get_positions.",
    )


def _question_of(plan: _Plan) -> tuple[str, QuestionFacts]:
    count = sum(one.order.action is Action.NEW for one in plan.proposals)
    headline = f"CLOSE {count} {'position' if count == 1 else 'positions'}"
    stays = [f"{row.get('name', row['symbol'])}: {row['why']}" for row in plan.left]
    return joint_question(headline, [one.facts for one in plan.proposals], str(_total(plan.proposals)), stays)


def _total(proposals: Sequence[Proposal]) -> int:
    orders = [one.order for one in proposals if one.order.action is Action.NEW]
    return int(sum((order.quantity or Decimal(0) for order in orders), Decimal(0)))


def _question(call: Call, plan: _Plan, text: str) -> Question:
    """The question for the client. With real money the total of all quantities is typed, as an order's own is."""
    typed = str(_total(plan.proposals)) if call.environment is Environment.REAL else None
    subject = json.dumps([plan.intent_ids, list(plan.left)], default=str)
    return Question(call.environment.value, subject, text, typed)


def _read_subject(subject: str) -> tuple[list[str], list[dict[str, Any]]]:
    """The intents that a repeated question is about, and what was left when it was asked."""
    intent_ids, left = json.loads(subject)
    return intent_ids, [row | {"quantity": Decimal(row["quantity"])} if "quantity" in row else row for row in left]


async def _preview(call: Call, plan: _Plan, text: str) -> Page:
    confirmation = await preview_of(call, plan.intent_ids, text, call.environments.clock())
    return page(
        call.now(),
        notes=[SHOW_THE_PREVIEW, *plan.notes],
        orders=[order_row(one.order, one.intent_id, "proposed") for one in plan.proposals],
        left=list(plan.left),
        confirmation=confirmation,
    )


async def _decide_and_send(
    call: Call,
    intent_ids: Sequence[str],
    by: ConfirmChannel,
    asking: Callable[[], Awaitable[Decision]],
    *,
    left: Sequence[dict[str, Any]] = (),
    notes: Sequence[str] = (),
) -> Page:
    """Decide all intents as the person does, and send those whose position is still as it was asked about.

    A call that is cancelled before they have answered cancels the intents; after that the answer counts.
    """
    desk = await (await call.brokerage()).desk()
    decision = await decision_on(desk, intent_ids, by, asking)
    rows: list[dict[str, Any]] = []
    with anyio.CancelScope(shield=True):
        rows = await ClosingRound(desk, await call.reads()).run(intent_ids, decision)
    if not any(row["status"] in ("accepted", "needless", "unknown") for row in rows):
        told = " ".join(dict.fromkeys(f"{row.get('symbol', '')}: {row['message']}" for row in rows))
        raise OrderRefused(
            f"No position was closed. {told}", remedy="See get_positions before you ask the person again."
        )
    unknown = [_UNKNOWN] if any(row["status"] == "unknown" for row in rows) else []
    return page_of(await call.reads(), notes=[*unknown, *notes], orders=rows, left=list(left))
