"""Domestic futures and options orders with what became of them."""

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from itertools import groupby

from kis_mcp.simulator.answers.contracts.placement import NIGHT
from kis_mcp.simulator.answers.placement import BRANCH, SIDE_NAMES, Answer
from kis_mcp.simulator.answers.portfolio import Portfolio, buy_amount, costs, realised, sell_amount, total
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.model import ZERO, Fill, Order, Side
from kis_mcp.simulator.engine.order_types import ORDER_TYPES
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_CATEGORY = "domestic_futureoption"
_FOUR = Decimal("0.0001")


def ccnl(world: World, call: Call) -> Answer:
    """Orders of a range of days, without those of the night session that has not ended with its day."""
    today = Portfolio(world, world.account(call), _CATEGORY, call).today
    return _listed(world, call, [o for o in _wanted(world, call) if o.venue != NIGHT or o.day < today])


def ngt_ccnl(world: World, call: Call) -> Answer:
    """Orders of night sessions."""
    return _listed(world, call, [order for order in _wanted(world, call) if order.venue == NIGHT])


def ccnl_bstime(world: World, call: Call) -> Answer:
    """Executions of a day between two times."""
    start, end = (_clock(call.text(element)) for element in ("FUOP_TR_STRT_TMD", "FUOP_TR_END_TMD"))
    portfolio = Portfolio(world, world.account(call), _CATEGORY, call)
    fills = [fill for fill in portfolio.fills(*_one_day(call)) if start <= fill.at.time() <= end]
    rows = [
        {
            "pdno": fill.symbol,
            "prdt_name": world.market.instruments[fill.symbol].name_ko,
            "odno": fill.order,
            "tr_type_name": f"{SIDE_NAMES[fill.side]}{'청산' if fill.closed else '신규'}",
            "last_sttldt": fill.settles_on,
            "ccld_idx": fill.price,
            "ccld_qty": fill.quantity,
            "trad_amt": fill.amount,
            "fee": fill.commission,
            "ccld_btwn": fill.at.timetz(),
        }
        for fill in fills
    ]
    totals: Facts = {
        "tot_ccld_qty_smtl": sum(fill.quantity for fill in fills),
        "tot_ccld_amt_smtl": total(fills, "amount"),
        "fee_smtl": costs(fills),
    }
    return {"output1": rows, "output2": totals}


def daily_amount_fee(world: World, call: Call) -> Answer:
    """What was traded and paid by day and contract."""
    portfolio = Portfolio(world, world.account(call), _CATEGORY, call)
    fills = [fill for fill in portfolio.fills(date.min, date.max) if call.covers(fill.day)]
    groups = groupby(sorted(fills, key=_day_and_symbol), _day_and_symbol)
    rows = [_traded(world, day, symbol, list(group)) for (day, symbol), group in groups]
    futures = [fill for fill in fills if world.market.instruments[fill.symbol].kind == "future"]
    options = [fill for fill in fills if fill not in futures]
    totals: dict[str, object] = {
        "sll_agrm_amt": sell_amount(fills),
        "buy_agrm_amt": buy_amount(fills),
        "agrm_amt_smtl": total(fills, "amount"),
        "sll_fee": _fees(fills, Side.SELL),
        "buy_fee": _fees(fills, Side.BUY),
        "fee": costs(fills),
        "fee_smtl": costs(fills),
        "trad_pfls_smtl": realised(fills),
    }
    for word, part in (("futr", futures), ("opt", options)):
        totals |= {
            f"{word}_agrm": sum(fill.quantity for fill in part),
            f"{word}_agrm_amt": total(part, "amount"),
            f"{word}_agrm_amt_smtl": total(part, "amount"),
            f"{word}_sll_fee_smtl": _fees(part, Side.SELL),
            f"{word}_buy_fee_smtl": _fees(part, Side.BUY),
            f"{word}_fee": costs(part),
            f"{word}_fee_smtl": costs(part),
        }
    return {"output1": rows, "output2": totals}


def _listed(world: World, call: Call, orders: list[Order]) -> Answer:
    if call.arguments.get("sort", "newest_first") == "newest_first":
        orders.reverse()
    fills = world.books.fills_for(world.account(call), orders)
    quantity, amount = sum(fill.quantity for fill in fills), total(fills, "amount")
    totals: Facts = {
        "tot_ord_qty": sum(order.quantity for order in orders),
        "tot_ccld_qty": quantity,
        "tot_ccld_qty_smtl": quantity,
        "tot_ccld_amt": amount,
        "tot_ccld_amt_smtl": amount,
        "fee": costs(fills),
        "fee_smtl": costs(fills),
    }
    return {"output1": [_order(world, order) for order in orders], "output2": totals}


def _wanted(world: World, call: Call) -> Sequence[Order]:
    arguments = call.arguments
    side, status, kind = (arguments.get(name, "all") for name in ("side", "status", "instrument_type"))
    first = int(arguments.get("from_order_id", "0"))
    return [
        order
        for order in world.orders(call, _CATEGORY)
        if call.covers(order.placed_at.date())
        and side in ("all", order.side.name.lower())
        and (status != "filled" or order.filled)
        and (status != "open" or order.remaining)
        and arguments.get("symbol", order.symbol) == order.symbol
        and order.sequence >= first
        and (kind == "all" or (kind == "futures") == (world.market.instruments[order.symbol].kind == "future"))
    ]


def _order(world: World, order: Order) -> Facts:
    instrument, account = world.market.instruments[order.symbol], world.books.accounts[order.account]
    return {
        "ord_gno_brno": BRANCH,
        "cano": account.number,
        "acnt_prdt_cd": account.product,
        "ord_dt": order.placed_at.date(),
        "odno": order.number,
        "orgn_odno": order.original,
        "sll_buy_dvsn_cd": order.side.value,
        "trad_dvsn_name": f"{SIDE_NAMES[order.side]}{order.action.words}",
        "nmpr_type_cd": order.code,
        "nmpr_type_name": ORDER_TYPES[_CATEGORY][order.code].name,
        "pdno": order.symbol,
        "prdt_name": instrument.name_ko,
        "prdt_type_cd": "301",
        "ord_qty": order.quantity,
        "ord_idx": order.price,
        "ord_idx4": order.price,
        "qty": order.remaining,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "avg_idx": order.average_price.quantize(_FOUR),
        "tot_ccld_amt": order.amount * instrument.multiplier,
        "rjct_qty": 0,
        "sprd_item_yn": "N",
    }


def _traded(world: World, day: date, symbol: str, fills: Sequence[Fill]) -> Facts:
    return {
        "ord_dt": day,
        "pdno": symbol,
        "item_name": world.market.instruments[symbol].name_ko,
        "sll_agrm_amt": sell_amount(fills),
        "sll_fee": _fees(fills, Side.SELL),
        "buy_agrm_amt": buy_amount(fills),
        "buy_fee": _fees(fills, Side.BUY),
        "tot_fee_smtl": costs(fills),
        "trad_pfls": realised(fills),
    }


def _fees(fills: Sequence[Fill], side: Side) -> Decimal:
    return sum((fill.commission for fill in fills if fill.side is side), ZERO)


def _day_and_symbol(fill: Fill) -> tuple[date, str]:
    return fill.day, fill.symbol


def _one_day(call: Call) -> tuple[date, date]:
    day = call.day("date") or call.now.date()
    return day, day


def _clock(text: str) -> time:
    return time(int(text[:2]), int(text[2:4]), int(text[4:6] or 0))
