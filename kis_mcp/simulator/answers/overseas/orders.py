"""Orders abroad with what became of them."""

from decimal import Decimal

from kis_mcp.simulator.answers.overseas.places import listing, on_exchange
from kis_mcp.simulator.answers.placement import BRANCH, SIDE_NAMES, Answer
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.model import Action, Order
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")


def ccnl(world: World, call: Call) -> Answer:
    """Orders of a range of their exchanges' days with what became of them."""
    orders = [
        order
        for order in _orders(world, call)
        if call.covers(order.day)
        and on_exchange(world.market.instruments[order.symbol], call)
        and call.text("PDNO") in ("", "%", order.symbol)
        and call.arguments.get("side", "all") in ("all", order.side.name.lower())
        and _in_state(order, call.arguments.get("status", "all"))
    ]
    if call.text("SORT_SQN") == "AS":
        orders.reverse()
    return {"output": [_order(world, order) for order in orders]}


def open_orders(world: World, call: Call) -> Answer:
    """What has not been filled yet."""
    orders = [
        order
        for order in _orders(world, call)
        if order.remaining and on_exchange(world.market.instruments[order.symbol], call)
    ]
    if call.text("SORT_SQN") != "DS":
        orders.reverse()
    return {"output": [_order(world, order) for order in orders]}


def algo_orders(world: World, call: Call) -> Answer:
    """TWAP and VWAP orders of a day."""
    day = call.day("date")
    return {"output": [_order(world, o) for o in _orders(world, call) if o.code in ("35", "36") and o.day == day]}


def algo_fills(world: World, call: Call) -> Answer:
    """The fills of one TWAP or VWAP order."""
    number = call.text("ODNO").zfill(10)
    order = next((order for order in _orders(world, call) if order.number == number), None)
    if order is None:
        return {"output": [], "output3": {}}
    fills = [fill for fill in world.books.fills if fill.order == number]
    rows = [
        {
            "ccld_seq": position,
            "ccld_btwn": f"{fill.at.astimezone(world.market.instruments[fill.symbol].timezone):%H%M%S}",
            "pdno": fill.symbol,
            "item_name": world.market.instruments[fill.symbol].name_ko,
            "ft_ccld_qty": fill.quantity,
            "ft_ccld_unpr3": fill.price,
            "ft_ccld_amt3": fill.amount,
        }
        for position, fill in enumerate(fills, start=1)
    ]
    return {"output": rows, "output3": {**_order(world, order), "ccld_cnt": len(fills)}}


def _orders(world: World, call: Call) -> list[Order]:
    return world.orders(call, "overseas_stock")


def _in_state(order: Order, state: str) -> bool:
    return {"filled": order.filled > 0, "unfilled": order.remaining > 0}.get(state, True)


def _order(world: World, order: Order) -> Facts:
    done, instrument = not order.remaining, world.market.instruments[order.symbol]
    return {
        **listing(instrument),
        "ord_dt": order.day,
        "dmst_ord_dt": order.placed_at.date(),
        "ord_gno_brno": BRANCH,
        "odno": order.number,
        "orgn_odno": order.original,
        "sll_buy_dvsn_cd": order.side.value,
        "sll_buy_dvsn_cd_name": SIDE_NAMES[order.side],
        "trad_dvsn_name": SIDE_NAMES[order.side],
        "rvse_cncl_dvsn": order.action.value if order.action is not Action.NEW else "",
        "rvse_cncl_dvsn_cd": order.action.value,
        "rvse_cncl_dvsn_name": order.action.words,
        "rvse_cncl_dvsn_cd_name": order.action.words,
        "ft_ord_qty": order.quantity,
        "ft_ord_unpr3": order.price,
        "ft_ccld_qty": order.filled,
        "ft_ccld_unpr3": order.average_price.quantize(_FOUR),
        "ft_ccld_amt3": order.amount,
        "nccs_qty": order.remaining,
        "prcs_stat_name": "완료" if done else "전송",
        "rjct_rson": "",
        "rjct_rson_name": "",
        "ord_tmd": f"{order.placed_at.astimezone(instrument.timezone):%H%M%S}",
        "thco_ord_tmd": f"{order.placed_at:%H%M%S}",
        "loan_type_cd": "10",
        "loan_dt": "",
        "mdia_dvsn_name": "OpenAPI",
        "usa_amk_exts_rqst_yn": "N",
        "splt_buy_attr_name": "정규장 종료" if order.code in ("35", "36") else "",
    }
