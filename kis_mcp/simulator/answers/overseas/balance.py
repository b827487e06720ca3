"""Positions abroad, their currencies and buying power."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal

from kis_mcp.simulator.answers.overseas.places import country_of, in_market, listing, on_exchange, portfolios
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.portfolio import (
    Holding,
    Portfolio,
    bought,
    buy_amount,
    paid,
    realised,
    received,
    sell_amount,
    sold,
)
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.costs import buying_costs
from kis_mcp.simulator.engine.model import ZERO
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_CENT = Decimal("0.01")
_FOUR = Decimal("0.0001")
_NO_LOAN: Facts = {
    "loan_dt": "",
    "expd_dt": "",
    "loan_expd_dt": "",
    "loan_rmnd": ZERO,
    "mgge_qty": 0,
    "ldng_cblc_qty": 0,
}
"""Stocks abroad are bought with cash, and neither lent nor given as collateral."""


def balance(world: World, call: Call) -> Answer:
    """Positions in one country, in its currency."""
    portfolio = Portfolio(world, world.account(call), "overseas_stock", call, country_of(call))
    holdings = [
        held
        for held in portfolio.holdings
        if held.position.quantity
        and on_exchange(held.instrument, call)
        and call.text("TR_CRCY_CD") in ("", portfolio.currency)
    ]
    fills = portfolio.fills(date.min, date.max)
    totals: Facts = {
        "frcr_pchs_amt1": portfolio.cost,
        "ovrs_rlzt_pfls_amt": realised(fills).quantize(_CENT),
        "ovrs_rlzt_pfls_amt2": realised(fills).quantize(_CENT),
        "ovrs_tot_pfls": portfolio.profit.quantize(_CENT),
        "rlzt_erng_rt": percent(realised(fills), sum((fill.cost for fill in fills), ZERO)),
        "tot_evlu_pfls_amt": portfolio.profit.quantize(_CENT),
        "tot_pftrt": percent(portfolio.profit, portfolio.cost),
        "frcr_buy_amt_smtl1": portfolio.cost,
        "frcr_buy_amt_smtl2": portfolio.cost,
    }
    return {"output1": [_position(portfolio, holding) for holding in holdings], "output2": totals}


def present_balance(world: World, call: Call) -> Answer:
    """Positions, cash by currency and sums in won. The deposit is without the day's trades, which stand beside it."""
    return _everything(world, call, [_day_of(portfolio) for portfolio in portfolios(world, call)])


def settlement_balance(world: World, call: Call) -> Answer:
    """The same with the deposit as it will stand when everything has settled, because nothing stands beside it."""
    return _everything(world, call, [_deposit(each, each.cash) for each in portfolios(world, call)])


def _everything(world: World, call: Call, purses: Sequence[Facts]) -> Answer:
    there = portfolios(world, call)
    in_won = call.arguments.get("amounts_in") == "won"
    home = Portfolio(world, world.account(call), "domestic_stock", call)
    cost, value, cash, available = (
        sum((portfolio.in_won(getattr(portfolio, name)) for portfolio in there), ZERO)
        for name in ("cost", "value", "cash", "available")
    )
    sums: Facts = {
        "ustl_buy_amt_smtl": sum((each.in_won(paid(each.unsettled)) for each in there), ZERO),
        "ustl_sll_amt_smtl": sum((each.in_won(received(each.unsettled)) for each in there), ZERO),
        "pchs_amt_smtl": cost,
        "pchs_amt_smtl_amt": cost,
        "evlu_amt_smtl": value,
        "evlu_amt_smtl_amt": value,
        "evlu_pfls_amt_smtl": value - cost,
        "tot_evlu_pfls_amt": value - cost,
        "evlu_erng_rt1": percent(value - cost, cost),
        "dncl_amt": home.cash,
        "tot_dncl_amt": home.cash,
        "tot_dncl_amt2": home.cash,
        "wdrw_psbl_tot_amt": max(home.available, ZERO),
        "frcr_evlu_tota": cash,
        "tot_frcr_cblc_smtl": cash,
        "frcr_use_psbl_amt": max(available, ZERO),
        "tot_asst_amt": home.cash + cash + value,
        "tot_asst_amt2": home.cash + cash + value,
        "wcrc_evlu_amt_smtl": value,
        "frcr_cblc_wcrc_evlu_amt_smtl": cash,
        "buy_mgn_amt": cash - available,
        "mgna_tota": cash - available,
        **dict.fromkeys(("etc_mgna", "tot_loan_amt", "tot_ldng_evlu_amt"), ZERO),
    }
    rows = [
        _position(portfolio, holding, factor=portfolio.rate if in_won else Decimal(1))
        for portfolio in there
        for holding in portfolio.holdings
        if in_market(holding.instrument, call)
    ]
    return {"output1": rows, "output2": [*purses], "output3": sums}


def buying_power(world: World, call: Call) -> Answer:
    """Cash for a buy in the stock's currency and the shares it is enough for."""
    price, instrument = call.price("OVRS_ORD_UNPR"), world.listed(call, call.text("ITEM_CD"))
    if not on_exchange(instrument, call):
        raise Rejected(Problem.UNKNOWN_SYMBOL)
    portfolio = Portfolio(world, world.account(call), "overseas_stock", call, instrument.country)
    available = max(portfolio.available, ZERO)
    amount = (available / (1 + buying_costs(instrument.country))).quantize(_CENT, ROUND_DOWN)
    quantity = int(amount // (price * instrument.lot)) * instrument.lot if price else 0
    facts: Facts = {
        "tr_crcy_cd": portfolio.currency,
        "ord_psbl_frcr_amt": available,
        "sll_ruse_psbl_amt": max(portfolio.cash - portfolio.settled(0), ZERO),
        "ovrs_ord_psbl_amt": amount,
        "max_ord_psbl_qty": quantity,
        "ord_psbl_qty": quantity,
        "exrt": portfolio.rate,
        "frcr_ord_psbl_amt1": amount,
        "ovrs_max_ord_psbl_qty": quantity,
        "echm_af_ord_psbl_amt": amount,
        "echm_af_ord_psbl_qty": quantity,
    }
    return {"output": facts}


def foreign_margin(world: World, call: Call) -> Answer:
    """Cash for orders in each currency."""
    return {"output": [_margin(portfolio) for portfolio in portfolios(world, call)]}


def _day_of(portfolio: Portfolio) -> Facts:
    """What was there before the day's trades, and these: a sale as it will be paid, a purchase as it will cost."""
    return {
        **_deposit(portfolio, portfolio.cash_before_today),
        "frcr_buy_amt_smtl": paid(portfolio.fills_today),
        "frcr_sll_amt_smtl": received(portfolio.fills_today),
        "frcr_buy_mgn_amt": portfolio.cash - portfolio.available,
        "frcr_drwg_psbl_amt_1": max(min(portfolio.available, portfolio.settled(0)), ZERO),
        "nxdy_frcr_drwg_psbl_amt": max(min(portfolio.available, portfolio.settled(1)), ZERO),
        "frcr_etc_mgna": ZERO,
        "acpl_cstd_crcy_yn": "Y",
    }


def _deposit(portfolio: Portfolio, deposit: Decimal) -> Facts:
    return {
        "crcy_cd": portfolio.currency,
        "crcy_cd_name": portfolio.home.currency_ko,
        "frcr_dncl_amt_2": deposit,
        "frst_bltn_exrt": portfolio.quoted_rate,
        "frcr_evlu_amt2": portfolio.in_won(deposit),
    }


def _margin(portfolio: Portfolio) -> Facts:
    available = max(portfolio.available, ZERO)
    return {
        "natn_name": portfolio.home.name_ko,
        "crcy_cd": portfolio.currency,
        "frcr_dncl_amt1": portfolio.settled(0),
        "ustl_buy_amt": paid(portfolio.unsettled),
        "ustl_sll_amt": received(portfolio.unsettled),
        "frcr_mgn_amt": portfolio.cash - portfolio.available,
        "frcr_gnrl_ord_psbl_amt": available,
        "frcr_ord_psbl_amt1": available,
        "itgr_ord_psbl_amt": available,
        "frcr_rcvb_amt": max(-portfolio.cash, ZERO),
        "bass_exrt": portfolio.quoted_rate,
    }


def _position(portfolio: Portfolio, holding: Holding, *, factor: Decimal = Decimal(1)) -> Facts:
    position, price = holding.position, holding.quote.price
    return {
        **listing(holding.instrument),
        "cano": portfolio.account.number,
        "acnt_prdt_cd": portfolio.account.product,
        "frcr_evlu_pfls_amt": holding.profit.quantize(_CENT),
        "evlu_pfls_amt2": (holding.profit * factor).quantize(_CENT),
        "evlu_pfls_rt": holding.profit_rate,
        "evlu_pfls_rt1": holding.profit_rate,
        "pchs_avg_pric": position.average_price.quantize(_FOUR),
        "avg_unpr3": (position.average_price * factor).quantize(_FOUR),
        "ovrs_cblc_qty": position.quantity,
        "cblc_qty13": position.quantity - bought(holding.today) + sold(holding.today),
        "ccld_qty_smtl1": position.quantity,
        "ord_psbl_qty": holding.closable,
        "ord_psbl_qty1": holding.closable,
        "thdt_buy_ccld_qty1": bought(holding.today),
        "thdt_sll_ccld_qty1": sold(holding.today),
        "thdt_buy_ccld_frcr_amt": buy_amount(holding.today),
        "thdt_sll_ccld_frcr_amt": sell_amount(holding.today),
        "frcr_pchs_amt1": position.cost.quantize(_CENT),
        "frcr_pchs_amt": (position.cost * factor).quantize(_CENT),
        "pchs_rmnd_wcrc_amt": portfolio.in_won(position.cost),
        "ovrs_stck_evlu_amt": holding.value,
        "frcr_evlu_amt2": (holding.value * factor).quantize(_CENT),
        "now_pric2": price,
        "ovrs_now_pric1": (price * factor).quantize(_FOUR),
        "bass_exrt": portfolio.quoted_rate,
        "unit_amt": portfolio.home.quoted_for,
        "loan_type_cd": "10",
        **_NO_LOAN,
        "scts_dvsn_name": "해외주식",
        "item_lnkg_excg_cd": "",
    }
