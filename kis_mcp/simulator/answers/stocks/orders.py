"""Domestic orders with what became of them."""

from collections.abc import Iterable
from decimal import Decimal

from kis_mcp.simulator.answers.placement import BRANCH, SIDE_NAMES, Answer
from kis_mcp.simulator.answers.portfolio import (
    costs,
)
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.stocks.credit import funding_name, is_funded
from kis_mcp.simulator.engine.model import ZERO, Action, Order, Side
from kis_mcp.simulator.engine.order_types import KRX_TYPES
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")


def daily_ccld(world: World, call: Call) -> Answer:
    """Orders of a range of days with what became of them."""
    orders = [order for order in _orders(world, call) if _wanted(order, call)]
    if call.arguments.get("sort") != "oldest_first":
        orders.reverse()
    filled = sum(order.filled for order in orders)
    amount = sum((order.amount for order in orders), ZERO)
    fills = world.books.fills_for(world.account(call), orders)
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
        "cncl_cfrm_qty": order.cancelled,
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
