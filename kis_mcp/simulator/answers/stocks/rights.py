"""What an account got, or will get, for the Korean shares that it holds."""

from kis_mcp.simulator.answers.placement import Answer
from kis_mcp.simulator.answers.quotes.subject import Facts
from kis_mcp.simulator.engine.payments import Payment
from kis_mcp.simulator.wire.calls import Call
from kis_mcp.simulator.world import World

_TYPES = {
    "bonus_issue": "02",
    "dividend": "03",
    "split": "14",
    "reverse_split": "15",
    "capital_reduction": "17",
}
_CASH, _SHARES, _EXCHANGE = "10", "01", "03"
"""What comes: money (현금입금), shares (입고), or shares for shares (출고입고)."""


def rights(world: World, call: Call) -> Answer:
    """Rights by their record dates."""
    account, listed = world.account(call), world.market.instruments
    payments = [
        payment
        for payment in world.books.payments_of(account)
        if payment.right in _TYPES
        and listed[payment.symbol].category == "domestic_stock"
        and call.covers(payment.record_date or payment.base)
    ]
    number = f"{account.number}{account.product}"
    return {"output1": [{"acno10": number, **_row(world, payment)} for payment in payments]}


def _row(world: World, payment: Payment) -> Facts:
    is_cash, is_exchange = payment.right == "dividend", payment.ratio != (1, 1)
    allotted = payment.held + payment.shares if is_exchange and payment.is_booked else payment.shares
    return {
        "rght_type_cd": _TYPES[payment.right],
        "bass_dt": payment.record_date,
        "rght_cblc_type_cd": _CASH if is_cash else _EXCHANGE if is_exchange else _SHARES,
        "rptt_pdno": f"00000A{payment.symbol}",
        "pdno": f"00000A{payment.symbol}",
        "prdt_type_cd": "300",
        "shtn_pdno": payment.symbol,
        "prdt_name": world.market.instruments[payment.symbol].name_ko,
        "cblc_qty": payment.held,
        "last_alct_qty": allotted,
        "tot_alct_qty": allotted,
        "last_alct_amt": payment.gross if is_cash else 0,
        "last_ftsk_chgs": 0 if is_cash else payment.cash,
        "lstg_dt": None if is_cash else payment.due,
        "cash_dfrm_dt": payment.due if payment.cash else None,
        "tax_amt": payment.tax,
    }
