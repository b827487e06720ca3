"""What comes to an account, or leaves it, without an order."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from kis_mcp.simulator.engine.model import ZERO


class PaymentKind(StrEnum):
    """Why: a company's dividend, other shares for those held, a bond's interest and principal, a future's daily
    settlement, and the end of a contract.
    """

    DIVIDEND = "dividend"
    SHARES = "shares"
    BOND = "bond"
    MARK = "mark"
    EXPIRY = "expiry"


@dataclass(slots=True)
class Payment:
    """Money or shares of one position.

    Attributes:
        lot: The key of the position or the loan.
        base: The last trading day whose holders get it.
        due: When it is booked.
        settles_on: When the money is there.
        held: Shares or contracts at the end of the base day; negative where sold short.
        cash: What it adds to the account's cash, after tax.
        ratio: Shares afterwards for one before, numerator and denominator; whoever holds them when it is due gets it.
        shares: What it adds to the position.
        right: The kind of the company's right that it comes from, and its record date.
        is_booked: Whether the account has it.
    """

    sequence: int
    account: str
    lot: str
    symbol: str
    currency: str
    kind: PaymentKind
    base: date
    due: date
    settles_on: date
    held: int
    cash: Decimal = ZERO
    tax: Decimal = ZERO
    ratio: tuple[int, int] = (1, 1)
    shares: int = 0
    right: str = ""
    record_date: date | None = None
    is_booked: bool = False

    @property
    def gross(self) -> Decimal:
        """Before tax."""
        return self.cash + self.tax


@dataclass(slots=True)
class Upkept:
    """Up to which trading day the accounts have been looked after, by country."""

    days: dict[str, date]
