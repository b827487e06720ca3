"""Conditions as a strategy document writes them: comparisons, candlestick patterns, times of day, joined as needed."""

import re
from collections.abc import Iterator, Mapping
from datetime import time
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BeforeValidator, Discriminator, Field, Tag, WithJsonSchema

from kis_mcp.strategies.document.operands import Number, Operand, Part

Comparison: TypeAlias = Literal[
    "above", "below", "at_least", "at_most", "equal", "not_equal", "crosses_above", "crosses_below", "between"
]

CROSSINGS: Final = ("crosses_above", "crosses_below")
MIRRORED: Final[Mapping[str, Comparison]] = {
    "above": "below",
    "below": "above",
    "at_least": "at_most",
    "at_most": "at_least",
    "crosses_above": "crosses_below",
    "crosses_below": "crosses_above",
}
"""The word that says the same with the sides exchanged; a word that is missing here is its own, or has none."""


class Compare(Part):
    """``{"left": "fast", "is": "crosses_above", "right": "slow"}``; between takes ``right`` and ``and``, both included.

    A crossing was beneath (above) or level at the bar before, and is beyond now.
    """

    left: Operand
    is_: Comparison = Field(alias="is")
    right: Operand
    and_: Operand | None = Field(default=None, alias="and", description="The upper end of between.")


class PatternSeen(Part):
    """``{"pattern": "reversal", "is": "bullish"}``: a candlestick pattern of the document on this bar."""

    pattern: str
    is_: Literal["bullish", "bearish", "detected"] = Field(default="detected", alias="is")


TIME_OF_DAY: Final = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"


def _check_time(value: object) -> object:
    """Refuses numbers too: YAML reads 15:00 without quotes as 900, which would be a quarter past midnight."""
    if isinstance(value, time) or (isinstance(value, str) and re.fullmatch(TIME_OF_DAY, value)):
        return value
    raise ValueError('Give a time in quotes, such as "09:10" or "15:00".')


_Time: TypeAlias = Annotated[
    time, BeforeValidator(_check_time), WithJsonSchema({"type": "string", "pattern": TIME_OF_DAY})
]


class TimeOfDay(Part):
    """``{"from": "09:10", "until": "15:00"}``: the bar's end lies between, both included, in the exchange's time."""

    from_: _Time = Field(time.min, alias="from")
    until: _Time = time.max


class Holding(Part):
    """``{"holding": true}``: whether the strategy holds a position, for at least so many bars."""

    holding: bool
    bars: Number = 0


class All(Part):
    """Every one holds."""

    all: "tuple[Condition, ...]" = Field(min_length=1)


class Any(Part):
    """At least one holds."""

    any: "tuple[Condition, ...]" = Field(min_length=1)


class Not(Part):
    """It does not hold."""

    not_: "Condition" = Field(alias="not")


KINDS: Final = {"all": All, "any": Any, "not": Not, "left": Compare, "pattern": PatternSeen, "holding": Holding}
"""The key by which a condition is told apart → what it is; a time of day has ``from`` or ``until``."""


def kind_of(condition: object) -> str | None:
    """The tag of a condition, given as a document or as an object."""
    if isinstance(condition, Mapping):
        if "from" in condition or "until" in condition:
            return "from"
        return next((key for key in KINDS if key in condition), None)
    if isinstance(condition, TimeOfDay):
        return "from"
    return next((key for key, kind in KINDS.items() if isinstance(condition, kind)), None)


Condition: TypeAlias = Annotated[
    Annotated[All, Tag("all")]
    | Annotated[Any, Tag("any")]
    | Annotated[Not, Tag("not")]
    | Annotated[Compare, Tag("left")]
    | Annotated[PatternSeen, Tag("pattern")]
    | Annotated[Holding, Tag("holding")]
    | Annotated[TimeOfDay, Tag("from")],
    Discriminator(
        kind_of,
        custom_error_type="condition",
        custom_error_message="This is no condition. "
        "Give one of all, any, not, left/is/right, pattern, holding, or from/until, "
        'such as {"left": "close", "is": "above", "right": 70000}.',
    ),
]


def parts_of(condition: Condition, path: str) -> Iterator[tuple[str, Condition]]:
    """A condition and all within it, each with its path."""
    yield path, condition
    match condition:
        case All(all=parts) | Any(any=parts):
            key = "all" if isinstance(condition, All) else "any"
            for number, part in enumerate(parts):
                yield from parts_of(part, f"{path}.{key}[{number}]")
        case Not(not_=part):
            yield from parts_of(part, f"{path}.not")
        case _:
            pass
