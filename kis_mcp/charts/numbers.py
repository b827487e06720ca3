"""Numbers as a chart writes them, and the round ones among which an axis is divided."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

_STEPS = (1, 2, 5)
_MOST_PLACES = 6
_HUNDRED_MILLION = 100_000_000
_TEN_THOUSAND = 10_000


def places_of(values: Iterable[Decimal], currency: str) -> int:
    """How many decimals prices are written with: as many as they have; won none, other money two at least."""
    most = max((-int(value.normalize().as_tuple().exponent) for value in values), default=0)
    return min(max(most, 0 if currency in ("KRW", "JPY", "VND") else 2), _MOST_PLACES)


def plain(value: Decimal | int, places: int = 0) -> str:
    """A number with thousands separators."""
    text = f"{value:,.{places}f}"
    return text.removeprefix("-") if not any(digit in text for digit in "123456789") else text


def signed(value: Decimal, places: int = 0) -> str:
    """A number with its sign; zero has none."""
    text = plain(value, places)
    return f"+{text}" if value > 0 and any(digit in text for digit in "123456789") else text


def short(value: Decimal | int) -> str:
    """A large number as Koreans read it: 1,235만, 12.3억. Below ten thousand, as it is."""
    for unit, word in ((_HUNDRED_MILLION, "억"), (_TEN_THOUSAND, "만")):
        if abs(value) >= unit:
            parts = Decimal(value) / unit
            places = 0 if abs(parts) >= 100 or parts == parts.to_integral_value() else 1
            return f"{plain(parts, places)}{word}"
    return plain(value, 0 if value == int(value) else 2)


def signed_short(value: Decimal) -> str:
    """The same with its sign."""
    return f"+{short(value)}" if value > 0 else short(value)


def round_numbers(low: Decimal, high: Decimal, most: int, least_step: Decimal) -> list[Decimal]:
    """The multiples of a round step (1, 2 or 5 times a power of ten) from ``low`` to ``high``.

    Args:
        most: How many there may be, about.
        least_step: The smallest difference that prices can have.
    """
    wanted = max((high - low) / most, least_step)
    power = Decimal(1).scaleb(wanted.adjusted())
    step = next(power * part for part in (*_STEPS, 10) if power * part >= wanted)
    first = (low / step).to_integral_value(ROUND_CEILING)
    last = (high / step).to_integral_value(ROUND_FLOOR)
    return [step * number for number in range(int(first), int(last) + 1)]


def round_powers(low: Decimal, high: Decimal) -> list[Decimal]:
    """1, 2 and 5 times the powers of ten from ``low``, above zero, to ``high``."""
    powers = (Decimal(1).scaleb(power) for power in range(low.adjusted(), high.adjusted() + 1))
    return [number for power in powers for part in _STEPS if low <= (number := power * part) <= high]
