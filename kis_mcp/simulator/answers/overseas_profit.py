"""US trades and realised profit of a range of days."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby

from kis_mcp.simulator.answers.overseas import listing
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.portfolio import (
    Portfolio,
    buy_amount,
    costs,
    realised,
    sell_amount,
    sold,
)
from kis_mcp.simulator.answers.subject import Facts
from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.engine.model import ZERO, Fill, Side
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.world import World

_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
_CENT = Decimal("0.01")
_FOUR = Decimal("0.0001")


def period_profit(world: World, call: Call) -> Answer:
    """Realised profit of each day and stock."""
    portfolio = Portfolio(world, world.account(call), "overseas_stock", call)
    factor = world.exchange_rate if call.arguments.get("amounts_in") == "won" else Decimal(1)
    fills = [f for f in _fills(portfolio, call) if f.side is Side.SELL]
    fills.sort(key=lambda fill: (fill.day, fill.symbol))
    rows = [
        _profit_row(world, list(group), factor) for _, group in groupby(fills, lambda fill: (fill.day, fill.symbol))
    ]
    every = _fills(portfolio, call)
    totals: Facts = {
        "stck_sll_amt_smtl": sell_amount(every) * factor,
        "stck_buy_amt_smtl": buy_amount(every) * factor,
        "smtl_fee1": costs(every) * factor,
        "excc_dfrm_amt": sum((fill.cash for fill in fills), ZERO) * factor,
        "ovrs_rlzt_pfls_tot_amt": (realised(fills) * factor).quantize(_CENT),
        "tot_pftrt": percent(realised(fills), sum((fill.cost for fill in fills), ZERO)),
        "bass_dt": portfolio.today,
        "exrt": world.exchange_rate,
    }
    return _blocks(call, rows, totals)


def period_trans(world: World, call: Call) -> Answer:
    """Every fill with its settlement."""
    portfolio = Portfolio(world, world.account(call), "overseas_stock", call)
    fills = [f for f in _fills(portfolio, call) if call.arguments.get("side", "all") in ("all", f.side.name.lower())]
    rate = world.exchange_rate
    rows = [
        {
            "trad_dt": fill.day,
            "sttl_dt": fill.settles_on,
            "sll_buy_dvsn_cd": fill.side.value,
            "sll_buy_dvsn_name": _SIDES[fill.side],
            "pdno": fill.symbol,
            "ovrs_item_name": world.market.instruments[fill.symbol].name_ko,
            "ccld_qty": fill.quantity,
            "ft_ccld_unpr2": fill.price,
            "ovrs_stck_ccld_unpr": fill.price,
            "tr_frcr_amt2": fill.amount,
            "tr_amt": (fill.amount * rate).quantize(Decimal(1)),
            "frcr_excc_amt_1": abs(fill.cash),
            "wcrc_excc_amt": (abs(fill.cash) * rate).quantize(Decimal(1)),
            "dmst_frcr_fee1": fill.commission,
            "frcr_fee1": fill.tax,
            "dmst_wcrc_fee": (fill.commission * rate).quantize(Decimal(1)),
            "ovrs_wcrc_fee": (fill.tax * rate).quantize(Decimal(1)),
            "crcy_cd": "USD",
            "erlm_exrt": rate,
        }
        for fill in fills
    ]
    totals: Facts = {
        "frcr_buy_amt_smtl": buy_amount(fills),
        "frcr_sll_amt_smtl": sell_amount(fills),
        "dmst_fee_smtl": sum((fill.commission for fill in fills), ZERO),
        "ovrs_fee_smtl": sum((fill.tax for fill in fills), ZERO),
    }
    return _blocks(call, rows, totals)


def _blocks(call: Call, rows: Sequence[Facts], totals: Facts) -> Answer:
    return {block.key: rows if block.is_list else totals for block in call.api.blocks}


def _fills(portfolio: Portfolio, call: Call) -> list[Fill]:
    fills = [fill for fill in portfolio.fills(date.min, date.max) if call.covers(fill.day)]
    return [fill for fill in fills if call.text("PDNO") in ("", "%", fill.symbol)]


def _profit_row(world: World, fills: Sequence[Fill], factor: Decimal) -> Facts:
    first, quantity = fills[0], sold(fills)
    cost = sum((fill.cost for fill in fills), ZERO)
    return {
        **listing(world.market.instruments[first.symbol]),
        "trad_day": first.day,
        "slcl_qty": quantity,
        "pchs_avg_pric": (cost / quantity).quantize(_FOUR),
        "frcr_pchs_amt1": (cost * factor).quantize(_CENT),
        "avg_sll_unpr": (sell_amount(fills) / quantity).quantize(_FOUR),
        "frcr_sll_amt_smtl1": sell_amount(fills) * factor,
        "stck_sll_tlex": costs(fills) * factor,
        "ovrs_rlzt_pfls_amt": (realised(fills) * factor).quantize(_CENT),
        "pftrt": percent(realised(fills), cost),
        "exrt": world.exchange_rate,
        "frst_bltn_exrt": world.exchange_rate,
    }
