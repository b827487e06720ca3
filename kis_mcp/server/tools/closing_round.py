"""What happens to the orders that close positions once a person has answered: each ends by itself."""

import logging
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import anyio

from kis_mcp.catalog import check_arguments
from kis_mcp.errors import KisMcpError, OrderRefused, OrderRejected
from kis_mcp.trading.decision import Decision
from kis_mcp.trading.desk import OrderDesk, is_unchanged
from kis_mcp.trading.guard import read_selling_lot
from kis_mcp.trading.journal import Record
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, Order, is_same_symbol
from kis_mcp.trading.portfolio import Holding, read_holdings

_CHANGED = "The position is not any more as the person was asked about, or could not be read again."

_log = logging.getLogger(__name__)


class ClosingRound:
    """The intents of one question. Cancels go first; then the orders whose position is as it was asked about."""

    def __init__(self, desk: OrderDesk, kis: KisReads) -> None:
        self._desk = desk
        self._kis = kis

    async def run(self, intent_ids: Sequence[str], decision: Decision) -> list[dict[str, Any]]:
        """Decide and send; a row for each intent, in their order.

        An intent that was decided before keeps that verdict, and is answered with what became of it.
        """
        records = [await self._desk.look_up(intent_id) for intent_id in intent_ids]
        cancels = [one for one in records if one.intent.order.action is Action.CANCEL]
        closes = [one for one in records if one.intent.order.action is Action.NEW]
        rows: dict[str, dict[str, Any]] = {}
        if cancels:
            lots = await self._read_lots(closes, decision)
            kept = [one.intent.order for one in closes if await self._is_unchanged(one, lots, _held(one, cancels))]
            await self._decide(cancels, decision, kept)
            rows |= await self._execute(cancels)
        lots = await self._read_lots(closes, decision)
        kept = [one.intent.order for one in closes if await self._is_unchanged(one, lots)]
        await self._decide(closes, decision, kept)
        rows |= await self._execute(closes)
        return [rows[intent_id] for intent_id in intent_ids]

    async def _read_lots(self, closes: Sequence[Record], decision: Decision) -> Sequence[Holding]:
        """What is held now in the markets of the orders; nothing after a no, and where KIS cannot be asked."""
        if decision.verdict != "accepted":
            return ()
        try:
            held = await read_holdings(self._kis, {one.intent.order.market for one in closes}, fresh=True)
        except KisMcpError as error:
            _log.warning("The positions could not be read before they were closed: %s", error)
            return ()
        return held.lots

    async def _is_unchanged(self, close: Record, lots: Sequence[Holding], freed: int = 0) -> bool:
        """Whether a position is still what its order was made for; if its lot cannot be read, only if it is no more."""
        order, api = close.intent.order, self._kis.catalog.find(close.intent.tool)
        if is_unchanged(order, lots, freed) or not lots or api is None:
            return is_unchanged(order, lots, freed)
        try:
            lot = await read_selling_lot(self._kis, check_arguments(api, close.intent.arguments))
        except KisMcpError as error:
            _log.warning("The lot of %s could not be read: %s", order.symbol, error)
            return False
        return is_unchanged(order, lots, freed, lot)

    async def _decide(self, records: Sequence[Record], decision: Decision, unchanged: Sequence[Order]) -> None:
        """Pass the person's answer on; their yes only for what is about an unchanged position."""
        refused = Decision(verdict="refused", channel="guard", reason=_CHANGED)
        for record in records:
            holds = any(_is_same_position(record.intent.order, order) for order in unchanged)
            is_no = decision.verdict != "accepted"
            await self._desk.decide(record.intent.id, decision if is_no or holds else refused)

    async def _execute(self, records: Sequence[Record]) -> dict[str, dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = {}

        async def execute(record: Record) -> None:
            rows[record.intent.id] = await self._end(record)

        async with anyio.create_task_group() as orders:
            for record in records:
                orders.start_soon(execute, record)
        return rows

    async def _end(self, record: Record) -> dict[str, Any]:
        """What became of one intent. One order's failure hides no other's: what is not certain is unknown."""
        order, intent_id = record.intent.order, record.intent.id
        try:
            outcome = await self._desk.execute(intent_id)
        except (OrderRefused, OrderRejected) as error:
            status = "refused" if isinstance(error, OrderRefused) else "rejected"
            return order_row(order, intent_id, status, message=str(error))
        except KisMcpError as error:
            return order_row(order, intent_id, "unknown", message=str(error))
        except Exception:
            _log.exception("Order intent %s could not be followed to its end", intent_id)
            return order_row(order, intent_id, "unknown", message="This server made a mistake; see get_order_status.")
        return order_row(order, intent_id, outcome.status.value, order_id=outcome.order_id, message=outcome.message)


def order_row(
    order: Order, intent_id: str, status: str, *, order_id: str | None = None, message: str = ""
) -> dict[str, Any]:
    """An order of the round as the tool shows it."""
    row = {
        "symbol": order.symbol,
        "name": order.name,
        "market": order.market,
        "exchange": order.exchange,
        "side": order.side,
        "order_type": "cancel" if order.action is Action.CANCEL else order.order_type or "limit",
        "quantity": order.quantity,
        "price": order.price,
        "currency": order.currency,
        "amount": _amount_of(order),
        "status": status,
        "order_id": order_id,
        "original_order_id": order.original_order_id,
        "intent_id": intent_id,
        "message": message,
    }
    return {name: value for name, value in row.items() if value not in (None, "")}


def _amount_of(order: Order) -> Decimal | None:
    """What an order is worth at its price, else at the last one: not at the day's limit, as `Order.amount` has it."""
    return order.amount if order.price is not None else order.expected_amount


def _held(close: Record, cancels: Sequence[Record]) -> int:
    """What the orders hold that are to be cancelled for a close."""
    orders = [one.intent.order for one in cancels if _is_same_position(one.intent.order, close.intent.order)]
    return int(sum((order.quantity or Decimal(0) for order in orders), Decimal(0)))


def _is_same_position(one: Order, other: Order) -> bool:
    return one.market == other.market and is_same_symbol(one.symbol or "", other.symbol)
