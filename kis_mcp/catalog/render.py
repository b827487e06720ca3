"""Values → JSON, the same way in every result."""

from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, cast


def to_json(value: object) -> Any:
    """A value in JSON's terms.

    A Decimal becomes an integer of any length or else the nearest float, which keeps 15 digits: a number is a number
    in every result. What is no number becomes None. Dates and times become ISO text, enumerations their value,
    tuples and sets lists (sets sorted).
    """
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | float() | str():
            return value
        case Decimal():
            return _number(value)
        case datetime() | date() | time():
            return value.isoformat()
        case Mapping():
            return {str(key): to_json(item) for key, item in cast(Mapping[object, object], value).items()}
        case frozenset() | set():
            return sorted(to_json(item) for item in cast(set[object], value))
        case list() | tuple():
            return [to_json(item) for item in cast(list[object], value)]
        case _:
            raise TypeError(f"{type(value).__name__} has no JSON form")


def _number(value: Decimal) -> int | float | None:
    if not value.is_finite():
        return None
    return int(value) if value == value.to_integral_value() else float(value)
