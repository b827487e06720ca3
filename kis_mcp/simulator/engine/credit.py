"""Credit: purchases on a loan (신용융자) and sales of borrowed shares (대주)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal

from kis_mcp.simulator.engine.model import ZERO, Fill, Loan, Order, Side

OWN_SHARE = Decimal("0.45")
"""What part of a purchase on a loan the buyer pays, and of a short sale's amount the seller puts up."""

MONEY_LIMIT = Decimal(500_000_000)
SHARES_LIMIT = Decimal(100_000_000)
"""The most won that one account may owe, and the most that it may have sold short."""

TERM = timedelta(days=90)
"""After which a loan falls due."""

_MONEY_RATE, _SHARES_RATE = Decimal("0.09"), Decimal("0.04")
"""Interest of a year."""


@dataclass(frozen=True, slots=True)
class CreditType:
    """What one of KIS' CRDT_TYPE codes means.

    Attributes:
        opened_as: The code that opens what this one opens or repays.
        side: Of the only orders that it goes with.
        name: Of what is held.
        is_short: Whether shares are lent, not money.
    """

    code: str
    opened_as: str
    side: Side
    name: str
    is_short: bool

    @property
    def opens(self) -> bool:
        return self.code == self.opened_as

    @property
    def limit(self) -> Decimal:
        """The most that the lender gives to one account."""
        return SHARES_LIMIT if self.is_short else MONEY_LIMIT


def _pair(opening: str, repaying: str, name: str, side: Side) -> tuple[CreditType, CreditType]:
    is_short = side is Side.SELL
    return (
        CreditType(opening, opening, side, name, is_short),
        CreditType(repaying, opening, side.other, name, is_short),
    )


CREDIT_TYPES: Mapping[str, CreditType] = {
    kind.code: kind
    for kind in (
        *_pair("21", "25", "자기융자", Side.BUY),
        *_pair("23", "27", "유통융자", Side.BUY),
        *_pair("24", "28", "자기대주", Side.SELL),
        *_pair("22", "26", "유통대주", Side.SELL),
    )
}


def lot_of(item: Order | Fill) -> str:
    """The key of what an order or a fill opens or closes: the symbol, or one loan."""
    return lot_key(item.symbol, item.credit_type, item.loan_date)


def lot_key(symbol: str, credit_type: str, loan_date: str) -> str:
    kind = CREDIT_TYPES.get(credit_type)
    return f"{symbol}:{kind.opened_as}:{loan_date}" if kind else symbol


def lent(kind: CreditType, amount: Decimal) -> Decimal:
    """What the lender gives for an opening fill; negative where he keeps the proceeds of a short sale."""
    return -amount if kind.is_short else amount - (amount * OWN_SHARE).quantize(Decimal(1), ROUND_DOWN)


def exchanged(kind: CreditType, loan: Loan, amount: Decimal, closed: int, day: date) -> tuple[Decimal, Decimal]:
    """What the lender gives for a fill, negative for what he takes, and the interest that he is paid.

    Args:
        loan: Before the fill.
        closed: How many of its shares the fill closes.
        day: Until when interest runs.
    """
    if kind.opens:
        return lent(kind, amount), ZERO
    held = abs(loan.quantity)
    back = loan.lent if closed == held else (loan.lent * closed / held).quantize(Decimal(1), ROUND_DOWN)
    days = max((day - date.fromisoformat(loan.loan_date)).days, 0)
    interest = abs(back) * (_SHARES_RATE if kind.is_short else _MONEY_RATE) * days / 365
    return -back, interest.quantize(Decimal(1), ROUND_DOWN)
