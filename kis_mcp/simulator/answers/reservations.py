"""Reserved orders: booked, changed, cancelled and listed."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from kis_mcp.simulator.answers.overseas.places import listing, on_exchange, require_exchange
from kis_mcp.simulator.answers.placement import (
    BRANCH,
    SIDE_NAMES,
    Answer,
    accept,
    require,
    side_of,
)
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.stocks.credit import credit_type_of, loan_date_of
from kis_mcp.simulator.engine.model import Action, Reservation, Side, Ticket
from kis_mcp.simulator.engine.order_types import KRX_TYPES
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Category
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import refusal_words
from kis_mcp.simulator.world import World

_OWN_CASH = "10"
_NOBODY_HAS = frozenset({"12", "14"})
"""Shares that secure a loan, or that are lent out."""


def order_resv(world: World, call: Call) -> Answer:
    ticket = _ticket(world, call)
    reservation = world.broker.reserve(world.account(call), ticket, call.day("end_date"), call.now)
    return {"output": [{"rsvn_ord_seq": accept(world, call, reservation).lstrip("0")}]}


def order_resv_rvsecncl(world: World, call: Call) -> Answer:
    """A change keeps the number."""
    reservation = _found(world, call, "RSVN_ORD_SEQ", "domestic_stock")
    require(call.day("reservation_date") == reservation.day)
    require(call.text("RSVN_ORD_ORGNO") in ("", "00", BRANCH))
    if "cancel" in call.word.split():
        world.broker.reservations.cancel(reservation, call.now)
    else:
        world.broker.amend_reservation(reservation, _ticket(world, call), call.day("end_date"), call.now)
    accept(world, call, reservation)
    return {"output": {"nrml_prcs_yn": "Y"}}


def overseas_order_resv(world: World, call: Call) -> Answer:
    """Booked; in Asia also taken back."""
    require_exchange(world, call)
    if call.text("RVSE_CNCL_DVSN_CD") == Action.CANCEL:
        return overseas_order_resv_ccnl(world, call)
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=side_of(call),
        quantity=call.quantity("FT_ORD_QTY"),
        code=call.text("ORD_DVSN") or "00",
        price=call.price("FT_ORD_UNPR3"),
        venue=call.text("OVRS_EXCG_CD"),
    )
    if call.host is Host.DEMO and ticket.code != "00":
        raise Rejected(Problem.ORDER_TYPE)
    reservation = world.broker.reserve(world.account(call), ticket, None, call.now)
    return {"output": _receipt_abroad(world, call, reservation)}


def overseas_order_resv_ccnl(world: World, call: Call) -> Answer:
    reservation = _found(world, call, "OVRS_RSVN_ODNO", "overseas_stock")
    require(call.day("reservation_date") == reservation.received_at.date())
    require(call.text("PDNO") in ("", reservation.ticket.symbol))
    world.broker.reservations.cancel(reservation, call.now)
    return {"output": _receipt_abroad(world, call, reservation)}


def order_resv_ccnl(world: World, call: Call) -> Answer:
    """Those at home by the day they were booked on."""
    arguments = call.arguments
    number, side, status = (arguments.get(name, "") for name in ("reservation_id", "side", "status"))
    rows = [
        _row(world, item)
        for item in _booked(world, call, "domestic_stock")
        if not (item.cancelled_at and arguments.get("active_only", "true") == "true")
        and arguments.get("symbol", item.ticket.symbol) == item.ticket.symbol
        and side in ("", "all", item.ticket.side.name.lower())
        and (not number or number.zfill(10) == item.number)
        and (status not in ("processed", "pending") or (status == "pending") is item.waits)
    ]
    return {"output": rows}


def overseas_order_resv_list(world: World, call: Call) -> Answer:
    """Those in the US or in Asia by the day they were booked on."""
    listed = world.market.instruments
    booked = _booked(world, call, "overseas_stock")
    return {"output": [_row_abroad(world, item) for item in booked if on_exchange(listed[item.ticket.symbol], call)]}


def _receipt_abroad(world: World, call: Call, reservation: Reservation) -> Facts:
    number = accept(world, call, reservation)
    return {"odno": number, "rsvn_ord_rcit_dt": reservation.received_at.date(), "ovrs_rsvn_odno": number}


def _ticket(world: World, call: Call) -> Ticket:
    """A domestic order as reserved; shares that are not the account's own are named with their loan."""
    world.listed(call, call.text("PDNO"))
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=Side(call.text("SLL_BUY_DVSN_CD")),
        quantity=call.quantity("ORD_QTY"),
        code=call.text("ORD_DVSN_CD"),
        price=call.price("ORD_UNPR"),
        venue="KRX",
    )
    source = call.text("ORD_OBJT_CBLC_DVSN_CD") or _OWN_CASH
    if source == _OWN_CASH:
        return ticket
    if source in _NOBODY_HAS:
        raise Rejected(Problem.NO_HOLDINGS)
    kind = credit_type_of(call, "ORD_OBJT_CBLC_DVSN_CD", ticket.side)
    return replace(ticket, credit_type=kind.code, loan_date="" if kind.opens else loan_date_of(call, kind))


def _found(world: World, call: Call, element: str, category: Category) -> Reservation:
    reservation = world.broker.reservations.find(world.account(call), call.text(element))
    require(world.market.instruments[reservation.ticket.symbol].category == category)
    return reservation


def _booked(world: World, call: Call, category: Category) -> list[Reservation]:
    account, listed = world.account(call), world.market.instruments
    return [
        item
        for item in world.broker.reservations.all.values()
        if item.account == account.key
        and listed[item.ticket.symbol].category == category
        and call.covers(item.received_at.date())
    ]


def _row(world: World, item: Reservation) -> Facts:
    ticket, orders = item.ticket, [world.broker.orders[number] for number in item.orders]
    state = "취소" if item.cancelled_at else "거부" if item.refused else "처리" if orders else "미처리"
    return {
        "rsvn_ord_seq": item.number.lstrip("0"),
        "rsvn_ord_ord_dt": item.day,
        "rsvn_ord_rcit_dt": item.received_at.date(),
        "pdno": ticket.symbol,
        "ord_dvsn_cd": ticket.code,
        "ord_dvsn_name": KRX_TYPES[ticket.code].name,
        "ord_rsvn_qty": ticket.quantity,
        "tot_ccld_qty": sum(order.filled for order in orders),
        "tot_ccld_amt": sum(order.amount for order in orders),
        "cncl_ord_dt": item.cancelled_at.date() if item.cancelled_at else "",
        "cncl_rcit_tmd": f"{item.cancelled_at:%H%M%S}" if item.cancelled_at else "",
        "ord_tmd": f"{orders[-1].placed_at:%H%M%S}" if orders else "",
        "rjct_rson2": refusal_words(item.refused) or ("정상 처리 완료되었습니다." if orders else ""),
        "odno": orders[-1].number if orders else "",
        "rsvn_ord_rcit_tmd": f"{item.received_at:%H%M%S}",
        "kor_item_shtn_name": world.market.instruments[ticket.symbol].name_ko,
        "sll_buy_dvsn_cd": ticket.side.value,
        "ord_rsvn_unpr": ticket.price,
        "loan_dt": ticket.loan_date,
        "prcs_rslt": state,
        "rsvn_end_dt": item.end or item.day,
    }


def _row_abroad(world: World, item: Reservation) -> Facts:
    ticket, orders = item.ticket, [world.broker.orders[number] for number in item.orders]
    code, state = ("02", "취소") if item.cancelled_at else ("03", "거부") if item.refused else ("01", "접수")
    return {
        **listing(world.market.instruments[ticket.symbol]),
        "cncl_yn": "Y" if item.cancelled_at else "N",
        "rsvn_ord_rcit_dt": item.received_at.date(),
        "ovrs_rsvn_odno": item.number,
        "ord_dt": item.day,
        "ord_gno_brno": BRANCH,
        "odno": orders[-1].number if orders else "",
        "sll_buy_dvsn_cd": ticket.side.value,
        "sll_buy_dvsn_cd_name": SIDE_NAMES[ticket.side],
        "ovrs_rsvn_ord_stat_cd": code,
        "ovrs_rsvn_ord_stat_cd_name": state,
        "ord_rcit_tmd": f"{item.received_at:%H%M%S}",
        "ord_fwdg_tmd": f"{orders[-1].placed_at:%H%M%S}" if orders else "",
        "tr_dvsn_name": SIDE_NAMES[ticket.side],
        "ft_ord_qty": ticket.quantity,
        "ft_ord_unpr3": ticket.price,
        "ft_ccld_qty": sum(order.filled for order in orders),
        "nprc_rson_text": refusal_words(item.refused),
    }


RESERVATIONS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_order_resv": order_resv,
    "domestic_stock_order_resv_rvsecncl": order_resv_rvsecncl,
    "domestic_stock_order_resv_ccnl": order_resv_ccnl,
    "overseas_stock_order_resv": overseas_order_resv,
    "overseas_stock_order_resv_ccnl": overseas_order_resv_ccnl,
    "overseas_stock_order_resv_list": overseas_order_resv_list,
}
