"""Domestic trades and realised profit of a range of days."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.portfolio import (
    Portfolio,
    bought,
    buy_amount,
    realised,
    sell_amount,
    sold,
    total,
)
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.credit import CREDIT_TYPES, lot_of
from kis_mcp.simulator.engine.model import ZERO, Fill, Side
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")


def period_profit(world: World, call: Call) -> Answer:
    """Each day's trades and realised profit."""
    return _profit(world, call, lambda fill: (fill.day,))


def period_trade_profit(world: World, call: Call) -> Answer:
    """The same for each day and stock, loans apart."""
    return _profit(world, call, lambda fill: (fill.day, lot_of(fill)))


def _profit(world: World, call: Call, key: Callable[[Fill], tuple[object, ...]]) -> Answer:
    portfolio = Portfolio(world, world.account(call), "domestic_stock", call)
    fills = [fill for fill in portfolio.fills(date.min, date.max) if call.covers(fill.day)]
    if symbol := call.arguments.get("symbol"):
        fills = [fill for fill in fills if fill.symbol == symbol]
    fills.sort(key=lambda fill: tuple(str(part) for part in key(fill)))
    rows = [_profit_row(portfolio, list(group)) for _, group in groupby(fills, key)]
    if call.arguments.get("sort") != "oldest_first":
        rows.reverse()
    sells = [fill for fill in fills if fill.side is Side.SELL]
    buys = [fill for fill in fills if fill.side is Side.BUY]
    totals: dict[str, object] = {
        "sll_qty_smtl": sold(fills),
        "sll_tr_amt_smtl": sell_amount(fills),
        "sll_fee_smtl": total(sells, "commission"),
        "sll_tltx_smtl": total(sells, "tax"),
        "sll_excc_amt_smtl": total(sells, "cash"),
        "buy_qty_smtl": bought(fills),
        "buyqty_smtl": bought(fills),
        "buy_tr_amt_smtl": buy_amount(fills),
        "buy_fee_smtl": total(buys, "commission"),
        "buy_tax_smtl": ZERO,
        "buy_excc_amt_smtl": -total(buys, "cash"),
        "tot_qty": sum(fill.quantity for fill in fills),
        "tot_tr_amt": total(fills, "amount"),
        "tot_fee": total(fills, "commission"),
        "tot_tltx": total(fills, "tax"),
        "tot_excc_amt": total(fills, "cash"),
        "loan_int": total(fills, "interest"),
        "tot_rlzt_pfls": realised(fills).quantize(Decimal(1)),
        "tot_pftrt": percent(realised(fills), total(fills, "cost")),
    }
    return {"output1": rows, "output2": totals}


def _profit_row(portfolio: Portfolio, fills: Sequence[Fill]) -> Facts:
    first = fills[0]
    position, kind = portfolio.account.lots[lot_of(first)], CREDIT_TYPES.get(first.credit_type)
    quantity = sold(fills)
    return {
        "trad_dt": first.day,
        "pdno": first.symbol,
        "prdt_name": portfolio.world.market.instruments[first.symbol].name_ko,
        "trad_dvsn_name": kind.name if kind else "현금",
        "loan_dt": first.loan_date,
        "loan_int": total(fills, "interest"),
        "hldg_qty": abs(position.quantity),
        "pchs_unpr": position.average_price.quantize(_FOUR),
        "buy_qty": bought(fills),
        "buy_qty1": bought(fills),
        "buy_amt": buy_amount(fills),
        "sll_pric": (sell_amount(fills) / quantity).quantize(_FOUR) if quantity else ZERO,
        "sll_qty": quantity,
        "sll_qty1": quantity,
        "sll_amt": sell_amount(fills),
        "rlzt_pfls": realised(fills).quantize(Decimal(1)),
        "pfls_rt": percent(realised(fills), total(fills, "cost")),
        "fee": total(fills, "commission"),
        "tl_tax": total(fills, "tax"),
    }
