"""Orders in futures and options, at home and abroad, and in bonds."""

from collections.abc import Callable, Mapping

from kis_mcp.simulator.answers.placement import Answer, changed, original_of, placed, require, side_of
from kis_mcp.simulator.engine.model import ZERO, Order, Side, Ticket
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import wrong_element
from kis_mcp.simulator.world import World

NIGHT = "night"
"""The venue of night orders; day orders' is "day"."""

_MARKET_ABROAD = "2"
_UNTIL_EXPIRY = "5"
"""KIS' GTD; a request has no element for the date, so that here it is the contract's last trading day."""


def order(world: World, call: Call) -> Answer:
    ticket = Ticket(
        symbol=call.text("SHTN_PDNO"),
        side=side_of(call),
        quantity=call.quantity("ORD_QTY"),
        code=call.text("ORD_DVSN_CD"),
        price=call.price("UNIT_PRICE"),
        venue=call.word,
    )
    return placed(world, call, ticket)


def order_rvsecncl(world: World, call: Call) -> Answer:
    """In the original's session; by day whole or in part, by night whole. Demo and the night want a quantity always."""
    original = original_of(world, call)
    require(original.venue == call.word)
    named = call.text("ORD_QTY") not in ("", "0") or call.host is Host.DEMO or call.word == NIGHT
    quantity = call.quantity("ORD_QTY") if named else None
    if call.word == NIGHT and quantity != original.remaining:
        raise Rejected(Problem.NOTHING_LEFT)
    if call.text("RMN_QTY_YN") == "Y":
        quantity = None
    return changed(world, call, quantity, call.text("ORD_DVSN_CD"), "UNIT_PRICE")


def overseas_order(world: World, call: Call) -> Answer:
    """Only a market order has the condition of one."""
    if (call.text("CCLD_CNDT_CD") == _MARKET_ABROAD) != (call.text("PRIC_DVSN_CD") == _MARKET_ABROAD):
        raise wrong_element("CCLD_CNDT_CD")
    ticket = Ticket(
        symbol=call.text("OVRS_FUTR_FX_PDNO"),
        side=side_of(call),
        quantity=call.quantity("FM_ORD_QTY"),
        code=call.text("PRIC_DVSN_CD"),
        price=call.price("FM_LIMIT_ORD_PRIC"),
        stop_price=call.price("FM_STOP_ORD_PRIC"),
        lives_on=call.text("CCLD_CNDT_CD") == _UNTIL_EXPIRY,
    )
    return placed(world, call, ticket)


def overseas_order_rvsecncl(world: World, call: Call) -> Answer:
    """All that remains of an order of a day, its number with its zeros; on request a market order takes its place."""
    original = original_of(world, call)
    require(call.text("ORGN_ODNO") == original.number[2:])
    require(f"{original.day:%Y%m%d}" == call.text("ORGN_ORD_DT"))
    left = original.remaining
    receipt = changed(world, call, None, "", "FM_LIMIT_ORD_PRIC", "FM_STOP_ORD_PRIC")
    if call.word == "cancel" and call.text("FM_MKPR_CVSN_YN") == "Y":
        return placed(world, call, _at_market(original, left))
    return receipt


def bond_order(world: World, call: Call) -> Answer:
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=Side.BUY if call.api.slug == "buy" else Side.SELL,
        quantity=_face_value(call, is_general=call.text("SAMT_MKET_PTCI_YN") != "Y"),
        code="00",
        price=call.price("BOND_ORD_UNPR"),
        venue="small" if call.text("SAMT_MKET_PTCI_YN") == "Y" else "general",
    )
    return placed(world, call, ticket)


def bond_order_rvsecncl(world: World, call: Call) -> Answer:
    """Whole or in part; the original's bond must be named."""
    original = original_of(world, call)
    require(original.symbol == call.text("PDNO"))
    whole = call.text("QTY_ALL_ORD_YN") == "Y"
    quantity = None if whole else _face_value(call, is_general=original.venue == "general")
    return changed(world, call, quantity, "", "BOND_ORD_UNPR")


def _face_value(call: Call, *, is_general: bool) -> int:
    """In thousands of won; the general market takes tens of them.

    Raises:
        Refusal: It is no such number.
    """
    quantity = call.quantity("ORD_QTY2")
    if is_general and quantity % 10:
        raise wrong_element("ORD_QTY2")
    return quantity


def _at_market(order: Order, quantity: int) -> Ticket:
    return Ticket(order.symbol, order.side, quantity, _MARKET_ABROAD, ZERO)


CONTRACT_ORDERS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_fo_order": order,
    "domestic_fo_order_rvsecncl": order_rvsecncl,
    "overseas_fo_order": overseas_order,
    "overseas_fo_order_rvsecncl": overseas_order_rvsecncl,
    "domestic_bond_buy": bond_order,
    "domestic_bond_sell": bond_order,
    "domestic_bond_order_rvsecncl": bond_order_rvsecncl,
}
