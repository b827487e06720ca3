"""Adding up amounts of which some may be unknown."""

from collections.abc import Iterable
from decimal import Decimal

from kis_mcp.catalog import rounded

_PERCENT = Decimal("0.01")


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Their sum; None where one is unknown, because a sum without it would mislead."""
    whole = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        whole += amount
    return whole


def known_total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of those that are known, for a reader who is told which are not; None where there are some, and none of
    them is known."""
    every = list(amounts)
    known = [amount for amount in every if amount is not None]
    return sum(known, Decimal(0)) if known or not every else None


def difference(amount: Decimal | None, less: Decimal | None) -> Decimal | None:
    """One less the other; None where one is unknown."""
    return None if amount is None or less is None else amount - less


def rate(profit: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """A profit in percent of its cost; None where one of them is unknown or nothing was paid."""
    return rounded(profit / abs(cost) * 100, _PERCENT) if profit is not None and cost else None
