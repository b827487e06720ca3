"""Overseas futures and options: orders, fills, positions, profit and margins, each in its contract's currency."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.contracts.balance import capacity, closable
from kis_mcp.simulator.answers.contracts.overseas_funds import (
    CATEGORY,
    CONVERTED,
    Convert,
    Funds,
    fees,
    is_future,
    money_in,
    portfolios,
)
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.portfolio import Holding, Portfolio, bought, costs, sold, total
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.model import ZERO, Account, Fill, Order
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_CENT = Decimal("0.01")
_FOUR = Decimal("0.0001")


def ccld(world: World, call: Call) -> Answer:
    """Today's orders."""
    listed, market = world.market.instruments, world.market
    rows = [
        _order(world, order)
        for order in _orders(world, call)
        if order.day == market.moment(listed[order.symbol], call.now).day
    ]
    return {"output": rows}


def daily_order(world: World, call: Call) -> Answer:
    """Orders of a range of days."""
    return {"output": [_order(world, order) for order in _orders(world, call) if call.covers(order.day)]}


def daily_ccld(world: World, call: Call) -> Answer:
    """Executions of a range of days and their sums."""
    fills = [
        fill for fill in _fills(world, call) if call.arguments.get("side", "all") in ("all", fill.side.name.lower())
    ]
    rows = [
        {
            "dt": fill.day,
            "ccno": f"{fill.sequence:010}",
            "ovrs_futr_fx_pdno": fill.symbol,
            "sll_buy_dvsn_cd": fill.side.value,
            "fm_ccld_qty": fill.quantity,
            "fm_ccld_amt": fill.price,
            "fm_futr_ccld_amt": fill.amount if is_future(world, fill) else ZERO,
            "fm_opt_ccld_amt": ZERO if is_future(world, fill) else fill.amount,
            "crcy_cd": fill.currency,
            "fm_fee": fill.commission,
            "ccld_dtl_dtime": fill.at,
            "ord_dt": fill.day,
            "odno": fill.order[2:],
            "ord_mdia_dvsn_name": "OpenAPI",
        }
        for fill in reversed(fills)
    ]
    totals: Facts = {
        "fm_tot_ccld_qty": sum(fill.quantity for fill in fills),
        "fm_tot_futr_agrm_amt": total([fill for fill in fills if is_future(world, fill)], "amount"),
        "fm_tot_opt_agrm_amt": total([fill for fill in fills if not is_future(world, fill)], "amount"),
        "fm_fee_smtl": costs(fills),
    }
    return {"output1": rows, "output2": totals}


def positions(world: World, call: Call) -> Answer:
    """Open positions."""
    rows = [
        {
            "cano": portfolio.account.number,
            "acnt_prdt_cd": portfolio.account.product,
            "ovrs_futr_fx_pdno": holding.instrument.symbol,
            "crcy_cd": portfolio.currency,
            "sll_buy_dvsn_cd": holding.side.value,
            "fm_ustl_qty": abs(holding.position.quantity),
            "fm_ccld_avg_pric": holding.average_price.quantize(_FOUR),
            "fm_now_pric": holding.quote.price,
            "fm_evlu_pfls_amt": holding.profit.quantize(_CENT),
            "fm_opt_evlu_amt": ZERO if holding.instrument.kind == "future" else abs(holding.value),
            "fm_otp_evlu_pfls_amt": ZERO if holding.instrument.kind == "future" else holding.profit,
            "fuop_dvsn": _kind(holding.instrument),
            "ecis_rsvn_ord_yn": "N",
            "fm_lqd_psbl_qty": holding.closable,
        }
        for portfolio in portfolios(world, call)
        for holding in portfolio.holdings
        if holding.position.quantity and _is_asked(holding.instrument, call)
    ]
    return {"output": rows}


def orderable(world: World, call: Call) -> Answer:
    """Contracts that can be ordered on a side: to close, to open, and both."""
    country = world.listed(call, call.text("OVRS_FUTR_FX_PDNO")).country
    portfolio = Portfolio(world, world.account(call), CATEGORY, call, country)
    holding, opening = capacity(portfolio, call, "OVRS_FUTR_FX_PDNO", "FM_ORD_PRIC")
    closing = closable(holding, call)
    facts: Facts = {
        "cano": portfolio.account.number,
        "acnt_prdt_cd": portfolio.account.product,
        "ovrs_futr_fx_pdno": holding.instrument.symbol,
        "crcy_cd": portfolio.currency,
        "sll_buy_dvsn_cd": call.text("SLL_BUY_DVSN_CD"),
        "fm_ustl_qty": abs(holding.position.quantity),
        "fm_lqd_psbl_qty": closing,
        "fm_new_ord_psbl_qty": opening,
        "fm_tot_ord_psbl_qty": closing + opening,
        "fm_mkpr_tot_ord_psbl_qty": closing + opening,
    }
    return {"output": facts}


def period_profit(world: World, call: Call) -> Answer:
    """What a range of days realised and paid, by currency and by contract."""
    account, money = world.account(call), money_in(world, call)
    fills = _fills(world, call)
    held = [h for portfolio in portfolios(world, call) for h in portfolio.holdings if _is_asked(h.instrument, call)]
    holdings = {holding.instrument.symbol: [holding] for holding in held}
    rows: list[Facts] = []
    for symbol in dict.fromkeys([*(fill.symbol for fill in fills), *holdings]):
        mine = [fill for fill in fills if fill.symbol == symbol]
        row = _profit(account, _shown(world, call, symbol), mine, holdings.get(symbol, []), money)
        average = holdings[symbol][0].average_price if symbol in holdings else ZERO
        rows.append({**row, "ovrs_futr_fx_pdno": symbol, "fm_ccld_avg_pric": average.quantize(_FOUR)})
    sums: list[Facts] = []
    for currency in dict.fromkeys(row["crcy_cd"] for row in rows):
        its = {str(row["ovrs_futr_fx_pdno"]) for row in rows if row["crcy_cd"] == currency}
        mine = [fill for fill in fills if fill.symbol in its]
        sums.append(_profit(account, str(currency), mine, [h for h in held if h.instrument.symbol in its], money))
    return {"output1": sums, "output2": rows}


def period_trans(world: World, call: Call) -> Answer:
    """Days' settlements: what closing contracts realised, less fees."""
    if call.arguments.get("entry_type") == "transfer":
        return {"output": []}
    account, money, asked = world.account(call), money_in(world, call), _fills(world, call)
    every = _every_fill(world, call)
    cash = dict(account.cash)
    for fill in every:
        cash[fill.currency] -= fill.cash
    rows: list[Facts] = []
    for fill in every:
        before = cash[fill.currency]
        cash[fill.currency] += fill.cash
        if fill in asked:
            rows.append(
                {
                    "bass_dt": fill.day,
                    "cano": account.number,
                    "acnt_prdt_cd": account.product,
                    "fm_ldgr_inog_seq": len(rows) + 1,
                    "acnt_tr_type_name": "결제",
                    "crcy_cd": fill.currency,
                    "tr_itm_name": world.market.instruments[fill.symbol].name_ko,
                    "fm_fee": money(fill.commission, fill.currency),
                    "fm_tax_amt": money(fill.tax, fill.currency),
                    "fm_sttl_amt": money(fill.cash, fill.currency),
                    "fm_bf_dncl_amt": money(before, fill.currency),
                    "fm_dncl_amt": money(cash[fill.currency], fill.currency),
                }
            )
    return {"output": rows}


def deposit(world: World, call: Call) -> Answer:
    """Cash, margins and risk, in one currency or all of them converted into one."""
    funds, money = Funds(world, call), money_in(world, call)
    today = [fill for portfolio in funds.everywhere for fill in portfolio.fills_today]
    gained = sum((money(fill.gain or ZERO, fill.currency) for fill in today), ZERO)
    facts: Facts = {
        **_purse(world, call),
        "fm_nxdy_dncl_amt": funds.cash,
        "fm_dnca_rmnd": funds.cash,
        "fm_tot_asst_evlu_amt": funds.cash + funds.profit,
        "fm_opt_icld_asst_evlu_amt": funds.cash + funds.profit,
        "fm_lqd_pfls_amt": gained,
        "fm_rcvb_amt": max(-funds.cash, ZERO),
        "fm_add_mgn_amt": funds.missing,
        "fm_opt_tr_chgs": sum((money(f.amount, f.currency) for f in today if not is_future(world, f)), ZERO),
        "fm_opt_evlu_amt": funds.options,
        "fm_fee": fees(today, money),
        "fm_fuop_evlu_pfls_amt": funds.profit,
        "fm_brkg_mgn_amt": funds.bound,
        "fm_mntn_mgn_amt": funds.margin,
        "fm_risk_rt": percent(funds.margin, funds.cash + funds.profit),
        "fm_ord_psbl_amt": funds.free,
        "fm_drwg_psbl_amt": funds.free,
    }
    return {"output": facts}


def margin_detail(world: World, call: Call) -> Answer:
    """What positions and open orders bind."""
    funds = Funds(world, call)
    orders = funds.bound - funds.margin
    futures, bought_options, sold_options = (funds.by_kind[kind] for kind in ("future", "bought", "sold"))
    facts: Facts = {
        "fm_add_mgn_amt": funds.missing,
        "fm_gnrl_brkg_mgn_amt": funds.bound,
        "fm_gnrl_mntn_mgn_amt": funds.margin,
        "fm_futr_ustl_mgn_amt": futures,
        "fm_futr_mntn_mgn_amt": futures,
        "fm_buy_opt_ustl_mgn_amt": bought_options,
        "fm_sll_opt_ustl_mgn_amt": sold_options,
        "fm_opt_mntn_mgn_amt": bought_options + sold_options,
        **_purse(world, call),
        "fm_ord_psbl_amt": funds.free,
        "fm_brkg_mgn_amt": funds.bound,
        "fm_excc_brkg_mgn_amt": funds.bound,
        "fm_ustl_mgn_amt": funds.margin,
        "fm_mntn_mgn_amt": funds.margin,
        "fm_ord_mgn_amt": orders,
        "fm_futr_ord_mgn_amt": orders,
        "fm_span_tot_risk_mgn_amt": funds.margin,
        "fm_span_brkg_mgn_amt": funds.margin,
    }
    return {"output": facts}


def _purse(world: World, call: Call) -> Facts:
    account = world.account(call)
    return {
        "cano": account.number,
        "acnt_prdt_cd": account.product,
        "crcy_cd": call.text("CRCY_CD"),
        "resp_dt": portfolios(world, call)[0].today,
    }


def _shown(world: World, call: Call, symbol: str) -> str:
    """The currency in which an answer shows a contract's amounts."""
    asked = call.arguments.get("currency", "total_usd")
    return CONVERTED.get(asked, world.market.instruments[symbol].currency)


def _kind(instrument: Instrument) -> str:
    return "futures" if instrument.kind == "future" else "option"


def _is_asked(instrument: Instrument, call: Call) -> bool:
    wanted, product = call.arguments.get("kind", "all"), call.arguments.get("product_code", instrument.sector)
    return wanted.removesuffix("s") in ("all", _kind(instrument).removesuffix("s")) and product == instrument.sector


def _orders(world: World, call: Call) -> Sequence[Order]:
    """The orders that a call asks for by state, side and kind, newest first."""
    status, side = (call.arguments.get(name, "all") for name in ("status", "side"))
    return [
        order
        for order in reversed(world.orders(call, CATEGORY))
        if side in ("all", order.side.name.lower())
        and (status != "filled" or order.filled)
        and (status != "unfilled" or order.remaining)
        and _is_asked(world.market.instruments[order.symbol], call)
    ]


def _fills(world: World, call: Call) -> list[Fill]:
    """Those of the days and the kind that a call asks for, oldest first."""
    listed = world.market.instruments
    return [f for f in _every_fill(world, call) if call.covers(f.day) and _is_asked(listed[f.symbol], call)]


def _every_fill(world: World, call: Call) -> list[Fill]:
    """All those of such contracts, oldest first."""
    fills = [fill for portfolio in portfolios(world, call) for fill in portfolio.fills(date.min, date.max)]
    return sorted(fills, key=lambda fill: fill.sequence)


def _order(world: World, order: Order) -> Facts:
    account = world.books.accounts[order.account]
    fills = [fill for fill in world.books.fills_of(account) if fill.order == order.number]
    return {
        "cano": account.number,
        "acnt_prdt_cd": account.product,
        "dt": order.day,
        "ord_dt": order.day,
        "odno": order.number[2:],
        "orgn_ord_dt": order.day if order.original else "",
        "orgn_odno": order.original[2:],
        "ovrs_futr_fx_pdno": order.symbol,
        "rcit_dvsn_cd": "02",
        "rvse_cncl_dvsn_cd": order.action.value,
        "sll_buy_dvsn_cd": order.side.value,
        "pric_dvsn_cd": order.code,
        "bass_pric_type_cd": order.code,
        "fm_ord_qty": order.quantity,
        "fm_ord_pric": order.price,
        "fm_stop_ord_pric": order.trigger or ZERO,
        "ecis_rsvn_ord_yn": "N",
        "fm_ccld_qty": order.filled,
        "fm_ccld_pric": order.average_price.quantize(_FOUR),
        "fm_ord_rmn_qty": order.remaining,
        "erlm_dtl_dtime": order.placed_at,
        "rcit_dtl_dtime": order.placed_at,
        "ccld_dtl_dtime": fills[-1].at if fills else "",
        "new_lqd_dvsn_cd": "close" if any(fill.closed for fill in fills) else "open",
        "ccld_cndt_cd": "2" if order.limit is None else "6",
        "fuop_dvsn": _kind(world.market.instruments[order.symbol]),
    }


def _profit(account: Account, currency: str, fills: Sequence[Fill], held: Sequence[Holding], money: Convert) -> Facts:
    gained = sum((money(fill.gain or ZERO, fill.currency) for fill in fills), ZERO)
    open_profit = sum((money(holding.profit, holding.instrument.currency) for holding in held), ZERO)
    agreed = (money(abs(holding.position.cost), holding.instrument.currency) for holding in held)
    return {
        "cano": account.number,
        "acnt_prdt_cd": account.product,
        "crcy_cd": currency,
        "fm_buy_qty": bought(fills),
        "fm_sll_qty": sold(fills),
        "fm_lqd_pfls_amt": gained,
        "fm_fee": fees(fills, money),
        "fm_net_pfls_amt": gained - fees(fills, money),
        "fm_ustl_buy_qty": sum(max(holding.position.quantity, 0) for holding in held),
        "fm_ustl_sll_qty": sum(max(-holding.position.quantity, 0) for holding in held),
        "fm_ustl_evlu_pfls_amt": open_profit,
        "fm_ustl_evlu_pfls_amt2": open_profit,
        "fm_ustl_agrm_amt": sum(agreed, ZERO),
    }
