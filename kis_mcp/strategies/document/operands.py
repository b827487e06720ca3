"""What a condition compares: prices, indicators, the position's state, numbers, and arithmetic on them."""

from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, WithJsonSchema

PRICES: Final = ("open", "high", "low", "close", "volume")
"""What every bar has."""

POSITION_STATES: Final = ("position.profit_percent", "position.bars", "position.high_since_entry")
"""What is known of a position that the strategy holds; unknown while it holds none."""

PARAMETER: Final = r"^\$[A-Za-z_\u0080-\uffff][0-9A-Za-z_\u0080-\uffff]*$"

Number: TypeAlias = int | float | Annotated[str, WithJsonSchema({"type": "string", "pattern": PARAMETER})]
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
    Annotated[int | float, Tag("number")] | Annotated[str, Tag("word")] | Annotated[Derived, Tag("derived")],
    Discriminator(_kind_of),
    Field(
        description="A number; open, high, low, close or volume; an indicator (name, or name.output); "
        "position.profit_percent, position.bars or position.high_since_entry; $parameter; or a value made of one."
    ),
]
