"""Order placement, amendment and cancellation, at home and abroad."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from kis_mcp.simulator.answers.subject import Facts
from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.engine.broker import Ticket
from kis_mcp.simulator.engine.model import Action, Order, Reservation, Side
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.hosts import Host
from kis_mcp.simulator.ledger import Accepted
from kis_mcp.simulator.replies import missing_element
from kis_mcp.simulator.world import World

BRANCH = "06010"
"""KRX_FWDG_ORD_ORGNO of every order."""

_NO_PRICE = Decimal(0)
_EXCHANGES = {"NASD": "nasdaq", "NAS": "nasdaq", "NYSE": "nyse", "AMEX": "amex"}

Answer = Mapping[str, object]
"""Block key → facts of its record, or a sequence of facts for its rows."""


def order_cash(world: World, call: Call) -> Answer:
    return _placed(world, call, _domestic_ticket(call, _side(call)))


def order_credit(world: World, call: Call) -> Answer:
    side = _side(call)
    ticket = _domestic_ticket(call, side, credit_type=call.text("CRDT_TYPE"), loan_date=call.text("LOAN_DT"))
    return _placed(world, call, ticket)


def overseas_order(world: World, call: Call) -> Answer:
    _require_exchange(world, call)
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=_side(call),
        quantity=call.quantity("ORD_QTY"),
        code=call.text("ORD_DVSN") or "00",
        price=call.price("OVRS_ORD_UNPR"),
        venue=call.text("OVRS_EXCG_CD"),
    )
    if call.host is Host.DEMO and ticket.code != "00":
        raise Rejected(Problem.ORDER_TYPE)
    return _placed(world, call, ticket)


def order_rvsecncl(world: World, call: Call) -> Answer:
    """Whole or in part; the original's exchange must be named."""
    whole = call.text("QTY_ALL_ORD_YN") == "Y"
    quantity = None if whole else call.quantity("ORD_QTY")
    _require_venue(world, call, call.text("EXCG_ID_DVSN_CD") or "KRX")
    return _changed(world, call, quantity, call.text("ORD_DVSN"), "ORD_UNPR")


def overseas_order_rvsecncl(world: World, call: Call) -> Answer:
    _require_venue(world, call, call.text("OVRS_EXCG_CD"))
    return _changed(world, call, call.quantity("ORD_QTY"), "", "OVRS_ORD_UNPR")


def order_resv(world: World, call: Call) -> Answer:
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=Side(call.text("SLL_BUY_DVSN_CD")),
        quantity=call.quantity("ORD_QTY"),
        code=call.text("ORD_DVSN_CD"),
        price=call.price("ORD_UNPR"),
        venue="KRX",
    )
    reservation = world.broker.reserve(world.account(call), ticket, call.now)
    return {"output": [{"rsvn_ord_seq": _accept(world, call, reservation).lstrip("0")}]}


def order_resv_rvsecncl(world: World, call: Call) -> Answer:
    """A change takes the old reservation back and books a new one."""
    account = world.account(call)
    old = world.broker.cancel_reservation(account, call.text("RSVN_ORD_SEQ"), call.now)
    if "cancel" not in call.word.split():
        ticket = Ticket(
            symbol=old.symbol,
            side=old.side,
            quantity=call.quantity("ORD_QTY"),
            code=call.text("ORD_DVSN_CD") or old.code,
            price=call.price("ORD_UNPR"),
            venue="KRX",
        )
        old = world.broker.reserve(account, ticket, call.now)
    _accept(world, call, old)
    return {"output": {"nrml_prcs_yn": "Y"}}


def overseas_order_resv(world: World, call: Call) -> Answer:
    _require_exchange(world, call)
    side = Side.BUY if "buy" in call.word.split() else Side.SELL
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=side,
        quantity=call.quantity("FT_ORD_QTY"),
        code=call.text("ORD_DVSN") or "00",
        price=call.price("FT_ORD_UNPR3"),
        venue=call.text("OVRS_EXCG_CD"),
    )
    reservation = world.broker.reserve(world.account(call), ticket, call.now)
    number = _accept(world, call, reservation)
    day = f"{reservation.received_at:%Y%m%d}"
    return {"output": {"odno": number, "rsvn_ord_rcit_dt": day, "ovrs_rsvn_odno": number}}


def overseas_order_resv_ccnl(world: World, call: Call) -> Answer:
    number = call.text("OVRS_RSVN_ODNO")
    reservation = world.broker.cancel_reservation(world.account(call), number, call.now)
    return {"output": {"ovrs_rsvn_odno": _accept(world, call, reservation)}}


def message(call: Call) -> tuple[str, str]:
    """The code and words of an accepted order."""
    if call.host is Host.REAL:
        return "APBK0013", "주문 전송 완료 되었습니다."
    if "RVSE_CNCL_DVSN_CD" in call.elements:
        return "40630000", "모의투자 정정/취소 주문이 완료 되었습니다."
    if _side(call) is Side.BUY:
        return "40600000", "모의투자 매수주문이 완료 되었습니다."
    return "40610000", "모의투자 매도주문이 완료 되었습니다."


def _side(call: Call) -> Side:
    return Side.BUY if "buy" in call.word.split() else Side.SELL


def _domestic_ticket(call: Call, side: Side, *, credit_type: str = "", loan_date: str = "") -> Ticket:
    return Ticket(
        symbol=call.text("PDNO"),
        side=side,
        quantity=call.quantity("ORD_QTY"),
        code=call.text("ORD_DVSN"),
        price=call.price("ORD_UNPR"),
        stop_price=call.price("CNDT_PRIC"),
        venue=call.text("EXCG_ID_DVSN_CD") or "KRX",
        credit_type=credit_type,
        loan_date=loan_date,
    )


def _placed(world: World, call: Call, ticket: Ticket) -> Answer:
    order = world.broker.place(world.account(call), ticket, call.now)
    return _receipt(world, call, order)


def _changed(world: World, call: Call, quantity: int | None, code: str, price_element: str) -> Answer:
    account, number = world.account(call), call.text("ORGN_ODNO")
    if call.text("RVSE_CNCL_DVSN_CD") == Action.CANCEL:
        return _receipt(world, call, world.broker.cancel(account, number, quantity, call.now))
    original = _original(world, call)
    price, stop = call.price(price_element), call.price("CNDT_PRIC")
    if price == _NO_PRICE and (code or original.code) == "00":
        raise missing_element(price_element)
    order = world.broker.amend(account, number, quantity, code or original.code, price, stop, call.now)
    return _receipt(world, call, order)


def _receipt(world: World, call: Call, order: Order) -> Answer:
    facts: Facts = {
        "krx_fwdg_ord_orgno": BRANCH,
        "odno": _accept(world, call, order),
        "ord_tmd": f"{order.placed_at:%H%M%S}",
    }
    return {"output": facts}


def _accept(world: World, call: Call, accepted: Order | Reservation) -> str:
    world.ledger.accepted.append(Accepted(accepted.number, call.received))
    return accepted.number


def _original(world: World, call: Call) -> Order:
    number = call.text("ORGN_ODNO")
    original = world.broker.orders.get(f"{int(number):010}" if number.isdigit() else "")
    if original is None:
        raise Rejected(Problem.NO_ORIGINAL)
    return original


def _require_venue(world: World, call: Call, venue: str) -> None:
    if _original(world, call).venue != venue:
        raise Rejected(Problem.NO_ORIGINAL)


def _require_exchange(world: World, call: Call) -> None:
    instrument = world.market.find(call.text("PDNO"))
    if instrument is None or _EXCHANGES.get(call.text("OVRS_EXCG_CD")) != instrument.exchange:
        raise Rejected(Problem.UNKNOWN_SYMBOL)


ORDERS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_order_cash": order_cash,
    "domestic_stock_order_credit": order_credit,
    "domestic_stock_order_rvsecncl": order_rvsecncl,
    "domestic_stock_order_resv": order_resv,
    "domestic_stock_order_resv_rvsecncl": order_resv_rvsecncl,
    "overseas_stock_order": overseas_order,
    "overseas_stock_daytime_order": overseas_order,
    "overseas_stock_order_rvsecncl": overseas_order_rvsecncl,
    "overseas_stock_daytime_order_rvsecncl": overseas_order_rvsecncl,
    "overseas_stock_order_resv": overseas_order_resv,
    "overseas_stock_order_resv_ccnl": overseas_order_resv_ccnl,
}
