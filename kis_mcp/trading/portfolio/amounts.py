"""Adding up amounts of which some may be unknown."""

from collections.abc import Iterable
from decimal import Decimal

_PERCENT = Decimal("0.01")


def total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Their sum; None where one is unknown, because a sum without it would mislead."""
    whole = Decimal(0)
    for amount in amounts:
        if amount is None:
            return None
        whole += amount
    return whole


def rate(profit: Decimal | None, cost: Decimal | None) -> Decimal | None:
    """A profit in percent of its cost; None where one of them is unknown or nothing was paid."""
    return (profit / abs(cost) * 100).quantize(_PERCENT) if profit is not None and cost else None
