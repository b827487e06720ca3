"""Domestic balances, fills, buying power and profit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import ROUND_DOWN, Decimal
from itertools import groupby

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
from kis_mcp.simulator.engine.model import ZERO, Action, Fill, Order, Reservation, Side
from kis_mcp.simulator.engine.order_types import KRX_TYPES
from kis_mcp.simulator.engine.problems import Problem, Rejected
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.world import World

_SIDES = {Side.BUY: "매수", Side.SELL: "매도"}
_CHANGES = {Action.NEW: "", Action.AMEND: "정정", Action.CANCEL: "취소"}
_FOUR = Decimal("0.0001")


def balance(world: World, call: Call) -> Answer:
    """Positions, and the account's cash and sums in one row."""
    portfolio = _portfolio(world, call)
    return {"output1": [_position(holding) for holding in portfolio.holdings], "output2": [_sums(portfolio)]}


def pension_balance(world: World, call: Call) -> Answer:
    portfolio = _portfolio(world, call)
    return {"output1": [_position(holding) for holding in portfolio.holdings], "output2": _sums(portfolio)}


def account_balance(world: World, call: Call) -> Answer:
    """Twenty kinds of assets in KIS' fixed order; there are Korean shares, foreign shares, foreign cash and cash."""
    home, abroad = _portfolio(world, call), Portfolio(world, world.account(call), "US", call)
    rate = world.exchange_rate
    rows: dict[int, tuple[Decimal, Decimal]] = {
        1: (home.cost, home.value),
        9: (abroad.cost * rate, abroad.value * rate),
        17: (abroad.cash * rate, abroad.cash * rate),
        18: (home.cash, home.cash),
    }
    cost, value = (sum((row[i] for row in rows.values()), ZERO) for i in (0, 1))
    rows[20] = (cost, value)
    empty = (ZERO, ZERO)
    output1 = [_asset(*rows.get(position, empty), whole=value) for position in range(1, 21)]
    output2: Facts = {
        "pchs_amt_smtl": cost,
        "nass_tot_amt": value,
        "evlu_pfls_amt_smtl": value - cost,
        "evlu_amt_smtl": value,
        "tot_asst_amt": value,
        "frcr_evlu_tota": abroad.cash * rate,
        "tot_dncl_amt": home.cash,
        "dncl_amt": home.cash,
        "ovrs_stck_evlu_amt1": abroad.value * rate,
    }
    return {call.api.blocks[0].key: output1, call.api.blocks[1].key: output2}


def daily_ccld(world: World, call: Call) -> Answer:
    """Orders of a range of days with what became of them."""
    orders = [order for order in _orders(world, call) if _wanted(order, call)]
    if call.arguments.get("sort") != "oldest_first":
        orders.reverse()
    filled = sum(order.filled for order in orders)
    amount = sum((order.amount for order in orders), ZERO)
    numbers = {order.number for order in orders}
    fills = [fill for fill in world.books.fills_of(world.account(call)) if fill.order in numbers]
    totals: Facts = {
        "tot_ord_qty": sum(order.quantity for order in orders),
        "tot_ccld_qty": filled,
        "tot_ccld_amt": amount,
        "prsm_tlex_smtl": costs(fills),
        "pchs_avg_pric": (amount / filled).quantize(_FOUR) if filled else ZERO,
    }
    return {"output1": [_order(world, order) for order in orders], "output2": totals}


def open_orders(world: World, call: Call) -> Answer:
    """What can still be amended or cancelled."""
    side = call.arguments.get("side", "all")
    orders = [order for order in _orders(world, call) if order.remaining and _side_wanted(order.side, side)]
    return {"output": [_order(world, order) for order in orders]}


def pension_orders(world: World, call: Call) -> Answer:
    orders = [order for order in _orders(world, call) if _wanted(order, call)]
    return {"output": [_order(world, order) for order in orders]}


def buying_power(world: World, call: Call) -> Answer:
    """Cash for a buy and the shares it is enough for, at the price, or for a market order at the upper limit."""
    portfolio = _portfolio(world, call)
    symbol, price, code = call.text("PDNO"), call.price("ORD_UNPR"), call.text("ORD_DVSN")
    if symbol:
        instrument = world.market.find(symbol)
        if instrument is None:
            raise Rejected(Problem.UNKNOWN_SYMBOL)
        if price == 0 or code == "01":
            price = world.market.quote(instrument, call.now).high_limit
    available = max(portfolio.available, ZERO)
    amount = (available / (1 + COMMISSION_RATES["KR"])).quantize(Decimal(1), ROUND_DOWN)
    quantity = int(amount // price) if symbol and price else 0
    facts: Facts = {
        "ord_psbl_cash": available,
        "ruse_psbl_amt": max(portfolio.cash - portfolio.settled(0), ZERO),
        "psbl_qty_calc_unpr": price,
        "nrcvb_buy_amt": amount,
        "nrcvb_buy_qty": quantity,
        "max_buy_amt": amount,
        "max_buy_qty": quantity,
        "ord_psbl_frcr_amt_wcrc": portfolio.account.cash.get("USD", ZERO) * world.exchange_rate,
    }
    return {"output": facts}


def sellable(world: World, call: Call) -> Answer:
    """What of one stock can be sold."""
    portfolio, symbol = _portfolio(world, call), call.text("PDNO")
    instrument = world.market.find(symbol)
    if instrument is None:
        raise Rejected(Problem.UNKNOWN_SYMBOL)
    held = portfolio.holding(instrument)
    facts = dict(_position(held))
    facts |= {"buy_qty": bought(held.today), "sll_qty": sold(held.today), "cblc_qty": held.position.quantity}
    return {"output1": facts | {"now_pric": held.quote.price}}


def deposit(world: World, call: Call) -> Answer:
    portfolio = _portfolio(world, call)
    facts: Facts = {
        "dnca_tota": portfolio.settled(0),
        "nxdy_excc_amt": portfolio.settled(1),
        "nxdy_sttl_amt": portfolio.settled(1) - portfolio.settled(0),
        "nx2_day_sttl_amt": portfolio.settled(2) - portfolio.settled(1),
    }
    return {"output": facts}


def margin(world: World, call: Call) -> Answer:
    """Cash for orders at home and in dollars."""
    home, abroad = _portfolio(world, call), Portfolio(world, world.account(call), "US", call)
    cash, usd = max(home.available, ZERO), max(abroad.available, ZERO)
    facts: dict[str, object] = {
        "acmga_rt": Decimal(100),
        "stck_cash_objt_amt": home.cash,
        "stck_cash_use_amt": home.cash - cash,
        "stck_cash_ord_psbl_amt": cash,
        "usd_objt_amt": abroad.cash,
        "usd_use_amt": abroad.cash - usd,
        "usd_ord_psbl_amt": usd,
        "usd_gnrl_ord_psbl_amt": usd,
        "usd_itgr_ord_psbl_amt": usd,
        "usd_frst_bltn_exrt": world.exchange_rate,
    }
    facts |= dict.fromkeys((f"stck_cash{n}_max_ord_psbl_amt" for n in (20, 30, 40, 50, 60, 100)), cash)
    facts |= dict.fromkeys((f"stck_itgr_cash{n}_ord_psbl_amt" for n in (20, 30, 40, 50, 60, 100)), cash)
    return {"output": facts}


def period_profit(world: World, call: Call) -> Answer:
    """Each day's trades and realised profit."""
    return _profit(world, call, lambda fill: (fill.day,))


def period_trade_profit(world: World, call: Call) -> Answer:
    """The same for each day and stock."""
    return _profit(world, call, lambda fill: (fill.day, fill.symbol))


def rights(world: World, call: Call) -> Answer:
    """Nobody's holdings are old enough for a dividend."""
    world.account(call)
    return {"output1": []}


def reservations(world: World, call: Call) -> Answer:
    """Reserved orders by the day they were booked on."""
    account, arguments = world.account(call), call.arguments
    rows = [
        _reservation(world, item)
        for item in world.broker.reservations.values()
        if item.account == account.key
        and world.market.instruments[item.symbol].country == "KR"
        and _between(item.received_at.date(), call)
        and not (item.cancelled_at and arguments.get("active_only", "true") == "true")
        and arguments.get("symbol", item.symbol) == item.symbol
        and _side_wanted(item.side, arguments.get("side", "all"))
    ]
    return {"output": rows}


def _portfolio(world: World, call: Call) -> Portfolio:
    return Portfolio(world, world.account(call), "KR", call)


def _position(holding: Holding) -> Facts:
    position, quote = holding.position, holding.quote
    return {
        "pdno": holding.instrument.symbol,
        "prdt_name": holding.instrument.name_ko,
        "trad_dvsn_name": "현금",
        "cblc_dvsn_name": "현금",
        "item_dvsn_name": "주식",
        "bfdy_buy_qty": bought(holding.yesterday),
        "bfdy_sll_qty": sold(holding.yesterday),
        "thdt_buyqty": bought(holding.today),
        "thdt_sll_qty": sold(holding.today),
        "hldg_qty": position.quantity,
        "slpsb_qty": holding.sellable,
        "ord_psbl_qty": holding.sellable,
        "pchs_avg_pric": position.average_price.quantize(_FOUR),
        "pchs_amt": position.cost.quantize(Decimal(1)),
        "prpr": quote.price,
        "evlu_amt": holding.value,
        "evlu_pfls_amt": holding.profit.quantize(Decimal(1)),
        "evlu_pfls_rt": holding.profit_rate,
        "fltt_rt": quote.change_rate,
        "bfdy_cprs_icdc": quote.change,
        "item_mgna_rt_name": "100%",
        "sbst_pric": (quote.previous_close * 7 / 10).quantize(Decimal(1)),
    }


def _sums(portfolio: Portfolio) -> Facts:
    today, before = portfolio.fills_today, portfolio.fills_before
    total = portfolio.cash + portfolio.value
    yesterday_value = sum(
        (h.quote.previous_close * (h.position.quantity - bought(h.today) + sold(h.today)) for h in portfolio.holdings),
        ZERO,
    )
    yesterday_total = portfolio.cash - sum((fill.cash for fill in today), ZERO) + yesterday_value
    return {
        "dnca_tot_amt": portfolio.settled(0),
        "nxdy_excc_amt": portfolio.settled(1),
        "prvs_rcdl_excc_amt": portfolio.settled(2),
        "bfdy_buy_amt": buy_amount(before),
        "thdt_buy_amt": buy_amount(today),
        "bfdy_sll_amt": sell_amount(before),
        "thdt_sll_amt": sell_amount(today),
        "bfdy_tlex_amt": costs(before),
        "thdt_tlex_amt": costs(today),
        "scts_evlu_amt": portfolio.value,
        "tot_evlu_amt": total,
        "nass_amt": total,
        "fncg_gld_auto_rdpt_yn": "N",
        "pchs_amt_smtl_amt": portfolio.cost.quantize(Decimal(1)),
        "evlu_amt_smtl_amt": portfolio.value,
        "evlu_pfls_smtl_amt": portfolio.profit.quantize(Decimal(1)),
        "bfdy_tot_asst_evlu_amt": yesterday_total,
        "asst_icdc_amt": total - yesterday_total,
        "rlzt_pfls": realised(today).quantize(Decimal(1)),
        "rlzt_erng_rt": percent(realised(today), sum((fill.cost for fill in today), ZERO)),
        "real_evlu_pfls": portfolio.profit.quantize(Decimal(1)),
        "real_evlu_pfls_erng_rt": percent(portfolio.profit, portfolio.cost),
        "trad_pfls_smtl": realised(today).quantize(Decimal(1)),
        "thdt_tot_pfls_amt": (portfolio.profit + realised(today)).quantize(Decimal(1)),
        "pftrt": percent(portfolio.profit, portfolio.cost),
    }


def _asset(cost: Decimal, value: Decimal, *, whole: Decimal) -> Facts:
    return {
        "pchs_amt": cost,
        "evlu_amt": value,
        "evlu_pfls_amt": value - cost,
        "real_nass_amt": value,
        "whol_weit_rt": percent(value, whole),
    }


def _orders(world: World, call: Call) -> Iterable[Order]:
    instruments = world.market.instruments
    orders = world.broker.orders_of(world.account(call))
    return [order for order in orders if instruments[order.symbol].country == "KR"]


def _wanted(order: Order, call: Call) -> bool:
    arguments = call.arguments
    number = arguments.get("order_id", "")
    status = arguments.get("status", "all")
    return (
        _between(order.placed_at.date(), call)
        and _side_wanted(order.side, arguments.get("side", "all"))
        and arguments.get("symbol", order.symbol) == order.symbol
        and (not number or number.zfill(10) == order.number)
        and (status != "filled" or order.filled > 0)
        and (status != "unfilled" or order.remaining > 0)
        and arguments.get("exchange", "all") in ("all", order.venue.lower())
    )


def _between(day: date, call: Call) -> bool:
    return (call.date("start_date") or date.min) <= day <= (call.date("end_date") or date.max)


def _side_wanted(side: Side, wanted: str) -> bool:
    return wanted in ("all", side.name.lower())


def _order(world: World, order: Order) -> Facts:
    change = _CHANGES[order.action]
    order_type = KRX_TYPES[order.code].name
    return {
        "ord_dt": order.placed_at.date(),
        "ord_gno_brno": BRANCH,
        "odno": order.number,
        "orgn_odno": order.original,
        "ord_dvsn_name": order_type,
        "ord_dvsn_cd": order.code,
        "trad_dvsn_name": f"현금{_SIDES[order.side]}",
        "sll_buy_dvsn_cd": order.side.value,
        "sll_buy_dvsn_cd_name": f"현금{_SIDES[order.side]}{change}{'*' if change else ''}",
        "rvse_cncl_dvsn_name": f"{_SIDES[order.side]}{change}{'*' if change else ''}",
        "pdno": order.symbol,
        "prdt_name": world.market.instruments[order.symbol].name_ko,
        "ord_qty": order.quantity,
        "ord_unpr": order.price,
        "ord_tmd": f"{order.placed_at:%H%M%S}",
        "infm_tmd": f"{order.placed_at:%H%M%S}",
        "tot_ccld_qty": order.filled,
        "avg_prvs": order.average_price.quantize(_FOUR),
        "pchs_avg_pric": order.average_price.quantize(_FOUR),
        "tot_ccld_amt": order.amount,
        "cncl_yn": "Y" if order.action is Action.CANCEL or order.cancelled == order.quantity else "N",
        "loan_dt": order.loan_date,
        "cnc_cfrm_qty": order.cancelled,
        "rmn_qty": order.remaining,
        "nccs_qty": order.remaining,
        "psbl_qty": order.remaining,
        "rjct_qty": 0,
        "ccld_cndt_name": {"ioc": "IOC", "fok": "FOK"}.get(order.in_force, "없음"),
        "prdt_type_cd": "300",
        "excg_dvsn_cd": "02",
        "ord_orgno": BRANCH,
        "excg_id_dvsn_cd": order.venue,
        "excg_id_dvsn_name": order.venue,
        "stpm_cndt_pric": order.trigger or ZERO,
        "stpm_efct_occr_yn": "Y" if order.code == "22" and order.trigger is None else "N",
    }


def _profit(world: World, call: Call, key: Callable[[Fill], tuple[object, ...]]) -> Answer:
    portfolio = _portfolio(world, call)
    fills = portfolio.fills(call.date("start_date") or date.min, call.date("end_date") or date.max)
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
        "sll_fee_smtl": _sum(sells, "commission"),
        "sll_tltx_smtl": _sum(sells, "tax"),
        "sll_excc_amt_smtl": _sum(sells, "cash"),
        "buy_qty_smtl": bought(fills),
        "buyqty_smtl": bought(fills),
        "buy_tr_amt_smtl": buy_amount(fills),
        "buy_fee_smtl": _sum(buys, "commission"),
        "buy_tax_smtl": ZERO,
        "buy_excc_amt_smtl": -_sum(buys, "cash"),
        "tot_qty": sum(fill.quantity for fill in fills),
        "tot_tr_amt": _sum(fills, "amount"),
        "tot_fee": _sum(fills, "commission"),
        "tot_tltx": _sum(fills, "tax"),
        "tot_excc_amt": _sum(fills, "cash"),
        "tot_rlzt_pfls": realised(fills).quantize(Decimal(1)),
        "tot_pftrt": percent(realised(fills), _sum(fills, "cost")),
    }
    return {"output1": rows, "output2": totals}


def _profit_row(portfolio: Portfolio, fills: Sequence[Fill]) -> Facts:
    first = fills[0]
    position = portfolio.account.position(first.symbol)
    quantity = sold(fills)
    return {
        "trad_dt": first.day,
        "pdno": first.symbol,
        "prdt_name": portfolio.world.market.instruments[first.symbol].name_ko,
        "trad_dvsn_name": "현금",
        "hldg_qty": position.quantity,
        "pchs_unpr": position.average_price.quantize(_FOUR),
        "buy_qty": bought(fills),
        "buy_qty1": bought(fills),
        "buy_amt": buy_amount(fills),
        "sll_pric": (sell_amount(fills) / quantity).quantize(_FOUR) if quantity else ZERO,
        "sll_qty": quantity,
        "sll_qty1": quantity,
        "sll_amt": sell_amount(fills),
        "rlzt_pfls": realised(fills).quantize(Decimal(1)),
        "pfls_rt": percent(realised(fills), _sum(fills, "cost")),
        "fee": _sum(fills, "commission"),
        "tl_tax": _sum(fills, "tax"),
    }


def _sum(fills: Sequence[Fill], name: str) -> Decimal:
    return sum((getattr(fill, name) for fill in fills), ZERO)


def _reservation(world: World, item: Reservation) -> Facts:
    order = world.broker.orders.get(item.order)
    state = "취소" if item.cancelled_at else "거부" if item.refused else "처리" if order else "미처리"
    return {
        "rsvn_ord_seq": item.number.lstrip("0"),
        "rsvn_ord_ord_dt": item.day,
        "rsvn_ord_rcit_dt": item.received_at.date(),
        "pdno": item.symbol,
        "ord_dvsn_cd": item.code,
        "ord_dvsn_name": KRX_TYPES[item.code].name,
        "ord_rsvn_qty": item.quantity,
        "tot_ccld_qty": order.filled if order else 0,
        "tot_ccld_amt": order.amount if order else ZERO,
        "cncl_ord_dt": item.cancelled_at.date() if item.cancelled_at else "",
        "cncl_rcit_tmd": f"{item.cancelled_at:%H%M%S}" if item.cancelled_at else "",
        "ord_tmd": f"{order.placed_at:%H%M%S}" if order else "",
        "rjct_rson2": item.refused,
        "odno": item.order,
        "rsvn_ord_rcit_tmd": f"{item.received_at:%H%M%S}",
        "kor_item_shtn_name": world.market.instruments[item.symbol].name_ko,
        "sll_buy_dvsn_cd": item.side.value,
        "ord_rsvn_unpr": item.price,
        "prcs_rslt": state,
        "rsvn_end_dt": item.day,
    }


DOMESTIC: Mapping[str, Callable[[World, Call], Answer]] = {
    "domestic_stock_inquire_balance": balance,
    "domestic_stock_inquire_balance_rlz_pl": balance,
    "domestic_stock_inquire_account_balance": account_balance,
    "domestic_stock_inquire_daily_ccld": daily_ccld,
    "domestic_stock_inquire_psbl_rvsecncl": open_orders,
    "domestic_stock_inquire_psbl_order": buying_power,
    "domestic_stock_inquire_credit_psamount": buying_power,
    "domestic_stock_inquire_psbl_sell": sellable,
    "domestic_stock_intgr_margin": margin,
    "domestic_stock_inquire_period_profit": period_profit,
    "domestic_stock_inquire_period_trade_profit": period_trade_profit,
    "domestic_stock_period_rights": rights,
    "domestic_stock_order_resv_ccnl": reservations,
    "domestic_stock_pension_inquire_balance": pension_balance,
    "domestic_stock_pension_inquire_present_balance": balance,
    "domestic_stock_pension_inquire_daily_ccld": pension_orders,
    "domestic_stock_pension_inquire_psbl_order": buying_power,
    "domestic_stock_pension_inquire_deposit": deposit,
}
