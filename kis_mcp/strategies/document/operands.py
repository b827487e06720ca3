"""What a condition compares: prices, indicators, the position's state, numbers, and arithmetic on them."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeGuard

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    SerializationInfo,
    Tag,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from kis_mcp.catalog import MOST_DIGITS

PRICES: Final = ("open", "high", "low", "close", "volume")
"""What every bar has."""

POSITION_STATES: Final = ("position.profit_percent", "position.bars", "position.high_since_entry")
"""What is known of a position that the strategy holds; unknown while it holds none."""

PARAMETER: Final = r"^\$[A-Za-z_\u0080-\uffff][0-9A-Za-z_\u0080-\uffff]*$"

_BEYOND: Final = 10**MOST_DIGITS


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether a value is a number that a document may have: not true or false, finite, of `MOST_DIGITS` at most."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _BEYOND


def _check_number(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Refuses true and false too, which Python takes for 1 and 0."""
    if isinstance(value, bool):
        raise ValueError("Give a number.")
    found = read(value)
    if isinstance(found, int | float) and not is_number(found):
        raise ValueError(f"Give a number of {MOST_DIGITS} digits at most.")
    return found


def _in_place(word: str, info: SerializationInfo[Any]) -> int | float | str:
    """A word as it is written; a parameter's as its value, where the dump's context has them."""
    values: Mapping[str, int | float] = info.context or {}
    return values[word[1:]] if values and word.startswith("$") else word


_MAY_BE_PARAMETER: Final = PlainSerializer(_in_place)
_CHECKED: Final = WrapValidator(_check_number)

Figure: TypeAlias = Annotated[int | float, _CHECKED]
Count: TypeAlias = Annotated[int, _CHECKED]
Number: TypeAlias = Annotated[
    int | float | Annotated[str, _MAY_BE_PARAMETER, WithJsonSchema({"type": "string", "pattern": PARAMETER})],
    _CHECKED,
]
"""A number, or ``$name`` for a parameter's."""


class Part(BaseModel):
    """A part of a document: nothing in it that the format does not know, no number that is none, and nothing changes
    it."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


class Derived(Part):
    """A value made of another: of so many bars ago, its change since then, or arithmetic on it.

    ``{"of": "close", "back": 1}`` is the previous close. ``{"of": "close", "change_over": 5}`` is the change since five
    bars ago, in percent. ``{"of": "ma", "times": 0.9}`` is the average times 0.9.
    """

    of: "Operand"
    back: Number = Field(default=0, description="So many bars ago.")
    change_over: Number | None = Field(default=None, description="The change since so many bars ago.")
    unit: Literal["percent", "value"] = Field(default="percent", description="Of the change.")
    times: "Operand" = Field(default=1, description="Multiplied by this, after the above.")
    plus: "Operand" = Field(default=0, description="This is added, last.")


def _kind_of(operand: object) -> str:
    if isinstance(operand, int | float):
        return "number"
    return "word" if isinstance(operand, str) else "derived"


Operand: TypeAlias = Annotated[
    Annotated[Figure, Tag("number")]
    | Annotated[str, _MAY_BE_PARAMETER, Tag("word")]
    | Annotated[Derived, Tag("derived")],
    Discriminator(_kind_of),
    Field(
        description="A number; open, high, low, close or volume; an indicator (name, or name.output); "
        "position.profit_percent, position.bars or position.high_since_entry; $parameter; or a value made of one."
    ),
]
