"""What is held on credit, and how much of it one can still have."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from kis_mcp.clock import KST
from kis_mcp.simulator.answers.portfolio import Holding
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.credit import CREDIT_TYPES, OWN_SHARE, TERM, CreditType
from kis_mcp.simulator.engine.model import ZERO, Loan, Order, Side
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.wire.replies import missing_element, wrong_element
from kis_mcp.simulator.world import World

_FOUR = Decimal("0.0001")
_CASH = "현금"


def credit_type_of(call: Call, element: str, side: Side) -> CreditType:
    """The kind of credit that an order names.

    Raises:
        Refusal: There is none of that code, or it does not go with the order's side.
    """
    kind = CREDIT_TYPES.get(call.text(element))
    if kind is None or kind.side is not side:
        raise wrong_element(element)
    return kind


def loan_date_of(call: Call, kind: CreditType) -> str:
    """The day of an order's loan: today for a new one.

    Raises:
        Refusal: It is missing, or a new loan has another day.
    """
    loan_date = call.text("LOAN_DT")
    if not loan_date:
        raise missing_element("LOAN_DT")
    if kind.opens and loan_date != f"{call.now.astimezone(KST):%Y%m%d}":
        raise wrong_element("LOAN_DT")
    return loan_date


def buying_power(world: World, call: Call) -> Facts:
    """How much of one stock can be bought or sold short on credit at a price, or repaid.

    Without a price, and for a short sale, it counts as dear as it can be today.
    """
    kind = CREDIT_TYPES.get(call.text("CRDT_TYPE"))
    if kind is None:
        raise wrong_element("CRDT_TYPE")
    account, means = world.account(call), world.broker.means
    instrument, price = world.listed(call, call.text("PDNO")), call.price("ORD_UNPR")
    if price == ZERO or call.text("ORD_DVSN") == "01" or (kind.opens and kind.is_short):
        price = world.market.quote(instrument, call.now).high_limit
    if kind.opens:
        quantity = means.openable(account, instrument, kind, price)
    else:
        quantity = means.repayable(account, instrument.symbol, kind)
    return {
        "ord_psbl_cash": max(means.available_cash(account, "KRW"), ZERO),
        "psbl_qty_calc_unpr": price,
        "nrcvb_buy_amt": price * quantity,
        "nrcvb_buy_qty": quantity,
        "max_buy_amt": price * quantity,
        "max_buy_qty": quantity,
    }


def by_kind(holdings: Iterable[Holding]) -> list[Holding]:
    """One for each instrument and kind of credit, whatever the days of the loans."""
    kinds: dict[tuple[str, str], list[Holding]] = {}
    for holding in holdings:
        kind = holding.loan.credit_type if holding.loan else ""
        kinds.setdefault((holding.instrument.symbol, kind), []).append(holding)
    return [_merged(same) for same in kinds.values()]


def loan_facts(holding: Holding) -> Facts:
    """The elements of a balance's row that tell how it is paid for."""
    loan = holding.loan
    if loan is None:
        return {"trad_dvsn_name": _CASH, "cblc_dvsn_name": _CASH, "item_mgna_rt_name": "100%"}
    name, quantity = CREDIT_TYPES[loan.credit_type].name, abs(loan.quantity)
    opened = date.fromisoformat(loan.loan_date) if loan.loan_date else None
    return {
        "trad_dvsn_name": name,
        "cblc_dvsn_name": name,
        "loan_dt": opened,
        "expd_dt": opened + TERM if opened else None,
        "loan_amt": owed([holding]),
        "stln_slng_chgs": proceeds([holding]),
        "stck_loan_unpr": (abs(loan.lent) / quantity).quantize(_FOUR) if quantity else ZERO,
        "grta_rt_name": f"{OWN_SHARE:.0%}",
    }


def owed(holdings: Iterable[Holding]) -> Decimal:
    """Money that lenders have given."""
    return sum((max(holding.loan.lent, ZERO) for holding in holdings if holding.loan), ZERO)


def proceeds(holdings: Iterable[Holding]) -> Decimal:
    """Proceeds of short sales, which lenders keep."""
    return sum((max(-holding.loan.lent, ZERO) for holding in holdings if holding.loan), ZERO)


def funding_name(order: Order) -> str:
    """What KIS puts before an order's side."""
    kind = CREDIT_TYPES.get(order.credit_type)
    return f"{kind.name}{'신규' if kind.opens else '상환'}" if kind else _CASH


def is_funded(order: Order, funding: str) -> bool:
    """Whether an order is paid for in the way that a list is asked for."""
    kind = CREDIT_TYPES.get(order.credit_type)
    if kind is None:
        return funding in ("all", "cash")
    words = {"all", "short"} if kind.is_short else {"all", "credit"}
    words |= {"broker_margin"} if kind.opened_as == "21" else {"ksfc_margin"} if kind.opened_as == "23" else set()
    return funding in words


def _merged(holdings: Sequence[Holding]) -> Holding:
    first = holdings[0]
    loans = [holding.loan for holding in holdings if holding.loan]
    if len(loans) < 2:
        return first
    whole = Loan(
        quantity=sum(loan.quantity for loan in loans),
        cost=sum((loan.cost for loan in loans), ZERO),
        symbol=loans[0].symbol,
        credit_type=loans[0].credit_type,
        loan_date="",
        lent=sum((loan.lent for loan in loans), ZERO),
    )
    return replace(
        first,
        position=whole,
        closable=sum(holding.closable for holding in holdings),
        today=[fill for holding in holdings for fill in holding.today],
        yesterday=[fill for holding in holdings for fill in holding.yesterday],
    )
