"""Reading decoded KIS records: a blank, a missing field and an unreadable one are all None."""

from collections.abc import Mapping
from decimal import Decimal, localcontext

_DIGITS = 80
"""More than the product of two of KIS' longest numbers has."""


def text(record: Mapping[str, object], *names: str) -> str | None:
    """The first of these fields that is filled."""
    return next((str(value) for name in names if (value := record.get(name)) not in (None, "")), None)


def number(record: Mapping[str, object], *names: str) -> Decimal | None:
    """The first of these fields that holds a number."""
    for name in names:
        value = record.get(name)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return Decimal(value)
    return None


def rounded(value: Decimal, step: Decimal) -> Decimal:
    """The value with the decimals of ``step``, however large it is."""
    with localcontext(prec=_DIGITS):
        return value.quantize(step)
