"""Domestic orders and reservations with what became of them."""

from collections.abc import Iterable
from decimal import Decimal

from kis_mcp.simulator.answers.credit import funding_name, is_funded
from kis_mcp.simulator.answers.placement import BRANCH, SIDE_NAMES, Answer
from kis_mcp.simulator.answers.portfolio import (
    costs,
)
from kis_mcp.simulator.answers.subject import Facts
from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.engine.model import ZERO, Action, Order, Reservation, Side
from kis_mcp.simulator.engine.order_types import KRX_TYPES
from kis_mcp.simulator.replies import refusal_words
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")


def daily_ccld(world: World, call: Call) -> Answer:
    """Orders of a range of days with what became of them."""
    orders = [order for order in _orders(world, call) if _wanted(order, call)]
    if call.arguments.get("sort") != "oldest_first":
        orders.reverse()
    filled = sum(order.filled for order in orders)
    amount = sum((order.amount for order in orders), ZERO)
    numbers = {order.number for order in orders}
    fills = [fill for fill in world.books.fills_of(world.account(call)) if fill.order in numbers]
    totals: Facts = {
        "tot_ord_qty": sum(order.quantity for order in orders),
        "tot_ccld_qty": filled,
        "tot_ccld_amt": amount,
        "prsm_tlex_smtl": costs(fills),
        "pchs_avg_pric": (amount / filled).quantize(_FOUR) if filled else ZERO,
    }
    return {"output1": [_order(world, order) for order in orders], "output2": totals}


def open_orders(world: World, call: Call) -> Answer:
    """What can still be amended or cancelled."""
    side = call.arguments.get("side", "all")
    orders = [order for order in _orders(world, call) if order.remaining and _side_wanted(order.side, side)]
    return {"output": [_order(world, order) for order in orders]}


def pension_orders(world: World, call: Call) -> Answer:
    orders = [order for order in _orders(world, call) if _wanted(order, call)]
    return {"output": [_order(world, order) for order in orders]}


def reservations(world: World, call: Call) -> Answer:
    """Reserved orders by the day they were booked on."""
    account, arguments = world.account(call), call.arguments
    rows = [
        _reservation(world, item)
        for item in world.broker.reservations.values()
        if item.account == account.key
        and world.market.instruments[item.symbol].category == "domestic_stock"
        and call.covers(item.received_at.date())
        and not (item.cancelled_at and arguments.get("active_only", "true") == "true")
        and arguments.get("symbol", item.symbol) == item.symbol
        and _side_wanted(item.side, arguments.get("side", "all"))
    ]
    return {"output": rows}


def _orders(world: World, call: Call) -> Iterable[Order]:
    return world.orders(call, "domestic_stock")


def _wanted(order: Order, call: Call) -> bool:
    arguments = call.arguments
    number = arguments.get("order_id", "")
    status = arguments.get("status", "all")
    return (
        call.covers(order.placed_at.date())
        and _side_wanted(order.side, arguments.get("side", "all"))
        and arguments.get("symbol", order.symbol) == order.symbol
        and (not number or number.zfill(10) == order.number)
        and (status != "filled" or order.filled > 0)
        and (status != "unfilled" or order.remaining > 0)
        and arguments.get("exchange", "all") in ("all", order.venue.lower())
        and is_funded(order, arguments.get("funding", "all"))
    )


def _side_wanted(side: Side, wanted: str) -> bool:
    return wanted in ("all", side.name.lower())


def _order(world: World, order: Order) -> Facts:
    change = order.action.words
    side = f"{funding_name(order)}{SIDE_NAMES[order.side]}"
    order_type = KRX_TYPES[order.code].name
    return {
        "ord_dt": order.placed_at.date(),
        "ord_gno_brno": BRANCH,
        "odno": order.number,
        "orgn_odno": order.original,
        "ord_dvsn_name": order_type,
        "ord_dvsn_cd": order.code,
        "trad_dvsn_name": side,
        "sll_buy_dvsn_cd": order.side.value,
        "sll_buy_dvsn_cd_name": f"{side}{change}{'*' if change else ''}",
        "rvse_cncl_dvsn_name": f"{SIDE_NAMES[order.side]}{change}{'*' if change else ''}",
        "pdno": order.symbol,
        "prdt_name": world.market.instruments[order.symbol].name_ko,
        "ord_qty": order.quantity,
        "ord_unpr": order.price,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "infm_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "avg_prvs": order.average_price.quantize(_FOUR),
        "pchs_avg_pric": order.average_price.quantize(_FOUR),
        "tot_ccld_amt": order.amount,
        "cncl_yn": "Y" if order.action is Action.CANCEL or order.cancelled == order.quantity else "N",
        "loan_dt": order.loan_date,
        "cnc_cfrm_qty": order.cancelled,
        "rmn_qty": order.remaining,
        "nccs_qty": order.remaining,
        "psbl_qty": order.remaining,
        "rjct_qty": 0,
        "ccld_cndt_name": {"ioc": "IOC", "fok": "FOK"}.get(order.in_force, "없음"),
        "prdt_type_cd": "300",
        "excg_dvsn_cd": "02",
        "ord_orgno": BRANCH,
        "excg_id_dvsn_cd": order.venue,
        "excg_id_dvsn_name": order.venue,
        "stpm_cndt_pric": order.trigger or ZERO,
        "stpm_efct_occr_yn": "Y" if order.code == "22" and order.trigger is None else "N",
    }


def _reservation(world: World, item: Reservation) -> Facts:
    order = world.broker.orders.get(item.order)
    state = "취소" if item.cancelled_at else "거부" if item.refused else "처리" if order else "미처리"
    return {
        "rsvn_ord_seq": item.number.lstrip("0"),
        "rsvn_ord_ord_dt": item.day,
        "rsvn_ord_rcit_dt": item.received_at.date(),
        "pdno": item.symbol,
        "ord_dvsn_cd": item.code,
        "ord_dvsn_name": KRX_TYPES[item.code].name,
        "ord_rsvn_qty": item.quantity,
        "tot_ccld_qty": order.filled if order else 0,
        "tot_ccld_amt": order.amount if order else ZERO,
        "cncl_ord_dt": item.cancelled_at.date() if item.cancelled_at else "",
        "cncl_rcit_tmd": f"{item.cancelled_at:%H%M%S}" if item.cancelled_at else "",
        "ord_tmd": f"{order.placed_at:%H%M%S}" if order else "",
        "rjct_rson2": refusal_words(item.refused),
        "odno": item.order,
        "rsvn_ord_rcit_tmd": f"{item.received_at:%H%M%S}",
        "kor_item_shtn_name": world.market.instruments[item.symbol].name_ko,
        "sll_buy_dvsn_cd": item.side.value,
        "ord_rsvn_unpr": item.price,
        "prcs_rslt": state,
        "rsvn_end_dt": item.day,
    }
