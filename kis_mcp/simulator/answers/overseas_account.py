"""Balances, fills, buying power and profit of US shares."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import groupby

from kis_mcp.clock import NEW_YORK
from kis_mcp.simulator.answers.orders import BRANCH, Answer
from kis_mcp.simulator.answers.portfolio import (
    Holding,
    Portfolio,
    bought,
    buy_amount,
    costs,
    realised,
    sell_amount,
    sold,
)
from kis_mcp.simulator.answers.subject import Facts
from kis_mcp.simulator.calls import Call
from kis_mcp.simulator.engine.costs import COMMISSION_RATES
from kis_mcp.simulator.engine.model import ZERO, Action, Fill, Order, Side
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.instruments import Instrument
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.world import World

_EXCHANGES = {"nasdaq": ("NASD", "나스닥"), "nyse": ("NYSE", "뉴욕거래소"), "amex": ("AMEX", "아멕스")}
_EVERY_EXCHANGE = frozenset({"", "%", "NASD"})
_ONLY = {"NAS": "nasdaq", "NYSE": "nyse", "AMEX": "amex"}
_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
_CHANGES = {Action.NEW: "", Action.AMEND: "정정", Action.CANCEL: "취소"}
_CENT = Decimal("0.01")
_FOUR = Decimal("0.0001")


def balance(world: World, call: Call) -> Answer:
    """Positions in dollars."""
    portfolio = _portfolio(world, call)
    holdings = [h for h in portfolio.holdings if h.position.quantity and _on_exchange(h.instrument, call)]
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
    """Positions, cash by currency and sums in won."""
    portfolio = _portfolio(world, call)
    rate = world.exchange_rate
    in_won = call.arguments.get("amounts_in") == "won"
    factor = rate if in_won else Decimal(1)
    home = Portfolio(world, portfolio.account, "KR", call)
    cost, value = ((amount * rate).quantize(Decimal(1)) for amount in (portfolio.cost, portfolio.value))
    cash = (portfolio.cash * rate).quantize(Decimal(1))
    usd: Facts = {
        "crcy_cd": "USD",
        "crcy_cd_name": "미국 달러",
        "frcr_buy_amt_smtl": buy_amount(portfolio.fills_today),
        "frcr_sll_amt_smtl": sell_amount(portfolio.fills_today),
        "frcr_dncl_amt_2": portfolio.cash,
        "frst_bltn_exrt": rate,
        "frcr_buy_mgn_amt": portfolio.cash - portfolio.available,
        "frcr_drwg_psbl_amt_1": max(min(portfolio.available, portfolio.settled(0)), ZERO),
        "nxdy_frcr_drwg_psbl_amt": max(min(portfolio.available, portfolio.settled(1)), ZERO),
        "frcr_evlu_amt2": cash,
        "acpl_cstd_crcy_yn": "Y",
    }
    sums: Facts = {
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
        "frcr_use_psbl_amt": max(portfolio.available, ZERO),
        "tot_asst_amt": home.cash + cash + value,
        "tot_asst_amt2": home.cash + cash + value,
        "wcrc_evlu_amt_smtl": value,
        "frcr_cblc_wcrc_evlu_amt_smtl": cash,
        "buy_mgn_amt": ((portfolio.cash - portfolio.available) * rate).quantize(Decimal(1)),
    }
    rows = [_position(portfolio, holding, factor=factor) for holding in portfolio.holdings]
    return {"output1": rows, "output2": [usd], "output3": sums}


def ccnl(world: World, call: Call) -> Answer:
    """Orders of a range of US days with what became of them."""
    orders = [
        order
        for order in _orders(world, call)
        if _between(order.day, call)
        and _on_exchange(world.market.instruments[order.symbol], call)
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
        if order.remaining and _on_exchange(world.market.instruments[order.symbol], call)
    ]
    if call.text("SORT_SQN") != "DS":
        orders.reverse()
    return {"output": [_order(world, order) for order in orders]}


def algo_orders(world: World, call: Call) -> Answer:
    """TWAP and VWAP orders of a day."""
    day = call.date("date")
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
            "ccld_btwn": f"{fill.at.astimezone(NEW_YORK):%H%M%S}",
            "pdno": fill.symbol,
            "item_name": world.market.instruments[fill.symbol].name_ko,
            "ft_ccld_qty": fill.quantity,
            "ft_ccld_unpr3": fill.price,
            "ft_ccld_amt3": fill.amount,
        }
        for position, fill in enumerate(fills, start=1)
    ]
    return {"output": rows, "output3": {**_order(world, order), "ccld_cnt": len(fills)}}


def reservations(world: World, call: Call) -> Answer:
    """Reserved orders by the day they were booked on."""
    account = world.account(call)
    rows: list[Facts] = []
    for item in world.broker.reservations.values():
        instrument = world.market.instruments[item.symbol]
        if (
            item.account != account.key
            or instrument.country != "US"
            or not _between(item.received_at.date(), call)
            or not _on_exchange(instrument, call)
        ):
            continue
        order = world.broker.orders.get(item.order)
        code, state = ("02", "취소") if item.cancelled_at else ("03", "거부") if item.refused else ("01", "접수")
        rows.append(
            {
                **_listing(instrument),
                "cncl_yn": "Y" if item.cancelled_at else "N",
                "rsvn_ord_rcit_dt": item.received_at.date(),
                "ovrs_rsvn_odno": item.number,
                "ord_dt": item.day,
                "ord_gno_brno": BRANCH,
                "odno": item.order,
                "sll_buy_dvsn_cd": item.side.value,
                "sll_buy_dvsn_cd_name": _SIDES[item.side],
                "ovrs_rsvn_ord_stat_cd": code,
                "ovrs_rsvn_ord_stat_cd_name": state,
                "ord_rcit_tmd": f"{item.received_at:%H%M%S}",
                "ord_fwdg_tmd": f"{order.placed_at:%H%M%S}" if order else "",
                "tr_dvsn_name": _SIDES[item.side],
                "ft_ord_qty": item.quantity,
                "ft_ord_unpr3": item.price,
                "ft_ccld_qty": order.filled if order else 0,
                "nprc_rson_text": item.refused,
            }
        )
    return {"output": rows}


def buying_power(world: World, call: Call) -> Answer:
    """Dollars for a buy and the shares they are enough for."""
    portfolio = _portfolio(world, call)
    price = call.price("OVRS_ORD_UNPR")
    if world.market.find(call.text("ITEM_CD")) is None:
        raise Rejected(Problem.UNKNOWN_SYMBOL)
    available = max(portfolio.available, ZERO)
    amount = (available / (1 + COMMISSION_RATES["US"])).quantize(_CENT, ROUND_DOWN)
    quantity = int(amount // price) if price else 0
    facts: Facts = {
        "tr_crcy_cd": "USD",
        "ord_psbl_frcr_amt": available,
        "sll_ruse_psbl_amt": max(portfolio.cash - portfolio.settled(0), ZERO),
        "ovrs_ord_psbl_amt": amount,
        "max_ord_psbl_qty": quantity,
        "ord_psbl_qty": quantity,
        "exrt": world.exchange_rate,
        "frcr_ord_psbl_amt1": amount,
        "ovrs_max_ord_psbl_qty": quantity,
        "echm_af_ord_psbl_amt": amount,
        "echm_af_ord_psbl_qty": quantity,
    }
    return {"output": facts}


def foreign_margin(world: World, call: Call) -> Answer:
    """Dollars for orders."""
    portfolio = _portfolio(world, call)
    available = max(portfolio.available, ZERO)
    unsettled = [f for f in portfolio.fills(date.min, date.max) if f.settles_on > portfolio.today]
    facts: Facts = {
        "natn_name": "미국",
        "crcy_cd": "USD",
        "frcr_dncl_amt1": portfolio.cash,
        "ustl_buy_amt": buy_amount(unsettled),
        "ustl_sll_amt": sell_amount(unsettled),
        "frcr_mgn_amt": portfolio.cash - portfolio.available,
        "frcr_gnrl_ord_psbl_amt": available,
        "frcr_ord_psbl_amt1": available,
        "itgr_ord_psbl_amt": available,
        "bass_exrt": world.exchange_rate,
    }
    return {"output": [facts]}


def period_profit(world: World, call: Call) -> Answer:
    """Realised profit of each day and stock."""
    portfolio = _portfolio(world, call)
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
    portfolio = _portfolio(world, call)
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


def _portfolio(world: World, call: Call) -> Portfolio:
    return Portfolio(world, world.account(call), "US", call)


def _blocks(call: Call, rows: Sequence[Facts], totals: Facts) -> Answer:
    return {block.key: rows if block.is_list else totals for block in call.api.blocks}


def _orders(world: World, call: Call) -> list[Order]:
    instruments = world.market.instruments
    return [o for o in world.broker.orders_of(world.account(call)) if instruments[o.symbol].country == "US"]


def _fills(portfolio: Portfolio, call: Call) -> list[Fill]:
    fills = portfolio.fills(call.date("start_date") or date.min, call.date("end_date") or date.max)
    return [fill for fill in fills if call.text("PDNO") in ("", "%", fill.symbol)]


def _between(day: date, call: Call) -> bool:
    return (call.date("start_date") or date.min) <= day <= (call.date("end_date") or date.max)


def _in_state(order: Order, state: str) -> bool:
    return {"filled": order.filled > 0, "unfilled": order.remaining > 0}.get(state, True)


def _on_exchange(instrument: Instrument, call: Call) -> bool:
    code = call.text("OVRS_EXCG_CD")
    return code in _EVERY_EXCHANGE or _ONLY.get(code) == instrument.exchange


def _listing(instrument: Instrument) -> dict[str, object]:
    code, name = _EXCHANGES[instrument.exchange]
    return {
        "pdno": instrument.symbol,
        "ovrs_pdno": instrument.symbol,
        "prdt_name": instrument.name_ko,
        "ovrs_item_name": instrument.name_ko,
        "item_name": instrument.name_ko,
        "prdt_type_cd": "512" if instrument.exchange == "nasdaq" else "513",
        "ovrs_excg_cd": code,
        "tr_mket_name": name,
        "tr_crcy_cd": "USD",
        "tr_crcy": "USD",
        "buy_crcy_cd": "USD",
        "natn_cd": "840",
        "tr_natn": "840",
        "natn_kor_name": "미국",
        "tr_natn_name": "미국",
    }


def _position(portfolio: Portfolio, holding: Holding, *, factor: Decimal = Decimal(1)) -> Facts:
    position, price = holding.position, holding.quote.price
    return {
        **_listing(holding.instrument),
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
        "ord_psbl_qty": holding.sellable,
        "ord_psbl_qty1": holding.sellable,
        "thdt_buy_ccld_qty1": bought(holding.today),
        "thdt_sll_ccld_qty1": sold(holding.today),
        "thdt_buy_ccld_frcr_amt": buy_amount(holding.today),
        "thdt_sll_ccld_frcr_amt": sell_amount(holding.today),
        "frcr_pchs_amt1": position.cost.quantize(_CENT),
        "frcr_pchs_amt": (position.cost * factor).quantize(_CENT),
        "pchs_rmnd_wcrc_amt": (position.cost * portfolio.world.exchange_rate).quantize(Decimal(1)),
        "ovrs_stck_evlu_amt": holding.value,
        "frcr_evlu_amt2": (holding.value * factor).quantize(_CENT),
        "now_pric2": price,
        "ovrs_now_pric1": (price * factor).quantize(_FOUR),
        "bass_exrt": portfolio.world.exchange_rate,
        "unit_amt": 1,
        "loan_type_cd": "10",
        "scts_dvsn_name": "해외주식",
        "item_lnkg_excg_cd": "",
    }


def _order(world: World, order: Order) -> Facts:
    done = not order.remaining
    return {
        **_listing(world.market.instruments[order.symbol]),
        "ord_dt": order.day,
        "dmst_ord_dt": order.placed_at.date(),
        "ord_gno_brno": BRANCH,
        "odno": order.number,
        "orgn_odno": order.original,
        "sll_buy_dvsn_cd": order.side.value,
        "sll_buy_dvsn_cd_name": _SIDES[order.side],
        "trad_dvsn_name": _SIDES[order.side],
        "rvse_cncl_dvsn": order.action.value if order.action is not Action.NEW else "",
        "rvse_cncl_dvsn_cd": order.action.value,
        "rvse_cncl_dvsn_name": _CHANGES[order.action],
        "rvse_cncl_dvsn_cd_name": _CHANGES[order.action],
        "ft_ord_qty": order.quantity,
        "ft_ord_unpr3": order.price,
        "ft_ccld_qty": order.filled,
        "ft_ccld_unpr3": order.average_price.quantize(_FOUR),
        "ft_ccld_amt3": order.amount,
        "nccs_qty": order.remaining,
        "prcs_stat_name": "완료" if done else "전송",
        "rjct_rson": "",
        "rjct_rson_name": "",
        "ord_tmd": f"{order.placed_at.astimezone(NEW_YORK):%H%M%S}",
        "thco_ord_tmd": f"{order.placed_at:%H%M%S}",
        "loan_type_cd": "10",
        "mdia_dvsn_name": "OpenAPI",
        "usa_amk_exts_rqst_yn": "N",
        "splt_buy_attr_name": "정규장 종료" if order.code in ("35", "36") else "",
    }


def _profit_row(world: World, fills: Sequence[Fill], factor: Decimal) -> Facts:
    first, quantity = fills[0], sold(fills)
    cost = sum((fill.cost for fill in fills), ZERO)
    return {
        **_listing(world.market.instruments[first.symbol]),
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


OVERSEAS: Mapping[str, Callable[[World, Call], Answer]] = {
    "overseas_stock_inquire_balance": balance,
    "overseas_stock_inquire_present_balance": present_balance,
    "overseas_stock_inquire_paymt_stdr_balance": present_balance,
    "overseas_stock_inquire_ccnl": ccnl,
    "overseas_stock_inquire_nccs": open_orders,
    "overseas_stock_algo_ordno": algo_orders,
    "overseas_stock_inquire_algo_ccnl": algo_fills,
    "overseas_stock_order_resv_list": reservations,
    "overseas_stock_inquire_psamount": buying_power,
    "overseas_stock_foreign_margin": foreign_margin,
    "overseas_stock_inquire_period_profit": period_profit,
    "overseas_stock_inquire_period_trans": period_trans,
}
