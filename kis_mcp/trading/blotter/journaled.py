"""The standing orders that this server's own journal tells of, for when KIS' lists do not show them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from kis_mcp.catalog import Catalog
from kis_mcp.clock import KST
from kis_mcp.market import OrderNotice
from kis_mcp.trading.blotter.after_notices import after_notices, keys_of
from kis_mcp.trading.blotter.lists import OrderList, lists_of
from kis_mcp.trading.blotter.placed_order import SAME_DAY, OrderKey, PlacedOrder, PlacedStatus
from kis_mcp.trading.journal import Journal, Record
from kis_mcp.trading.kis import KisReads
from kis_mcp.trading.order import Action, is_same_order_id, is_same_symbol, reservation_id

_ZERO = Decimal(0)


async def journaled_orders(journal: Journal, kis: KisReads, now: datetime) -> list[PlacedOrder]:
    """The orders of this server's accounts that KIS took within the last `SAME_DAY`, as the journal has them.

    Changes and cancels of them are counted in; of fills only what was notified, so that what remains is the most that
    may be open.
    An order that was changed under a new number is ``amended``, and the order of that number names it.
    """
    own = {await journal.account_id(account) for account in kis.accounts.values()}
    records = [record for record in await journal.accepted_since(now - SAME_DAY) if record.intent.account_id in own]
    notified = await journal.notices([record.intent.id for record in records])
    said: dict[OrderKey, list[OrderNotice]] = {}
    for notice in (notice for notices in notified.values() for notice in notices):
        for key in keys_of(notice):
            said.setdefault(key, []).append(notice)
    return [after_notices(order, said.get(order.key, [])) for order in _after_changes(kis.catalog, records)]


def printed_id_of(catalog: Catalog, record: Record) -> str | None:
    """How tools show the number of an order that KIS' lists do not show."""
    lists = lists_of(catalog, record.intent.tool, record.intent.arguments)
    sent_at = record.best_sent_at
    if record.order_id is None or sent_at is None or not lists or lists[0].session != "reserved":
        return record.order_id
    return reservation_id(record.order_id, record.intent.order.reserved_for or sent_at.astimezone(KST).date())


def _after_changes(catalog: Catalog, records: Sequence[Record]) -> list[PlacedOrder]:
    orders: list[PlacedOrder] = []
    for record in records:
        lists = lists_of(catalog, record.intent.tool, record.intent.arguments)
        if not lists:
            continue
        if record.intent.order.action is Action.NEW:
            if order := journaled_order(record, lists[0]):
                orders.append(order)
            continue
        original = _original(orders, record, lists)
        if original is None:
            continue
        is_cancel = record.intent.order.action is Action.CANCEL
        become = [_after_cancel(original, record)] if is_cancel else _after_change(original, record)
        position = orders.index(original)
        orders[position : position + 1] = become
    return orders


def journaled_order(record: Record, order_list: OrderList) -> PlacedOrder | None:
    """A new order as it was sent; None where KIS has not taken it, or its quantity is not known."""
    order, sent_at = record.intent.order, record.best_sent_at
    if record.order_id is None or sent_at is None or order.quantity is None:
        return None
    return PlacedOrder(
        order_id=record.order_id,
        family=order_list.family,
        branch=record.order_branch or "",
        market=order.market,
        exchange=order.exchange or order_list.usual_exchange,
        currency=order.currency,
        session=order_list.session,
        symbol=order.symbol or "",
        name=order.name,
        side=order.side,
        order_type=order.order_type,
        quantity=order.quantity,
        filled_quantity=_ZERO,
        remaining_quantity=order.quantity,
        price=order.price,
        stop_price=order.stop_price,
        average_fill_price=None,
        status=PlacedStatus.OPEN,
        ordered_at=sent_at,
        order_date=order.reserved_for
        or sent_at.astimezone(order_list.zone if order_list.session is None else KST).date(),
        ours=True,
        in_kis_list=False,
    )


def _original(orders: Sequence[PlacedOrder], record: Record, lists: Sequence[OrderList]) -> PlacedOrder | None:
    """The latest standing order that a change or cancel concerns."""
    wanted, families = record.intent.order, {order_list.family for order_list in lists}
    return next(
        (
            order
            for order in reversed(orders)
            if order.family in families
            and order.is_waiting
            and is_same_order_id(order.order_id, wanted.original_order_id)
            and is_same_symbol(order.symbol, wanted.symbol)
        ),
        None,
    )


def _after_cancel(order: PlacedOrder, record: Record) -> PlacedOrder:
    amount = _amount(order, record)
    rest = order.remaining_quantity - amount
    status = order.status if rest > 0 else PlacedStatus.CANCELLED
    return replace(order, remaining_quantity=rest, status=status)


def _after_change(order: PlacedOrder, record: Record) -> list[PlacedOrder]:
    """What a change leaves of an order, and the order that it became: one and the same where KIS keeps the number."""
    terms, amount = record.intent.order, _amount(order, record)
    changed = replace(
        order,
        order_id=record.order_id or order.order_id,
        original_order_id=order.order_id,
        branch=record.order_branch or order.branch,
        action=Action.MODIFY,
        order_type=terms.order_type or order.order_type,
        price=terms.price if terms.price is not None or terms.order_type == "market" else order.price,
        stop_price=terms.stop_price or order.stop_price,
        quantity=amount,
        remaining_quantity=amount,
        ordered_at=record.best_sent_at,
    )
    if is_same_order_id(changed.order_id, order.order_id):
        return [replace(changed, action=order.action, original_order_id=order.original_order_id)]
    rest = order.remaining_quantity - amount
    return [replace(order, remaining_quantity=rest, status=order.status if rest > 0 else PlacedStatus.AMENDED), changed]


def _amount(order: PlacedOrder, record: Record) -> Decimal:
    """How much of an order a change or cancel concerns."""
    wanted = record.intent.order.quantity
    if wanted is None or record.intent.arguments.get("all_remaining") is True:
        return order.remaining_quantity
    return min(wanted, order.remaining_quantity)
