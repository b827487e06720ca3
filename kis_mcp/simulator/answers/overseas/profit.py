"""Trades abroad and realised profit of a range of days."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import groupby

from kis_mcp.simulator.answers.overseas.places import country_of, listing
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.portfolio import (
    buy_amount,
    costs,
    realised,
    sell_amount,
    sold,
)
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.model import ZERO, Fill, Side
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.places import home_of, homes
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
_CENT = Decimal("0.01")
_FOUR = Decimal("0.0001")


def period_profit(world: World, call: Call) -> Answer:
    """Realised profit of each day and stock. The totals in foreign currency add up what is in several."""
    every = [fill for fill in _fills(world, call) if call.text("CRCY_CD") in ("", fill.currency)]
    if call.text("OVRS_EXCG_CD"):
        every = [fill for fill in every if fill.currency == homes()[country_of(call)].currency]
    fills = [fill for fill in every if fill.side is Side.SELL]
    fills.sort(key=lambda fill: (fill.day, fill.symbol))
    in_won = call.arguments.get("amounts_in") == "won"

    def factor(fill: Fill) -> Decimal:
        return world.rates.for_one(home_of(fill.currency), fill.day) if in_won else Decimal(1)

    def total(fills: Sequence[Fill], amount: Callable[[Sequence[Fill]], Decimal]) -> Decimal:
        return sum((amount([fill]) * factor(fill) for fill in fills), ZERO)

    rows = [
        _profit_row(world, list(group), factor) for _, group in groupby(fills, lambda fill: (fill.day, fill.symbol))
    ]
    profit = total(fills, realised)
    totals: Facts = {
        "stck_sll_amt_smtl": total(every, sell_amount),
        "stck_buy_amt_smtl": total(every, buy_amount),
        "smtl_fee1": total(every, costs),
        "excc_dfrm_amt": total(fills, _cash),
        "ovrs_rlzt_pfls_tot_amt": profit.quantize(_CENT),
        "tot_pftrt": percent(profit, total(fills, _cost)),
        "bass_dt": call.now.astimezone(homes()["US"].timezone).date(),
        "exrt": world.rates.quoted(homes()["US"], world.rates.today(call.now)),
    }
    return _blocks(call, rows, totals)


def period_trans(world: World, call: Call) -> Answer:
    """Every fill with its settlement."""
    fills = [f for f in _fills(world, call) if call.arguments.get("side", "all") in ("all", f.side.name.lower())]
    rows: list[Facts] = []
    for fill in fills:
        home = home_of(fill.currency)
        rows.append(
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
                "tr_amt": world.rates.in_won(home, fill.amount, fill.day),
                "frcr_excc_amt_1": abs(fill.cash),
                "wcrc_excc_amt": world.rates.in_won(home, abs(fill.cash), fill.day),
                "dmst_frcr_fee1": fill.commission,
                "frcr_fee1": fill.tax,
                "dmst_wcrc_fee": world.rates.in_won(home, fill.commission, fill.day),
                "ovrs_wcrc_fee": world.rates.in_won(home, fill.tax, fill.day),
                "crcy_cd": fill.currency,
                "erlm_exrt": world.rates.quoted(home, fill.day),
            }
        )
    totals: Facts = {
        "frcr_buy_amt_smtl": buy_amount(fills),
        "frcr_sll_amt_smtl": sell_amount(fills),
        "dmst_fee_smtl": sum((fill.commission for fill in fills), ZERO),
        "ovrs_fee_smtl": sum((fill.tax for fill in fills), ZERO),
    }
    return _blocks(call, rows, totals)


def _blocks(call: Call, rows: Sequence[Facts], totals: Facts) -> Answer:
    return {block.key: rows if block.is_list else totals for block in call.api.blocks}


def _fills(world: World, call: Call) -> list[Fill]:
    """All those abroad in the days and the stock that are asked for, oldest first."""
    listed, symbol = world.market.instruments, call.text("PDNO")
    return [
        fill
        for fill in world.books.fills_of(world.account(call))
        if listed[fill.symbol].category == "overseas_stock"
        and call.covers(fill.day)
        and symbol in ("", "%", fill.symbol)
    ]


def _cost(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.cost for fill in fills), ZERO)


def _cash(fills: Sequence[Fill]) -> Decimal:
    return sum((fill.cash for fill in fills), ZERO)


def _profit_row(world: World, fills: Sequence[Fill], factor_of: Callable[[Fill], Decimal]) -> Facts:
    first, quantity = fills[0], sold(fills)
    cost, factor = _cost(fills), factor_of(first)
    rate = world.rates.quoted(home_of(first.currency), first.day)
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
        "exrt": rate,
        "frst_bltn_exrt": rate,
    }
