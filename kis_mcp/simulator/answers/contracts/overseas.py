"""Overseas futures and options: orders, fills, positions, profit and margins, in dollars."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from kis_mcp.simulator.answers.contracts.balance import capacity, closable
from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.portfolio import Holding, Portfolio, bought, costs, gains, sold, total
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.model import ZERO, Fill, Order
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_CATEGORY = "overseas_futureoption"
_CENT = Decimal("0.01")
_FOUR = Decimal("0.0001")
_IN_WON = frozenset({"total_krw", "KRW"})
_IN_DOLLARS = frozenset({"all", "total_usd", "USD"})


def ccld(world: World, call: Call) -> Answer:
    """Today's orders."""
    today = _portfolio(world, call).today
    return {"output": [_order(world, order) for order in _orders(world, call) if order.day == today]}


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
            "fm_futr_ccld_amt" if _is_future(world, fill) else "fm_opt_ccld_amt": fill.amount,
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
        "fm_tot_futr_agrm_amt": total([fill for fill in fills if _is_future(world, fill)], "amount"),
        "fm_tot_opt_agrm_amt": total([fill for fill in fills if not _is_future(world, fill)], "amount"),
        "fm_fee_smtl": costs(fills),
    }
    return {"output1": rows, "output2": totals}


def positions(world: World, call: Call) -> Answer:
    """Open positions."""
    portfolio = _portfolio(world, call)
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
        for holding in portfolio.holdings
        if holding.position.quantity and _is_asked(holding.instrument, call)
    ]
    return {"output": rows}


def orderable(world: World, call: Call) -> Answer:
    """Contracts that can be ordered on a side: to close, to open, and both."""
    portfolio = _portfolio(world, call)
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
    portfolio, money = _portfolio(world, call), _money(world, call)
    fills = _fills(world, call)
    held = [holding for holding in portfolio.holdings if _is_asked(holding.instrument, call)]
    symbols = dict.fromkeys([*(fill.symbol for fill in fills), *(holding.instrument.symbol for holding in held)])
    rows: list[Facts] = []
    for symbol in symbols:
        mine = [fill for fill in fills if fill.symbol == symbol]
        holding = portfolio.holding(world.market.instruments[symbol])
        row = _profit(portfolio, mine, [holding], money)
        rows.append({**row, "ovrs_futr_fx_pdno": symbol, "fm_ccld_avg_pric": holding.average_price.quantize(_FOUR)})
    return {"output1": [_profit(portfolio, fills, held, money)] if rows else [], "output2": rows}


def period_trans(world: World, call: Call) -> Answer:
    """Days' settlements: what closing contracts realised, less fees."""
    portfolio, money = _portfolio(world, call), _money(world, call)
    if call.arguments.get("entry_type") == "transfer":
        return {"output": []}
    fills = _fills(world, call)
    later = sum((f.cash for f in portfolio.fills(date.min, date.max) if f not in fills), ZERO)
    before = portfolio.cash - later - total(fills, "cash")
    rows: list[Facts] = []
    for number, fill in enumerate(fills, start=1):
        rows.append(
            {
                "bass_dt": fill.day,
                "cano": portfolio.account.number,
                "acnt_prdt_cd": portfolio.account.product,
                "fm_ldgr_inog_seq": number,
                "acnt_tr_type_name": "결제",
                "crcy_cd": fill.currency,
                "tr_itm_name": world.market.instruments[fill.symbol].name_ko,
                "fm_fee": money(fill.commission),
                "fm_sttl_amt": money(fill.cash),
                "fm_bf_dncl_amt": money(before),
                "fm_dncl_amt": money(before + fill.cash),
            }
        )
        before += fill.cash
    return {"output": rows}


def deposit(world: World, call: Call) -> Answer:
    """Cash, margins and risk; everything is in dollars, and converted on request."""
    portfolio, money = _portfolio(world, call), _money(world, call)
    today, profit = portfolio.fills_today, portfolio.profit
    free = money(max(portfolio.available, ZERO))
    facts: Facts = {
        **_purse(portfolio, call),
        "fm_nxdy_dncl_amt": money(portfolio.cash),
        "fm_dnca_rmnd": money(portfolio.cash),
        "fm_tot_asst_evlu_amt": money(portfolio.cash + profit),
        "fm_opt_icld_asst_evlu_amt": money(portfolio.cash + profit),
        "fm_lqd_pfls_amt": money(gains(today)),
        "fm_fee": money(costs(today)),
        "fm_fuop_evlu_pfls_amt": money(profit),
        "fm_brkg_mgn_amt": money(portfolio.bound),
        "fm_mntn_mgn_amt": money(portfolio.margin),
        "fm_risk_rt": percent(portfolio.margin, portfolio.cash + profit),
        "fm_ord_psbl_amt": free,
        "fm_drwg_psbl_amt": free,
    }
    return {"output": facts}


def margin_detail(world: World, call: Call) -> Answer:
    """What positions and open orders bind."""
    portfolio, money = _portfolio(world, call), _money(world, call)
    orders, futures = money(portfolio.bound - portfolio.margin), money(portfolio.margin)
    facts: Facts = {
        **_purse(portfolio, call),
        "fm_ord_psbl_amt": money(max(portfolio.available, ZERO)),
        "fm_brkg_mgn_amt": money(portfolio.bound),
        "fm_excc_brkg_mgn_amt": money(portfolio.bound),
        "fm_ustl_mgn_amt": futures,
        "fm_mntn_mgn_amt": futures,
        "fm_ord_mgn_amt": orders,
        "fm_futr_ord_mgn_amt": orders,
        "fm_span_tot_risk_mgn_amt": futures,
        "fm_span_brkg_mgn_amt": futures,
    }
    return {"output": facts}


def _portfolio(world: World, call: Call) -> Portfolio:
    return Portfolio(world, world.account(call), _CATEGORY, call)


def _purse(portfolio: Portfolio, call: Call) -> Facts:
    return {
        "cano": portfolio.account.number,
        "acnt_prdt_cd": portfolio.account.product,
        "crcy_cd": call.text("CRCY_CD"),
        "resp_dt": portfolio.today,
    }


def _money(world: World, call: Call) -> Callable[[Decimal], Decimal]:
    """Dollars in the currency that a call asks for; there are none of others."""
    currency = call.arguments.get("currency", "total_usd")
    dollar = world.rates.for_one(homes()["US"], world.rates.today(call.now))
    rate = dollar if currency in _IN_WON else Decimal(currency in _IN_DOLLARS)
    return lambda amount: (amount * rate).quantize(_CENT)


def _kind(instrument: Instrument) -> str:
    return "futures" if instrument.kind == "future" else "option"


def _is_future(world: World, fill: Fill) -> bool:
    return world.market.instruments[fill.symbol].kind == "future"


def _is_asked(instrument: Instrument, call: Call) -> bool:
    wanted, product = call.arguments.get("kind", "all"), call.arguments.get("product_code", instrument.sector)
    return wanted.removesuffix("s") in ("all", _kind(instrument).removesuffix("s")) and product == instrument.sector


def _orders(world: World, call: Call) -> Sequence[Order]:
    """The orders that a call asks for by state, side and kind, newest first."""
    status, side = (call.arguments.get(name, "all") for name in ("status", "side"))
    return [
        order
        for order in reversed(world.orders(call, _CATEGORY))
        if side in ("all", order.side.name.lower())
        and (status != "filled" or order.filled)
        and (status != "unfilled" or order.remaining)
        and _is_asked(world.market.instruments[order.symbol], call)
    ]


def _fills(world: World, call: Call) -> list[Fill]:
    fills = _portfolio(world, call).fills(date.min, date.max)
    return [f for f in fills if call.covers(f.day) and _is_asked(world.market.instruments[f.symbol], call)]


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


def _profit(
    portfolio: Portfolio, fills: Sequence[Fill], held: Sequence[Holding], money: Callable[[Decimal], Decimal]
) -> Facts:
    open_profit = sum((holding.profit for holding in held), ZERO)
    return {
        "cano": portfolio.account.number,
        "acnt_prdt_cd": portfolio.account.product,
        "crcy_cd": portfolio.currency,
        "fm_buy_qty": bought(fills),
        "fm_sll_qty": sold(fills),
        "fm_lqd_pfls_amt": money(gains(fills)),
        "fm_fee": money(costs(fills)),
        "fm_net_pfls_amt": money(gains(fills) - costs(fills)),
        "fm_ustl_buy_qty": sum(max(holding.position.quantity, 0) for holding in held),
        "fm_ustl_sll_qty": sum(max(-holding.position.quantity, 0) for holding in held),
        "fm_ustl_evlu_pfls_amt": money(open_profit),
        "fm_ustl_evlu_pfls_amt2": money(open_profit),
        "fm_ustl_agrm_amt": money(sum((abs(holding.position.cost) for holding in held), ZERO)),
    }
