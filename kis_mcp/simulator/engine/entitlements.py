"""What the market gives to holders: a company's rights and a bond's payments."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from kis_mcp.simulator.market.companies import statement
from kis_mcp.simulator.market.holidays import trades_on, trading_day
from kis_mcp.simulator.market.instruments import Instrument

FACE = Decimal(10_000)
"""What a bond's price is for, in won."""

_PAID_IN_APRIL = (4, 15)


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


@dataclass(frozen=True, slots=True)
class _Dividend:
    ex_date: date
    record_date: date
    pay_date: date
    cash: int
    kind: str = "dividend"
    share_ratio: Fraction = Fraction(1)


def dividends(seed: int, instrument: Instrument, start: date, end: date) -> Sequence[Right]:
    """The yearly dividends of a Korean company whose ex-date lies between two days, both included."""
    if instrument.kind != "stock" or instrument.country != "KR":
        return ()
    found: list[Right] = []
    for year in range(start.year, end.year + 1):
        record = date(year, 12, 31)
        last = record if trades_on("KR", record) else trading_day("KR", record, -1)
        ex_date, cash = trading_day("KR", last, -1), statement(seed, instrument, year).dividend
        if cash and start <= ex_date <= end:
            paid = trading_day("KR", date(year + 1, *_PAID_IN_APRIL), 1)
            found.append(_Dividend(ex_date, record, paid, cash))
    return found


def principal(bond: Instrument, day: date) -> Decimal:
    """A bond's face value on its last day."""
    return FACE if day == bond.expiry else Decimal(0)
