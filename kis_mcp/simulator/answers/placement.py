"""Order placement, amendment and cancellation: of shares, and what all categories share."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from kis_mcp.simulator.answers.overseas.places import concerns, require_exchange
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.stocks.credit import credit_type_of, loan_date_of
from kis_mcp.simulator.engine.model import Action, Order, Reservation, Side, Ticket
from kis_mcp.simulator.engine.order_types import ORDER_TYPES
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.ledger import Accepted
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.hosts import Host
from kis_mcp.simulator.wire.replies import missing_element
from kis_mcp.simulator.world import World

BRANCH = "06010"
"""KRX_FWDG_ORD_ORGNO of every order."""

SIDE_NAMES = {Side.BUY: "매수", Side.SELL: "매도"}
_NO_PRICE = Decimal(0)
_MESSAGES = {
    "domestic_stock_order_resv": ("APBK2938", "예약주문이 접수되었습니다."),
    "domestic_stock_order_resv_rvsecncl": ("KIOK0430", "정상적으로 처리되었습니다"),
}

Answer = Mapping[str, object]
"""Block key → facts of its record, or a sequence of facts for its rows."""


def order_cash(world: World, call: Call) -> Answer:
    return placed(world, call, _domestic_ticket(call, side_of(call)))


def order_credit(world: World, call: Call) -> Answer:
    """On a new loan, or repaying one."""
    side = side_of(call)
    kind = credit_type_of(call, "CRDT_TYPE", side)
    ticket = _domestic_ticket(call, side, credit_type=kind.code, loan_date=loan_date_of(call, kind))
    return placed(world, call, ticket)


def overseas_order(world: World, call: Call) -> Answer:
    require_exchange(world, call)
    ticket = Ticket(
        symbol=call.text("PDNO"),
        side=side_of(call),
        quantity=call.quantity("ORD_QTY"),
        code=call.text("ORD_DVSN") or "00",
        price=call.price("OVRS_ORD_UNPR"),
        venue=_venue_abroad(call),
    )
    if call.host is Host.DEMO and ticket.code != "00":
        raise Rejected(Problem.ORDER_TYPE)
    return placed(world, call, ticket)


def order_rvsecncl(world: World, call: Call) -> Answer:
    """Whole or in part; the original's branch and exchange must be named."""
    require(call.text("KRX_FWDG_ORD_ORGNO") == BRANCH)
    whole = call.text("QTY_ALL_ORD_YN") == "Y"
    quantity = None if whole else call.quantity("ORD_QTY")
    _require_venue(world, call, call.text("EXCG_ID_DVSN_CD") or "KRX")
    return changed(world, call, quantity, call.text("ORD_DVSN"), "ORD_UNPR")


def overseas_order_rvsecncl(world: World, call: Call) -> Answer:
    """Whole or in part; the original's exchange and symbol must be named, to the API of its session."""
    _require_venue(world, call, _venue_abroad(call))
    require(original_of(world, call).symbol == call.text("PDNO"))
    require(concerns(call, world.listed(call, call.text("PDNO"))))
    return changed(world, call, call.quantity("ORD_QTY"), "", "OVRS_ORD_UNPR")


def message(call: Call) -> tuple[str, str]:
    """The code and words of an accepted order."""
    if call.api.tool in _MESSAGES:
        return _MESSAGES[call.api.tool]
    if call.host is Host.REAL:
        return "APBK0013", "주문 전송 완료 되었습니다."
    if "RVSE_CNCL_DVSN_CD" in call.elements:
        return "40630000", "모의투자 정정/취소 주문이 완료 되었습니다."
    if side_of(call) is Side.BUY:
        return "40600000", "모의투자 매수주문이 완료 되었습니다."
    return "40610000", "모의투자 매도주문이 완료 되었습니다."


def side_of(call: Call) -> Side:
    """What an order says itself, or its TR id."""
    if code := call.text("SLL_BUY_DVSN_CD"):
        return Side(code)
    return Side.BUY if "buy" in call.word.split() else Side.SELL


def placed(world: World, call: Call, ticket: Ticket) -> Answer:
    """An order accepted and matched; its receipt.

    Raises:
        Rejected: It breaks a rule.
    """
    world.listed(call, ticket.symbol)
    return _receipt(world, call, world.broker.place(world.account(call), ticket, call.now))


def changed(
    world: World, call: Call, quantity: int | None, code: str, price_element: str, stop_element: str = "CNDT_PRIC"
) -> Answer:
    """An order amended or cancelled; the receipt of the new one.

    Args:
        quantity: How much of it; None for all that remains.
        code: The new order type; "" keeps the old one.

    Raises:
        Rejected: The original is not open, or the new order breaks a rule.
        Refusal: A limit order has no price.
    """
    account, original = world.account(call), original_of(world, call)
    if call.text("RVSE_CNCL_DVSN_CD") == Action.CANCEL or "cancel" in call.word.split():
        return _receipt(world, call, world.broker.cancel(account, original.number, quantity, call.now))
    code = code or original.code
    price, stop = call.price(price_element), call.price(stop_element)
    order_type = ORDER_TYPES[world.market.instruments[original.symbol].category].get(code)
    if price == _NO_PRICE and order_type and order_type.pricing == "limit":
        raise missing_element(price_element)
    order = world.broker.amend(account, original.number, quantity, code, price, stop, call.now)
    return _receipt(world, call, order)


def original_of(world: World, call: Call) -> Order:
    """The order that is to be changed.

    Raises:
        Rejected: The account has none of that number in the API's category.
    """
    number = call.text("ORGN_ODNO")
    original = world.broker.orders.get(f"{int(number):010}" if number.isdigit() else "")
    if original is None or original.account != world.account(call).key:
        raise Rejected(Problem.NO_ORIGINAL)
    require(world.market.instruments[original.symbol].category == call.api.category)
    return original


def accept(world: World, call: Call, accepted: Order | Reservation) -> str:
    """Enter it in the ledger; its number."""
    world.ledger.accept(Accepted(accepted.number, call.received))
    return accepted.number


def require(agrees: bool) -> None:
    """Refuse a change whose original is not as it says.

    Raises:
        Rejected: It is not.
    """
    if not agrees:
        raise Rejected(Problem.NO_ORIGINAL)


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


def _receipt(world: World, call: Call, order: Order) -> Answer:
    number = accept(world, call, order)
    facts: Facts = {
        "krx_fwdg_ord_orgno": BRANCH,
        "ord_gno_brno": BRANCH,
        "odno": number[2:] if call.api.category == "overseas_futureoption" else number,
        "orgn_odno": order.original,
        "ord_dt": order.day,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "item_name": world.market.instruments[order.symbol].name_ko,
        "trad_dvsn_name": SIDE_NAMES[order.side],
    }
    return {"output": facts}


def _venue_abroad(call: Call) -> str:
    """The exchange; orders of the US' daytime market are apart."""
    return call.text("OVRS_EXCG_CD") + (" daytime" if call.api.slug.startswith("daytime") else "")


def _require_venue(world: World, call: Call, venue: str) -> None:
    require(original_of(world, call).venue == venue)


ORDERS: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_order_cash": order_cash,
    "domestic_stock_order_credit": order_credit,
    "domestic_stock_order_rvsecncl": order_rvsecncl,
    "overseas_stock_order": overseas_order,
    "overseas_stock_daytime_order": overseas_order,
    "overseas_stock_order_rvsecncl": overseas_order_rvsecncl,
    "overseas_stock_daytime_order_rvsecncl": overseas_order_rvsecncl,
}
