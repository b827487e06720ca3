"""What the market gives to holders: a company's rights and a bond's payments."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from kis_mcp.simulator.market.bonds import terms_of
from kis_mcp.simulator.market.instruments import Instrument

FACE = Decimal(10_000)
"""What a bond's price is for, in won."""


class Right(Protocol):
    """What holders of a share get. Issues that must be paid for are nobody's: KIS has no API to subscribe."""

    @property
    def kind(self) -> str:
        """``dividend``, ``bonus_issue``, ``split``, ``reverse_split``, ``capital_reduction``, or what is left out."""
        ...

    @property
    def ex_date(self) -> date:
        """The first trading day on which a buyer does not get it."""
        ...

    @property
    def record_date(self) -> date:
        """Whoever is in the company's books at its end gets it."""
        ...

    @property
    def pay_date(self) -> date:
        """When cash is paid or shares are handed over."""
        ...

    @property
    def cash(self) -> int:
        """A share, before tax."""
        ...

    @property
    def share_ratio(self) -> Fraction:
        """Shares after it for one before."""
        ...


Rights = Callable[[int, Instrument, date, date], Sequence[Right]]
"""Seed, instrument, and the first and the last ex-date → rights, oldest first."""

BondPayments = Callable[[Instrument, date], Decimal]
"""A bond and a day → what 10,000 won of it pay then, before tax, its principal included."""


def bond_payments(bond: Instrument, day: date) -> Decimal:
    """Interest and principal by a bond's terms."""
    flows = terms_of(bond.symbol).cash_flows(day - timedelta(days=1))
    return Decimal(str(round(sum(amount for due, amount in flows if due == day), 2)))
