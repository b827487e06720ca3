"""Domestic balances, deposits and buying power."""

from decimal import ROUND_DOWN, Decimal

from kis_mcp.simulator.answers.overseas.places import portfolios
from kis_mcp.simulator.answers.placement import Answer
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
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.answers.stocks import credit
from kis_mcp.simulator.engine.costs import buying_costs
from kis_mcp.simulator.engine.model import ZERO
from kis_mcp.simulator.engine.order_types import KRX_TYPES
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.market.places import homes
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")


def balance(world: World, call: Call) -> Answer:
    """Positions and loans, and the account's cash and sums in one row. Loans have a day where it is asked for."""
    portfolio = _portfolio(world, call)
    by_date = call.text("INQR_DVSN") == "01"
    holdings = portfolio.holdings if by_date else credit.by_kind(portfolio.holdings)
    rows = [dict(_position(holding)) for holding in holdings]
    if not by_date:
        rows = [row | {"loan_dt": ""} for row in rows]
    return {"output1": rows, "output2": [_sums(portfolio)]}


def account_balance(world: World, call: Call) -> Answer:
    """Twenty kinds of assets in KIS' fixed order; there are Korean shares, foreign shares, foreign cash and cash."""
    home = _portfolio(world, call)
    owed = credit.owed(home.holdings)
    abroad_cost, abroad_value, abroad_cash = (
        sum((abroad.in_won(getattr(abroad, name)) for abroad in portfolios(world, call)), ZERO)
        for name in ("cost", "value", "cash")
    )
    rows: dict[int, tuple[Decimal, Decimal]] = {
        1: (home.cost, home.value),
        9: (abroad_cost, abroad_value),
        17: (abroad_cash, abroad_cash),
        18: (home.cash, home.cash),
    }
    cost, value = (sum((row[i] for row in rows.values()), ZERO) for i in (0, 1))
    rows[20] = (cost, value)
    empty = (ZERO, ZERO)
    output1 = [_asset(*rows.get(position, empty), whole=value) for position in range(1, 21)]
    output2: Facts = {
        "pchs_amt_smtl": cost,
        "nass_tot_amt": value - owed + credit.proceeds(home.holdings),
        "loan_amt_smtl": owed,
        "crdt_fncg_amt": owed,
        "evlu_pfls_amt_smtl": value - cost,
        "evlu_amt_smtl": value,
        "tot_asst_amt": value,
        "frcr_evlu_tota": abroad_cash,
        "tot_dncl_amt": home.cash,
        "dncl_amt": home.cash,
        "ovrs_stck_evlu_amt1": abroad_value,
    }
    return {call.api.blocks[0].key: output1, call.api.blocks[1].key: output2}


def buying_power(world: World, call: Call) -> Answer:
    """Cash for a buy and the shares it is enough for, at the price, or at the upper limit where it may cost that."""
    portfolio = _portfolio(world, call)
    symbol, price, code = call.text("PDNO"), call.price("ORD_UNPR"), call.text("ORD_DVSN")
    if symbol:
        instrument = world.listed(call, symbol)
        order_type = KRX_TYPES.get(code)
        if price == 0 or (order_type and order_type.may_cost_anything):
            price = world.market.quote(instrument, call.now).high_limit
    available = max(portfolio.available, ZERO)
    amount = (available / (1 + buying_costs(portfolio.home.country))).quantize(Decimal(1), ROUND_DOWN)
    quantity = int(amount // price) if symbol and price else 0
    dollars = portfolio.account.cash.get("USD", ZERO)
    facts: Facts = {
        "ord_psbl_cash": available,
        "ruse_psbl_amt": max(portfolio.cash - portfolio.settled(0), ZERO),
        "psbl_qty_calc_unpr": price,
        "nrcvb_buy_amt": amount,
        "nrcvb_buy_qty": quantity,
        "max_buy_amt": amount,
        "max_buy_qty": quantity,
        "ord_psbl_frcr_amt_wcrc": world.rates.in_won(homes()["US"], dollars, world.rates.today(call.now)),
    }
    return {"output": facts}


def credit_power(world: World, call: Call) -> Answer:
    return {"output": credit.buying_power(world, call)}


def sellable(world: World, call: Call) -> Answer:
    """What of one stock can be sold."""
    portfolio, symbol = _portfolio(world, call), call.text("PDNO")
    held = portfolio.holding(world.listed(call, symbol))
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
    """Cash for orders at home and in each currency."""
    home = _portfolio(world, call)
    cash = max(home.available, ZERO)
    facts: dict[str, object] = {
        "acmga_rt": Decimal(100),
        "stck_cash_objt_amt": home.cash,
        "stck_cash_use_amt": home.cash - cash,
        "stck_cash_ord_psbl_amt": cash,
    }
    for abroad in portfolios(world, call):
        name, free = abroad.currency.lower(), max(abroad.available, ZERO)
        facts |= {f"{name}_objt_amt": abroad.cash, f"{name}_use_amt": abroad.cash - free}
        facts |= dict.fromkeys((f"{name}_{kind}ord_psbl_amt" for kind in ("", "gnrl_", "itgr_")), free)
        facts[f"{name}_frst_bltn_exrt"] = abroad.quoted_rate
    facts |= dict.fromkeys((f"stck_cash{n}_max_ord_psbl_amt" for n in (20, 30, 40, 50, 60, 100)), cash)
    facts |= dict.fromkeys((f"stck_itgr_cash{n}_ord_psbl_amt" for n in (20, 30, 40, 50, 60, 100)), cash)
    return {"output": facts}


def rights(world: World, call: Call) -> Answer:
    """Nobody's holdings are old enough for a dividend."""
    world.account(call)
    return {"output1": []}


def _portfolio(world: World, call: Call) -> Portfolio:
    return Portfolio(world, world.account(call), "domestic_stock", call)


def _position(holding: Holding) -> Facts:
    position, quote = holding.position, holding.quote
    return {
        "pdno": holding.instrument.symbol,
        "prdt_name": holding.instrument.name_ko,
        "item_dvsn_name": "주식",
        "bfdy_buy_qty": bought(holding.yesterday),
        "bfdy_sll_qty": sold(holding.yesterday),
        "thdt_buyqty": bought(holding.today),
        "thdt_sll_qty": sold(holding.today),
        "hldg_qty": abs(position.quantity),
        "slpsb_qty": holding.closable,
        "ord_psbl_qty": holding.closable,
        "pchs_avg_pric": position.average_price.quantize(_FOUR),
        "pchs_amt": abs(position.cost).quantize(Decimal(1)),
        "prpr": quote.price,
        "evlu_amt": abs(holding.value),
        "evlu_pfls_amt": holding.profit.quantize(Decimal(1)),
        "evlu_pfls_rt": holding.profit_rate,
        "fltt_rt": quote.change_rate,
        "bfdy_cprs_icdc": quote.change,
        "sbst_pric": (quote.previous_close * 7 / 10).quantize(Decimal(1)),
        **credit.loan_facts(holding),
    }


def _sums(portfolio: Portfolio) -> Facts:
    today, before, holdings = portfolio.fills_today, portfolio.fills_before, portfolio.holdings
    owed, proceeds = credit.owed(holdings), credit.proceeds(holdings)
    owned = sum((max(holding.value, ZERO) for holding in holdings), ZERO)
    cost = sum((abs(holding.position.cost) for holding in holdings), ZERO)
    net = portfolio.cash + portfolio.value - owed + proceeds
    yesterday_value = sum(
        (h.quote.previous_close * (h.position.quantity - bought(h.today) + sold(h.today)) for h in holdings),
        ZERO,
    )
    yesterday_net = net - portfolio.value + yesterday_value - sum((fill.cash - fill.lent for fill in today), ZERO)
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
        "tot_loan_amt": owed,
        "tot_stln_slng_chgs": proceeds,
        "scts_evlu_amt": owned,
        "tot_evlu_amt": portfolio.cash + owned,
        "nass_amt": net,
        "fncg_gld_auto_rdpt_yn": "N",
        "pchs_amt_smtl_amt": cost.quantize(Decimal(1)),
        "evlu_amt_smtl_amt": sum((abs(holding.value) for holding in holdings), ZERO),
        "evlu_pfls_smtl_amt": portfolio.profit.quantize(Decimal(1)),
        "bfdy_tot_asst_evlu_amt": yesterday_net,
        "asst_icdc_amt": net - yesterday_net,
        "rlzt_pfls": realised(today).quantize(Decimal(1)),
        "rlzt_erng_rt": percent(realised(today), sum((fill.cost for fill in today), ZERO)),
        "real_evlu_pfls": portfolio.profit.quantize(Decimal(1)),
        "real_evlu_pfls_erng_rt": percent(portfolio.profit, cost),
        "trad_pfls_smtl": realised(today).quantize(Decimal(1)),
        "thdt_tot_pfls_amt": (portfolio.profit + realised(today)).quantize(Decimal(1)),
        "pftrt": percent(portfolio.profit, cost),
    }


def _asset(cost: Decimal, value: Decimal, *, whole: Decimal) -> Facts:
    return {
        "pchs_amt": cost,
        "evlu_amt": value,
        "evlu_pfls_amt": value - cost,
        "real_nass_amt": value,
        "whol_weit_rt": percent(value, whole),
    }
