"""Exchange-listed bonds: orders, holdings and buying power."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.contracts.bond_facts import bond_yield
from kis_mcp.simulator.answers.placement import BRANCH, SIDE_NAMES, Answer
from kis_mcp.simulator.answers.portfolio import Holding, Portfolio
from kis_mcp.simulator.answers.quotes.subject import Facts, Subject
from kis_mcp.simulator.engine.costs import needed_cash
from kis_mcp.simulator.engine.model import ZERO, Order, Side
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_CATEGORY = "domestic_bond"
_FOUR = Decimal("0.0001")
_MARKETS = {"small": "소액시장", "general": "일반시장"}


def open_orders(world: World, call: Call) -> Answer:
    """What can still be amended or cancelled."""
    number = call.text("ODNO")
    return {
        "output": [
            _order(world, order)
            for order in world.orders(call, _CATEGORY)
            if order.remaining
            and (not number or int(number) == order.sequence)
            and (call.day("date") or order.placed_at.date()) == order.placed_at.date()
        ]
    }


def daily_ccld(world: World, call: Call) -> Answer:
    """Orders of a range of days with what became of them, and their sums."""
    arguments = call.arguments
    side, status = (arguments.get(name, "all") for name in ("side", "status"))
    orders = [
        order
        for order in world.orders(call, _CATEGORY)
        if call.covers(order.placed_at.date())
        and side in ("all", order.side.name.lower())
        and arguments.get("symbol", order.symbol) == order.symbol
        and (status != "filled" or order.filled)
        and (status != "open" or order.remaining)
    ]
    if arguments.get("sort", "newest_first") == "newest_first":
        orders.reverse()
    filled, amount = sum(order.filled for order in orders), sum((order.amount for order in orders), ZERO)
    totals: Facts = {
        "tot_ord_qty": sum(order.quantity for order in orders),
        "tot_ccld_qty_smtl": filled,
        "tot_bond_ccld_avg_unpr": (amount / filled).quantize(_FOUR) if filled else ZERO,
        "tot_ccld_amt_smtl": sum((_amount(world, order) for order in orders), ZERO),
    }
    return {"output1": [totals], "output2": [_order(world, order) for order in orders]}


def balance(world: World, call: Call) -> Answer:
    """Holdings; everything of one bond counts as one purchase, on the day of the last."""
    portfolio = _portfolio(world, call)
    symbol, day = call.text("PDNO"), call.day("purchase_date")
    rows: Sequence[Facts] = [_holding(portfolio, holding, call) for holding in portfolio.holdings]
    wanted = [
        row for row in rows if row["cblc_qty"] and symbol in ("", row["pdno"]) and (day is None or day == row["buy_dt"])
    ]
    return {"output": wanted}


def buying_power(world: World, call: Call) -> Answer:
    """Cash for a buy, and how much of a bond it is enough for."""
    portfolio, price = _portfolio(world, call), call.price("BOND_ORD_UNPR")
    instrument = world.listed(call, call.text("PDNO"))
    available = max(portfolio.available, ZERO)
    unit = needed_cash(instrument, price or portfolio.holding(instrument).quote.price, 1000)
    quantity = int(available * 1000 // unit)
    facts: Facts = {
        "ord_psbl_cash": available,
        "ruse_psbl_amt": max(portfolio.cash - portfolio.settled(0), ZERO),
        "bond_ord_unpr2": price,
        "buy_psbl_amt": available,
        "buy_psbl_qty": quantity,
    }
    return {"output": facts}


def _portfolio(world: World, call: Call) -> Portfolio:
    return Portfolio(world, world.account(call), _CATEGORY, call)


def _amount(world: World, order: Order) -> Decimal:
    return order.amount * world.market.instruments[order.symbol].multiplier


def _order(world: World, order: Order) -> Facts:
    instrument = world.market.instruments[order.symbol]
    side = f"{SIDE_NAMES[order.side]}{order.action.words}"
    return {
        "ord_dt": order.placed_at.date(),
        "ord_gno_brno": BRANCH,
        "odno": order.number,
        "orgn_odno": order.original,
        "ord_dvsn_cd": "01",
        "ord_dvsn_name": side,
        "rvse_cncl_dvsn_name": order.action.words,
        "sll_buy_dvsn_cd": order.side.value,
        "sll_buy_dvsn_cd_name": side,
        "pdno": order.symbol,
        "shtn_pdno": order.symbol,
        "prdt_abrv_name": instrument.name_ko,
        "ord_qty": order.quantity,
        "bond_ord_unpr": order.price,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "bond_avg_unpr": order.average_price.quantize(_FOUR),
        "tot_ccld_amt": _amount(world, order),
        "ord_psbl_qty": order.remaining,
        "nccs_qty": order.remaining,
        "samt_mket_ptci_yn": "Y" if order.venue == "small" else "N",
        "samt_mket_ptci_yn_name": _MARKETS[order.venue],
        "sprx_psbl_yn_ifom": "N",
        "ord_mdia_dvsn_name": "OpenAPI",
    }


def _holding(portfolio: Portfolio, holding: Holding, call: Call) -> Facts:
    instrument = holding.instrument
    buys = [f for f in portfolio.fills(date.min, date.max) if f.symbol == instrument.symbol and f.side is Side.BUY]
    average = holding.average_price
    subject = Subject(portfolio.world.market, instrument, call.now)
    return {
        "pdno": instrument.symbol,
        "prdt_name": instrument.name_ko,
        "buy_dt": buys[-1].at.date(),
        "buy_sqno": "1",
        "cblc_qty": holding.position.quantity,
        "agrx_qty": holding.position.quantity,
        "sprx_qty": 0,
        "exdt": instrument.expiry,
        "buy_erng_rt": bond_yield(subject, average) if average else ZERO,
        "buy_unpr": average.quantize(_FOUR),
        "buy_amt": holding.position.cost.quantize(Decimal(1)),
        "ord_psbl_qty": holding.closable,
    }
