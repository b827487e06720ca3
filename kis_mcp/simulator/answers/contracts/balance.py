"""Domestic futures and options positions, margins and what can be ordered."""

from collections.abc import Sequence
from decimal import Decimal

from kis_mcp.simulator.answers.placement import SIDE_NAMES, Answer, side_of
from kis_mcp.simulator.answers.portfolio import Holding, Portfolio, costs, gains, total
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.model import ZERO
from kis_mcp.simulator.engine.upkeep import MAINTENANCE
from kis_mcp.simulator.market.market import percent
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")


def balance(world: World, call: Call) -> Answer:
    """Open positions and the account's funds."""
    portfolio = _portfolio(world, call)
    rows = [_position(portfolio, holding) for holding in portfolio.holdings if holding.position.quantity]
    return {"output1": rows, "output2": _funds(portfolio)}


def settlement(world: World, call: Call) -> Answer:
    """What a day opened, closed and realised in each contract."""
    portfolio = _portfolio(world, call)
    day = call.day("date") or portfolio.today
    fills = portfolio.fills(day, day)
    rows: list[Facts] = []
    for holding in portfolio.holdings:
        mine = [fill for fill in fills if fill.symbol == holding.instrument.symbol]
        closed, traded = sum(fill.closed for fill in mine), sum(fill.quantity for fill in mine)
        moved = sum(fill.side.sign * fill.quantity for fill in mine)
        before = {"bfdy_cblc_qty": abs(holding.position.quantity - moved), "new_qty": traded - closed}
        rows.append({**_position(portfolio, holding), **before, "mnpl_rpch_qty": closed, "trad_pfls_amt": gains(mine)})
    funds = {"brkg_mgna_cash": portfolio.margin, "brkg_mgna_tota": portfolio.margin, "fee": costs(fills)}
    return {"output1": rows, "output2": {**_funds(portfolio), **funds}}


def deposit(world: World, call: Call) -> Answer:
    """The account's assets."""
    portfolio = _portfolio(world, call)
    funds = _funds(portfolio)
    facts: Facts = {
        **funds,
        "dnca_tota": portfolio.cash,
        "brkg_mgna_cash": portfolio.bound,
        "futr_trad_pfls": funds["futr_trad_pfls_amt"],
        "trad_pfls_smtl": funds["trad_pfls_amt_smtl"],
        "evlu_pfls_smtl": funds["evlu_pfls_amt_smtl"],
        "brkg_fee": funds["fee"],
    }
    return {"output": facts}


def night_margin(world: World, call: Call) -> Answer:
    """What binds the account's cash: positions and open orders."""
    portfolio = _portfolio(world, call)
    free = max(portfolio.available, ZERO)
    margins: Facts = {
        "cash_amt": portfolio.bound,
        "tot_amt": portfolio.bound,
        "new_mgn_amt": portfolio.bound - portfolio.margin,
        "tot_risk_mgna": portfolio.margin,
        "netrisk_brkg_mgna": portfolio.margin,
        "brkg_mgna": portfolio.bound,
    }
    settlement: dict[str, object] = {"dnca_cash": portfolio.cash, "dnca_tota": portfolio.cash}
    settlement |= {f"brkg_mgna_{word}_amt": portfolio.bound for word in ("cash", "tot")}
    settlement |= {f"{word}_psbl_{what}_amt": free for word in ("ord", "wdrw") for what in ("cash", "tot")}
    settlement |= {"nxdy_dncl_amt": portfolio.cash, "prsm_dpast_amt": portfolio.cash + portfolio.profit}
    return {"output1": [margins], "output2": [margins], "output3": [settlement]}


def orderable(world: World, call: Call) -> Answer:
    """Contracts that can be bought or sold at a price: to close, to open, and both."""
    holding, opening = capacity(_portfolio(world, call), call, "PDNO", "UNIT_PRICE")
    closing = closable(holding, call)
    facts: Facts = {
        "max_ord_psbl_qty": closing + opening,
        "tot_psbl_qty": closing + opening,
        "lqd_psbl_qty": closing,
        "lqd_psbl_qty1": closing,
        "lqd_psbl_qty_1": closing,
        "ord_psbl_qty": opening,
        "bass_idx": holding.quote.previous_close,
    }
    return {"output": facts}


def capacity(portfolio: Portfolio, call: Call, symbol_element: str, price_element: str) -> tuple[Holding, int]:
    """A position and how many contracts the free cash can open at a price, or at the day's highest.

    Raises:
        Rejected: There is no such contract.
    """
    holding = portfolio.holding(portfolio.world.listed(call, call.text(symbol_element)))
    price = call.price(price_element) or holding.quote.high_limit
    need = portfolio.world.broker.means.opening_need(holding.instrument, side_of(call), price, 1)
    return holding, int(max(portfolio.available, ZERO) // need)


def closable(holding: Holding, call: Call) -> int:
    """How many contracts of a position an order on the side that is asked for would close."""
    return holding.closable if holding.position.quantity * side_of(call).sign < 0 else 0


def _portfolio(world: World, call: Call) -> Portfolio:
    return Portfolio(world, world.account(call), "domestic_futureoption", call)


def _position(portfolio: Portfolio, holding: Holding) -> Facts:
    side = SIDE_NAMES[holding.side]
    average = holding.average_price.quantize(_FOUR)
    return {
        "cano": portfolio.account.number,
        "acnt_prdt_cd": portfolio.account.product,
        "pdno": holding.instrument.symbol,
        "shtn_pdno": holding.instrument.symbol,
        "prdt_type_cd": "301",
        "prdt_name": holding.instrument.name_ko,
        "sll_buy_dvsn_name": side,
        "sll_buy_dvsn_cd": holding.side.value,
        "trad_dvsn_name": side,
        "cblc_qty": abs(holding.position.quantity),
        "cblc_qty1": abs(holding.position.quantity),
        "cblc_amt": abs(holding.position.cost),
        "excc_unpr": average,
        "ccld_avg_unpr1": holding.entry_price.quantize(_FOUR),
        "idx_clpr": holding.quote.price,
        "pchs_amt": abs(holding.position.cost),
        "evlu_amt": abs(holding.value),
        "evlu_pfls_amt": holding.profit,
        "trad_pfls_amt": gains(holding.today),
        "lqd_psbl_qty": holding.closable,
    }


def _funds(portfolio: Portfolio) -> Facts:
    free = max(portfolio.available, ZERO)
    whole = portfolio.cash + portfolio.profit
    maintained = (portfolio.margin * MAINTENANCE).quantize(Decimal(1))
    held = portfolio.holdings
    futures = [holding for holding in held if holding.instrument.kind == "future"]
    options = [holding for holding in held if holding.instrument.kind != "future"]
    facts: dict[str, object] = dict.fromkeys(
        ("dnca_cash", "tot_dncl_amt", "nxdy_dnca", "nxdy_dncl_amt"), portfolio.cash
    )
    facts |= dict.fromkeys(("ord_psbl_cash", "ord_psbl_tota", "wdrw_psbl_tot_amt", "pprt_ord_psbl_cash"), free)
    facts |= dict.fromkeys(("cash_mgna", "mgna_tota"), portfolio.bound)
    facts |= dict.fromkeys(("mmga_tot_amt", "mmga_cash_amt", "mmga_cash", "mmga_tota"), maintained)
    facts |= dict.fromkeys(("add_mgna_tota", "add_mgna_cash", "isfc_amt"), _called(portfolio))
    facts |= dict.fromkeys(("prsm_dpast", "prsm_dpast_amt"), whole)
    return facts | {
        "tot_ccld_amt": total(portfolio.fills_today, "amount"),
        "fee": costs(portfolio.fills_today),
        "mtnc_rt": percent(whole, portfolio.margin),
        "futr_trad_pfls_amt": _realised(futures),
        "opt_trad_pfls_amt": _realised(options),
        "trad_pfls_amt_smtl": gains(portfolio.fills_today),
        "futr_evlu_pfls_amt": _profit(futures),
        "opt_evlu_pfls_amt": _profit(options),
        "evlu_pfls_amt_smtl": portfolio.profit,
        "pchs_amt_smtl": sum((abs(holding.position.cost) for holding in held), ZERO),
        "evlu_amt_smtl": sum((abs(holding.value) for holding in held), ZERO),
    }


def _called(portfolio: Portfolio) -> Decimal:
    """What must still be paid in for a margin call."""
    if portfolio.account.margin_call is None:
        return ZERO
    needed, money = portfolio.required
    return max(needed - money, ZERO)


def _realised(holdings: Sequence[Holding]) -> Decimal:
    return sum((gains(holding.today) for holding in holdings), ZERO)


def _profit(holdings: Sequence[Holding]) -> Decimal:
    return sum((holding.profit for holding in holdings), ZERO)
